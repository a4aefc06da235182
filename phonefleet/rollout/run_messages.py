"""What a message about a run says: what happened, the numbers, the next step, and where the report is. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from configs import NotifyEvent, Recipient
from phonefleet.model.enums import OutcomeKind
from phonefleet.model.exit_codes import EXIT_CODES, ExitCode
from phonefleet.model.reasons import REASONS
from phonefleet.model.run_outline import RunOutline
from phonefleet.model.run_record import TenantOutline
from phonefleet.model.verdict_groups import gets_no_messages

_LISTED = 20
_SETTLED = frozenset(
    {
        OutcomeKind.MIGRATED,
        OutcomeKind.UNCHANGED,
        OutcomeKind.SKIPPED,
        OutcomeKind.PREPARED,
        OutcomeKind.FINALIZED,
    }
)
_WHAT = {
    NotifyEvent.START: "begins",
    NotifyEvent.APPROVAL: "waits for an approval",
    NotifyEvent.WINDOW_OPENED: "goes on: its window is open",
    NotifyEvent.WINDOW_MISSED: "has tenants that may not start any more",
    NotifyEvent.GATE_STOPPED: "has a failed gate",
    NotifyEvent.LOCKED_OUT: "found tenants whose users get no messages",
    NotifyEvent.DRIFT: "found drift",
    NotifyEvent.END: "has ended",
}


@dataclass(frozen=True, slots=True)
class RunMessage:
    """One message to one recipient."""

    title: str
    body: str


def message_for(
    recipient: Recipient, event: NotifyEvent, run: RunOutline, link: str, *, wave: str = "", detail: str = ""
) -> RunMessage | None:
    """Return the message that a recipient gets about an event; None where it is none of its business.

    Args:
        recipient: who gets it; one with an owner reads of that owner's tenants only.
        event: what happened.
        run: the run so far.
        link: where its report is.
        wave: the wave that the event is about; empty for the whole run.
        detail: what the run recorded about the event. It has numbers of all tenants, so an owner does not get it.
    """
    theirs = [t for t in run.tenants if recipient.owner in (None, t.owner)]
    concerned = [t for t in theirs if _concerns(event, t, wave)]
    if event not in recipient.events or (recipient.owner is not None and not concerned):
        return None
    where = f", wave {wave}" if wave else ""
    title = f"phonefleet {run.fleet}: {run.verb} {run.run_id}{where} {_WHAT[event]}"
    lines = [
        f"Run {run.run_id} ({run.verb}) of fleet {run.fleet}{where} {_WHAT[event]}.",
        *([detail] if detail and recipient.owner is None else []),
        "",
        *_numbers(recipient, event, run, theirs, concerned),
        "",
        f"Next step: {_next_step(event, run, wave)}",
        f"Report: {link}",
    ]
    return RunMessage(_line(title), "\n".join(map(_line, lines)))


def trial_message(recipient: Recipient, fleet: str) -> RunMessage:
    """Return the message of `phonefleet notify-test`."""
    events = ", ".join(recipient.events)
    return RunMessage(
        _line(f"phonefleet {fleet}: test message"),
        _line(
            f"This is a test of the recipient {recipient.name} of fleet {fleet}. It gets messages about: {events}."
        ),
    )


def is_locked_out(tenant: TenantOutline) -> bool:
    """Return whether a run found, or left, a tenant whose users get no messages now."""
    return gets_no_messages(tenant.verdict, tenant.outcome, tenant.outcome_reason)


def _concerns(event: NotifyEvent, tenant: TenantOutline, wave: str) -> bool:
    match event:
        case NotifyEvent.LOCKED_OUT:
            return is_locked_out(tenant)
        case NotifyEvent.DRIFT:
            return tenant.outcome is OutcomeKind.DRIFTED
        case _:
            return wave in ("", tenant.wave)


def _numbers(
    recipient: Recipient,
    event: NotifyEvent,
    run: RunOutline,
    theirs: Sequence[TenantOutline],
    concerned: Sequence[TenantOutline],
) -> Iterator[str]:
    whose = f"Tenants of {recipient.owner}" if recipient.owner else "Tenants"
    outcomes = Counter(str(t.outcome) if t.outcome else "open" for t in theirs)
    counted = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
    yield f"{whose}: {len(theirs)} ({counted})"
    listed = event in (NotifyEvent.LOCKED_OUT, NotifyEvent.DRIFT)
    if event is NotifyEvent.END or recipient.owner is not None:
        # A digest: what is done needs no line of its own.
        concerned = [t for t in concerned if listed or t.outcome not in _SETTLED]
    elif not listed:
        return
    for tenant in concerned[:_LISTED]:
        yield f"- {tenant.domain}: {_state(run, tenant)}"
    if len(concerned) > _LISTED:
        yield f"- and {len(concerned) - _LISTED} more"


def _state(run: RunOutline, tenant: TenantOutline) -> str:
    if is_locked_out(tenant):
        return "its users get no messages now"
    if tenant.outcome is None:
        return "not done yet" if run.ended_at is None else "not done"
    reason = tenant.outcome_reason
    step = f". {REASONS[reason].next_step}" if reason else ""
    return f"{tenant.outcome}" + (f", {reason}" if reason else "") + step


def _next_step(event: NotifyEvent, run: RunOutline, wave: str) -> str:
    match event:
        case NotifyEvent.START:
            return f"none. To pause it: phonefleet pause {run.run_id}"
        case NotifyEvent.APPROVAL:
            return f"look at the plans, then phonefleet approve-wave {run.run_id} '{wave}'"
        case NotifyEvent.WINDOW_OPENED:
            return "none"
        case NotifyEvent.WINDOW_MISSED:
            return "set a later deadline or correct the windows in the fleet file, then migrate again"
        case NotifyEvent.GATE_STOPPED:
            return "correct what the gate found, then migrate again"
        case NotifyEvent.LOCKED_OUT:
            return "repair these tenants now: the report has the reasons of each"
        case NotifyEvent.DRIFT:
            return "read in the report who changed what, then migrate again or accept it"
        case NotifyEvent.END:
            code = ExitCode(run.exit_code or 0)
            if code is ExitCode.DONE:
                return "none: everything is done"
            return f"exit code {int(code)}, {EXIT_CODES[code].meaning.replace('`', '')}: read the report"


def _line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
