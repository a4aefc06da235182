"""Compare one tenant with its recorded state, and say how a compliance run ends for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from phonefleet.assessment.drift import Difference, attributed, differences
from phonefleet.assessment.unseen_changes import unseen_changes
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.outcome import Outcome
from phonefleet.model.ownership import LoggedWrite
from phonefleet.model.run_record import ChangedField, Lease, SnapshotRecord, TenantRecord, VerdictRecord
from phonefleet.model.snapshot_parts import COMPARED_PARTS

_UNKNOWN = "the ledger has no state of it to compare with: assess or migrate it"
_CHANGED_MEANWHILE = "another run changed it while it was read, so whether it drifted isn't known: repeat"
_TEST_AGAIN = "test again: phonefleet compliance FLEET --test"


@dataclass(frozen=True, slots=True)
class RecordedState:
    """What is recorded of tenants: the snapshot after their last change, or else the last verdict that they got.

    Runs of `compliance` do not count: every run reports a drift until it is corrected or accepted.
    """

    snapshots: Mapping[str, SnapshotRecord]
    verdicts: Mapping[str, VerdictRecord]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a tenant differs from its recorded state.

    Attributes:
        domain: the tenant.
        found: what it is now.
        expected_at: when the recorded state was recorded.
        since: when it was read: a later write may have changed it.
        seen: what a read shows.
        unseen: what no read shows, and may have been overwritten.
    """

    domain: str
    found: Assessment
    expected_at: datetime
    since: datetime
    seen: tuple[Difference, ...]
    unseen: tuple[Difference, ...] = ()

    @property
    def all(self) -> tuple[Difference, ...]:
        """Every difference."""
        return (*self.seen, *self.unseen)

    @property
    def listed(self) -> str:
        """Every difference as text."""
        return "; ".join(map(str, self.all))

    @property
    def is_unexplained(self) -> bool:
        """Whether the logs may show who made a difference, and those that were read do not."""
        return any(each.write is None and each.subject.settings for each in self.all)

    @property
    def changed(self) -> tuple[ChangedField, ...]:
        """The differences as the ledger records them."""
        return tuple(
            ChangedField(
                domain=self.domain,
                field=each.field,
                expected=each.was,
                found=each.now,
                expected_at=self.expected_at,
                changed_by=each.write,
            )
            for each in self.all
        )

    @property
    def outcome(self) -> Outcome:
        """The outcome of a tenant with these differences."""
        if not self.all:
            return self._without_differences
        first_reason = self.found.reasons[0].message if self.found.reasons else ""
        state = f"It is {self.found.verdict} now: {first_reason}"
        # Of both, that it is not known whether messages go out weighs more.
        reason = ReasonCode.CREDENTIALS_UNCERTAIN if self.unseen else ReasonCode.DRIFT_FOUND
        message = f"{self.listed}. {state}" if self.seen else f"{self.listed}: {_TEST_AGAIN}"
        return Outcome(OutcomeKind.DRIFTED, reason, message)

    @property
    def _without_differences(self) -> Outcome:
        """In sync, but not on the strength of an Action that is not known to send."""
        for reason in self.found.reasons:
            if reason.code is ReasonCode.CUSTOM_ACTION_NOT_VERIFIED:
                return Outcome(OutcomeKind.INCONCLUSIVE, reason.code, reason.message)
        return Outcome(OutcomeKind.UNCHANGED)

    def after_test(self, found: Outcome | None) -> Outcome:
        """Return the outcome after a test message; it hides no difference.

        Args:
            found: how the test ended; None where every message was delivered.
        """
        if found is None:
            if self.seen:
                message = f"{self.outcome.message}. Its test: delivered"
                return Outcome(OutcomeKind.DRIFTED, ReasonCode.DRIFT_FOUND, message)
            message = f"a test message was delivered. {self.listed}"
            return Outcome(OutcomeKind.UNCHANGED, ReasonCode.CREDENTIALS_TESTED, message)
        if found.reason is ReasonCode.LEASED_ELSEWHERE:
            # Another run works on it, so no difference says anything.
            return found
        if self.seen and found.kind is not OutcomeKind.FAILED:
            return replace(self.outcome, message=f"{self.outcome.message}. Its test: {found.message}")
        return replace(found, message=f"{found.message} ({self.listed})")

    def explained(self, writes: Iterable[LoggedWrite]) -> Comparison:
        """Add who made the differences that nobody is known for, by these writes."""
        known = tuple(writes)

        def explain(some: tuple[Difference, ...]) -> tuple[Difference, ...]:
            return tuple(d if d.write else attributed(d, known, self.since) for d in some)

        return replace(self, seen=explain(self.seen), unseen=explain(self.unseen))


def compare(
    recorded: RecordedState, tenant: TenantRecord, now: SnapshotRecord | None
) -> Comparison | Outcome:
    """Compare a tenant with what is recorded.

    Returns:
        The comparison, with the authors of differences that its own read shows; or the outcome of a tenant that was
        not read, or of which nothing is recorded. Neither is in sync.
    """
    domain, found = tenant.domain, tenant.assessment
    if found is None or found.verdict is Verdict.UNREACHABLE or now is None:
        first = found.reasons[0] if found and found.reasons else None
        message = first.message if first else f"{domain}: it was not read; the run's log says why"
        code = first.code if first else ReasonCode.UNREACHABLE
        return Outcome(OutcomeKind.INCONCLUSIVE, code, message)
    if before := recorded.snapshots.get(domain):
        if not now.snapshot.covers(COMPARED_PARTS):
            # It was read when there was no recorded state, and so not everything that is compared now.
            return Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.LEASED_ELSEWHERE, _CHANGED_MEANWHILE)
        comparison = Comparison(
            domain,
            found,
            before.at,
            before.snapshot.taken_at,
            differences(before.snapshot, now.snapshot),
            unseen_changes(before.snapshot, now.snapshot),
        )
        return comparison.explained(now.snapshot.writes)
    then = recorded.verdicts.get(domain)
    if then is None:
        return Outcome(OutcomeKind.SKIPPED, ReasonCode.NEVER_ASSESSED, _UNKNOWN)
    changed = Difference("verdict", str(then.verdict), str(found.verdict))
    seen = (changed,) if found.verdict is not then.verdict else ()
    return Comparison(domain, found, then.at, then.at, seen)


def changing_run(recorded: RecordedState, now: SnapshotRecord, leases: Iterable[Lease]) -> str:
    """Return the run that works on a tenant, or worked on it until after it was read; empty if none does."""
    changed = recorded.snapshots.get(now.domain)
    runs = [lease.run_id for lease in leases if lease.domain == now.domain]
    if changed and changed.snapshot.taken_at > now.snapshot.taken_at:
        runs.append(changed.run_id)
    return runs[-1] if runs else ""
