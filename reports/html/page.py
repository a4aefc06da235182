"""Assemble the page: template, style, script, data and content security policy."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

import jinja2
import pandas as pd
from markupsafe import Markup

from reports import columns, schema
from reports.frames import Frames
from reports.html import views
from reports.html.embed import PER_CHUNK, elements, embedded
from reports.html.sources import PER_CHUNK as PER_SOURCES
from reports.status import Status
from reports.summary import Summary, asked
from reports.text import plural, shortened, visible, words

_EXPORTS = re.compile(r"export\s*\{([^}]*)\};?\s*")
_SIGNS = {Status.GREEN: "●", Status.AMBER: "▲", Status.RED: "■"}
_FIRST_ROWS = 10
_SHOWN_FIRST = ("risk", "clients", "deviations", "blocked")
"""Frames of which the summary shows the first rows."""
_SCRIPTS = ("base.js", "tables.js", "tenant.js", "action.js", "main.js")


def page(frames: Frames, summary: Summary, charts: dict[str, str | None]) -> str:
    """Return the whole page as text; equal input gives equal text.

    Args:
        frames: all frames, without secrets.
        summary: the summary of the run.
        charts: SVG texts by name: `waves`, `timeline`, `trend`; None where there is nothing to draw.
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
            run=summary.run,
            summary=summary,
            risk_words=columns.WORST_FIRST,
            top={name: getattr(frames, name).head(_FIRST_ROWS).to_dict("records") for name in _SHOWN_FIRST},
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


def source_hash(text: str) -> str:
    """Return the name of a script or a style in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


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


def own_asset(name: str) -> str:
    """Read a file in the directory of this module."""
    return files("reports.html").joinpath(name).read_text(encoding="utf-8")


def environment() -> jinja2.Environment:
    """Return the template environment, which escapes all text and fails on an unknown name."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports.html", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Text from tenants is shown on one line, with invisible characters as escapes.
    environment.filters["shown"] = lambda value, limit=160: shortened(visible(str(value)), limit)
    environment.filters["words"] = lambda word: words(str(word))
    environment.filters["count"] = lambda number: f"{number:,}"
    environment.filters["moment"] = lambda at: "" if pd.isna(at) else f"{at:%Y-%m-%d %H:%M} UTC"
    environment.globals |= {
        "plural": plural,
        "asked": asked,
        "sign": lambda light: _SIGNS[Status(light)],
        "missing": pd.isna,
    }
    return environment
