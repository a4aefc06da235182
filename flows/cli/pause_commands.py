"""`pause` and `resume`: let no further tenant of a run start, and let them start again."""

from __future__ import annotations

from configs import Fleet, load_fleet
from flows.cli.chosen_run import RunGoingOn, chosen_run
from flows.cli.common import DEFAULT_FLEET_FILE, FleetOption
from flows.cli.terminal import out
from phonefleet.errors import LedgerError
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.command_lines import about_run, continuing
from phonefleet.model.enums import PAUSING_VERBS
from phonefleet.model.run_record import RunSummary
from phonefleet.system_user import operating_system_user


def pause(run: RunGoingOn = None, fleet: FleetOption = DEFAULT_FLEET_FILE) -> None:
    """Pause a run: no further tenant starts, those in progress are finished."""
    loaded = load_fleet(fleet)
    with open_ledger(loaded, create=False) as ledger:
        chosen = chosen_run(loaded, ledger, run)
        others = [
            each
            for each in ledger.runs.going_on(loaded.name)
            if each.run_id != chosen.run_id and each.verb in PAUSING_VERBS
        ]
        if chosen.verb not in PAUSING_VERBS or (chosen.ended_at and others):
            raise LedgerError(_not_pausable(loaded, chosen, others))
        ledger.runs.pause(chosen.run_id, operating_system_user())
    _say(
        f"run {chosen.run_id} ({chosen.verb}) is paused: no further tenant starts. "
        f"To go on: {about_run('resume', chosen.run_id, loaded.source)}"
    )
    for each in others:
        _say(
            f"run {each.run_id} ({each.verb}) is going on too: {about_run('pause', each.run_id, loaded.source)}"
        )


def _not_pausable(fleet: Fleet, chosen: RunSummary, others: list[RunSummary]) -> str:
    """Return why a run cannot be paused, and the command for the one that is going on."""
    why = "has ended" if chosen.ended_at else f"is a {chosen.verb}, which goes on while it is paused"
    if not others:
        return f"run {chosen.run_id} {why}; no run that can be paused is going on"
    going_on = "; ".join(
        f"run {each.run_id} ({each.verb}) is going on: {about_run('pause', each.run_id, fleet.source)}"
        for each in others
    )
    return f"run {chosen.run_id} {why}; {going_on}"


def resume(run: RunGoingOn = None, fleet: FleetOption = DEFAULT_FLEET_FILE) -> None:
    """End the pause of a run that `pause` began; a run that died is continued by `migrate --resume`."""
    loaded = load_fleet(fleet)
    with open_ledger(loaded, create=False) as ledger:
        summary = chosen_run(loaded, ledger, run)
        was_paused = ledger.runs.pause_of(summary.run_id)
        if was_paused:
            ledger.runs.unpause(summary.run_id, operating_system_user())
        others = _paused(loaded, ledger, summary.run_id)
    state = f"no longer paused by {was_paused.by}" if was_paused else "not paused by phonefleet pause"
    _say(f"run {summary.run_id} ({summary.verb}) is {state}")
    for each in others:
        _say(f"run {each.run_id} ({each.verb}) is paused: {about_run('resume', each.run_id, loaded.source)}")
    if loaded.pause_file.exists():
        _say(f"the pause file {loaded.pause_file} exists: remove it too")
    if not summary.ended_at and not summary.holder:
        again = continuing(summary.verb, summary.run_id, summary.options, loaded.source)
        _say(f"no process works on it: {again or 'repeat its command'}")


def _paused(fleet: Fleet, ledger: Ledger, but: str) -> list[RunSummary]:
    """Return the other runs that are going on and paused."""
    going_on = [each for each in ledger.runs.going_on(fleet.name) if each.run_id != but]
    return [each for each in going_on if ledger.runs.pause_of(each.run_id)]


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)
