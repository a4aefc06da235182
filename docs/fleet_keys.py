"""Write the reference page of every key of a fleet file from the models: `python docs/fleet_keys.py`."""

from __future__ import annotations

import inspect
import re
import textwrap
import types
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from configs.allowed_references import RowSecrets
from configs.fleet import Connection, Execution, Ledger, Rollout, TenantRef, Wave
from configs.fleet_file import FleetFile, Override, Source
from configs.notify_rules import Notify
from configs.references import SecretRef
from configs.tree import Table
from configs.values import Amount, Strict
from configs.windows import DayOrMoment, DayTime, Moment

PAGE = Path(__file__).resolve().parent / "reference" / "fleet-file-keys.md"
WIDTH = 115
INTRODUCTION = """\
# Keys of a fleet file

Every key with its values and default, generated from the models in `configs/` by `python docs/fleet_keys.py`.
[Configuration](configuration.md) explains how they work together.

A reference to a secret is one of `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`, `cmd:["PROGRAM", "ARGUMENT"]` and
`prefect:NAME` ([Secrets](configuration.md#secrets)).
"""
SECTIONS: tuple[tuple[str, type[Strict]], ...] = (
    ("Top", FleetFile),
    ("`row_secrets`", RowSecrets),
    ("`ledger`", Ledger),
    ("`connection`", Connection),
    ("`execution`", Execution),
    ("A tenant: `tenants`, `defaults`, `set` of an override, columns of a CSV file", TenantRef),
    ("An entry of `overrides`", Override),
    ("An entry of `tenants_from`", Source),
    ("An entry of `waves`", Wave),
    ("`rollout`", Rollout),
    ("`notify`", Notify),
)


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    for title, model in SECTIONS:
        parts += [f"## {title}\n", *_keys(model), ""]
    below = list(dict.fromkeys(each for _, model in SECTIONS for each in _models_below(model)))
    for model in below:
        below += dict.fromkeys(each for each in _models_below(model) if each not in below)
    for model in below:
        parts += [f"## {model.__name__}\n", f"{_summary(model)}\n", *_keys(model), ""]
    return "\n".join(parts)


def _keys(model: type[Strict]) -> Iterator[str]:
    meanings = _meanings(model)
    for name, field in model.model_fields.items():
        key = field.alias or name
        words = [f"{_kind(field.annotation, field.metadata)}."]
        if field.is_required():
            words.append("Required.")
        elif default := _written(field.get_default(call_default_factory=True)):
            words.append(f"Default: {default}.")
        if meaning := meanings.get(name):
            words.insert(0, meaning)
        yield _filled(f"* `{key}`: {' '.join(words)}")


def _meanings(model: type[Strict]) -> Mapping[str, str]:
    """Return what the docstrings of a model and its bases say about each field."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        text = inspect.cleandoc(each.__doc__ or "") if issubclass(each, Strict) else ""
        section = re.search(r"^Attributes:\n((?:    .*\n?|\n)*)", text, re.MULTILINE)
        entries = re.findall(
            r"^    (\w+): ((?:.*)(?:\n {8}.*)*)", section[1] if section else "", re.MULTILINE
        )
        found |= {name: " ".join(meaning.split()) for name, meaning in entries}
    return found


def _summary(model: type[Strict]) -> str:
    return " ".join((inspect.getdoc(model) or "").partition("\n\n")[0].split())


def _kind(annotation: Any, metadata: list[Any]) -> str:
    """Return which values a key takes."""
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0], [*get_args(annotation)[1:], *metadata])
    for times, written in _WRITTEN_TIMES.items():
        if get_args(times)[1] in metadata:
            return written
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [_kind(each, metadata) for each in get_args(annotation) if each is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if get_origin(annotation) is Mapping:
        return f"Names and values: {_kind(get_args(annotation)[1], [])}"
    if get_origin(annotation) in (tuple, list, frozenset, set):
        return f"List of: {_kind(get_args(annotation)[0], [])}"
    if annotation in (Any, Table) or not isinstance(annotation, type):
        return "A section"
    if issubclass(annotation, Enum):
        return "One of " + ", ".join(f"`{each.value}`" for each in annotation)
    if issubclass(annotation, Strict):
        return f"Keys of {annotation.__name__}" if annotation not in _TITLED else "A section"
    names = {
        bool: "`true` or `false`",
        int: "A whole number",
        timedelta: "A duration such as `30s`, `10m`, `7d`",
    }
    names |= {
        SecretRef: "A reference to a secret",
        Amount: "A count or a percentage such as `5%`",
    }
    names |= {Path: "A path"}
    return names.get(annotation, "Text")


_WRITTEN_TIMES = {
    DayTime: "A time of day such as `22:00`",
    Moment: "A date and time with offset such as `2026-12-01T08:00+01:00`",
    DayOrMoment: "A date such as `2026-12-20` or a local time such as `2026-12-20T18:00`",
}
"""Known by their validators, which pydantic keeps where it takes the rest of an annotation apart."""
_TITLED = tuple(model for _, model in SECTIONS)


def _models_below(model: type[Strict]) -> Iterator[type[Strict]]:
    for field in model.model_fields.values():
        yield from _models_in(field.annotation)


def _models_in(annotation: Any) -> Iterator[type[Strict]]:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _written(default: Any) -> str:
    """Return a default as an operator writes it; empty where there is none to speak of."""
    match default:
        case None | "" | () | frozenset():
            return ""
        case bool():
            return f"`{str(default).lower()}`"
        case Enum():
            return f"`{default.value}`"
        case tuple():
            return f"`[{', '.join(map(str, default))}]`"
        case timedelta():
            return f"`{_duration(default)}`"
        case Amount():
            return f"`{default.value:g}{'%' if default.percent else ''}`"
        case Strict() | Mapping():
            return ""
        case _:
            return f"`{default}`"


def _duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _filled(text: str) -> str:
    joined = re.sub(r"`[^`]+`", lambda span: span[0].replace(" ", "\0"), text)
    filled = textwrap.fill(
        joined, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return filled.replace("\0", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
