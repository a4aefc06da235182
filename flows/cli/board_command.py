"""`board`: the state of a whole fleet now, from its ledger. Reads no tenant and writes one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from configs import load_fleet
from flows.cli.common import FleetFile, Json
from flows.cli.output import print_json, tenants_of
from flows.cli.terminal import escape_controls, out
from phonefleet.ledger.location import open_ledger
from phonefleet.rollout.fleet_board import FleetBoard
from phonefleet.rollout.tenant_state import TenantState
from reports.board_json import board_json
from reports.board_words import (
    DIRECTIONS,
    STATES,
    answers,
    change_rows,
    command,
    named,
    next_step,
    since_sentence,
    wave_times,
)
from reports.status import Status

if TYPE_CHECKING:
    from reports.board_words import Answer

_STYLES = {Status.GREEN: "green", Status.AMBER: "yellow", Status.RED: "red"}
_DECISIONS = 10


def board(fleet: FleetFile, as_json: Json = False) -> None:
    """Show the state of the whole fleet now: what is done, what waits for whom, and what changed."""
    loaded = load_fleet(fleet)
    from flows.fleet_state import fleet_board
    from flows.report_files import write_board

    with open_ledger(loaded, create=False) as ledger:
        made = fleet_board(loaded, ledger)
    if as_json:
        print_json(board_json(made)["fleet"])
        return
    for answer in answers(made):
        _print_answer(answer)
    out.print_whole(board_table(made))
    for wave in made.waves:
        _say(f"wave {wave.wave.name}: {wave_times(wave)}")
    for number, decision in enumerate(made.decisions[:_DECISIONS], 1):
        _say(f"{number}. {next_step(decision)}")
        _say(f"   {len(decision.tenants)} tenant(s): {named(decision.tenants)}")
        if typed := command(made, decision):
            _say(f"   {typed}")
    if len(made.decisions) > _DECISIONS:
        _say(f"   {len(made.decisions) - _DECISIONS} more are on the page")
    _say(since_sentence(made))
    for towards, before, after, domains in change_rows(made):
        _say(f"  {DIRECTIONS[towards]}: {len(domains)} from {before} to {after}")
    _say(f"page  {write_board(loaded, made)}")


def board_table(made: FleetBoard) -> Table:
    """Return each wave's tenants by state; states that no tenant has are left out."""
    states = [state for state in STATES if made.counts[state] or state is TenantState.DONE]
    table = Table(
        title=f"fleet {escape_controls(made.fleet)}, {tenants_of(len(made.tenants))}", title_justify="left"
    )
    table.add_column("wave")
    for state in states:
        table.add_column(STATES[state], justify="right")
    for wave in made.waves:
        table.add_row(wave.wave.name, *(str(wave.counts[state]) for state in states))
    table.add_section()
    table.add_row("all", *(str(made.counts[state]) for state in states))
    return table


def _print_answer(answer: Answer) -> None:
    out.print(
        f"{answer.question} {answer.text}",
        style=f"bold {_STYLES[answer.light]}",
        highlight=False,
        soft_wrap=True,
    )
    if answer.detail:
        _say(f"  {answer.detail}")


def _say(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)
