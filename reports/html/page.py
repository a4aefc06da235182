"""Assemble the page: template, style, script, data and content security policy."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
from markupsafe import Markup

from phonefleet.model.enums import Change
from phonefleet.rollout.fleet_board import FleetBoard
from reports import columns, plain_words, schema
from reports.frames import Frames
from reports.html import views
from reports.html.board import board_values
from reports.html.embed import PER_CHUNK, elements, embedded
from reports.html.environment import environment, own_asset, source_hash
from reports.html.sources import PER_CHUNK as PER_SOURCES
from reports.summary import Summary

_EXPORTS = re.compile(r"export\s*\{([^}]*)\};?\s*")
_FIRST_ROWS = 10
_SHOWN_FIRST = ("risk", "clients", "deviations", "blocked")
"""Frames of which the summary shows the first rows."""
_SCRIPTS = ("base.js", "tables.js", "tenant.js", "action.js", "main.js")


def page(
    frames: Frames, summary: Summary, charts: dict[str, str | None], board: FleetBoard | None = None
) -> str:
    """Return the whole page as text; equal input gives equal text.

    Args:
        frames: all frames, without secrets.
        summary: the summary of the run.
        charts: SVG texts by name: `waves`, `timeline`, `forecast`, `trend`; None where there is nothing to draw.
        board: the state of the whole fleet, with which the page begins; None leaves it out.
    """
    library_style = files("itables").joinpath("html/dt_bundle.css").read_text(encoding="utf-8")
    style, script = library_style + own_asset("report.css"), _script()
    policy = (
        f"default-src 'none'; script-src '{source_hash(script)}'; style-src '{source_hash(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    settings = {
        "perChunk": PER_CHUNK,
        "perSources": PER_SOURCES,
        "views": views.as_json(),
        "plain": plain_words.as_json(),
        "columns": {
            name: [
                {"name": c.name, "dtype": c.dtype, "meaning": c.meaning, "unit": c.unit}
                for c in known.columns
            ]
            for name, known in schema.BY_NAME.items()
        },
    }
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            board_values(board, "") if board else {"board": None},
            run=summary.run,
            summary=summary,
            risk_words=columns.WORST_FIRST,
            top={name: _first_rows(getattr(frames, name)) for name in _SHOWN_FIRST},
            decisions=summary.decisions[:_FIRST_ROWS],
            sizes={name: len(frame) for name, frame in frames.items()},
            views=views.VIEWS,
            charts={name: Markup(svg) if svg else None for name, svg in charts.items()},  # noqa: S704
            policy=policy,
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            settings=Markup(embedded(settings)),  # noqa: S704
            data=[(name, Markup(text)) for name, text in elements(frames)],  # noqa: S704
        )
    )


def _first_rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the rows that the summary shows; what a disable would break is not among them: phonefleet does none."""
    likely = frame[frame["change"] != Change.DISABLE] if "change" in frame else frame
    return likely.head(_FIRST_ROWS).to_dict("records")


@cache
def _script() -> str:
    """Return the table library of itables and our script as one module; the page imports none."""
    library = files("itables").joinpath("html/dt_bundle.js").read_text(encoding="utf-8")
    exports = _EXPORTS.search(library)
    name = re.search(r"(\w+) as default", exports[1]) if exports else None
    if exports is None or name is None:
        raise ValueError("itables' bundle has no default export any more: pin an older itables")
    library = library[: exports.start()] + library[exports.end() :]
    own = "\n".join(map(own_asset, _SCRIPTS))
    # With a `<script` in a string, a comment mark would keep the element open past its end.
    script = f"{library}\nconst DataTable = {name[1]};\n{own}".replace("<!--", r"\x3c!--")
    if "</script" in script.lower():
        raise ValueError("a script of the page contains the mark that ends its own element")
    return script
