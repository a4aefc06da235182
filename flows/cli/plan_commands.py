"""`assess` and `plan`: read a fleet; neither writes to a tenant."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from configs import Fleet
from flows.cli.common import (
    AllowUnreachable,
    Domains,
    FleetFile,
    Json,
    Owners,
    Pool,
    ReportsDir,
    load_for_flow,
    owned_domains,
    run_flow,
)
from flows.cli.terminal import STANDARD_OUTPUT, Terminal, err
from flows.cli.terminal import out as terminal_out
from flows.cli.text_renderings import plan_renderings
from flows.plan_file import check_place, read_plan
from flows.selection import check_domains, parse_allowed
from phonefleet.model.plan import FleetPlan

if TYPE_CHECKING:
    from flows.report_files import FinishedRun


def assess(
    fleet: FleetFile,
    tenant: Domains = None,
    owner: Owners = None,
    allow_unreachable: AllowUnreachable = "0",
    as_json: Json = False,
    reports: ReportsDir = None,
    pool: Pool = None,
) -> None:
    """Read every tenant and print its verdict; writes to none."""
    loaded = load_for_flow(fleet)
    from flows.assess import assess as assess_flow

    directory, allowed = str(reports) if reports else None, parse_allowed(allow_unreachable)
    wanted = owned_domains(loaded, tenant, owner)
    finished = run_flow(
        loaded,
        lambda: assess_flow(str(fleet), directory, allowed, wanted, pool),
        as_json=as_json,
        pool=pool or loaded.execution.pool,
        check=lambda _: check_domains(loaded, tuple(wanted or ())),
    )
    raise typer.Exit(finished.code)


def plan(
    fleet: FleetFile,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The plan file to write; - prints the plan.")
    ] = Path("plan.json"),
    tenant: Domains = None,
    owner: Owners = None,
    as_json: Json = False,
    reports: ReportsDir = None,
    pool: Pool = None,
) -> None:
    """Read every tenant and write down what would be done, as a file to approve and to migrate with."""
    printed = str(out) == STANDARD_OUTPUT
    if printed and as_json:
        raise typer.BadParameter(
            "standard output has one document: the run's (--json) or the plan", param_hint="--out -"
        )
    loaded = load_for_flow(fleet)
    wanted = owned_domains(loaded, tenant, owner)
    if printed:
        loaded.state_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=loaded.state_dir, prefix="plan-") as folder:
            finished, made = _planned(
                fleet, loaded, Path(folder) / "plan.json", reports, wanted, pool, as_json=False, on=err
            )
            sys.stdout.buffer.write((Path(folder) / "plan.json").read_bytes() + b"\n")
            sys.stdout.buffer.flush()
    else:
        check_place(out)
        finished, made = _planned(fleet, loaded, out, reports, wanted, pool, as_json=as_json, on=terminal_out)
    _show_plan(made, fleet, out)
    raise typer.Exit(finished.code)


def _planned(
    file: Path,
    fleet: Fleet,
    place: Path,
    reports: Path | None,
    tenants: list[str] | None,
    pool: str | None,
    *,
    as_json: bool,
    on: Terminal,
) -> tuple[FinishedRun, FleetPlan]:
    from flows.plan import plan as plan_flow

    directory = str(reports) if reports else None
    finished = run_flow(
        fleet,
        lambda: plan_flow(str(file), str(place), directory, tenants, pool),
        as_json=as_json,
        pool=pool or fleet.execution.pool,
        check=lambda _: check_domains(fleet, tuple(tenants or ())),
        on=on,
    )
    return finished, read_plan(place, fleet)


def _show_plan(made: FleetPlan, fleet: Path, out: Path) -> None:
    planned = sum(1 for tenant in made.tenants if tenant.plan)
    where = "printed" if str(out) == STANDARD_OUTPUT else f"written to {out}"
    err.print(
        f"plan {made.checksum[:12]}: {planned} of {len(made.tenants)} tenants would be changed; {where}",
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
