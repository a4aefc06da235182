"""`approve-wave`: let a wave of a run start that waits for a person."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from configs import Fleet, load_fleet
from flows import local_server
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption, Json, Yes, confirm, load_for_flow
from flows.cli.output import print_json
from flows.cli.terminal import err
from phonefleet.errors import PhonefleetError, PlanRefused
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.command_lines import continuing
from phonefleet.model.run_record import ApprovalChannel, RunRecord, TenantRecord, WaveApprovalRequest
from phonefleet.system_user import operating_system_user

_LISTED = 20


def approve_wave(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The run: its id, the beginning of one, or latest.")
    ],
    wave: Annotated[str, typer.Argument(metavar="WAVE", help="The wave's name.")],
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept in the audit.")] = "",
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Approve a wave of a run with the plans that its tenants have; a suspended run goes on."""
    loaded = load_fleet(fleet)
    user = operating_system_user()
    with open_ledger(loaded, create=False) as ledger:
        ledger.check_writable()
        record = ledger.runs.record(run)
        asked = ledger.audit.approval_request(record.run_id, wave)
        tenants = check_wave_approval(loaded, record, wave, user, asked)
        _describe(wave, record, tenants)
        confirm(f"Approve wave {wave} of run {record.run_id}?", yes=yes)
        approval = ledger.approvals.approve_wave(
            record.run_id,
            wave,
            {t.domain: t.plan_checksum for t in tenants},
            os_user=user,
            channel=ApprovalChannel.COMMAND,
            note=note,
        )
        waits = _is_driven(ledger, record.run_id)
        options = ledger.runs.summary(record.run_id).options
        again = continuing("migrate", record.run_id, options, loaded.source)
    if as_json:
        print_json({"approved": approval.model_dump(mode="json")})
    until = approval.at + loaded.rollout.approval.expires
    _say(f"approved by {user}; the wave must begin before {until:%Y-%m-%d %H:%M} UTC")
    if asked is not None and asked.flow_run and not asked.answered:
        _say(_resume(fleet, asked.flow_run, user, note))
    elif not waits:
        _say(f"to go on: {again}")


def check_wave_approval(
    fleet: Fleet, record: RunRecord, wave: str, user: str, asked: WaveApprovalRequest | None
) -> list[TenantRecord]:
    """Return the tenants whose plans are approved with the wave.

    Raises:
        PlanRefused: the run has ended or has no such wave with tenants to change, or the person may not approve it.
    """
    if record.ended_at is not None:
        raise PlanRefused(
            f"run {record.run_id} has ended, so none of its waves can be approved: migrate again"
        )
    names = [each.name for each in fleet.waves]
    if wave not in names:
        raise PlanRefused(f"no wave {wave}; it has {', '.join(names)}")
    tenants = [
        t
        for t in record.tenants
        if t.wave == wave and t.batch is not None and t.outcome is None and t.plan is not None
    ]
    if not tenants:
        raise PlanRefused(
            f"run {record.run_id} has no tenant of wave {wave} with a plan that waits: see phonefleet status "
            f"{record.run_id}"
        )
    starters = {record.started_by, *([asked.prefect_user] if asked else [])}
    if fleet.rollout.approval.by_other and user in starters:
        raise PlanRefused(
            f"{user} started run {record.run_id}, and rollout.approval.by_other asks for another person: let another "
            "user of the operating system approve it"
        )
    return tenants


def _describe(wave: str, record: RunRecord, tenants: list[TenantRecord]) -> None:
    from flows.wave_approval import PlanCounts, describe_wave

    counts = PlanCounts()
    counts.add(t.plan for t in tenants if t.plan)
    _say(describe_wave(wave, counts, {t.domain: t.plan_checksum for t in tenants}))
    for tenant in tenants[:_LISTED]:
        if plan := tenant.plan:
            breaks = f", a rollback would break {', '.join(plan.breaks)}" if plan.breaks else ""
            _say(
                f"  {tenant.domain}: plan {plan.checksum[:12]}, route {plan.route}, {plan.reversibility}{breaks}"
            )
    if len(tenants) > _LISTED:
        _say(f"  and {len(tenants) - _LISTED} more: see the reports of run {record.run_id}")


def _is_driven(ledger: Ledger, run_id: str) -> bool:
    return bool(ledger.runs.summary(run_id).holder)


def _resume(fleet: Path, flow_run: str, user: str, note: str) -> str:
    """Resume a suspended flow run, and return what came of it. The approval is in the ledger all the same."""
    try:
        load_for_flow(fleet)
    except PhonefleetError as error:
        return f"{error}. Resume flow run {flow_run} in Prefect"
    if local_server.reserved() is not None:
        return f"flow run {flow_run} is on another Prefect server: name it in PREFECT_API_URL, or resume it there"
    return asyncio.run(_ask_prefect(flow_run, user, note))


async def _ask_prefect(flow_run: str, user: str, note: str) -> str:
    from uuid import UUID

    import httpx
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectException

    try:
        async with get_client() as client:
            result = await client.resume_flow_run(UUID(flow_run), {"approved_by": user, "note": note})
    except (PrefectException, httpx.HTTPError, OSError) as error:
        return (
            f"Prefect did not resume flow run {flow_run} ({type(error).__name__}): resume it there, or continue the "
            "run by its command"
        )
    if result.status == "ACCEPT":
        return f"flow run {flow_run} is resumed: a worker continues the run"
    reason = getattr(result.details, "reason", "") or str(result.status)
    return f"Prefect did not resume flow run {flow_run} ({reason}): look at it there"


def _say(text: str) -> None:
    err.print(text, highlight=False, markup=False)
