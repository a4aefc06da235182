"""Embed the sources of Actions in the page, with each different line only once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

import pandas as pd

from reports.frames import Frames, rows_of

TEXTS = (
    *("original", "translated", "difference", "answer"),
    *("legacy_event", "new_event", "original_did", "translated_did"),
)
"""Columns of translations that the page reads when it shows an Action."""
PER_CHUNK = 50
"""Actions in one JSON element."""


def source_chunks(frames: Frames) -> Iterator[dict[str, Any]]:
    """Return an element per `PER_CHUNK` translations: lines, and each text as indexes of lines.

    `pieces` are difflib's opcodes `[tag, i1, i2, j1, j2]` between the lines of `original` and of `translated`;
    `mappings` and `flags` are rows of their frames without the translation's name.
    """
    details = {name: _by_translation(getattr(frames, name)) for name in ("mappings", "flags")}
    for start in range(0, len(frames.translations), PER_CHUNK):
        lines: dict[str, int] = {}
        part = frames.translations.iloc[start : start + PER_CHUNK]
        actions = []
        for row in rows_of(part):
            coded = {
                name: [lines.setdefault(line, len(lines)) for line in getattr(row, name).split("\n")]
                for name in TEXTS
            }
            rows = {name: by_translation.get(row.translation, []) for name, by_translation in details.items()}
            actions.append({"texts": coded, "pieces": pieces(coded["original"], coded["translated"]), **rows})
        yield {"lines": list(lines), "actions": actions}


def pieces(before: Sequence[int], after: Sequence[int]) -> list[list[Any]]:
    """Return the operations that turn one text into the other, line by line."""
    return [list(code) for code in SequenceMatcher(None, before, after).get_opcodes()]


def _by_translation(frame: pd.DataFrame) -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = {}
    for row in rows_of(frame):
        values = [None if value is pd.NA else value for value in row]
        found.setdefault(row.translation, []).append(values[1:])
    return found
