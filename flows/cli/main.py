"""The entry point. `phonefleet.model.exit_codes` has the exit codes."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Annotated, Any, ClassVar

import typer
from typing_extensions import override

from flows.cli.lazy_commands import CommandSource, LazyGroup
from flows.cli.outlets import use_outlets
from flows.cli.process_end import end
from flows.cli.terminal import err, out
from phonefleet.model.exit_codes import EXIT_CODES, INTERRUPTED, ExitCode
from phonefleet.private_files import keep_private


class Commands(LazyGroup):
    """The commands of `phonefleet`."""

    sources: ClassVar[dict[str, CommandSource]] = {
        "init": CommandSource(
            "flows.cli.init_command",
            "init",
            "Write a first fleet.yaml and a template of its secrets file; without options, ask for what is needed.",
        ),
        "assess": CommandSource(
            "flows.cli.plan_commands", "assess", "Read every tenant and print its verdict; writes to none."
        ),
        "plan": CommandSource(
            "flows.cli.plan_commands",
            "plan",
            "Read every tenant and write down what would be done, as a file to approve and to migrate with.",
        ),
        "show": CommandSource(
            "flows.cli.show_command",
            "show",
            "Show a plan file: tenants that get the same steps in one group, and in what they differ.",
        ),
        "diff": CommandSource("flows.cli.diff_command", "diff", "Show in what two plan files differ."),
        "approve": CommandSource(
            "flows.cli.approve_command",
            "approve",
            "Approve plans by tenant, owner, wave, route or likeness, including those that only need a decision.",
        ),
        "approve-wave": CommandSource(
            "flows.cli.approve_wave_command",
            "approve_wave",
            "Approve a wave of a run with the plans that its tenants have; a suspended run goes on.",
        ),
        "migrate": CommandSource(
            "flows.cli.migrate_command",
            "migrate",
            "Migrate the fleet wave by wave. A run of this fleet that died is continued.",
        ),
        "rehearse": CommandSource(
            "flows.cli.rehearse_command",
            "rehearse",
            "Migrate a simulated twin of the fleet, and say what would become of each tenant; writes to none.",
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
        "board": CommandSource(
            "flows.cli.board_command",
            "board",
            "Show the state of the whole fleet now: what is done, what waits for whom, and what changed.",
        ),
        "runs": CommandSource(
            "flows.cli.ledger_commands", "runs", "List the runs of a fleet's ledger, newest first."
        ),
        "status": CommandSource(
            "flows.cli.ledger_commands", "status", "Show the state of a run, also while it is going on."
        ),
        "pause": CommandSource(
            "flows.cli.pause_commands",
            "pause",
            "Pause a run: no further tenant starts, those in progress are finished.",
        ),
        "resume": CommandSource(
            "flows.cli.pause_commands",
            "resume",
            "End the pause of a run that `pause` began; a run that died is continued by `migrate --resume`.",
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
            "End the lease of a tenant or of a run, when the process that holds it is known to be dead.",
        ),
        "validate": CommandSource(
            "flows.cli.validate_command",
            "validate",
            "Check the fleet file, its sources and its secrets offline: no tenant and no server is asked.",
        ),
        "ledger": CommandSource("flows.cli.ledger_copies", "app", "Copy and verify a fleet's ledger."),
        "audit": CommandSource("flows.cli.audit_commands", "app", "Show and verify who decided what."),
        "doctor": CommandSource(
            "flows.cli.doctor_command",
            "doctor",
            "Check every tenant's reachability, credentials and scopes; writes nothing.",
        ),
        "scopes": CommandSource(
            "flows.cli.scopes_command",
            "scopes",
            "Print the scopes of the Management API that a command needs, one a line.",
        ),
        "notify-test": CommandSource(
            "flows.cli.notify_command",
            "notify_test",
            "Send a test message to every recipient of `notify`; exit code 2 if one could not be sent.",
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

    @override
    def invoke(self, ctx: Any) -> Any:
        """Run a command. Where Typer would end with exit code 1, which says drift, end with one of ours."""
        try:
            return super().invoke(ctx)
        except typer.Abort:
            # Ctrl-C or the end of the input, where a person was asked.
            raise typer.Exit(_interrupted()) from None
        except (OSError, EOFError) as error:
            raise typer.Exit(_failed(error)) from error


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Move a fleet of Auth0 tenants from legacy phone messaging to the Unified Phone Experience.",
    epilog="Exit codes: "
    + "; ".join(f"{int(code)} {spec.meaning.replace('`', '')}" for code, spec in sorted(EXIT_CODES.items()))
    + f"; {INTERRUPTED} stopped by Ctrl-C or SIGTERM.",
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
    """Run the command line; every error becomes its message and an exit code of ours: 1, Python's own, says drift."""
    output = use_outlets()
    code = _run()
    with suppress(OSError):
        sys.stdout.flush()
    if output and output.failure and code == ExitCode.DONE:
        err.print(
            f"standard output: the result could not be written ({output.failure.strerror})", highlight=False
        )
        code = ExitCode.ERROR
    end(code)


def _run() -> int:
    try:
        keep_private()
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else ExitCode.ERROR if ended.code else ExitCode.DONE
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        return _failed(error)
    return ExitCode.DONE


def _interrupted() -> int:
    err.print("interrupted; repeat the command to continue", highlight=False)
    return INTERRUPTED


def _failed(error: Exception) -> ExitCode:
    err.print(_message(error), style="red", highlight=False, markup=False)
    return _exit_code(error)


def _exit_code(error: Exception) -> ExitCode:
    from phonefleet.errors import LedgerDamaged, TooMuchChange

    match error:
        case TooMuchChange():
            return ExitCode.GATE
        case LedgerDamaged():
            return ExitCode.LEDGER
        case _:
            return ExitCode.ERROR


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
            from flows.cli.output_options import start_logging
            from tasks.unexpected_errors import run_defect

            start_logging(err)
            return str(run_defect(error))
