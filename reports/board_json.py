"""The state of a fleet as plain data, for `summary.json` and for `phonefleet board --json`."""

from __future__ import annotations

from typing import Any

from phonefleet.rollout.fleet_board import FleetBoard, WaveTally
from reports import board_words


def board_json(board: FleetBoard | None) -> dict[str, Any]:
    """Return the board as the value of the key `fleet`; nothing without a board. Times are ISO 8601."""
    if board is None:
        return {}
    since, forecast = board.since, board.forecast
    return {
        "fleet": {
            "name": board.fleet,
            "at": board.at.isoformat(),
            "answers": [
                {"question": one.question, "status": str(one.light), "text": one.text, "detail": one.detail}
                for one in board_words.answers(board)
            ],
            "totals": _counts(board.counts) | {"tenants": len(board.tenants), "to_migrate": board.to_migrate},
            "waves": [_wave(wave) for wave in board.waves],
            "decisions": [
                {
                    "state": str(one.state),
                    "reason": one.reason,
                    "meaning": board_words.meaning(one),
                    "next_step": board_words.next_step(one),
                    "command": board_words.command(board, one),
                    "tenants": [each.domain for each in one.tenants],
                }
                for one in board.decisions
            ],
            "forecast": {
                "left": forecast.left,
                "seconds_per_tenant": forecast.per_tenant and forecast.per_tenant.total_seconds(),
                "seconds_of_work": None if forecast.work is None else forecast.work.total_seconds(),
                "seconds_foreseen": forecast.foreseen
                and [each.total_seconds() for each in forecast.foreseen],
                "earliest": forecast.earliest and forecast.earliest.isoformat(),
                "deadline": forecast.deadline and forecast.deadline.isoformat(),
                "not_known": [str(each) for each in forecast.not_known],
            },
            "since": since
            and {"run": since.run_id, "verb": since.verb, "waves": since.waves, "at": since.at.isoformat()},
            "changes": [
                {
                    "tenant": each.domain,
                    "before": str(each.before),
                    "after": str(each.after),
                    "direction": str(each.direction),
                }
                for each in board.changes
            ],
            "tenants": {each.domain: str(each.state) for each in board.tenants},
        }
    }


def _wave(wave: WaveTally) -> dict[str, Any]:
    return {
        "wave": wave.wave.name,
        "states": _counts(wave.counts),
        "to_migrate": wave.to_migrate,
        "deadline": wave.wave.deadline and wave.wave.deadline.isoformat(),
        "started_at": wave.started_at and wave.started_at.isoformat(),
        "ended_at": wave.ended_at and wave.ended_at.isoformat(),
        "seconds_taken": None if wave.took is None else wave.took.total_seconds(),
        "forecast": wave.forecast and wave.forecast.model_dump(mode="json"),
    }


def _counts(counts: Any) -> dict[str, int]:
    return {str(state): number for state, number in counts.items()}
