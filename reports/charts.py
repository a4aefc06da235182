"""Draw the charts of a run as SVG and color them for the page or for paper.

The drawings use placeholder colors, which `themed` replaces: by CSS variables in the page, which has a light and a
dark theme, and by plain colors on paper. Import this module only to draw charts, since Altair takes a second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from phonefleet.model.enums import WaveVerdict
from phonefleet.rollout.fleet_board import FleetBoard
from reports.frames import Frames
from reports.status import Status
from reports.summary import Summary
from reports.text import shortened, visible

INK, MUTED, LINE, GREEN, AMBER, RED, ACCENT, QUIET = (f"#0{digit}0{digit}0{digit}" for digit in range(1, 9))
PAPER: Mapping[str, str] = {
    INK: "#1b2130",
    MUTED: "#566074",
    LINE: "#dde1e8",
    GREEN: "#2e7d4f",
    AMBER: "#c77700",
    RED: "#b3261e",
    ACCENT: "#2f5d9b",
    QUIET: "#b9c0cc",
}
PAGE: Mapping[str, str] = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    GREEN: "var(--green-fill)",
    AMBER: "var(--amber-fill)",
    RED: "var(--red-fill)",
    ACCENT: "var(--accent)",
    QUIET: "var(--quiet)",
}
PAPER_NAMES: Mapping[str, str] = {
    "ink": PAPER[INK],
    "muted": PAPER[MUTED],
    "line": PAPER[LINE],
    "accent": PAPER[ACCENT],
}
PAPER_LIGHTS: Mapping[Status, tuple[str, str]] = {
    Status.GREEN: (PAPER[GREEN], "#eaf4ee"),
    Status.AMBER: ("#8a5200", "#fdf3e1"),
    Status.RED: (PAPER[RED], "#fbeae8"),
}
"""Text and background color of a status on paper."""
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_NAME = 28
_NOT_ENDED = "not ended"
_GROUPS = ("changed as planned", "needs no change", "left", "failed")
_GROUP_COLORS = (GREEN, QUIET, AMBER, RED)
_FORESEEN = "foreseen"
_AT_THE_LATEST = "at the latest"
_ACTUAL = "actual"
MOST_WAVES = 12
"""The most waves that a chart shows; the tables show all of them."""


def themed(svg: str, colors: Mapping[str, str]) -> str:
    """Replace the placeholder colors."""
    return re.sub(r"#0([1-8])0(?:\1)0(?:\1)", lambda match: colors[match[0]], svg)


def drawn(chart: alt.TopLevelMixin, label: str) -> str:
    """Draw a chart as SVG with placeholder colors; screen readers read it as `label`."""
    svg = vl_convert.vegalite_to_svg(chart.to_json())
    head = re.match(r"<svg[^>]*>", svg)
    size = re.search(r'viewBox="[^"]*"', head[0]) if head else None
    if head is None or size is None:
        raise ValueError("the chart library drew no SVG with a size")
    inner = re.sub(r' (?:aria-[a-z]+|role)="[^"]*"', "", svg[head.end() :])
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="{label}" {size[0]}>'
    )
    return start + inner


def _look(chart: alt.LayerChart | alt.Chart) -> Any:
    text = {
        "labelColor": INK,
        "titleColor": MUTED,
        "labelFont": _FONT,
        "titleFont": _FONT,
        "labelFontSize": 11,
    }
    return (
        chart.configure(background="transparent", font=_FONT)
        .configure_axis(
            **text,
            titleFontSize=11,
            titleFontWeight="normal",
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
        )
        .configure_view(stroke=None)
        .configure_legend(**text, title=None, orient="top", symbolType="square")
    )


def wave_chart(summary: Summary) -> str | None:
    """Draw the tenants of each wave: changed as planned, needs no change, left, failed."""
    waves = summary.waves[:MOST_WAVES]
    if not waves:
        return None
    names = _names([wave.wave for wave in waves])
    parts = pd.DataFrame(
        [
            {"wave": name, "group": group, "tenants": number, "order": place}
            for name, wave in zip(names, waves, strict=True)
            for place, (group, number) in enumerate(
                zip(_GROUPS, (wave.changed, wave.settled - wave.changed, wave.open, wave.failed), strict=True)
            )
        ]
    )
    scale = alt.Scale(domain=list(_GROUPS), range=list(_GROUP_COLORS))
    bars = (
        alt.Chart(parts)
        .mark_bar(height=16)
        .encode(
            y=alt.Y(
                "wave:N",
                sort=names,
                title=None,
                axis=alt.Axis(ticks=False, domain=False, labelPadding=8, labelLimit=200),
            ),
            x=alt.X(
                "sum(tenants):Q", title="tenants", axis=alt.Axis(tickCount=5, format=",d", tickMinStep=1)
            ),
            color=alt.Color("group:N", scale=scale, sort=list(_GROUPS)),
            order="order:Q",
        )
    )
    return drawn(
        _look(bars.properties(width=430, height=alt.Step(26))),
        "Tenants of each wave: changed as planned, needs no change, left, failed",
    )


def timeline_chart(frames: Frames) -> str | None:
    """Draw when each batch of each wave ran."""
    waves = frames.waves[frames.waves["started_at"].notna()]
    shown = list(dict.fromkeys(waves["wave"]))[:MOST_WAVES]
    waves = waves[waves["wave"].isin(shown)]
    if waves.empty:
        return None
    last = waves[["started_at", "ended_at"]].max().max()
    names = dict(zip(shown, _names(shown), strict=True))
    bars = pd.DataFrame(
        {
            "wave": [names[wave] for wave in waves["wave"]],
            "from": waves["started_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list(),
            "to": waves["ended_at"].fillna(last).dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list(),
            "verdict": [verdict or _NOT_ENDED for verdict in waves["verdict"]],
            "batch": [f"{batch}" for batch in waves["batch"]],
        }
    )
    scale = alt.Scale(
        domain=[str(WaveVerdict.PASSED), _NOT_ENDED, str(WaveVerdict.STOPPED)], range=[GREEN, AMBER, RED]
    )
    base = alt.Chart(bars).encode(
        y=alt.Y(
            "wave:N",
            sort=list(names.values()),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelPadding=8, labelLimit=200),
        ),
        x=alt.X(
            "from:T",
            title="UTC",
            axis=alt.Axis(format="%H:%M", tickCount=8),
            scale=alt.Scale(type="utc"),
        ),
        x2=alt.X2("to:T"),
    )
    chart = base.mark_bar(height=16, stroke=LINE, strokeWidth=1).encode(
        color=alt.Color("verdict:N", scale=scale)
    )
    return drawn(
        _look(chart.properties(width=1120, height=alt.Step(26))), "When each batch of each wave ran, in UTC"
    )


def forecast_chart(frames: Frames) -> str | None:
    """Draw when each wave was to run, and when it ran."""
    foreseen = frames.forecasts.head(MOST_WAVES)
    if foreseen.empty:
        return None
    shown = foreseen["wave"].to_list()
    names = dict(zip(shown, _names(shown), strict=True))
    parts = (
        ("planned_start", "earliest_end", _FORESEEN),
        ("earliest_end", "latest_end", _AT_THE_LATEST),
        ("started_at", "ended_at", _ACTUAL),
    )
    bars = pd.DataFrame(
        [
            {
                "wave": names[row["wave"]],
                "what": what,
                "from": row[start].strftime("%Y-%m-%dT%H:%M:%SZ"),
                "to": row[end].strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for _, row in foreseen.iterrows()
            for start, end, what in parts
            if pd.notna(row[start]) and pd.notna(row[end])
        ]
    )
    scale = alt.Scale(domain=[_FORESEEN, _AT_THE_LATEST, _ACTUAL], range=[ACCENT, QUIET, GREEN])
    base = alt.Chart(bars).encode(
        y=alt.Y(
            "wave:N",
            sort=list(names.values()),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelPadding=8, labelLimit=200),
        ),
        yOffset=alt.YOffset("place:N"),
        x=alt.X(
            "from:T",
            title="UTC",
            axis=alt.Axis(format="%b %d %H:%M", tickCount=6),
            scale=alt.Scale(type="utc"),
        ),
        x2=alt.X2("to:T"),
    )
    chart = base.transform_calculate(place=f"datum.what == '{_ACTUAL}' ? 1 : 0").mark_bar(
        stroke=LINE, strokeWidth=1
    )
    return drawn(
        _look(
            chart.encode(
                color=alt.Color("what:N", scale=scale, legend=alt.Legend(title=None, orient="top"))
            ).properties(width=1120, height=alt.Step(16))
        ),
        "When each wave was to run, at the latest, and when it ran, in UTC",
    )


def progress_chart(board: FleetBoard | None) -> str | None:
    """Draw how many tenants phonefleet has migrated after each run; None for fewer than two runs.

    The line counts the same for every verb: tenants that were migrated and not rolled back since, of the whole fleet.
    """
    if board is None or len(board.progress) < 2:
        return None
    points = pd.DataFrame(
        {
            "at": [f"{point.at:%Y-%m-%dT%H:%M:%SZ}" for point in board.progress],
            "tenants": [point.migrated for point in board.progress],
        }
    )
    line = (
        alt.Chart(points)
        .mark_line(point=True, strokeWidth=2, interpolate="step-after", color=GREEN)
        .encode(
            x=alt.X(
                "at:T",
                title="end of the run, UTC",
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(tickCount=8, format="%d %b %H:%M"),
            ),
            y=alt.Y(
                "tenants:Q",
                title="tenants migrated so far",
                scale=alt.Scale(domain=[0, max(1, len(board.tenants))]),
                axis=alt.Axis(tickCount=5, format=",d"),
            ),
        )
    )
    return drawn(_look(line.properties(width=1120, height=200)), "Tenants migrated after each run")


def _names(names: Sequence[str]) -> list[str]:
    """Return short names for an axis; equal ones get a number."""
    short = [shortened(visible(name), _NAME) or "(no name)" for name in names]
    return [
        name if short.count(name) == 1 else f"{name} [{place}]" for place, name in enumerate(short, start=1)
    ]
