"""Hold the frames of a run, and turn plain data into frames."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import orjson
import pandas as pd

from reports import columns
from reports.text import all_storable


@dataclass(frozen=True, slots=True)
class Frames:
    """All frames of a run; `reports.schema` describes their columns."""

    run: pd.DataFrame
    tenants: pd.DataFrame
    waves: pd.DataFrame
    forecasts: pd.DataFrame
    decisions: pd.DataFrame
    steps: pd.DataFrame
    findings: pd.DataFrame
    text_changes: pd.DataFrame
    dependents: pd.DataFrame
    messages: pd.DataFrame
    actions: pd.DataFrame
    custom_actions: pd.DataFrame
    translations: pd.DataFrame
    mappings: pd.DataFrame
    flags: pd.DataFrame
    drift: pd.DataFrame
    deviations: pd.DataFrame
    risk: pd.DataFrame
    clients: pd.DataFrame
    blocked: pd.DataFrame
    trend: pd.DataFrame

    def items(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Return each frame with its name, in the order of the schema."""
        return ((field.name, getattr(self, field.name)) for field in fields(self))

    def with_frames(self, **frames: pd.DataFrame) -> Frames:
        """Return a copy with some frames replaced."""
        return replace(self, **frames)


def as_json(value: Any) -> str:
    """Return JSON text with sorted keys; escape characters that UTF-8 cannot encode."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # orjson refuses lone surrogates
        return json.dumps(value, sort_keys=True)


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Return the rows as named tuples."""
    yield from frame.itertuples(index=False)


def columns_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Turn rows into named columns."""
    return dict(zip(names, zip(*rows, strict=True) if rows else ([] for _ in names), strict=True))


def timed(frame: columns.FrameSchema, data: dict[str, Any], start: str, end: str, into: str) -> pd.DataFrame:
    """Cast data to a frame, with the seconds from one moment to another as a further column."""
    started, ended = columns.times(data[start]), columns.times(data[end])
    return cast(frame, data | {start: started, end: ended, into: (ended - started).dt.total_seconds()})


def cast(frame: columns.FrameSchema, data: dict[str, Any]) -> pd.DataFrame:
    """Cast data to a frame, with its text made storable."""
    texts = {column.name for column in frame.columns if column.dtype == columns.TEXT}
    return frame.frame(
        {name: all_storable(values) if name in texts else values for name, values in data.items()}
    )
