"""`show`: a plan file as people review it, with tenants that get the same steps in one group."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from configs import load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, Domains, FleetOption, Json, Owners, owned_domains
from flows.cli.group_lines import group_lines, tenants_line
from flows.cli.output import print_json
from flows.cli.terminal import out
from flows.plan_file import read_plan
from flows.plan_groups import PlanGroup, UnplannedGroup, plan_groups, unplanned_groups
from flows.selection import check_domains, check_wave
from phonefleet.model.enums import Route


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
        for line in group_lines(group):
            _say(line)
    for other in others:
        _say(
            f"{tenants_line(other.domains)}: {other.verdict}"
            + (f", {other.code}: {other.message}" if other.code else "")
        )


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
