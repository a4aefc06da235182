"""The command line. Exit codes: 0 done or in sync, 1 drift found, 2 error, 3 stopped at a gate."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from configs import ConfigError, Fleet
from flows import actions_commands, ledger_commands, prefect_settings, simulator_commands
from flows.approve import approve
from flows.command import FleetFile, Json, Out, confirm, err, load, out, run
from flows.doctor import doctor
from phonefleet.errors import PhonefleetError
from simulator.errors import SimulatorError

Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
Domains = Annotated[list[str] | None, typer.Option(help="A tenant's domain; repeatable.")]
MigratedWave = Annotated[str | None, typer.Option(help="Every migrated tenant of this wave.")]

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Move a fleet of Auth0 tenants from legacy phone messaging to the Unified Phone Experience.",
    epilog="Exit codes: 0 done or in sync, 1 drift found, 2 error, 3 stopped at a gate: a person must decide.",
)


def _version(asked: bool) -> None:
    if asked:
        from flows.version import VERSION

        out.print(f"phonefleet {VERSION}", highlight=False)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What stands before any command."""


app.add_typer(actions_commands.app, name="actions")
ledger_commands.add_to(app)
simulator_commands.add_to(app)
app.command()(doctor)
app.command()(approve)


@app.command()
def assess(fleet: FleetFile, as_json: Json = False, reports: Out = None) -> None:
    """Read every tenant and say what it is; writes to none."""
    loaded = load(fleet)
    from flows.orders import assess_order

    raise typer.Exit(run(loaded, lambda _: assess_order(loaded, "assess", reports), as_json=as_json).code)


@app.command()
def plan(
    fleet: FleetFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the plan goes.")] = Path(
        "plan.json"
    ),
    as_json: Json = False,
    reports: Out = None,
) -> None:
    """Read every tenant and write down what would be done, as a file to approve and to migrate with."""
    loaded = load(fleet)
    from flows.orders import assess_order
    from flows.plan_file import check_place, write_plan

    check_place(out)
    order = assess_order(loaded, "plan", reports)
    concluded = run(loaded, lambda _: order, as_json=as_json)
    made = write_plan(concluded.record, out, order.proposals)
    planned = sum(1 for tenant in made.tenants if tenant.plan)
    err.print(
        f"plan {made.checksum[:12]}: {planned} of {len(made.tenants)} tenants would be changed; written to {out}",
        highlight=False,
        markup=False,
    )
    if waiting := [tenant.domain for tenant in made.tenants if tenant.proposal]:
        err.print(
            f"{len(waiting)} more wait for approval alone, for example: phonefleet approve {out} --fleet {fleet} "
            f"--tenant {waiting[0]} --reason …",
            highlight=False,
            markup=False,
        )
    raise typer.Exit(concluded.code)


@app.command()
def migrate(
    fleet: FleetFile,
    plan: Annotated[
        Path | None, typer.Option(help="Apply exactly this plan; refused where it would differ now.")
    ] = None,
    wave: Annotated[str | None, typer.Option(help="Only this wave.")] = None,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="Let rollout.max_change be exceeded.")] = False,
    resume: Annotated[str | None, typer.Option(metavar="RUN", help="Continue a run that died.")] = None,
    resend_tests: Annotated[
        bool, typer.Option("--resend-tests", help="Send test messages again whose fate is unknown.")
    ] = False,
    as_json: Json = False,
    reports: Out = None,
) -> None:
    """Migrate the fleet wave by wave; a run of this fleet that died is continued."""
    loaded = load(fleet)
    from flows.orders import migrate_order

    confirm(f"Migrate {_which(loaded, wave)}?", yes=yes)
    concluded = run(
        loaded,
        lambda ledger: migrate_order(
            loaded,
            ledger,
            plan=plan,
            wave=wave,
            force=force,
            resume=resume,
            resend_tests=resend_tests,
            out=reports,
        ),
        as_json=as_json,
    )
    raise typer.Exit(concluded.code)


@app.command()
def rollback(
    fleet: FleetFile,
    tenant: Domains = None,
    wave: MigratedWave = None,
    accept_breakage: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A dependent (kind:id) that may break; repeatable."),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
    reports: Out = None,
) -> None:
    """Take migrated tenants back to what they were, where that breaks nothing."""
    loaded = load(fleet)
    from flows.orders import Migrated, rollback_order

    _say_which(tenant, wave)
    confirm(f"Roll back {', '.join(tenant or [])}{f'wave {wave}' if wave else ''}?", yes=yes)
    concluded = run(
        loaded,
        lambda ledger: rollback_order(
            loaded, ledger, Migrated(tuple(tenant or ()), wave, frozenset(accept_breakage or ()), reports)
        ),
        as_json=as_json,
    )
    raise typer.Exit(concluded.code)


def _which(fleet: Fleet, wave: str | None) -> str:
    if wave is None:
        return f"fleet {fleet.name} ({len(fleet.tenants)} tenants)"
    from phonefleet.rollout.waves import assign

    within = sum(name == wave for name in assign(fleet.tenants, fleet.waves).values())
    return f"wave {wave} of fleet {fleet.name} ({within} of its {len(fleet.tenants)} tenants)"


def _say_which(tenant: list[str] | None, wave: str | None) -> None:
    if bool(tenant) == bool(wave):
        err.print("say which: --tenant DOMAIN (repeatable) or --wave NAME")
        raise typer.Exit(2)


@app.command()
def finalize(
    fleet: FleetFile,
    tenant: Domains = None,
    wave: MigratedWave = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="What may be removed for good, for example unbind_action; repeatable."
        ),
    ] = None,
    yes: Yes = False,
    as_json: Json = False,
    reports: Out = None,
) -> None:
    """Remove legacy leftovers of migrated tenants for good, each kind accepted by name; without any, only name them.

    A tenant keeps them for rollout.finalize_after (7 days) after its switch, or its wave's soak where that is longer.
    """
    loaded = load(fleet)
    from flows.orders import Migrated, finalize_order

    _say_which(tenant, wave)
    which = ", ".join(tenant or [f"wave {wave}"])
    # Without a name nothing is removed: the run says what would be, and by which names it is accepted.
    confirm(
        f"Remove {', '.join(accept or [])} of {which} for good? There is no way back after it.",
        yes=yes or not accept,
    )
    concluded = run(
        loaded,
        lambda ledger: finalize_order(
            loaded, ledger, Migrated(tuple(tenant or ()), wave, frozenset(accept or ()), reports)
        ),
        as_json=as_json,
    )
    raise typer.Exit(concluded.code)


@app.command()
def compliance(
    fleet: FleetFile,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN", help="Hold this tenant against what it is now from now on; repeatable."
        ),
    ] = None,
    cron: Annotated[
        str | None,
        typer.Option(metavar="EXPRESSION", help="Stay and run on this schedule, five cron fields."),
    ] = None,
    every: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Stay and run this often, for example 6h.")
    ] = None,
    timezone: Annotated[
        str, typer.Option(metavar="ZONE", help="The zone of --cron, for example Europe/Berlin.")
    ] = "UTC",
    as_json: Json = False,
    reports: Out = None,
) -> None:
    """Say whether every tenant is still what phonefleet left it as; exit code 1 when one is not."""
    loaded = load(fleet)
    if cron or every:
        _serve(fleet, loaded, cron, every, timezone)
        return
    from flows.compliance import compliance_order

    order = compliance_order(loaded, reports, accept or ())
    raise typer.Exit(run(loaded, lambda _: order, as_json=as_json).code)


def _serve(file: Path, fleet: Fleet, cron: str | None, every: str | None, timezone: str) -> None:
    if prefect_settings.uses_local_server():
        err.print("a schedule needs a Prefect server that stays: set PREFECT_API_URL")
        raise typer.Exit(2)
    from flows.schedule import duration_of, schedule_of, serve

    schedule = schedule_of(cron, duration_of(every) if every else None, timezone)
    err.print(
        f"serving compliance of {fleet.name} on {cron or f'every {every}'} ({timezone}); Ctrl-C pauses the schedule",
        highlight=False,
        markup=False,
    )
    serve(file, fleet, schedule)


def _fail(message: str) -> NoReturn:
    err.print(message, style="red", highlight=False, markup=False)
    sys.exit(2)


def main() -> None:
    """Run the command line; every error that phonefleet knows becomes its message and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower() != "utf-8":
            # A terminal that cannot show a frame's corner is no reason to lose a report.
            stream.reconfigure(errors="replace")
    try:
        app()
    except (ConfigError, PhonefleetError, SimulatorError) as error:
        _fail(str(error))
    except OSError as error:
        _fail((f"{error.filename}: " if error.filename else "") + (error.strerror or str(error)))
    except KeyboardInterrupt:
        err.print("interrupted; what was begun is continued by the same command", highlight=False)
        sys.exit(130)
