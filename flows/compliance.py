"""`compliance`: is every tenant still what the ledger last knew it to be; once, or on a schedule."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prefect import flow
from rich.console import Console

from configs import Fleet, load_fleet
from flows.assessing import assess_all
from flows.conclude import Concluded, RunNotDone, to_the_end
from flows.progress import RunProgress
from flows.run import Order, carry_out_async
from phonefleet.ledger import Ledger
from phonefleet.record import TenantRecord
from phonefleet.session import open_ledger
from phonefleet.vocabulary import OutcomeKind, Verdict
from tasks.desk import Desk, desk_of


@flow(name="compliance", flow_run_name="compliance {fleet} {run_id}", persist_result=False)
async def compliance(run_id: str, fleet: str) -> Concluded:  # noqa: ARG001
    """Read every tenant and hold it against what the ledger last knew of it.

    Raises:
        RunNotDone: drift was found, or a tenant can't be read.
    """
    return await to_the_end(desk_of(run_id), _compliance)


async def _compliance(desk: Desk) -> str:
    ledger, run_id = desk.session.ledger, desk.session.run_id
    known = await asyncio.to_thread(last_known, ledger, desk.session.fleet.name, run_id)
    await assess_all(desk, desk.tenants)
    record = await asyncio.to_thread(ledger.run, run_id)
    for tenant in record.tenants:
        now = tenant.assessment.verdict if tenant.assessment else Verdict.unreachable
        then = known.get(tenant.domain, now)
        drifted = now is not then and now is not Verdict.unreachable
        kind = OutcomeKind.drifted if drifted else OutcomeKind.unchanged
        why = _why(tenant)
        message = f"was {then}, is {now} now: {why}" if drifted else ""
        reason = (
            tenant.assessment.reasons[0].code if tenant.assessment and tenant.assessment.reasons else None
        )
        await asyncio.to_thread(ledger.outcome, run_id, tenant.domain, kind, reason, message)
        if drifted:
            desk.progress.say(f"{tenant.domain}: {message}")
    return ""


def _why(tenant: TenantRecord) -> str:
    return tenant.assessment.reasons[0].message if tenant.assessment and tenant.assessment.reasons else ""


def last_known(ledger: Ledger, fleet: str, before: str) -> dict[str, Verdict]:
    """Each tenant's verdict as the runs before `before` left it: a migrated tenant counts as `already_migrated`."""
    known: dict[str, Verdict] = {}
    for summary in reversed(ledger.runs(limit=1000)):
        if summary.fleet != fleet or summary.run_id >= before:
            continue
        for tenant in ledger.run(summary.run_id).tenants:
            verdict = _left(tenant)
            if verdict is not None:
                known[tenant.domain] = verdict
    return known


def _left(tenant: TenantRecord) -> Verdict | None:
    """What a run left a tenant as; None where it didn't find out, such as a tenant that couldn't be reached."""
    if tenant.outcome in (OutcomeKind.migrated, OutcomeKind.finalized):
        return Verdict.already_migrated
    if tenant.outcome is OutcomeKind.rolled_back:
        return Verdict.eligible
    if tenant.assessment is None or tenant.assessment.verdict is Verdict.unreachable:
        return None
    return tenant.assessment.verdict


def compliance_order(fleet: Fleet, out: Path | None) -> Order:
    """Read the fleet and report drift."""
    return Order(verb="compliance", fleet=fleet, flow=compliance, out=out)


@flow(name="scheduled compliance", persist_result=False)
async def scheduled_compliance(fleet_file: str) -> int:
    """What a Prefect schedule starts: one compliance run of the fleet in this file.

    Raises:
        RunNotDone: drift was found, or a tenant can't be read; the flow run fails, so that an automation can alert.
    """
    fleet = await asyncio.to_thread(load_fleet, Path(fleet_file))
    with open_ledger(fleet) as ledger, RunProgress(Console(stderr=True)) as progress:
        concluded = await carry_out_async(compliance_order(fleet, None), ledger, progress)
    if concluded.code:
        raise RunNotDone(concluded)
    return int(concluded.code)


def serve(fleet_file: Path, fleet: Fleet, cron: str) -> None:
    """Serve the scheduled flow until interrupted; Prefect's server keeps the schedule and the runs."""
    scheduled_compliance.serve(
        name=f"compliance of {fleet.name}", cron=cron, parameters={"fleet_file": str(fleet_file.resolve())}
    )
