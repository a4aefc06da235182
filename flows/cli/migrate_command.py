"""`migrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from configs import Fleet
from flows.cli.common import (
    Domains,
    FleetFile,
    Json,
    Owners,
    Pool,
    ReportsDir,
    Yes,
    confirm,
    load_for_flow,
    owned_domains,
    run_flow,
)
from flows.cli.output import tenants_of
from flows.cli.terminal import err
from flows.migration_forecast import MigrationForecast, excess
from flows.migration_request import check_migration
from phonefleet.ledger.location import open_ledger
from phonefleet.model.enums import MigrationPhase
from phonefleet.model.run_options import RunOptions
from phonefleet.rollout.waves import assign

_VERBS = {None: "Migrate", MigrationPhase.PREPARE: "Prepare", MigrationPhase.SWITCH: "Switch"}

PrepareOnly = Annotated[
    bool,
    typer.Option("--prepare-only", help="Do everything before the switch; a later --switch does the rest."),
]
SwitchOnly = Annotated[
    bool, typer.Option("--switch", help="Only switch tenants that --prepare-only has prepared.")
]


def migrate(
    fleet: FleetFile,
    plan: Annotated[
        Path | None,
        typer.Option(help="Apply exactly this plan; a tenant whose plan would differ now is held."),
    ] = None,
    wave: Annotated[str | None, typer.Option(help="Only this wave.")] = None,
    tenant: Domains = None,
    owner: Owners = None,
    prepare_only: PrepareOnly = False,
    switch: SwitchOnly = False,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Let rollout.max_change be exceeded.")] = False,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Continue this run, which died before its end.")
    ] = None,
    resend_tests: Annotated[
        bool,
        typer.Option("--resend-tests", help="Send test messages again whose outcome is unknown."),
    ] = False,
    as_json: Json = False,
    reports: ReportsDir = None,
    pool: Pool = None,
) -> None:
    """Migrate the fleet wave by wave. A run of this fleet that died is continued."""
    loaded = load_for_flow(fleet)
    from flows.migrate import migrate as migrate_flow
    from flows.migration_phase import phase_of

    asked = RunOptions(
        wave=wave,
        tenants=tuple(owned_domains(loaded, tenant, owner) or ()),
        plan_file=str(plan) if plan else None,
        force=force,
        phase=phase_of(prepare_only=prepare_only, switch=switch),
    )
    with open_ledger(loaded) as ledger:
        expected = check_migration(loaded, ledger, asked, resume).expected
    err.print(f"{_selected(loaded, asked)}: {expected}", highlight=False, markup=False)
    _warn_of_limit(loaded, asked, expected)
    confirm(f"{_VERBS[asked.phase]}?", yes=yes)
    finished = run_flow(
        loaded,
        lambda: migrate_flow(
            str(fleet),
            wave=wave,
            plan=asked.plan_file,
            force=force,
            resume=resume,
            resend_tests=resend_tests,
            reports=str(reports) if reports else None,
            tenants=list(asked.tenants) or None,
            prepare_only=prepare_only,
            switch=switch,
            pool=pool,
        ),
        as_json=as_json,
        pool=pool or loaded.execution.pool,
    )
    raise typer.Exit(finished.code)


def _warn_of_limit(fleet: Fleet, options: RunOptions, expected: MigrationForecast) -> None:
    """Say before minutes of reading that the run may end at the limit of change."""
    if expected.unread and (why := excess(fleet, options, expected.changed + expected.unread)):
        err.print(f"if all are eligible, nothing will be written: {why}", highlight=False, markup=False)


def _selected(fleet: Fleet, options: RunOptions) -> str:
    if options.tenants:
        return ", ".join(options.tenants)
    if options.wave is None:
        return f"fleet {fleet.name} ({tenants_of(len(fleet.tenants))})"
    within = sum(name == options.wave for name in assign(fleet.tenants, fleet.waves).values())
    return f"wave {options.wave} of fleet {fleet.name} ({within} of its {tenants_of(len(fleet.tenants))})"
