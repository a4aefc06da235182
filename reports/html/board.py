"""The board of a fleet as HTML: a page of its own, and what the page of a run begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from phonefleet.rollout.fleet_board import FleetBoard, WaveTally
from phonefleet.rollout.tenant_state import TenantState
from reports import board_words
from reports.html.environment import environment, own_asset, source_hash

_DECISIONS = 10
_NAMED = 5
_WAVES = 30
_RARE = frozenset({TenantState.NOT_READ})
"""States that are a column only where a tenant has them."""


def board_page(board: FleetBoard, report: str | None) -> str:
    """Return the whole page of a board, which loads nothing and runs no script.

    Args:
        board: The board.
        report: Where the report of the last run is, relative to the page; None without one.
    """
    style = own_asset("report.css")
    policy = f"default-src 'none'; style-src '{source_hash(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    template = environment().get_template("board_page.html.j2")
    return template.render(board_values(board, report), policy=policy, style=Markup(style))  # noqa: S704


def board_values(board: FleetBoard, where: str | None) -> Mapping[str, Any]:
    """Return what the template of the board needs; links of tenants begin with `where`, None makes none."""
    return {
        "board": board,
        "status": board_words.board_status(board),
        "says": board_words,
        "columns": [state for state in board_words.STATES if state not in _RARE or board.counts[state]],
        "waves": [_wave(wave) for wave in board.waves[:_WAVES]],
        "more_waves": max(0, len(board.waves) - _WAVES),
        "changes": board_words.change_rows(board),
        "most": _DECISIONS,
        "most_named": _NAMED,
        "where": where,
    }


def _wave(wave: WaveTally) -> Mapping[str, Any]:
    return {
        "name": wave.wave.name,
        "counts": wave.counts,
        "to_migrate": wave.to_migrate,
        "times": board_words.wave_times(wave),
        "bar": list(_bar(wave)),
    }


def _bar(wave: WaveTally) -> Iterator[tuple[TenantState, int, int]]:
    """Yield state, left edge and width of each part of a bar that is 1000 wide."""
    left = tenants = 0
    for state in board_words.STATES:
        tenants += wave.counts[state]
        right = 1000 * tenants // max(1, wave.tenants)
        if right > left:
            yield state, left, right - left
        left = right
