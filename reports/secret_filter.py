"""Withhold every cell that looks like it contains a secret, and report its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.patterns import find_secret_like
from reports.columns import TEXT
from reports.frames import Frames
from reports.schema import BY_NAME

_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class WithheldCell:
    """A withheld cell: its place and what it looks like, never its value."""

    frame: str
    row: int
    column: str
    looks_like: str


def without_secrets(frames: Frames) -> tuple[Frames, tuple[WithheldCell, ...]]:
    """Replace every cell that looks like it contains a secret; return which ones."""
    found: list[WithheldCell] = []
    clean: dict[str, pd.DataFrame] = {}
    for name, frame in frames.items():
        for column in BY_NAME[name].columns:
            suspects = _suspects(frame[column.name].unique().tolist()) if column.dtype == TEXT else {}
            if suspects:
                hits = frame[column.name].map(suspects)
                found += [
                    WithheldCell(name, int(row), column.name, str(hits[row]))
                    for row in hits.index[hits.notna()]
                ]
                shown = "[withheld: " + hits.astype("str") + "]"
                masked = frame[column.name].mask(hits.notna(), shown).astype(TEXT)
                frame = frame.assign(**{column.name: masked})
        clean[name] = frame
    return frames.with_frames(**clean), tuple(found)


def _suspects(values: Sequence[Any]) -> dict[str, str]:
    """Return the values that look like secrets, with the kinds of secrets that they look like."""
    suspects: dict[str, str] = {}
    for start in range(0, len(values), _CHUNK):
        # One search over a chunk is fast, and hardly any chunk contains a match.
        chunk = values[start : start + _CHUNK]
        joined = "\n\n".join(chunk)
        if find_secret_like(joined):
            suspects |= {
                value: ", ".join(map(str, matches)) for value in chunk if (matches := find_secret_like(value))
            }
        if KNOWN.is_in(joined):
            suspects |= {value: "a secret of this run" for value in chunk if KNOWN.is_in(value)}
    return suspects
