"""`ledger`: copy a fleet's ledger, and verify it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from configs import load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption, Json
from flows.cli.output import print_json
from flows.cli.terminal import err, out
from phonefleet.errors import LedgerError
from phonefleet.ledger.backup import back_up
from phonefleet.ledger.engine import place_and_file
from phonefleet.ledger.location import KNOWN_FILE, ledger_place, open_ledger
from phonefleet.model.exit_codes import ExitCode
from phonefleet.secrets.store import SecretStore
from phonefleet.system_user import operating_system_user

app = typer.Typer(no_args_is_help=True, help="Copy and verify a fleet's ledger.")


@app.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The copy; the file must not exist yet.")],
    fleet: FleetOption = DEFAULT_FLEET_FILE,
) -> None:
    """Copy a SQLite ledger, also while a run goes on, and verify the copy."""
    loaded = load_fleet(fleet)
    _, file = place_and_file(ledger_place(loaded, SecretStore()))
    if file is None:
        raise LedgerError("the ledger is in PostgreSQL: copy it with pg_dump")
    open_ledger(loaded, create=False).close()
    size = back_up(file, target)
    err.print(f"{target}: {size} bytes, verified", highlight=False, markup=False, soft_wrap=True)


@app.command("verify")
def verify(
    fleet: FleetOption = DEFAULT_FLEET_FILE,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt", help="Go on with this ledger although the state folder knows another state of it."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Verify structure, guards, audit and every recorded value; exit code 7 if anything is wrong."""
    loaded = load_fleet(fleet)
    with open_ledger(loaded, create=False, adopt=adopt) as ledger:
        faults = ledger.verify()
        if adopt and not faults:
            ledger.adopt(loaded.state_dir / KNOWN_FILE, operating_system_user())
        place, mark = ledger.place, ledger.mark()
    if as_json:
        print_json({"ledger": mark.identity, "generation": mark.generation, "faults": faults})
    for fault in faults:
        err.print(fault, highlight=False, markup=False, soft_wrap=True)
    if faults:
        raise typer.Exit(ExitCode.LEDGER)
    if not as_json:
        text = f"ledger {place} ({mark.identity[:8]}): {mark.generation} facts verified"
        out.print(text, highlight=False, markup=False, soft_wrap=True)
