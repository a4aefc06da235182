"""Draw one page for a status meeting as PDF or PNG: the three answers, each wave, and what waits for whom.

No text is cut: what does not fit is left out as a whole, and the page says how much.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import vl_convert
from markupsafe import Markup

from phonefleet.rollout.fleet_board import Direction, FleetBoard
from reports import board_words, charts
from reports.board_words import STATES, Answer
from reports.html.environment import environment
from reports.summary import Summary, asked
from reports.text import plural, shortened, visible, words

_PNG_SCALE = 2.0
_FITTED = '<svg width="100%" height="100%" preserveAspectRatio="xMinYMin meet" '
"""The start of a chart that fills its box."""
_BOTTOM = 736
_LEFT, _RIGHT, _WIDTH = 44, 580, 499
_MOST = 600
"""Characters of one name or sentence at most: longer ones are of no tenant that Auth0 has."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text at its place; `color` is a name of `charts.PAPER_NAMES` or a color."""

    x: float
    y: float
    text: str
    size: int = 12
    color: str = "ink"
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a wave's bar."""

    x: float
    y: float
    width: float
    color: str


_BAR_COLORS = {
    "done": charts.PAPER[charts.GREEN],
    "ready": charts.PAPER[charts.ACCENT],
    "waiting_for_you": charts.PAPER[charts.AMBER],
    "waiting_for_wave": charts.PAPER[charts.QUIET],
    "nothing_to_do": charts.PAPER[charts.LINE],
    "failing": charts.PAPER[charts.RED],
    "not_read": charts.PAPER[charts.MUTED],
}


def pdf(drawing: str) -> bytes:
    """Convert the drawing of `svg` to a PDF of one A4 page in landscape."""
    return bytes(vl_convert.svg_to_pdf(drawing))


def png(drawing: str) -> bytes:
    """Convert the drawing of `svg` to a picture of 2246 by 1588 pixels."""
    return bytes(vl_convert.svg_to_png(drawing, scale=_PNG_SCALE))


def svg(summary: Summary, waves: str | None, board: FleetBoard | None = None) -> str:
    """Draw the page as SVG of 1123 by 794 CSS pixels.

    Args:
        summary: the summary of the run.
        waves: the chart of the run's waves, which a page without a board shows.
        board: the state of the whole fleet; None draws the run alone.
    """
    status = board_words.board_status(board) if board else summary.status
    top = list(_answers(_questions(summary, board)))
    box = top[-1].y + 14 - 62
    start = 62 + box + 30
    asks = list(_asks(summary, board, start))
    bars: list[Bar] = []
    lines = [*top, *asks, *(_waves(board, start, bars) if board else ())]
    return (
        environment()
        .get_template("status.svg.j2")
        .render(
            run=summary.run,
            board=board,
            status=status,
            colors=charts.PAPER_LIGHTS[status],
            paper=charts.PAPER_NAMES,
            box=box,
            start=start,
            lines=lines,
            bars=bars,
            waves=waves and Markup(charts.themed(waves.replace("<svg ", _FITTED, 1), charts.PAPER)),  # noqa: S704
            footer=list(_footer(summary, board)),
        )
    )


def _questions(summary: Summary, board: FleetBoard | None) -> Sequence[Answer]:
    if board:
        return board_words.answers(board)
    return [Answer("This run", summary.status, summary.headline, " ".join(summary.sentences))]


def _answers(found: Iterable[Answer]) -> Iterator[TextLine]:
    y = 66.0
    for answer in found:
        y += 20
        color = charts.PAPER_LIGHTS[answer.light][0]
        yield TextLine(_LEFT + 26, y, f"{answer.question}  {str(answer.light).upper()}", 12, color, bold=True)
        for line in _broken(answer.text, 100):
            y += 21
            yield TextLine(_LEFT + 26, y, line, 18, bold=True)
        for line in _broken(answer.detail, 165):
            y += 15
            yield TextLine(_LEFT + 26, y, line, 12, "muted")


def _waves(board: FleetBoard, start: float, bars: list[Bar]) -> Iterator[TextLine]:
    y = start
    yield TextLine(_LEFT, y, "Each wave now", 15, bold=True)
    for number, wave in enumerate(board.waves):
        counts = ", ".join(
            f"{wave.counts[state]:,} {STATES[state]}" for state in STATES if wave.counts[state]
        )
        name = _broken(
            f"{wave.wave.name}: {wave.counts[next(iter(STATES))]:,} of {wave.to_migrate:,} done", 60
        )
        below = [*_broken(counts or "no tenant", 84), *_broken(board_words.wave_times(wave), 84)]
        height = 18 * len(name) + 14 + 15 * len(below) + 8
        if y + height > _BOTTOM - 16:
            yield TextLine(
                _LEFT, y + 20, f"{len(board.waves) - number} more waves in the report.", 12, "muted"
            )
            return
        for line in name:
            y += 18
            yield TextLine(_LEFT, y, line, 13, bold=True)
        y += 6
        x = float(_LEFT)
        for state in STATES:
            width = _WIDTH * wave.counts[state] / max(1, wave.tenants)
            if width:
                bars.append(Bar(x, y, width, _BAR_COLORS[state]))
            x += width
        y += 8
        for line in below:
            y += 15
            yield TextLine(_LEFT, y, line, 12, "muted")
        y += 8


def _asks(summary: Summary, board: FleetBoard | None, start: float) -> Iterator[TextLine]:
    yield TextLine(_RIGHT, start, "What waits for you", 15, bold=True)
    found = list(_board_asks(board) if board else _run_asks(summary))
    y = start + 4
    if not found:
        yield TextLine(_RIGHT, y + 20, "Nothing.", 13, "muted")
    for number, (step, note) in enumerate(found):
        steps, notes = _broken(step, 76), _broken(note, 86)
        if y + 17 * len(steps) + 15 * len(notes) + 8 > _BOTTOM - 20:
            yield TextLine(_RIGHT, y + 20, f"{len(found) - number} more in the report.", 12, "muted")
            return
        for line in steps:
            y += 17
            yield TextLine(_RIGHT, y, line, 13)
        for line in notes:
            y += 15
            yield TextLine(_RIGHT, y, line, 12, "muted")
        y += 8


def _board_asks(board: FleetBoard) -> Iterator[tuple[str, str]]:
    for one in board.decisions:
        urgent = "Failing now: " if one.state == "failing" else ""
        count = plural(len(one.tenants), "tenant")
        asked_for = board_words.owners(one)
        yield (
            urgent + board_words.next_step(one),
            f"{count} ({board_words.named(one.tenants)}); {asked_for}. {board_words.meaning(one)}",
        )


def _run_asks(summary: Summary) -> Iterator[tuple[str, str]]:
    for one in summary.decisions:
        yield one.next_step, f"{plural(one.tenants, 'tenant')}: {words(one.code)}. {asked(one)}"


def _footer(summary: Summary, board: FleetBoard | None) -> Iterator[str]:
    if board:
        better, worse = (len(board.moved(one)) for one in (Direction.BETTER, Direction.WORSE))
        counted = f" {better:,} better, {worse:,} worse." if board.changes else ""
        yield from _broken(board_words.since_sentence(board) + counted, 120)
    elif summary.changes is None:
        yield "No earlier run to compare with."
    else:
        counts = f"{summary.changes.better:,} better, {summary.changes.worse:,} worse"
        yield f"Since the last run {plural(summary.changes.changed, 'tenant')} changed: {counts}."


def _broken(text: str, width: int) -> list[str]:
    """Break text into lines of at most `width` characters; a longer word is broken too."""
    return textwrap.wrap(shortened(visible(text), _MOST), width)
