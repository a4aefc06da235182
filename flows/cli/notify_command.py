"""`notify-test`: send a test message to every recipient of a fleet file."""

from __future__ import annotations

import asyncio

import typer

from configs import load_fleet
from flows.cli.common import FleetFile, Json
from flows.cli.output import print_json
from flows.cli.terminal import err, out
from phonefleet.model.exit_codes import ExitCode
from phonefleet.secrets.store import SecretStore


def notify_test(fleet: FleetFile, as_json: Json = False) -> None:
    """Send a test message to every recipient of `notify`; exit code 2 if one could not be sent."""
    from flows.notify import send_all
    from phonefleet.rollout.run_messages import trial_message

    loaded = load_fleet(fleet)
    recipients = loaded.notify.recipients
    store = SecretStore()
    results: dict[str, str] = {}
    for recipient in recipients:
        message = trial_message(recipient, loaded.name)
        failed = asyncio.run(send_all(loaded, store, [(recipient, message)]))
        results[recipient.name] = failed[0] if failed else ""
    if as_json:
        print_json({"recipients": [{"name": name, "problem": why} for name, why in results.items()]})
    for name, why in results.items() if not as_json else ():
        on = err if why else out
        on.print(
            f"not sent: {why}" if why else f"sent: {name}", highlight=False, markup=False, soft_wrap=True
        )
    if not recipients:
        err.print(
            f"{fleet}: notify.recipients is empty, so no one gets messages", highlight=False, markup=False
        )
    raise typer.Exit(ExitCode.ERROR if any(results.values()) else ExitCode.DONE)
