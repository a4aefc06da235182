"""Embed frames in the page as compact JSON that cannot end the script element around it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import orjson
import pandas as pd

from reports import columns, schema
from reports.frames import Frames
from reports.html.sources import TEXTS, source_chunks

PAGE_FRAMES = (
    *("run", "tenants", "waves", "forecasts", "decisions", "risk", "clients", "blocked"),
    *("actions", "custom_actions", "translations", "deviations", "drift", "trend"),
)
"""Frames that the page shows as tables, one JSON element each."""
EVIDENCE_FRAMES = ("findings", "text_changes", "dependents", "steps", "messages")
"""Frames that the details of a tenant show. One JSON element has those of `PER_CHUNK` tenants; the page reads it when
it shows one of them."""
PER_CHUNK = 250
_REPEATS = 0.5


def elements(frames: Frames) -> Iterator[tuple[str, str]]:
    """Return the id and the JSON text of every data element."""
    for name in PAGE_FRAMES:
        without = TEXTS if name == "translations" else ()
        yield f"frame-{name}", embedded(columnar(name, getattr(frames, name), without=without))
    domains = frames.tenants["domain"].drop_duplicates()
    chunk_of = pd.Series(range(len(domains)), index=domains.to_numpy()) // PER_CHUNK
    groups = {
        name: dict(
            list(getattr(frames, name).groupby(getattr(frames, name)["domain"].map(chunk_of), sort=False))
        )
        for name in EVIDENCE_FRAMES
    }
    for chunk in range(len(domains) // PER_CHUNK + 1):
        parts = {name: columnar(name, group[chunk]) for name, group in groups.items() if chunk in group}
        yield f"chunk-{chunk}", embedded(parts)
    for number, sources in enumerate(source_chunks(frames)):
        yield f"sources-{number}", embedded(sources)


def columnar(name: str, frame: pd.DataFrame, without: Collection[str] = ()) -> dict[str, Any]:
    """Return columns as lists of values, or as words and indexes where values repeat.

    A missing value is null, a time is ISO 8601 text in UTC.
    """
    known = [column for column in schema.BY_NAME[name].columns if column.name not in without]
    columns = {column.name: _column(column, frame[column.name]) for column in known}
    return {"rows": len(frame), "columns": columns}


def _column(column: columns.Column, values: pd.Series[Any]) -> Any:
    if column.dtype == columns.TIME:
        values = values.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if column.dtype in (columns.TEXT, columns.WORD, columns.TIME):
        codes, words = pd.factorize(values, use_na_sentinel=True)
        if len(words) <= _REPEATS * len(values):
            return {"words": [str(word) for word in words], "codes": codes.tolist()}
    return [None if value is pd.NA or value != value else value for value in values.tolist()]


def embedded(value: Any) -> str:
    """Return JSON that cannot end a script element or start a comment in it."""
    data = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    for char in b"<>&":
        data = data.replace(bytes([char]), b"\\u%04x" % char)
    return data.decode().replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
