"""`audit`: who decided what, and whether that record is complete and unchanged."""

from __future__ import annotations

import typer
from rich.table import Table

from configs import load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption, Json
from flows.cli.output import print_json
from flows.cli.terminal import err, out
from phonefleet.ledger.location import open_ledger
from phonefleet.model.exit_codes import ExitCode

app = typer.Typer(no_args_is_help=True, help="Show and verify who decided what.")


@app.command("list")
def list_entries(fleet: FleetOption = DEFAULT_FLEET_FILE, as_json: Json = False) -> None:
    """List who started, approved, resumed, accepted, rolled back and unlocked what, oldest first."""
    with open_ledger(load_fleet(fleet), create=False) as ledger:
        entries = ledger.audit.entries()
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in entries])
        return
    listed = Table()
    for title in ("no.", "at (UTC)", "by", "action", "run", "tenant", "plan", "version"):
        listed.add_column(title, no_wrap=title in ("no.", "at (UTC)", "run"))
    for entry in entries:
        at = f"{entry.at:%Y-%m-%d %H:%M:%S}"
        plan = entry.plan_checksum[:12]
        cells = (entry.by, str(entry.action), entry.run_id, entry.domain, plan, entry.version)
        listed.add_row(str(entry.number), at, *cells)
    out.print(listed, markup=False)


@app.command("verify")
def verify(fleet: FleetOption = DEFAULT_FLEET_FILE, as_json: Json = False) -> None:
    """Verify the chain of the audit; exit code 7 if a row was changed, removed, reordered or added by hand."""
    with open_ledger(load_fleet(fleet), create=False) as ledger:
        faults = ledger.audit.faults()
        entries = ledger.audit.entries()
        place = ledger.place
    if as_json:
        print_json({"entries": len(entries), "faults": [fault.model_dump(mode="json") for fault in faults]})
    for fault in faults:
        err.print(f"{fault.damage}: {fault.message}", highlight=False, markup=False, soft_wrap=True)
    if faults:
        err.print(
            f"ledger {place}: {len(faults)} faults in the audit of {len(entries)} entries. Restore a copy",
            highlight=False,
            markup=False,
        )
        raise typer.Exit(ExitCode.LEDGER)
    if not as_json:
        last = entries[-1].hash[:12] if entries else "none"
        text = f"ledger {place}: {len(entries)} entries of the audit verified, the last with hash {last}"
        out.print(text, highlight=False, markup=False, soft_wrap=True)
