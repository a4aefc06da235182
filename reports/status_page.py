"""One page for a status meeting, as PDF or PNG: the verdict, the waves, what is needed, what would break."""

from __future__ import annotations

from collections.abc import Sequence

import vl_convert
from markupsafe import Markup

from reports import charts
from reports.html.page import environment
from reports.summary import Summary, asked
from reports.text import plural, visible, words

_LINES = 7
_PNG_SCALE = 2.0


def pdf(drawing: str) -> bytes:
    """The drawing that `svg` made as a PDF of one A4 page in landscape."""
    return bytes(vl_convert.svg_to_pdf(drawing))


def png(drawing: str) -> bytes:
    """The same as a picture, 2246 by 1588 pixels."""
    return bytes(vl_convert.svg_to_png(drawing, scale=_PNG_SCALE))


def svg(summary: Summary, waves: str | None) -> str:
    """The page as SVG in CSS pixels, 1123 by 794; `waves` is what `charts.wave_chart` drew."""
    drawn = {"waves": waves, "risk": charts.risk_chart(summary)}
    return (
        environment()
        .get_template("status.svg.j2")
        .render(
            run=summary.run,
            summary=summary,
            colours=charts.PAPER_LIGHTS[summary.status],
            paper=charts.PAPER_NAMES,
            charts={name: text and _fitted(text) for name, text in drawn.items()},
            figures=_figures(summary),
            decisions=[
                (one.next_step, f"{plural(one.tenants, 'tenant')}: {words(one.code)}. {asked(one)}")
                for one in summary.decisions[:_LINES]
            ],
            more_decisions=max(0, len(summary.decisions) - _LINES),
            changes=_changes(summary),
            wrapped=_wrapped,
        )
    )


def _fitted(chart: str) -> Markup:
    """Return a chart that fills its box."""
    fitted = chart.replace("<svg ", '<svg width="100%" height="100%" preserveAspectRatio="xMinYMin meet" ', 1)
    return Markup(charts.themed(fitted, charts.PAPER))  # noqa: S704


def _figures(summary: Summary) -> Sequence[tuple[str, str]]:
    held = summary.outcomes["held"] + summary.outcomes["inconclusive"]
    failures = len(summary.expectations.failures)
    return (
        ("Tenants", f"{summary.tenants:,}"),
        ("Settled", f"{summary.settled:,}"),
        ("Failed", f"{summary.outcomes['failed']:,}"),
        ("Held or inconclusive", f"{held:,}"),
        (
            "Checks of the data",
            f"{failures} failed" if failures else f"{len(summary.expectations.checks)} passed",
        ),
    )


def _changes(summary: Summary) -> str:
    if summary.changes is None:
        return "No earlier run to compare with."
    changes = summary.changes
    counts = f"{changes.better:,} better, {changes.worse:,} worse"
    return f"Since the last run {plural(changes.changed, 'tenant')} changed: {counts}."


def _wrapped(text: str, width: int, lines: int) -> list[str]:
    """Words broken into at most `lines` lines of at most `width` characters, cut visibly."""
    broken: list[str] = []
    for word in visible(text).split(" "):
        if broken and len(broken[-1]) + 1 + len(word) <= width:
            broken[-1] += f" {word}"
        else:
            broken.append(word if len(word) <= width else f"{word[: width - 1]}…")
    return broken if len(broken) <= lines else [*broken[: lines - 1], f"{broken[lines - 1][: width - 1]}…"]
