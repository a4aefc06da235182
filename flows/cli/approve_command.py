"""`approve`: approve tenants' plans, by their checksums. Reads a plan file and writes to the ledger."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from configs import Fleet, load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption, Json, Owners, Yes, confirm, owned_domains
from flows.cli.output import print_json
from flows.cli.terminal import err
from flows.cli.text_renderings import renderings
from flows.plan_file import check_ledger, read_plan
from phonefleet.errors import PlanRefused
from phonefleet.ledger.location import open_ledger
from phonefleet.model.plan import FleetPlan, Plan, TenantPlan


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A tenant of the plan file and the plan of it that is to be approved."""

    tenant: TenantPlan
    plan: Plan


def approve(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The file that `phonefleet plan` wrote.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept in the tenant's history.")],
    tenant: Annotated[
        list[str] | None,
        typer.Option(metavar="DOMAIN", help="The tenant whose plan is approved; repeatable."),
    ] = None,
    owner: Owners = None,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who approves; by default the user who runs this.")
    ] = None,
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Approve plans by tenant, including those of tenants that only need a decision.

    An approval lapses when the plan changes.
    """
    loaded = load_fleet(fleet)
    if not reason.strip():
        raise PlanRefused("nothing was approved: --reason is empty, and later readers depend on it")
    made = read_plan(plan, loaded)
    wanted = owned_domains(loaded, tenant, None) or []
    # Of an owner's tenants, those are meant whose plan could be approved; a tenant that is named must have one.
    with_plan = {each.domain for each in made.tenants if each.plan or each.proposal}
    wanted += [domain for domain in owned_domains(loaded, None, owner) or [] if domain in with_plan]
    if not wanted:
        raise PlanRefused(
            "nothing was approved: name tenants that have a plan: --tenant DOMAIN or --owner NAME"
        )
    requests = approval_requests(made, loaded, wanted)
    for request in requests:
        for line in describe(request):
            err.print(line, highlight=False, markup=False)
    confirm(f"Approve {len(requests)} plan(s)?", yes=yes)
    with open_ledger(loaded) as ledger:
        ledger.check_writable()
        check_ledger(made, plan, ledger)
        approvals = ledger.approvals.approve_plans(
            [(request.plan, request.tenant.awaiting) for request in requests], by or getpass.getuser(), reason
        )
    if as_json:
        approved = [
            {
                "domain": request.tenant.domain,
                "plan": request.plan.checksum,
                "accepts": list(request.tenant.awaiting),
                "by": approval.by,
                "at": approval.at.isoformat(),
                "reason": approval.note,
            }
            for request, approval in zip(requests, approvals, strict=True)
        ]
        print_json({"approved": approved})
    else:
        err.print(
            f"approved: {len(approvals)} plan(s); an approval lapses when its plan changes", highlight=False
        )


def approval_requests(plan: FleetPlan, fleet: Fleet, domains: list[str]) -> list[ApprovalRequest]:
    """Return what is to be approved.

    Raises:
        PlanRefused: a tenant isn't the fleet's or the plan's, or has no plan that could be approved; all are listed.
    """
    known = {each.domain: each for each in plan.tenants}
    requests: list[ApprovalRequest] = []
    problems: list[str] = []
    for domain in dict.fromkeys(domain.lower() for domain in domains):
        tenant = known.get(domain)
        if tenant is None or fleet.tenant(domain) is None:
            problems.append(f"{domain}: not a tenant of this plan and of fleet {fleet.name}")
        elif to_approve := tenant.plan or tenant.proposal:
            requests.append(ApprovalRequest(tenant, to_approve))
        else:
            reasons = tenant.assessment.reasons
            first = reasons[0].message if reasons else "nothing would be changed"
            problems.append(
                f"{domain}: it is {tenant.verdict} and has no plan that could be approved: {first}"
            )
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise PlanRefused(f"nothing was approved:\n{listed}")
    return requests


def describe(request: ApprovalRequest) -> Iterator[str]:
    """Yield what a person approves, line by line."""
    tenant, plan = request.tenant, request.plan
    yield f"{tenant.domain}: plan {plan.checksum[:12]}, route {plan.route}, {plan.reversibility}"
    for reason in tenant.assessment.reasons:
        if reason.code in tenant.awaiting:
            yield f"  accepts {reason.code}: {reason.message}"
    if custom := tenant.assessment.custom_action:
        packages = ", ".join(f"{d.name}@{d.version}" for d in custom.content.dependencies) or "none"
        secrets = ", ".join(custom.content.secret_names) or "none"
        yield f"  its own Action {custom.name} ({custom.stage}): packages {packages}, secrets {secrets}"
        yield "  its code is in the plan file and in the report"
        yield from (f"  {need.need}: {need.handling}, {need.detail}" for need in custom.needs if need.detail)
    if plan.verification:
        verification = plan.verification
        yield f"  its Action is {verification.result} by {verification.strategy}" + (
            f": {'; '.join(verification.reasons)}" if verification.reasons else ""
        )
        yield from (f"  look at {flag}" for flag in verification.flags)
    yield from (f"  warning {w.code}: {w.message}" for w in plan.warnings if w.code not in tenant.awaiting)
    yield from (f"  {line}" for line in renderings(plan.texts))
    yield from (f"  {step.index + 1:2}. {step.title}" for step in plan.steps)
    if plan.breaks:
        yield f"  a rollback would break {', '.join(plan.breaks)}"
