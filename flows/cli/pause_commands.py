"""`pause` and `resume`: let no further tenant of a run start, and let them start again."""

from __future__ import annotations

from configs import load_fleet
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption
from flows.cli.ledger_commands import RunArgument
from flows.cli.terminal import out
from phonefleet.ledger.location import open_ledger
from phonefleet.system_user import operating_system_user


def pause(run: RunArgument = "latest", fleet: FleetOption = DEFAULT_FLEET_FILE) -> None:
    """Pause a run: no further tenant starts, those in progress are finished."""
    with open_ledger(load_fleet(fleet), create=False) as ledger:
        run_id = ledger.runs.summary(run).run_id
        ledger.runs.pause(run_id, operating_system_user())
    _say(f"run {run_id} is paused: no further tenant starts. To go on: phonefleet resume {run_id}")


def resume(run: RunArgument = "latest", fleet: FleetOption = DEFAULT_FLEET_FILE) -> None:
    """End the pause of a run that `pause` began; a run that died is continued by `migrate --resume`."""
    loaded = load_fleet(fleet)
    with open_ledger(loaded, create=False) as ledger:
        summary = ledger.runs.summary(run)
        was_paused = ledger.runs.pause_of(summary.run_id)
        if was_paused:
            ledger.runs.unpause(summary.run_id, operating_system_user())
    state = f"no longer paused by {was_paused.by}" if was_paused else "not paused by phonefleet pause"
    _say(f"run {summary.run_id} is {state}")
    if loaded.pause_file.exists():
        _say(f"the pause file {loaded.pause_file} exists: remove it too")
    if not summary.ended_at and not summary.holder:
        _say(f"no process works on it: phonefleet migrate FLEET --resume {summary.run_id}")


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)
