"""`assess` and `plan`: read a fleet; neither writes to a tenant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.common import AllowUnreachable, FleetFile, Json, ReportsDir, load_for_flow, run_flow
from flows.cli.terminal import err
from flows.cli.text_renderings import plan_renderings
from flows.plan_file import check_place, read_plan
from flows.selection import parse_allowed


def assess(
    fleet: FleetFile,
    allow_unreachable: AllowUnreachable = "0",
    as_json: Json = False,
    reports: ReportsDir = None,
) -> None:
    """Read every tenant and print its verdict; writes to none."""
    loaded = load_for_flow(fleet)
    from flows.assess import assess as assess_flow

    directory, allowed = str(reports) if reports else None, parse_allowed(allow_unreachable)
    finished = run_flow(
        loaded,
        lambda: assess_flow(str(fleet), reports=directory, allow_unreachable=allowed),
        as_json=as_json,
    )
    raise typer.Exit(finished.code)


def plan(
    fleet: FleetFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The plan file to write.")] = Path(
        "plan.json"
    ),
    as_json: Json = False,
    reports: ReportsDir = None,
) -> None:
    """Read every tenant and write down what would be done, as a file to approve and to migrate with."""
    loaded = load_for_flow(fleet)
    check_place(out)
    from flows.plan import plan as plan_flow

    directory = str(reports) if reports else None
    finished = run_flow(
        loaded, lambda: plan_flow(str(fleet), out=str(out), reports=directory), as_json=as_json
    )
    made = read_plan(out, loaded)
    planned = sum(1 for tenant in made.tenants if tenant.plan)
    err.print(
        f"plan {made.checksum[:12]}: {planned} of {len(made.tenants)} tenants would be changed; written to {out}",
        highlight=False,
        markup=False,
    )
    for line in plan_renderings(made.tenants):
        err.print(line, highlight=False, markup=False)
    if waiting := [tenant.domain for tenant in made.tenants if tenant.proposal]:
        err.print(
            f"{len(waiting)} more only need approval, for example: phonefleet approve {out} --fleet {fleet} "
            f"--tenant {waiting[0]} --reason …",
            highlight=False,
            markup=False,
        )
    raise typer.Exit(finished.code)
