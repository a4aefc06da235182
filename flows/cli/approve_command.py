"""`approve`: approve tenants' plans, by their checksums. Reads a plan file and writes to the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from configs import Fleet, load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption, Json, Owners, Yes, confirm, owned_domains
from flows.cli.group_lines import change_line, group_lines
from flows.cli.output import print_json
from flows.cli.output_options import chosen
from flows.cli.terminal import err
from flows.cli.text_renderings import renderings
from flows.plan_file import check_ledger, read_plan
from flows.plan_groups import group_of, own_values, plan_groups
from flows.selection import check_wave
from phonefleet.errors import PlanRefused
from phonefleet.ledger.location import open_ledger
from phonefleet.model.enums import ReasonCode, Route
from phonefleet.model.plan import FleetPlan, Plan, TenantPlan
from phonefleet.system_user import operating_system_user

_IN_FULL = 3
"""The most plans that are described one by one without being asked for it."""


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
    wave: Annotated[str | None, typer.Option(help="Only tenants of this wave that have a plan.")] = None,
    route: Annotated[Route | None, typer.Option(help="Only tenants with this route.")] = None,
    like: Annotated[
        str | None, typer.Option(metavar="DOMAIN", help="Only tenants that get the same steps as this one.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who approves; by default the user who runs this.")
    ] = None,
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Approve plans by tenant, owner, wave, route or likeness, including those that only need a decision.

    Options of different kinds narrow the choice. What the plans have in common is shown first, and in what they differ.
    An approval lapses when the plan changes.
    """
    loaded = load_fleet(fleet)
    if not reason.strip():
        raise PlanRefused("nothing was approved: --reason is empty, and later readers depend on it")
    check_wave(loaded, wave)
    made = read_plan(plan, loaded)
    wanted = _wanted(made, loaded, Choice(tenant, owner, wave, route, like))
    requests = approval_requests(made, loaded, wanted)
    for line in overview(requests):
        err.print(line, highlight=False, markup=False)
    confirm(f"Approve {len(requests)} plan(s)?", yes=yes)
    with open_ledger(loaded) as ledger:
        ledger.check_writable()
        check_ledger(made, plan, ledger)
        approvals = ledger.approvals.approve_plans(
            [(request.plan, request.tenant.awaiting) for request in requests],
            by or operating_system_user(),
            reason,
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


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tenants of a plan file are meant; None leaves a kind of choice open."""

    tenants: list[str] | None
    owners: list[str] | None
    wave: str | None
    route: Route | None
    like: str | None


def _wanted(made: FleetPlan, fleet: Fleet, choice: Choice) -> list[str]:
    """Return the tenants that an operator chose: tenants that are named, and of the others those with a plan.

    Raises:
        PlanRefused: nothing was chosen, no tenant is left, or there is no plan like the one named.
    """
    named = owned_domains(fleet, choice.tenants, None) or []
    with_plan = [each for each in made.tenants if each.plan or each.proposal]
    some = {each.domain for each in with_plan}
    named += [domain for domain in owned_domains(fleet, None, choice.owners) or [] if domain in some]
    narrowed = choice.wave or choice.route or choice.like
    if not named and not (narrowed and not choice.owners):
        raise PlanRefused(
            "nothing was approved: name tenants that have a plan: --tenant DOMAIN, --owner NAME, --wave NAME, "
            "--route ROUTE or --like DOMAIN"
        )
    if not narrowed:
        return named
    alike = set(group_of(with_plan, choice.like.lower())) if choice.like else some
    if not alike:
        raise PlanRefused(f"nothing was approved: --like {choice.like}: it has no plan in this file")
    fitting = [
        each.domain
        for each in with_plan
        if (not named or each.domain in named)
        and choice.wave in (None, each.wave)
        and choice.route in (None, (each.plan or each.proposal or each.assessment).route)
        and each.domain in alike
    ]
    if not fitting:
        raise PlanRefused("nothing was approved: no tenant with a plan fits all options")
    return fitting


def overview(requests: list[ApprovalRequest]) -> Iterator[str]:
    """Yield what a person approves: each of a few plans in full, and of more what is common and what deviates.

    With -v every plan is described in full.
    """
    if len(requests) <= _IN_FULL or chosen.verbose:
        for request in requests:
            yield from describe(request)
    if len(requests) == 1:
        return
    tenants = {request.tenant.domain: request.tenant for request in requests}
    for group in plan_groups(tenants.values()):
        yield from group_lines(group)
        for code in group.awaiting:
            yield from _accepted(code, [tenants[domain] for domain in group.domains])
        if group.differing:
            yield "  what differs:"
            for domain in group.domains:
                values = ", ".join(
                    f"{name} {change_line(None, value)}" for name, value in own_values(tenants[domain], group)
                )
                yield f"    {domain}: {values}"
    if len(requests) > _IN_FULL and not chosen.verbose:
        yield f"{len(requests)} plans; -v shows each in full, with its texts and warnings"


def _accepted(code: ReasonCode, tenants: list[TenantPlan]) -> Iterator[str]:
    """Yield each different message of a reason that would be accepted, with its number of tenants."""
    messages = Counter(
        reason.message.removeprefix(f"{tenant.domain}: ")
        for tenant in tenants
        for reason in tenant.assessment.reasons
        if reason.code is code
    )
    yield from (
        f"  accepts {code} in {count} tenant(s): {message}" for message, count in messages.most_common()
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
        yield f"  its Action: {verification.result}, by {verification.strategy}" + (
            f": {'; '.join(verification.reasons)}" if verification.reasons else ""
        )
        yield from (f"  look at this: {flag}" for flag in verification.flags)
    yield from (f"  warning {w.code}: {w.message}" for w in plan.warnings if w.code not in tenant.awaiting)
    yield from (f"  {line}" for line in renderings(plan.texts))
    yield from (f"  {step.index + 1:2}. {step.title}" for step in plan.steps)
    if plan.breaks:
        yield f"  a rollback would break {', '.join(plan.breaks)}"
