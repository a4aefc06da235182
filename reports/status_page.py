"""Draw one page for a status meeting as PDF or PNG: status, waves, decisions and risk."""

from __future__ import annotations

from collections.abc import Sequence

import vl_convert
from markupsafe import Markup

from reports import charts
from reports.html.page import environment
from reports.summary import Summary, asked
from reports.text import plural, words, wrapped

_LINES = 7
_PNG_SCALE = 2.0
_FITTED = '<svg width="100%" height="100%" preserveAspectRatio="xMinYMin meet" '
"""The start of a chart that fills its box."""


def pdf(drawing: str) -> bytes:
    """Convert the drawing of `svg` to a PDF of one A4 page in landscape."""
    return bytes(vl_convert.svg_to_pdf(drawing))


def png(drawing: str) -> bytes:
    """Convert the drawing of `svg` to a picture of 2246 by 1588 pixels."""
    return bytes(vl_convert.svg_to_png(drawing, scale=_PNG_SCALE))


def svg(summary: Summary, waves: str | None) -> str:
    """Draw the page as SVG of 1123 by 794 CSS pixels; `waves` comes from `charts.wave_chart`."""
    drawn = {"waves": waves, "risk": charts.risk_chart(summary)}
    return (
        environment()
        .get_template("status.svg.j2")
        .render(
            run=summary.run,
            summary=summary,
            colors=charts.PAPER_LIGHTS[summary.status],
            paper=charts.PAPER_NAMES,
            charts={
                name: text and Markup(charts.themed(text.replace("<svg ", _FITTED, 1), charts.PAPER))  # noqa: S704
                for name, text in drawn.items()
            },
            figures=_figures(summary),
            decisions=[
                (one.next_step, f"{plural(one.tenants, 'tenant')}: {words(one.code)}. {asked(one)}")
                for one in summary.decisions[:_LINES]
            ],
            more_decisions=max(0, len(summary.decisions) - _LINES),
            changes=_changes(summary),
            wrapped=wrapped,
        )
    )


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
