"""The entry point. Exit codes: 0 done or in sync, 1 drift found, 2 error, 3 stopped at a gate."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated, ClassVar

import typer

from flows.cli.lazy_commands import CommandSource, LazyGroup
from flows.cli.terminal import err, out
from phonefleet.ledger.private_files import keep_private


class Commands(LazyGroup):
    """The commands of `phonefleet`."""

    sources: ClassVar[dict[str, CommandSource]] = {
        "assess": CommandSource(
            "flows.cli.plan_commands", "assess", "Read every tenant and print its verdict; writes to none."
        ),
        "plan": CommandSource(
            "flows.cli.plan_commands",
            "plan",
            "Read every tenant and write down what would be done, as a file to approve and to migrate with.",
        ),
        "approve": CommandSource(
            "flows.cli.approve_command",
            "approve",
            "Approve plans by tenant, including those of tenants that only need a decision.",
        ),
        "migrate": CommandSource(
            "flows.cli.migrate_command",
            "migrate",
            "Migrate the fleet wave by wave. A run of this fleet that died is continued.",
        ),
        "rollback": CommandSource(
            "flows.cli.rollback_commands",
            "rollback",
            "Roll migrated tenants back to what they were, where that breaks nothing.",
        ),
        "finalize": CommandSource(
            "flows.cli.rollback_commands",
            "finalize",
            "Remove legacy leftovers of migrated tenants for good, each kind accepted by name; without any, only list "
            "them.",
        ),
        "compliance": CommandSource(
            "flows.cli.compliance_command",
            "compliance",
            "Detect drift from the last recorded state; exit code 1 if there is any.",
        ),
        "handover": CommandSource(
            "flows.cli.handover_command",
            "handover",
            "Write Terraform or Deploy CLI code for what migrations left, without secrets; writes to no tenant.",
        ),
        "runs": CommandSource(
            "flows.cli.ledger_commands", "runs", "List the runs of a fleet's ledger, newest first."
        ),
        "status": CommandSource(
            "flows.cli.ledger_commands", "status", "Show the state of a run, also while it is going on."
        ),
        "history": CommandSource(
            "flows.cli.ledger_commands",
            "history",
            "Print everything that the ledger has about one tenant, in order.",
        ),
        "report": CommandSource(
            "flows.cli.ledger_commands", "report", "Write a run's reports again from the ledger."
        ),
        "schema": CommandSource(
            "flows.cli.ledger_commands",
            "schema",
            "Print every frame's columns with their types, units and meaning.",
        ),
        "unlock": CommandSource(
            "flows.cli.unlock_command",
            "unlock",
            "End a tenant's lease, when the process that holds it is known to be dead.",
        ),
        "ledger": CommandSource("flows.cli.ledger_copies", "app", "Copy and verify a fleet's ledger."),
        "audit": CommandSource("flows.cli.audit_commands", "app", "Show and verify who decided what."),
        "doctor": CommandSource(
            "flows.cli.doctor_command",
            "doctor",
            "Check every tenant's reachability, credentials and scopes; writes nothing.",
        ),
        "deploy": CommandSource(
            "flows.cli.deploy_command",
            "deploy",
            "Register a fleet's flows with Prefect, so that its user interface, its API and workers run them.",
        ),
        "server": CommandSource(
            "flows.cli.server_commands",
            "app",
            "Keep a local Prefect server running, so that commands start at once and their runs stay visible.",
        ),
        "simulate": CommandSource(
            "flows.cli.simulator_commands",
            "simulate",
            "Serve a simulated fleet of Auth0 tenants on the loopback address until interrupted.",
        ),
        "demo": CommandSource(
            "flows.cli.simulator_commands", "demo", "Simulate a fleet, migrate it, and show the result."
        ),
        "actions": CommandSource(
            "flows.cli.actions_commands", "app", "Translate send-phone-message Actions, with verification."
        ),
    }


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Move a fleet of Auth0 tenants from legacy phone messaging to the Unified Phone Experience.",
    epilog="Exit codes: 0 done or in sync, 1 drift found, 2 error, 3 stopped at a gate: a person must decide.",
)


def _print_version(requested: bool) -> None:
    if requested:
        from flows.version import VERSION

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
        keep_private()
        app()
    except KeyboardInterrupt:
        err.print("interrupted; repeat the command to continue", highlight=False)
        sys.exit(130)
    except Exception as error:
        err.print(_message(error), style="red", highlight=False, markup=False)
        sys.exit(_exit_code(error))


def _exit_code(error: Exception) -> int:
    from phonefleet.errors import LEDGER_DAMAGED, LedgerDamaged

    return LEDGER_DAMAGED if isinstance(error, LedgerDamaged) else 2


def _message(error: Exception) -> str:
    # Imported late: they bring modules that most commands do without.
    from configs import ConfigError
    from phonefleet.errors import PhonefleetError
    from simulator.errors import SimulatorError

    match error:
        case ConfigError() | PhonefleetError() | SimulatorError():
            return str(error)
        case OSError():
            return (f"{error.filename}: " if error.filename else "") + (error.strerror or str(error))
        case _:
            from tasks.unexpected_errors import run_defect

            return str(run_defect(error))
