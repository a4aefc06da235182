"""The entry point. Exit codes: 0 done or in sync, 1 drift found, 2 error, 3 stopped at a gate."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer

from configs import ConfigError
from flows.cli import actions_commands
from flows.cli.approve_command import approve
from flows.cli.compliance_command import compliance
from flows.cli.doctor_command import doctor
from flows.cli.handover_command import handover
from flows.cli.ledger_commands import history, report, runs, schema, status
from flows.cli.migrate_command import migrate
from flows.cli.output import err, out
from flows.cli.plan_commands import assess, plan
from flows.cli.rollback_commands import finalize, rollback
from flows.cli.simulator_commands import demo, simulate
from flows.cli.unlock_command import unlock
from flows.version import VERSION
from phonefleet.errors import PhonefleetError
from simulator.errors import SimulatorError

_COMMANDS = (
    *(assess, plan, approve, migrate, rollback, finalize, compliance, handover),
    *(runs, status, history, report, schema, unlock, doctor),
    *(simulate, demo),
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Move a fleet of Auth0 tenants from legacy phone messaging to the Unified Phone Experience.",
    epilog="Exit codes: 0 done or in sync, 1 drift found, 2 error, 3 stopped at a gate: a person must decide.",
)
app.add_typer(actions_commands.app, name="actions")
for command in _COMMANDS:
    app.command()(command)


def _print_version(requested: bool) -> None:
    if requested:
        out.print(f"phonefleet {VERSION}", highlight=False)
        raise typer.Exit


@app.callback()
def _global_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Global options."""


def main() -> None:
    """Run the command line; every error becomes its message and exit code 2: 1, Python's own, says drift here."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower() != "utf-8":
            # A terminal that cannot show a character must not cost a report.
            stream.reconfigure(errors="replace")
    try:
        app()
    except (ConfigError, PhonefleetError, SimulatorError) as error:
        _fail(str(error))
    except OSError as error:
        _fail((f"{error.filename}: " if error.filename else "") + (error.strerror or str(error)))
    except KeyboardInterrupt:
        err.print("interrupted; repeat the command to continue", highlight=False)
        sys.exit(130)
    except Exception as error:
        # Imported late: it brings modules that most commands do without.
        from tasks.unexpected_errors import run_defect

        _fail(str(run_defect(error)))


def _fail(message: str) -> NoReturn:
    err.print(message, style="red", highlight=False, markup=False)
    sys.exit(2)
