"""`compliance`: detect drift from the last recorded state. Reads tenants, writes to none."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prefect import flow

from flows.assess import assess_all
from flows.report_files import FinishedRun
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.selection import check_domains
from flows.stopping import stoppable
from phonefleet.assessment.drift import Difference, differences
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.outcome import Outcome, interruption_message
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_record import (
    ChangedField,
    Lease,
    SnapshotMoment,
    SnapshotRecord,
    TenantRecord,
    VerdictRecord,
)
from phonefleet.model.snapshot import Snapshot
from tasks.run_context import RunContext

VERB = "compliance"
_UNKNOWN = "the ledger has no state of it to compare with: assess or migrate it"


@flow(name=VERB, persist_result=False)
@stoppable
async def compliance(fleet: str, accept: list[str] | None = None, reports: str | None = None) -> FinishedRun:
    """Read every tenant and compare it with the state that the ledger last recorded of it.

    Args:
        fleet: the path of the fleet file.
        accept: domains whose present state becomes the recorded one.
        reports: directory for the reports; None for one below the state directory.

    Raises:
        PlanRefused: a domain isn't the fleet's; no run was started.
        RunNotDone: drift was found, or a tenant can't be read.
    """
    accepted = tuple(sorted(domain.lower() for domain in accept or ()))
    async with open_fleet(fleet) as (loaded, ledger):
        check_domains(loaded, accepted)
        options = RunOptions(accepted=accepted, reports=reports)
        async with start_run(VERB, loaded, ledger, options) as context:
            return require_done(await run_to_completion(context, _compliance(context)))


@dataclass(frozen=True, slots=True)
class RecordedState:
    """What is recorded of tenants: the snapshot after their last change, or else the last verdict that they got.

    Runs of `compliance` do not count: every run reports a drift until it is corrected or accepted.
    """

    snapshots: Mapping[str, SnapshotRecord]
    verdicts: Mapping[str, VerdictRecord]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A tenant's outcome, and the changed fields that it is about."""

    outcome: Outcome
    changed: tuple[ChangedField, ...] = ()


async def _compliance(context: RunContext) -> str:
    ledger = context.ledger
    leases = await ledger.leases.in_force.in_thread()
    await assess_all(context, context.tenants)
    leases += await ledger.leases.in_force.in_thread()
    recorded = RecordedState(
        await ledger.snapshots.latest.in_thread(context.tenants),
        await ledger.tenants.last_verdicts.in_thread(context.tenants, besides=(VERB,)),
    )
    interrupted = await ledger.runs.interrupted.in_thread(context.fleet.name)
    run = await ledger.runs.record.in_thread(context.run_id)
    moments = (SnapshotMoment.BEFORE,)
    read = await ledger.snapshots.latest.in_thread(context.tenants, moments, run_id=context.run_id)
    outcomes: dict[str, Outcome] = {}
    drift: list[ChangedField] = []
    for tenant in run.tenants:
        now = read.get(tenant.domain)
        comparison = _compare(recorded, tenant, now.snapshot if now else None)
        outcome = _unless_changing(recorded, comparison.outcome, now, leases)
        if died := interrupted.get(tenant.domain):
            message = interruption_message(tenant.domain, died)
            outcome = Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.INTERRUPTED, message)
        drift += comparison.changed if outcome.kind is OutcomeKind.DRIFTED else ()
        if now and outcome.kind is OutcomeKind.DRIFTED and tenant.domain in context.options.accepted:
            outcome = await _accept(context, now.snapshot, outcome)
        outcomes[tenant.domain] = outcome
    await ledger.drift.add.in_thread(context.run_id, drift)
    await _record(context, outcomes)
    return ""


def _compare(recorded: RecordedState, tenant: TenantRecord, now: Snapshot | None) -> Comparison:
    """Compare a tenant with what is recorded. A tenant that was not read is never in sync."""
    found = tenant.assessment
    if found is None or found.verdict is Verdict.UNREACHABLE or now is None:
        first = found.reasons[0] if found and found.reasons else None
        message = first.message if first else f"{tenant.domain}: it was not read; the run's log says why"
        code = first.code if first else ReasonCode.UNREACHABLE
        return Comparison(Outcome(OutcomeKind.INCONCLUSIVE, code, message))
    if before := recorded.snapshots.get(tenant.domain):
        compared = _drift(tenant.domain, found, differences(before.snapshot, now), before.at)
        return _unless_unverified(compared, found)
    then = recorded.verdicts.get(tenant.domain)
    if then is None:
        return Comparison(Outcome(OutcomeKind.SKIPPED, ReasonCode.NEVER_ASSESSED, _UNKNOWN))
    changed = Difference("verdict", str(then.verdict), str(found.verdict))
    compared = _drift(tenant.domain, found, (changed,) if found.verdict is not then.verdict else (), then.at)
    return _unless_unverified(compared, found)


def _drift(
    domain: str, found: Assessment, changed: Sequence[Difference], expected_at: datetime
) -> Comparison:
    """Return the outcome of a tenant with these differences; none is in sync."""
    if not changed:
        return Comparison(Outcome(OutcomeKind.UNCHANGED))
    fields = tuple(
        ChangedField(
            domain=domain, field=each.field, expected=each.was, found=each.now, expected_at=expected_at
        )
        for each in changed
    )
    first_reason = found.reasons[0].message if found.reasons else ""
    message = f"{'; '.join(map(str, changed))}. It is {found.verdict} now: {first_reason}"
    return Comparison(Outcome(OutcomeKind.DRIFTED, ReasonCode.DRIFT_FOUND, message), fields)


def _unless_unverified(comparison: Comparison, found: Assessment) -> Comparison:
    """Call no tenant in sync on the strength of an Action that is not known to send."""
    unverified = next((r for r in found.reasons if r.code is ReasonCode.CUSTOM_ACTION_NOT_VERIFIED), None)
    if comparison.outcome.kind is not OutcomeKind.UNCHANGED or unverified is None:
        return comparison
    return Comparison(Outcome(OutcomeKind.INCONCLUSIVE, unverified.code, unverified.message))


def _unless_changing(
    recorded: RecordedState, outcome: Outcome, now: SnapshotRecord | None, leases: Iterable[Lease]
) -> Outcome:
    """Report no drift of a tenant that another run works on, or worked on until after it was read."""
    if outcome.kind is not OutcomeKind.DRIFTED or now is None:
        return outcome
    changed = recorded.snapshots.get(now.domain)
    runs = [lease.run_id for lease in leases if lease.domain == now.domain]
    if changed and changed.snapshot.taken_at > now.snapshot.taken_at:
        runs.append(changed.run_id)
    if not runs:
        return outcome
    message = f"run {runs[-1]} is changing it, so whether it drifted isn't known: repeat when that has ended"
    return Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.LEASED_ELSEWHERE, message)


async def _accept(context: RunContext, now: Snapshot, drift: Outcome) -> Outcome:
    """Record what the tenant is now as the state that later runs compare with."""
    await context.ledger.snapshots.add.in_thread(context.run_id, now.domain, SnapshotMoment.AFTER, now)
    message = f"accepted as it is now by {getpass.getuser()}: {drift.message}"
    return Outcome(OutcomeKind.UNCHANGED, ReasonCode.DRIFT_FOUND, message)


async def _record(context: RunContext, outcomes: Mapping[str, Outcome]) -> None:
    """Record equal outcomes in one transaction: most tenants of a fleet are in sync."""
    ledger, run_id = context.ledger, context.run_id
    for outcome in dict.fromkeys(outcomes.values()):
        same = [domain for domain, each in outcomes.items() if each == outcome]
        await ledger.tenants.set_outcomes.in_thread(
            run_id, same, outcome.kind, outcome.reason, outcome.message
        )
    for domain, outcome in outcomes.items():
        if outcome.kind in (OutcomeKind.DRIFTED, OutcomeKind.INCONCLUSIVE):
            context.progress.say(f"{domain}: {outcome.kind}: {outcome.message.removeprefix(f'{domain}: ')}")
