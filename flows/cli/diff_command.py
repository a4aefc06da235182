"""`diff`: in what two plan files of a fleet differ. Reads no tenant and no ledger."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from configs import load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption, Json
from flows.cli.group_lines import change_line, tenants_line
from flows.cli.output import print_json
from flows.cli.terminal import out
from flows.plan_comparison import PlanChange, PlanDifferenceGroup, compare_plans
from flows.plan_file import read_plan

_MEANING = {
    PlanChange.ADDED: "only in the new plan",
    PlanChange.REMOVED: "only in the old plan",
    PlanChange.VERDICT: "judged differently",
    PlanChange.STEPS: "other changes are planned",
    PlanChange.FACTS: "the same changes, made from other facts",
}


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A file that `phonefleet plan` wrote.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="A later one of the same fleet.")],
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    as_json: Json = False,
) -> None:
    """Show in what two plan files differ."""
    loaded = load_fleet(fleet)
    before, after = read_plan(old, loaded), read_plan(new, loaded)
    groups = compare_plans(before, after)
    differing = {domain for group in groups for domain in group.domains}
    every = {tenant.domain for plan in (before, after) for tenant in plan.tenants}
    if as_json:
        print_json(
            {
                "old": before.checksum,
                "new": after.checksum,
                "differences": [asdict(group) for group in groups],
            }
        )
    else:
        _say(
            f"plan {before.checksum[:12]} and plan {after.checksum[:12]} of fleet {loaded.name}: "
            f"{len(differing)} of {len(every)} tenants differ"
        )
        for group in groups:
            _print(group)


def _print(group: PlanDifferenceGroup) -> None:
    _say("")
    _say(f"{tenants_line(group.domains)}: {_MEANING[group.change]}")
    if group.old != group.new:
        _say(f"  {group.old or 'absent'} -> {group.new or 'absent'}")
    for field in group.fields:
        name = f"{field.step}: {field.field}" if field.field else field.step
        _say(f"  {name}: {change_line(field.old or 'absent', field.new)}")


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)
