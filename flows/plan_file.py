"""The plan file: written once, read back only if it is complete and unchanged."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from pydantic import ValidationError

from configs import Fleet
from configs.bounded_files import FileRefused, read_bounded
from flows.version import VERSION
from phonefleet.errors import PlanRefused
from phonefleet.ledger.known_ledger import LedgerMark
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.canonical import checksum, encodable
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import FORMAT, FleetPlan, LedgerState, Plan, TenantPlan
from phonefleet.model.run_record import RunRecord
from phonefleet.output_files import NotARegularFile, check_replaceable, replace_file
from phonefleet.private_files import chosen_umask

_MAX_BYTES: Final = 256 * 1024 * 1024
"""A plan of 300 tenants takes a few megabytes."""


@dataclass(frozen=True, slots=True)
class ProposedPlan:
    """The plan that a blocked tenant would have if these reasons were accepted."""

    plan: Plan
    codes: tuple[ReasonCode, ...]


def write_plan(
    record: RunRecord, path: Path, proposals: Mapping[str, ProposedPlan], mark: LedgerMark
) -> FleetPlan:
    """Write the plan that a run made; the file holds no secrets, only references.

    Args:
        record: the run.
        path: where the file goes.
        proposals: the plans that wait for approval, by domain.
        mark: the ledger that has the run.
    """
    made = FleetPlan(
        fleet=record.fleet,
        phonefleet=VERSION,
        created_at=record.started_at.isoformat(),
        ledger=LedgerState(identity=mark.identity, generation=mark.generation),
        tenants=tuple(
            TenantPlan(
                domain=t.domain,
                wave=t.wave,
                assessment=t.assessment,
                plan=t.plan,
                proposal=proposed.plan if (proposed := proposals.get(t.domain)) else None,
                awaiting=proposed.codes if proposed else (),
            )
            for t in record.tenants
            if t.assessment
        ),
    )
    write_plan_file(made, path)
    return made


def write_plan_file(made: FleetPlan, path: Path) -> None:
    """Write a plan with its checksum and its seal."""
    body = encodable({"checksum": made.checksum, **made.model_dump(mode="json")})
    body = {"seal": checksum(body), **body}
    text = orjson.dumps(body, option=orjson.OPT_INDENT_2)
    replace_file(path, lambda temporary: temporary.write_bytes(text), mode=0o666 & ~chosen_umask(os.environ))


def check_place(path: Path) -> None:
    """Check that a plan can be written there, before minutes are spent on making it.

    Raises:
        PlanRefused: its folder is missing or may not be written to, or a device, a pipe or a folder is there.
    """
    try:
        folder = check_replaceable(path).parent
    except NotARegularFile as error:
        raise PlanRefused(f"{path}: {error.fact}: give a file as --out, or - for standard output") from None
    if not folder.is_dir():
        raise PlanRefused(
            f"{path}: there is no folder {folder} to write the plan to: create it, or give another --out"
        )
    if not os.access(folder, os.W_OK):
        raise PlanRefused(f"{path}: folder {folder} is not writable: give another --out")


def read_plan(path: Path, fleet: Fleet) -> FleetPlan:
    """Read a plan file.

    Raises:
        PlanRefused: it can't be read, was changed by hand, or is of another fleet or version.
    """
    try:
        body = orjson.loads(read_bounded(path, _MAX_BYTES))
    except FileRefused as refused:
        raise PlanRefused(f"{path}: {refused.fact}. {refused.advice}") from refused
    except orjson.JSONDecodeError as error:
        raise PlanRefused(f"{path}: not a plan file: {error}") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise PlanRefused(f"{path}: not a plan file of format {FORMAT}: plan again with `phonefleet plan`")
    if body.pop("seal", "") != checksum(body):
        raise PlanRefused(f"{path}: was changed by hand since it was made: plan again with `phonefleet plan`")
    stated = body.pop("checksum", "")
    try:
        plan = FleetPlan.model_validate(body)
    except ValidationError as error:
        raise PlanRefused(
            f"{path}: not a plan file: {error.error_count()} fields are wrong: plan again"
        ) from error
    if plan.checksum != stated:
        raise PlanRefused(
            f"{path}: its checksum is {plan.checksum[:12]} and the file says {str(stated)[:12]}: it was changed "
            "by hand. Plan again"
        )
    if plan.fleet != fleet.name:
        raise PlanRefused(f"{path}: a plan of fleet {plan.fleet}, and this is fleet {fleet.name}")
    return plan


def check_ledger(plan: FleetPlan, path: Path, ledger: Ledger) -> None:
    """Check that a plan file was made with this ledger, and that the ledger has not lost what it had then.

    What a migration may rely on is in the ledger that the plan was made with: who did what to a tenant, which messages
    were sent, what was approved.

    Raises:
        PlanRefused: it was made with another ledger, or this one is an older copy.
    """
    now = ledger.mark()
    if plan.ledger.identity != now.identity:
        raise PlanRefused(
            f"{path}: made with another ledger ({plan.ledger.identity[:12]}; {ledger.place} is {now.identity[:12]}): "
            "use the fleet file and the ledger that it was made with, or plan again with `phonefleet plan`"
        )
    if plan.ledger.generation > now.generation:
        raise PlanRefused(
            f"{path}: made when the ledger {ledger.place} had {plan.ledger.generation} facts, and it has "
            f"{now.generation} now, so it is an older copy: restore the newest one (`phonefleet ledger verify` checks "
            "it), or plan again with `phonefleet plan`"
        )


def with_approvals(plan: FleetPlan, ledger: Ledger) -> FleetPlan:
    """Return the plan with every proposal that was approved since it was made as that tenant's plan."""

    def approved(tenant: TenantPlan) -> TenantPlan:
        if tenant.proposal is None:
            return tenant
        approvals = ledger.approvals.of_plan(tenant.proposal.checksum)
        accepted = {code for approval in approvals for code in approval.reasons}
        return (
            tenant.model_copy(update={"plan": tenant.proposal})
            if set(tenant.awaiting) <= accepted
            else tenant
        )

    return plan.model_copy(update={"tenants": tuple(approved(tenant) for tenant in plan.tenants)})
