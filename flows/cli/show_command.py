"""`show`: a plan file as people review it, with tenants that get the same steps in one group."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from configs import load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, Domains, FleetOption, Json, Owners, owned_domains
from flows.cli.output import print_json
from flows.cli.terminal import out
from flows.plan_file import read_plan
from flows.plan_groups import PlanGroup, UnplannedGroup, plan_groups, unplanned_groups
from flows.selection import check_domains, check_wave
from phonefleet.model.enums import Route

_NAMED = 5
_SHOWN = 70


def show(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The file that `phonefleet plan` wrote.")],
    wave: Annotated[str | None, typer.Option(help="Only this wave.")] = None,
    tenant: Domains = None,
    owner: Owners = None,
    route: Annotated[Route | None, typer.Option(help="Only tenants with this route.")] = None,
    changes_only: Annotated[
        bool, typer.Option("--changes-only", help="Leave out tenants that would not be changed.")
    ] = False,
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    as_json: Json = False,
) -> None:
    """Show a plan file: tenants that get the same steps in one group, and in what they differ."""
    loaded = load_fleet(fleet)
    wanted = tuple(owned_domains(loaded, tenant, owner) or ())
    check_domains(loaded, wanted)
    check_wave(loaded, wave)
    made = read_plan(plan, loaded)
    tenants = [
        each
        for each in made.tenants
        if (not wanted or each.domain in wanted)
        and wave in (None, each.wave)
        and route in (None, each.assessment.route)
    ]
    groups = plan_groups(tenants)
    others = [] if changes_only else unplanned_groups(tenants)
    if as_json:
        document = {
            "groups": [_group(group) for group in groups],
            "others": [_other(each) for each in others],
        }
        print_json({"plan": made.checksum} | document)
        return
    changed = sum(len(group.domains) for group in groups if not group.awaiting)
    out.print(
        f"plan {made.checksum[:12]} of fleet {made.fleet}: {changed} of {len(tenants)} tenants would be changed",
        highlight=False,
        markup=False,
    )
    for group in groups:
        _print(group)
    for other in others:
        _say(
            f"{_tenants(other.domains)}: {other.verdict}"
            + (f", {other.code}: {other.message}" if other.code else "")
        )


def _print(group: PlanGroup) -> None:
    same = f"the same {len(group.steps)} steps" if len(group.domains) > 1 else f"{len(group.steps)} steps"
    differing = f", differing in {', '.join(group.differing)}" if group.differing else ""
    _say("")
    _say(f"{_tenants(group.domains)}: {same}{differing}")
    waits = f"; waits for approval of {', '.join(group.awaiting)}" if group.awaiting else ""
    _say(f"  route {group.route}, {group.reversibility}{waits}")
    for warning in group.warnings:
        _say(f"  warning {warning}")
    for number, step in enumerate(group.steps, 1):
        _say(f"  {number:2}. {step.name}")
        for field in step.fields:
            _say(f"        {field.path}: {_change(field.before, field.after, field.values)}")


def _change(before: str | None, after: str | None, values: int) -> str:
    if values > 1:
        return f"differs ({values} values)"
    return f"{_short(before)} -> {_short(after)}" if before is not None else _short(after)


def _short(text: str | None) -> str:
    line = " ".join((text if text is not None else "absent").split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}… ({len(line)} characters)"


def _tenants(domains: tuple[str, ...]) -> str:
    more = f" and {len(domains) - _NAMED} more" if len(domains) > _NAMED else ""
    return f"{len(domains)} tenant{'' if len(domains) == 1 else 's'} ({', '.join(domains[:_NAMED])}{more})"


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def _group(group: PlanGroup) -> dict[str, Any]:
    return {
        "tenants": list(group.domains),
        "route": group.route,
        "reversibility": group.reversibility,
        "awaiting": list(group.awaiting),
        "warnings": list(group.warnings),
        "differing": list(group.differing),
        "steps": [
            {
                "step": step.name,
                "fields": {
                    f.path: {"before": f.before, "after": f.after} if f.values == 1 else {"values": f.values}
                    for f in step.fields
                },
            }
            for step in group.steps
        ],
    }


def _other(other: UnplannedGroup) -> dict[str, Any]:
    return {
        "tenants": list(other.domains),
        "verdict": other.verdict,
        "code": other.code,
        "message": other.message,
    }
