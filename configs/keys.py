"""Which keys the models know, for messages about those that they don't."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from configs.values import Strict

Location = tuple[int | str, ...]


def unknown_key_advice(model: type[Strict], location: Location) -> str:
    """What to write instead of the unknown key that ends `location`, below `model`."""
    parent = model_at(model, location[:-1])
    known = sorted(parent.model_fields) if parent else []
    close = get_close_matches(str(location[-1]), known, 1)
    return f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}"


def model_at(model: type[Strict], location: Location) -> type[Strict] | None:
    """The model of the mapping at `location` below `model`, or None if no model describes it."""
    found: type[Strict] | None = model
    for step in location:
        if found is None or isinstance(step, int):
            continue
        field = found.model_fields.get(step)
        found = next(_models_in(field.annotation), None) if field else None
    return found


def column_advice(model: type[Strict], column: str) -> str | None:
    """What to write instead of a dotted column name that leads to no value of the model; None if it does."""
    steps = column.split(".")
    for depth, step in enumerate(steps):
        field = model.model_fields.get(step)
        if field is None:
            return unknown_key_advice(model, (step,))
        below, rest = next(_models_in(field.annotation), None), steps[depth + 1 :]
        if get_origin(field.annotation) is Mapping:
            return (
                None if len(rest) == 1 and rest[0] else f"Name the column {'.'.join(steps[: depth + 1])}.NAME"
            )
        if below is None:
            return None if not rest else f"Name the column {'.'.join(steps[: depth + 1])}"
        model = below
    return f"Name the column {column}.KEY, with one of {', '.join(sorted(model.model_fields))}"


def _models_in(annotation: Any) -> Iterator[type[Strict]]:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
