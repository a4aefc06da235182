"""Which keys the models have, for messages about unknown ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from configs.values import Strict

Location = tuple[int | str, ...]


def unknown_key_advice(model: type[Strict], location: Location) -> str:
    """Return what to write instead of the unknown key that ends `location`, below `model`."""
    parent = model_at(model, location[:-1])
    known = sorted(f.alias or name for name, f in parent.model_fields.items()) if parent else []
    close = get_close_matches(str(location[-1]), known, 1)
    return f"Did you mean {close[0]}?" if close else f"Known keys: {', '.join(known)}"


def model_at(model: type[Strict], location: Location) -> type[Strict] | None:
    """Return the model of the mapping at `location` below `model`, or None without one."""
    at_step: type[Strict] | None = model
    for step in location:
        if at_step is None or isinstance(step, int):
            continue
        field = at_step.model_fields.get(step)
        at_step = next(_models_in(field.annotation), None) if field else None
    return at_step


def column_advice(model: type[Strict], column: str) -> str | None:
    """Return what to write instead of a dotted column name; None if it is a value of the model."""
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
