"""`approve`: somebody's yes to tenants' plans, bound to their checksums; it reads a plan file and writes the ledger."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from configs import Fleet
from flows.command import Json, confirm, err, load, print_json
from flows.ledger_commands import HERE, Fleets
from flows.plan_file import read_plan
from phonefleet.errors import PlanRefused
from phonefleet.execution.session import open_ledger
from phonefleet.model.plan import FleetPlan, Plan, TenantPlan
from phonefleet.model.run_record import Approval

Asked = tuple[TenantPlan, Plan]
"""A tenant of the plan file, and the plan to approve."""


def approve(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The file that `phonefleet plan` wrote.")],
    tenant: Annotated[list[str], typer.Option(metavar="DOMAIN", help="Whose plan; repeatable.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it stands in the tenant's history.")],
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who; by default the user who runs this.")
    ] = None,
    fleet: Fleets = HERE,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: Json = False,
) -> None:
    """Approve tenants' plans, also of tenants that wait for a decision only; void once a plan would be another one."""
    loaded = load(fleet)
    if not reason.strip():
        raise PlanRefused("nothing was approved: --reason is empty, and it is what a later reader goes by")
    asked = asked_for(read_plan(plan, loaded), loaded, tenant)
    for found, wanted in asked:
        for line in told(found, wanted):
            err.print(line, highlight=False, markup=False)
    confirm(f"Approve {len(asked)} plan(s)?", yes=yes)
    with open_ledger(loaded) as ledger:
        ledger.check_writable()
        made = ledger.approvals.approve_plans(
            [(wanted, found.awaiting) for found, wanted in asked], by or getpass.getuser(), reason
        )
    if as_json:
        print_json({"approved": [_json(each, made[n]) for n, each in enumerate(asked)]})
    else:
        err.print(
            f"approved: {len(made)} plan(s); each holds until its plan would be another one", highlight=False
        )


def asked_for(plan: FleetPlan, fleet: Fleet, domains: list[str]) -> list[Asked]:
    """The plans to approve.

    Raises:
        PlanRefused: a tenant isn't the fleet's or the plan's, or there is nothing to approve for it; all are listed.
    """
    known = {each.domain: each for each in plan.tenants}
    asked: list[Asked] = []
    problems: list[str] = []
    for domain in dict.fromkeys(domain.lower() for domain in domains):
        found = known.get(domain)
        if found is None or fleet.tenant(domain) is None:
            problems.append(f"{domain}: not a tenant of this plan and of fleet {fleet.name}")
        elif wanted := found.plan or found.proposal:
            asked.append((found, wanted))
        else:
            problems.append(_nothing(found))
    if problems:
        listed = "\n".join(f"  - {each}" for each in problems)
        raise PlanRefused(f"nothing was approved:\n{listed}")
    return asked


def _nothing(found: TenantPlan) -> str:
    first = found.assessment.reasons[0].message if found.assessment.reasons else "nothing would be changed"
    return f"{found.domain}: it is {found.verdict} and has no plan that could be approved: {first}"


def told(found: TenantPlan, plan: Plan) -> Iterator[str]:
    """What a person says yes to, line by line."""
    yield f"{found.domain}: plan {plan.checksum[:12]}, route {plan.route}, {plan.reversibility}"
    for reason in found.assessment.reasons:
        if reason.code in found.awaiting:
            yield f"  accepts {reason.code}: {reason.message}"
    if plan.verification:
        verification = plan.verification
        yield f"  its Action is {verification.result} by {verification.strategy}" + (
            f": {'; '.join(verification.reasons)}" if verification.reasons else ""
        )
        yield from (f"  look at {flag}" for flag in verification.flags)
    yield from (f"  warning {w.code}: {w.message}" for w in plan.warnings if w.code not in found.awaiting)
    yield from (f"  {step.index + 1:2}. {step.title}" for step in plan.steps)
    if plan.breaks:
        yield f"  a rollback would break {', '.join(plan.breaks)}"


def _json(asked: Asked, approval: Approval) -> dict[str, Any]:
    found, plan = asked
    return {
        "domain": found.domain,
        "plan": plan.checksum,
        "accepts": list(found.awaiting),
        "by": approval.by,
        "at": approval.at.isoformat(),
        "reason": approval.note,
    }
