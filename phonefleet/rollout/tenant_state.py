"""Decide from what is recorded of a tenant what is left to do for it, and who does it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.reason_spec import Need, ReasonEffect
from phonefleet.model.reasons import REASONS
from phonefleet.model.tenant_facts import Ending, Reading, TenantFacts
from phonefleet.model.verdict_groups import is_cut_off


class TenantState(StrEnum):
    """What is left to do for a tenant; exactly one for each tenant of a fleet."""

    DONE = "done"
    """Migrated."""
    READY = "ready"
    """The next migration changes it."""
    WAITING_FOR_YOU = "waiting_for_you"
    """A person decides, supplies, repairs or asks Auth0 Support first."""
    WAITING_FOR_WAVE = "waiting_for_wave"
    """Nothing is wrong with it: an earlier wave comes first."""
    NOTHING_TO_DO = "nothing_to_do"
    """It has no phone messaging to migrate."""
    FAILING = "failing"
    """Its users get no messages now."""
    NOT_READ = "not_read"
    """No run has read it yet."""


class NextCommand(StrEnum):
    """The command with which the operator goes on with a tenant, after what its reason asks for."""

    ASSESS = "assess"
    APPROVE = "approve"
    PLAN = "plan"
    MIGRATE = "migrate"
    RESUME = "resume"
    """`migrate --resume` of the interrupted run."""
    REPEAT = "repeat"
    """The interrupted rollback or finalization again."""
    ACCEPT = "accept"
    """`compliance --accept`, once the difference is understood."""
    CHECK = "check"
    """`compliance`, once the tenant is repaired."""
    TEST = "test"
    """`compliance --test`: only a test message shows whether messages go out."""
    DOCTOR = "doctor"


@dataclass(frozen=True, slots=True)
class TenantPosition:
    """Where one tenant is.

    Attributes:
        domain: The tenant.
        wave: Its wave.
        owner: Its owner in the fleet file; empty where none is named.
        state: What is left to do.
        reason: Why it waits or fails; None where its state says everything.
        verdict: The last verdict about it; None where it was never read.
        command: The next command; None where there is nothing to do, or it is not the tenant's turn.
        run_id: The run that the command is about; empty for none.
        verb: That run's verb; empty for none.
        since: When what decided its state was recorded; None for a tenant that was never read.
        read_at: When it was last read.
        is_uncertain: Whether it was changed, by anyone, and nothing confirms since that its messages go out.
        is_unread: Whether the last attempt to read it failed.
        in_progress: Whether a run works on it now.
    """

    domain: str
    wave: str
    owner: str
    state: TenantState
    reason: ReasonCode | None = None
    verdict: Verdict | None = None
    command: NextCommand | None = None
    run_id: str = ""
    verb: str = ""
    since: datetime | None = None
    read_at: datetime | None = None
    is_uncertain: bool = False
    is_unread: bool = False
    in_progress: bool = False

    @property
    def need(self) -> Need:
        """The kind of help that it takes."""
        found = REASONS[self.reason].need if self.reason else None
        return found or Need.DECIDE

    @property
    def holds_later_waves(self) -> bool:
        """Whether later waves wait for it, as `WaveState` counts: they do not wait for Auth0's answers."""
        if self.state not in (TenantState.WAITING_FOR_YOU, TenantState.FAILING):
            return False
        return self.verdict not in (Verdict.CONTACT_SUPPORT, Verdict.NOT_AVAILABLE)


@dataclass(frozen=True, slots=True)
class TenantPlace:
    """A tenant as the fleet file has it now."""

    domain: str
    wave: str
    owner: str = ""


_CONFIRMED = frozenset({OutcomeKind.MIGRATED, OutcomeKind.FINALIZED, OutcomeKind.ROLLED_BACK})
"""Outcomes after which a tenant was read and found able to send."""
_UNCERTAIN = frozenset(
    {
        ReasonCode.CREDENTIALS_UNCERTAIN,
        ReasonCode.NO_DELIVERY_EVIDENCE,
        ReasonCode.TEST_RESULT_UNKNOWN,
    }
)
"""Reasons of `compliance` for which it is not known whether messages go out."""
_NEUTRAL = frozenset(
    {ReasonEffect.DESCRIBES, ReasonEffect.SETTLES, ReasonEffect.CONTINUES, ReasonEffect.RATES_ROLLBACK}
)
"""Effects of reasons that keep no tenant from being migrated."""


def positions(places: Sequence[TenantPlace], known: Mapping[str, TenantFacts]) -> tuple[TenantPosition, ...]:
    """Return where each tenant is, in the order of the fleet file.

    Args:
        places: every tenant of the fleet once, waves in the order in which they run.
        known: what is recorded, by domain; a tenant that is missing was never read.
    """
    alone = [position(place, known.get(place.domain, TenantFacts(domain=place.domain))) for place in places]
    order = list(dict.fromkeys(place.wave for place in places))
    first_waiting = next((n for n, wave in enumerate(order) if _holds(alone, wave)), len(order))
    later = set(order[first_waiting + 1 :])
    return tuple(
        replace(each, state=TenantState.WAITING_FOR_WAVE, command=None)
        if each.wave in later and each.state is TenantState.READY and not each.in_progress
        else each
        for each in alone
    )


def _holds(found: Iterable[TenantPosition], wave: str) -> bool:
    """Return whether later waves come after this one: it has work left, or none of its waiting tenants is done."""
    states = [each for each in found if each.wave == wave]
    if any(each.state in (TenantState.READY, TenantState.NOT_READ) for each in states):
        return True
    done = any(each.state is TenantState.DONE for each in states)
    return not done and any(each.holds_later_waves for each in states)


def position(place: TenantPlace, facts: TenantFacts) -> TenantPosition:
    """Return where one tenant is, as if its wave were the first."""
    read = facts.read
    here = TenantPosition(
        place.domain,
        place.wave,
        place.owner,
        TenantState.NOT_READ,
        verdict=read.verdict if read else None,
        read_at=read.at if read else None,
        is_unread=facts.unread is not None,
        in_progress=bool(facts.held_by),
    )
    return (
        _failing(here, facts)
        or _unfinished(here, facts)
        or _unread(here, facts)
        or _differing(here, facts)
        or _changed(here, facts)
        or _as_read(here, facts)
    )


def _newer(facts: TenantFacts) -> Reading | None:
    """Return the last reading, where it is later than the last change."""
    changed = facts.changed
    return facts.read if facts.read and (changed is None or facts.read.at > changed.at) else None


def _failing(here: TenantPosition, facts: TenantFacts) -> TenantPosition | None:
    """Return the position of a tenant whose users are known to get no messages."""
    read, changed, tested = facts.read, facts.changed, facts.tested
    if read and _is_silent(read) and not _supersedes(changed, read):
        breaks = [code for code in read.reasons if REASONS[code].effect is ReasonEffect.BREAKS]
        return _waits(here, TenantState.FAILING, read.at, next(iter(breaks or read.reasons), None))
    if changed and is_cut_off(changed.kind, changed.reason) and _newer(facts) is None:
        return _waits(here, TenantState.FAILING, changed.at, changed.reason)
    if tested and tested.reason is ReasonCode.TEST_MESSAGE_FAILED:
        # A read cannot show that messages go out again: only a test, an acceptance or a change does.
        repaired = changed and changed.at > tested.at and changed.kind in _CONFIRMED
        if not repaired:
            found = _waits(here, TenantState.FAILING, tested.at, tested.reason)
            return replace(found, command=NextCommand.TEST)
    return None


def _supersedes(changed: Ending | None, read: Reading) -> bool:
    """Return whether a change was confirmed after a reading that shows an outage.

    A run reads a tenant as broken after its change, and records the outcome last: the outcome does not undo that.
    """
    if changed is None or changed.at <= read.at or changed.kind not in _CONFIRMED:
        return False
    return changed.run_id != read.run_id or read.verdict is not Verdict.BROKEN


def _is_silent(read: Reading) -> bool:
    """Return whether users got no messages when a tenant was read; it may have a plan that repairs it."""
    return read.verdict is Verdict.BROKEN or ReasonCode.NOTHING_SENDS in read.reasons


def _unfinished(here: TenantPosition, facts: TenantFacts) -> TenantPosition | None:
    """Return the position of a tenant at which a run stopped in the middle."""
    if not facts.interrupted:
        return None
    changed = facts.changed
    since = max(filter(None, (here.read_at, changed.at if changed else None)), default=None)
    found = _waits(here, TenantState.WAITING_FOR_YOU, since, ReasonCode.INTERRUPTED)
    verb = facts.interrupted_verb
    return replace(
        found,
        command=NextCommand.RESUME if verb == "migrate" else NextCommand.REPEAT,
        run_id=facts.interrupted,
        verb=verb,
        is_uncertain=facts.switched,
    )


def _unread(here: TenantPosition, facts: TenantFacts) -> TenantPosition | None:
    """Return the position of a tenant that could be read before and cannot be read now, or never could."""
    if facts.unread is None or (facts.changed and facts.changed.at > facts.unread.at):
        return None
    first = next(iter(facts.unread.reasons), ReasonCode.UNREACHABLE)
    found = _waits(here, TenantState.WAITING_FOR_YOU, facts.unread.at, first)
    return replace(
        found, command=NextCommand.DOCTOR, is_unread=True, verdict=here.verdict or Verdict.UNREACHABLE
    )


def _differing(here: TenantPosition, facts: TenantFacts) -> TenantPosition | None:
    """Return the position of a tenant that `compliance` found other than recorded, or could not judge."""
    checked, changed = facts.checked, facts.changed
    if checked is None or (changed and changed.at > checked.at):
        return None
    if checked.kind not in (OutcomeKind.DRIFTED, OutcomeKind.INCONCLUSIVE, OutcomeKind.FAILED):
        return None
    is_left = changed is not None and changed.kind in _CONFIRMED
    # What a migration left is compared with until it is accepted. Of other tenants, the last reading is.
    if facts.read and facts.read.at > checked.at and not is_left:
        return None
    found = _waits(here, TenantState.WAITING_FOR_YOU, checked.at, checked.reason)
    if checked.reason in _UNCERTAIN:
        return replace(found, command=NextCommand.TEST, is_uncertain=True)
    accepted = checked.kind is OutcomeKind.DRIFTED
    return replace(found, command=NextCommand.ACCEPT if accepted else NextCommand.CHECK)


def _changed(here: TenantPosition, facts: TenantFacts) -> TenantPosition | None:
    """Return the position of a tenant that its last change decides, rather than a later reading."""
    changed, newer = facts.changed, _newer(facts)
    if changed is None or (newer and newer.verdict in (Verdict.ALREADY_MIGRATED, Verdict.NOT_APPLICABLE)):
        return None
    if changed.kind in (OutcomeKind.MIGRATED, OutcomeKind.FINALIZED):
        return None if newer else replace(here, state=TenantState.DONE, since=changed.at)
    if changed.kind is OutcomeKind.PREPARED or (changed.kind is OutcomeKind.ROLLED_BACK and _wanted(changed)):
        # To read a tenant again, as compliance does, decides nothing about what was rolled back on purpose.
        decided = changed.kind is OutcomeKind.PREPARED or (newer and newer.verdict is not Verdict.ELIGIBLE)
        return None if decided else _rolled_back(here, changed)
    found = _waits(here, TenantState.WAITING_FOR_YOU, changed.at, changed.reason)
    again = NextCommand.MIGRATE if changed.verb == "migrate" else NextCommand.REPEAT
    uncertain = newer is None and facts.switched and changed.kind is not OutcomeKind.ROLLED_BACK
    return replace(found, command=again, verb=changed.verb, is_uncertain=uncertain)


def _wanted(rolled_back: Ending) -> bool:
    """Return whether an operator rolled a tenant back, and not a migration that failed."""
    return rolled_back.verb == "rollback"


def _rolled_back(here: TenantPosition, changed: Ending) -> TenantPosition:
    found = _waits(here, TenantState.WAITING_FOR_YOU, changed.at, None)
    return replace(found, command=NextCommand.MIGRATE)


def _as_read(here: TenantPosition, facts: TenantFacts) -> TenantPosition:
    """Return the position that the last reading decides."""
    read, held = facts.read, facts.held
    if read is None:
        return replace(here, command=NextCommand.ASSESS)
    here = replace(here, since=read.at)
    match read.verdict:
        case Verdict.ALREADY_MIGRATED:
            return replace(here, state=TenantState.DONE)
        case Verdict.NOT_APPLICABLE:
            return replace(here, state=TenantState.NOTHING_TO_DO)
        case Verdict.ELIGIBLE:
            pass
        case _:
            blocking = _blocking(read)
            if read.verdict is not Verdict.BLOCKED or not blocking or not set(blocking) <= facts.approved:
                reason = next(iter(blocking or read.reasons), None)
                found = _waits(here, TenantState.WAITING_FOR_YOU, read.at, reason)
                return replace(found, command=_command(read, blocking))
    if held and held.at >= read.at and held.reason and REASONS[held.reason].need is not Need.RESUME:
        found = _waits(here, TenantState.WAITING_FOR_YOU, held.at, held.reason)
        return replace(found, command=NextCommand.PLAN)
    return replace(here, state=TenantState.READY, command=NextCommand.MIGRATE)


def _blocking(read: Reading) -> list[ReasonCode]:
    return [code for code in read.reasons if REASONS[code].effect not in _NEUTRAL]


def _command(read: Reading, blocking: Sequence[ReasonCode]) -> NextCommand:
    only_decisions = blocking and all(REASONS[code].plan_may_be_approved for code in blocking)
    if read.verdict is Verdict.BLOCKED and only_decisions:
        return NextCommand.APPROVE
    return NextCommand.PLAN


def _waits(
    here: TenantPosition, state: TenantState, since: datetime | None, reason: ReasonCode | None
) -> TenantPosition:
    command = NextCommand.CHECK if state is TenantState.FAILING else None
    return replace(here, state=state, reason=reason, since=since, command=command)
