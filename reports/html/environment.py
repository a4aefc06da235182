"""The template environment of the pages, and the files beside this module."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

import jinja2
import pandas as pd

from reports.plain_words import plain
from reports.status import Status
from reports.summary import asked
from reports.text import plural, shortened, visible, words

_SIGNS = {Status.GREEN: "●", Status.AMBER: "▲", Status.RED: "■"}


def source_hash(text: str) -> str:
    """Return the name of a script or a style in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


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
    environment.filters["plain"] = lambda term, frame, column: plain(str(term), frame, column)
    environment.filters["count"] = lambda number: f"{number:,}"
    environment.filters["moment"] = lambda at: "" if pd.isna(at) else f"{at:%Y-%m-%d %H:%M} UTC"
    environment.filters["capitalize_first"] = lambda text: text[:1].upper() + text[1:]
    environment.globals |= {
        "plural": plural,
        "asked": asked,
        "sign": lambda light: _SIGNS[Status(light)],
        "missing": pd.isna,
    }
    return environment
