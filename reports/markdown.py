"""Write the run as short Markdown for a pull request or a chat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd

from phonefleet.model.enums import OutcomeKind
from phonefleet.rollout.fleet_board import FleetBoard
from reports import board_words
from reports.frames import Frames, rows_of
from reports.risk import sentence
from reports.status import Status
from reports.summary import Summary
from reports.text import code, plural, visible, words

MOST_ROWS = 15
LIGHTS = {Status.GREEN: "🟢", Status.AMBER: "🟠", Status.RED: "🔴"}


def markdown(frames: Frames, summary: Summary, board: FleetBoard | None = None) -> str:
    """Return the whole text. Texts of tenants are in code spans, where no markup takes effect."""
    run = summary.run
    ended = "not ended" if pd.isna(run["ended_at"]) else f"ended {_moment(run['ended_at'])}"
    lines = [
        *(_fleet(board) if board else ()),
        f"# {'This run: ' if board else ''}{LIGHTS[summary.status]} {str(summary.status).capitalize()}: "
        f"{summary.headline}",
        "",
        f"Run {code(run['run_id'])}, verb {code(run['verb'])}, fleet {code(run['fleet'])}, "
        f"started {_moment(run['started_at'])}, {ended}.",
        "",
        *(f"- {text}" for text in summary.sentences),
        *_checks_and_waves(summary),
        *_section(
            "Drift",
            ("Tenant", "What", "Expected", "Found", "Changed by", "First found"),
            frames.deviations,
            lambda row: [
                *map(code, (row.domain, row.field, row.expected, row.found, row.changed_by)),
                _moment(row.first_found_at),
            ],
        ),
        *_changes(summary),
        *_problems(frames, summary),
    ]
    return "\n".join(lines) + "\n"


def _fleet(board: FleetBoard) -> Iterator[str]:
    """Write the three answers, each wave's tenants by state, what waits for whom, and what changed."""
    yield from (f"# Fleet {code(board.fleet)}, {board_words.moment(board.at)}", "")
    for answer in board_words.answers(board):
        text = visible(f"**{answer.text}** {answer.detail}").strip()
        yield f"- {LIGHTS[answer.light]} {answer.question} {text}"
    states = [state for state in board_words.STATES if board.counts[state]]
    rows = (
        [code(wave.wave.name), *(f"{wave.counts[state]:,}" for state in states), board_words.wave_times(wave)]
        for wave in board.waves
    )
    yield from ("", *table(("Wave", *(board_words.STATES[state] for state in states), "When"), rows), "")
    for decision in board.decisions[:MOST_ROWS]:
        names = ", ".join(code(each.domain) for each in decision.tenants[:5])
        more = f" and {len(decision.tenants) - 5:,} more" if len(decision.tenants) > 5 else ""
        command = board_words.command(board, decision)
        run = f" Then {code(command, 600)}" if command else ""
        yield f"- {board_words.next_step(decision)} ({names}{more}){run}"
    yield from ("", board_words.since_sentence(board))
    for towards, before, after, domains in board_words.change_rows(board):
        yield f"- {board_words.DIRECTIONS[towards]}: {plural(len(domains), 'tenant')} from {before} to {after}"
    yield ""


def _moment(moment: pd.Timestamp) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _section(
    title: str,
    head: Iterable[str],
    frame: pd.DataFrame,
    cells: Callable[[Any], list[str]],
    *,
    before: Iterable[str] = (),
) -> Iterator[str]:
    """Write a heading, the lines `before` and a table, unless the frame is empty."""
    if len(frame):
        yield from ("", f"## {title}", "", *before)
        yield from table(head, map(cells, rows_of(frame.head(MOST_ROWS))))
        if len(frame) > MOST_ROWS:
            yield from ("", f"{len(frame) - MOST_ROWS:,} more in the report.")


def _checks_and_waves(summary: Summary) -> Iterator[str]:
    if summary.expectations.failures:
        yield from ("", "## 🔴 Checks of this data that failed", "")
        for failure in summary.expectations.failures:
            rows = code("; ".join(failure.rows), 300)
            yield f"- **{failure.frame}**: {failure.meaning} Fails for {failure.failing:,}: {rows}"
    if summary.waves:
        yield from ("", "## Waves", "")
        cells = (
            [
                *(code(wave.wave), f"{LIGHTS[wave.status]} {wave.status}", wave.note),
                *(f"{n:,}" for n in (wave.tenants, wave.planned, wave.changed, wave.failed, wave.open)),
            ]
            for wave in summary.waves
        )
        yield from table(("Wave", "Status", "", "Tenants", "Planned", "Changed", "Failed", "Left"), cells)


def _changes(summary: Summary) -> Iterator[str]:
    changes = summary.changes
    if changes:
        yield from ("", f"## Since run {code(changes.before)}", "")
        yield f"{plural(changes.changed, 'tenant')} changed: {changes.better:,} better, {changes.worse:,} worse."
        rows = (
            [field, words(old) or "none", words(new) or "none", f"{count:,}"]
            for field, old, new, count in changes.moved[:MOST_ROWS]
        )
        if changes.moved:
            yield from ("", *table(("What", "Before", "Now", "Tenants"), rows))


def _problems(frames: Frames, summary: Summary) -> Iterator[str]:
    yield from _section(
        "Blocked, by reason and owner",
        ("Reason", "Needs", "Owner", "Tenants", "Next step"),
        frames.blocked,
        lambda row: [
            *(words(row.code), words(row.need), code(row.owner) or "no owner"),
            *(f"{row.tenants:,}", row.next_step),
        ],
    )
    yield from _section(
        "Actions that are not verified",
        ("Action", "Verification", "Tenants", "Why"),
        frames.translations[frames.translations["result"] != "verified"],
        lambda row: [code(row.names), words(row.result), f"{row.tenants:,}", code(row.reasons, 300)],
    )
    risks = (sentence(change, dict(counts)) for change, counts in summary.risk.items())
    yield from _section(
        "What a change would break",
        ("Tenant", "Change", "Worst", "Breaks", "Reversibility", "Ask"),
        frames.risk,
        lambda row: [
            *(code(row.domain), str(row.change), words(row.worst), f"{row.breaks:,}"),
            *(_word(row.reversibility, "not assessed"), code(row.owner) or "no owner"),
        ],
        before=(*(f"- {text}" for text in risks if text), ""),
    )
    yield from _section(
        "Failed tenants",
        ("Tenant", "Reason", "Message"),
        frames.tenants[frames.tenants["outcome"] == OutcomeKind.FAILED],
        lambda row: [
            code(row.domain),
            _word(row.outcome_reason, "no reason named"),
            code(row.outcome_message, 300),
        ],
    )


def _word(value: Any, missing: str) -> str:
    return missing if pd.isna(value) else words(str(value))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Return the lines of a Markdown table; the cells must be escaped already."""
    titles = list(head)
    yield f"| {' | '.join(titles)} |"
    yield f"|{'|'.join(' --- ' for _ in titles)}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
