"""`compliance`: is every tenant still what phonefleet left it as. Reads tenants, writes to none."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prefect import flow

from configs import Fleet
from flows.assessing import assess_all
from flows.conclude import Concluded, to_the_end
from flows.run import Order
from phonefleet.assessment.drift import Difference, differences
from phonefleet.errors import PlanRefused
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.outcome import Outcome, interruption_message
from phonefleet.model.run_record import (
    ChangedField,
    Lease,
    SnapshotMoment,
    SnapshotRecord,
    TenantRecord,
    VerdictRecord,
)
from phonefleet.model.snapshot import Snapshot
from tasks.desk import Desk, desk_of

VERB = "compliance"
_UNKNOWN = "the ledger knows nothing of it to hold it against: assess or migrate it"


@flow(name=VERB, flow_run_name="compliance {fleet} {run_id}", persist_result=False)
async def compliance(run_id: str, fleet: str) -> Concluded:  # noqa: ARG001
    """Read every tenant and hold it against what the ledger last knew of it.

    Raises:
        RunNotDone: drift was found, or a tenant can't be read.
    """
    return await to_the_end(desk_of(run_id), _compliance)


@dataclass(frozen=True, slots=True)
class Left:
    """What is known of tenants: as changes left them, or else the verdict that they were last given.

    Its own runs don't count: a drift is told by every run until it is mended or accepted.
    """

    snapshots: Mapping[str, SnapshotRecord]
    verdicts: Mapping[str, VerdictRecord]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A tenant's outcome, and the changed fields that it is about."""

    outcome: Outcome
    changed: tuple[ChangedField, ...] = ()


async def _compliance(desk: Desk) -> str:
    ledger, run_id = desk.session.ledger, desk.session.run_id
    at_work = await ledger.leases.in_force.in_thread()
    await assess_all(desk, desk.tenants)
    at_work += await ledger.leases.in_force.in_thread()
    left = await asyncio.to_thread(_left, desk)
    died = await ledger.runs.interrupted.in_thread(desk.session.fleet.name)
    record = await ledger.runs.record.in_thread(run_id)
    now = await ledger.snapshots.latest.in_thread(desk.tenants, (SnapshotMoment.BEFORE,), run_id=run_id)
    endings: dict[str, Outcome] = {}
    drift: list[ChangedField] = []
    for tenant in record.tenants:
        kept = now.get(tenant.domain)
        judged = _judge(left, tenant, kept.snapshot if kept else None)
        ending = _unless_changing(left, judged.outcome, kept, at_work)
        if run := died.get(tenant.domain):
            ending = Outcome(
                OutcomeKind.INCONCLUSIVE, ReasonCode.INTERRUPTED, interruption_message(tenant.domain, run)
            )
        drift += judged.changed if ending.kind is OutcomeKind.DRIFTED else ()
        if kept and ending.kind is OutcomeKind.DRIFTED and tenant.domain in desk.accepted:
            ending = await _accept(desk, kept.snapshot, ending)
        endings[tenant.domain] = ending
    await ledger.drift.add.in_thread(run_id, drift)
    await _record(desk, endings)
    return ""


def _left(desk: Desk) -> Left:
    ledger = desk.session.ledger
    return Left(
        ledger.snapshots.latest(desk.tenants), ledger.tenants.last_verdicts(desk.tenants, besides=(VERB,))
    )


def _judge(left: Left, tenant: TenantRecord, now: Snapshot | None) -> Comparison:
    """A tenant that was not read is never in sync."""
    found = tenant.assessment
    if found is None or found.verdict is Verdict.UNREACHABLE or now is None:
        first = found.reasons[0] if found and found.reasons else None
        message = first.message if first else f"{tenant.domain}: it was not read; the run's log says why"
        code = first.code if first else ReasonCode.UNREACHABLE
        return Comparison(Outcome(OutcomeKind.INCONCLUSIVE, code, message))
    if before := left.snapshots.get(tenant.domain):
        return _in_sync_or_not(tenant, differences(before.snapshot, now), before.at)
    then = left.verdicts.get(tenant.domain)
    if then is None:
        return Comparison(Outcome(OutcomeKind.SKIPPED, ReasonCode.NEVER_ASSESSED, _UNKNOWN))
    changed = Difference("verdict", str(then.verdict), str(found.verdict))
    return _in_sync_or_not(tenant, (changed,) if found.verdict is not then.verdict else (), then.at)


def _unless_changing(
    left: Left, ending: Outcome, read: SnapshotRecord | None, at_work: Iterable[Lease]
) -> Outcome:
    """What differs while another run is at work on a tenant, or was until after it was read, is no drift."""
    if ending.kind is not OutcomeKind.DRIFTED or read is None:
        return ending
    changed = left.snapshots.get(read.domain)
    runs = [lease.run_id for lease in at_work if lease.domain == read.domain]
    if changed and changed.snapshot.taken_at > read.snapshot.taken_at:
        runs.append(changed.run_id)
    if not runs:
        return ending
    message = f"run {runs[-1]} is changing it, so whether it drifted isn't known: repeat when that has ended"
    return Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.LEASED_ELSEWHERE, message)


def _in_sync_or_not(tenant: TenantRecord, changed: Sequence[Difference], expected_at: datetime) -> Comparison:
    if not changed:
        return Comparison(Outcome(OutcomeKind.UNCHANGED))
    first = tenant.assessment.reasons[0].message if tenant.assessment and tenant.assessment.reasons else ""
    verdict = tenant.assessment.verdict if tenant.assessment else Verdict.UNREACHABLE
    fields = tuple(
        ChangedField(
            domain=tenant.domain, field=each.field, expected=each.was, found=each.now, expected_at=expected_at
        )
        for each in changed
    )
    message = f"{'; '.join(map(str, changed))}. It is {verdict} now: {first}"
    return Comparison(Outcome(OutcomeKind.DRIFTED, ReasonCode.DRIFT_FOUND, message), fields)


async def _accept(desk: Desk, now: Snapshot, drift: Outcome) -> Outcome:
    """From now on the tenant is held against what it is now."""
    session = desk.session
    await session.ledger.snapshots.add.in_thread(session.run_id, now.domain, SnapshotMoment.AFTER, now)
    message = f"accepted as it is now by {getpass.getuser()}: {drift.message}"
    return Outcome(OutcomeKind.UNCHANGED, ReasonCode.DRIFT_FOUND, message)


async def _record(desk: Desk, endings: Mapping[str, Outcome]) -> None:
    """Equal endings in one transaction: most tenants of a fleet are in sync."""
    ledger, run_id = desk.session.ledger, desk.session.run_id
    for ending in dict.fromkeys(endings.values()):
        same = [domain for domain, each in endings.items() if each == ending]
        await ledger.tenants.set_outcomes.in_thread(run_id, same, ending.kind, ending.reason, ending.message)
    for domain, ending in endings.items():
        if ending.kind in (OutcomeKind.DRIFTED, OutcomeKind.INCONCLUSIVE):
            desk.progress.say(f"{domain}: {ending.kind}: {ending.message.removeprefix(f'{domain}: ')}")


def compliance_order(fleet: Fleet, out: Path | None, accept: Iterable[str] = ()) -> Order:
    """Read the fleet and report drift.

    Args:
        fleet: the fleet.
        out: where reports go; None means below the state directory.
        accept: domains whose drift is accepted: they are held against what they are now from now on.

    Raises:
        PlanRefused: a domain isn't the fleet's.
    """
    accepted = frozenset(domain.lower() for domain in accept)
    if unknown := sorted(domain for domain in accepted if fleet.tenant(domain) is None):
        raise PlanRefused(f"{', '.join(unknown)}: not a tenant of fleet {fleet.name}")
    return Order(
        verb=VERB,
        fleet=fleet,
        flow=compliance,
        accepted=accepted,
        out=out,
        options={"accepted": sorted(accepted)},
    )
