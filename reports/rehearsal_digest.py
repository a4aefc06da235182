"""A rehearsal in short, and as tables: what every format of its report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from phonefleet.model.enums import OutcomeKind, WaveVerdict
from phonefleet.model.rehearsal import LockOut, Rehearsal, RehearsedTenant
from phonefleet.model.spoken_time import spoken
from reports.status import Status
from reports.text import plural

_GOOD = frozenset({OutcomeKind.MIGRATED, OutcomeKind.UNCHANGED, OutcomeKind.SKIPPED})
_BAD = frozenset({OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class DigestTable:
    """A table of texts; a command prints it too if it is `brief`."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    brief: bool = False


@dataclass(frozen=True, slots=True)
class RehearsalDigest:
    """A rehearsal in short.

    Attributes:
        status: red where users would get no messages to the end, or tenants fail; amber where something stops or waits.
    """

    status: Status
    headline: str
    sentences: tuple[str, ...]
    migrated: int
    duration: str
    tables: tuple[DigestTable, ...]


def rehearsal_digest(rehearsal: Rehearsal) -> RehearsalDigest:
    """Return a rehearsal in short."""
    migrated = sum(tenant.outcome is OutcomeKind.MIGRATED for tenant in rehearsal.tenants)
    return RehearsalDigest(
        status=_status(rehearsal),
        headline=f"{migrated} of {plural(len(rehearsal.tenants), 'tenant')} would be migrated",
        sentences=tuple(_sentences(rehearsal)),
        migrated=migrated,
        duration=spoken(rehearsal.ended_at - rehearsal.started_at),
        tables=tuple(table for table in _tables(rehearsal) if table.rows),
    )


def _status(rehearsal: Rehearsal) -> Status:
    outcomes = {tenant.outcome for tenant in rehearsal.tenants}
    if any(each.until is None for each in rehearsal.locked_out) or outcomes & _BAD:
        return Status.RED
    return Status.GREEN if outcomes <= _GOOD and not rehearsal.locked_out else Status.AMBER


def _sentences(rehearsal: Rehearsal) -> Iterator[str]:
    stopped = [batch for batch in rehearsal.batches if batch.verdict is WaveVerdict.STOPPED]
    for batch in stopped:
        yield f"A wave would stop at batch {batch.batch}: {batch.reason}."
    locked = {each.domain for each in rehearsal.locked_out}
    lasting = {each.domain for each in rehearsal.locked_out if each.until is None}
    if locked:
        yield (
            f"Users of {plural(len(locked), 'tenant')} would get no messages for a time, "
            f"{len(lasting) or 'none'} of these to the end."
        )
    else:
        yield "No user would lose messages."
    if rehearsal.silent_before:
        yield f"Users of {plural(len(rehearsal.silent_before), 'tenant')} get no messages already at the start."
    other = [tenant for tenant in rehearsal.tenants if tenant.plan_checksum and not tenant.same_plan]
    if other:
        yield f"{plural(len(other), 'tenant')} not rehearsed by their own plan, and not marked: see below."
    yield f"Injected faults: {rehearsal.faults}." if rehearsal.faults != "{}" else "No faults were injected."
    if rehearsal.killed:
        yield f"The process was killed {plural(rehearsal.killed, 'time')} and continued."


def _tables(rehearsal: Rehearsal) -> Iterator[DigestTable]:
    yield DigestTable("Outcomes", ("Outcome", "Tenants", "Reasons"), tuple(_outcomes(rehearsal)), brief=True)
    yield DigestTable(
        "Waves",
        ("Wave", "Batch", "Tenants", "Begins", "Ends", "Verdict", "Why it stops"),
        tuple(
            (
                b.wave,
                str(b.batch),
                str(b.planned),
                _at(b.started_at),
                _at(b.ended_at),
                str(b.verdict or ""),
                b.reason,
            )
            for b in rehearsal.batches
        ),
        brief=True,
    )
    yield DigestTable(
        "Users without messages",
        ("Tenant", "Messages", "From", "Until", "For", "Why"),
        tuple(_locked_out(each) for each in rehearsal.locked_out),
        brief=True,
    )
    yield DigestTable(
        "Decisions",
        ("When", "Wave", "Batch", "Decision", "Why"),
        tuple((_at(d.at), d.wave, str(d.batch), str(d.kind), d.message) for d in rehearsal.decisions),
    )
    yield DigestTable(
        "Rollback",
        ("Tenant", "Outcome", "Not restored", "Why"),
        tuple(
            (t.domain, str(t.rolled_back), ", ".join(t.not_restored) or "nothing", t.rollback_message)
            for t in rehearsal.tenants
            if t.rolled_back
        ),
    )
    yield DigestTable(
        "Tenants",
        ("Tenant", "Wave", "Outcome", "Reason", "Message", "Rehearsed plan"),
        tuple(_tenant(tenant) for tenant in rehearsal.tenants),
    )


def _outcomes(rehearsal: Rehearsal) -> Iterator[tuple[str, ...]]:
    counts: dict[str, Counter[str]] = {}
    for tenant in rehearsal.tenants:
        counts.setdefault(str(tenant.outcome or "open"), Counter())[str(tenant.reason or "")] += 1
    for outcome, reasons in sorted(counts.items(), key=lambda item: -item[1].total()):
        listed = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common() if reason)
        yield outcome, str(reasons.total()), listed


def _tenant(tenant: RehearsedTenant) -> tuple[str, ...]:
    checksum = tenant.plan_checksum[:12]
    if tenant.same_plan:
        plan = f"{checksum}, the same"
    elif checksum:
        differs = f" (the twin differs in {', '.join(tenant.differs)})" if tenant.differs else ""
        plan = f"{checksum}, and the twin had another{differs}"
    else:
        plan = "no plan"
    reason = str(tenant.reason or "")
    return tenant.domain, tenant.wave, str(tenant.outcome or "open"), reason, tenant.message, plan


def _locked_out(each: LockOut) -> tuple[str, ...]:
    lasting = spoken(each.until - each.since) if each.until else "to the end"
    return each.domain, each.use, _at(each.since), _at(each.until), lasting, each.reason


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""
