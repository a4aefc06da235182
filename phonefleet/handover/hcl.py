"""Write HCL, the language of Terraform, as `terraform fmt` lays it out.

Source: HashiCorp, "HCL Native Syntax Specification": quoted templates, their escapes, and identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

from phonefleet.model.shown_text import UNSHOWN

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Expression:
    """HCL that is written as it is: a reference, a call."""

    text: str


Value: TypeAlias = "str | bool | int | Expression | tuple[Value, ...] | Mapping[str, Value]"


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value`."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Comment:
    """A line for people."""

    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block with its labels and what is in it."""

    kind: str
    labels: tuple[str, ...] = ()
    body: tuple[Attribute | Block | Comment, ...] = field(default=())


def attributes(values: Mapping[str, Value | None]) -> tuple[Attribute, ...]:
    """Return an attribute for each value that is set: Auth0 refuses empty texts."""
    return tuple(Attribute(name, value) for name, value in values.items() if value not in (None, "", ()))


def render(blocks: Iterable[Block]) -> str:
    """Return a file with these blocks."""
    return "\n".join("\n".join(_block(block, 0)) + "\n" for block in blocks)


def quote(text: str) -> str:
    r"""Return a text as a quoted template without interpolation.

    The marks of interpolation are written as `\u0024{` and `\u0025{`. The form `$${` is valid, too, but python-hcl2,
    which other tools use, reads it only where a closing brace follows. A lone surrogate, which UTF-8 cannot encode,
    becomes U+FFFD.
    """
    text = _LONE_SURROGATE.sub("\ufffd", text)
    escaped = "".join(_ESCAPES.get(character, character) for character in text)
    escaped = escaped.replace("${", "\\u0024{").replace("%{", "\\u0025{")
    return '"' + UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'


def identifier(name: str, taken: set[str]) -> str:
    """Return a label that HCL accepts and that is not taken yet, and take it.

    Args:
        name: a name that a person chose.
        taken: the labels in use; the new one is added.
    """
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "unnamed"
    stem = f"_{stem}" if stem[0].isdigit() else stem
    label, number = stem, 1
    while label in taken:
        number += 1
        label = f"{stem}_{number}"
    taken.add(label)
    return label


def _block(block: Block, depth: int) -> Iterator[str]:
    head = " ".join((block.kind, *(quote(label) for label in block.labels)))
    if not block.body:
        yield f"{_INDENT * depth}{head} {{}}"
        return
    yield f"{_INDENT * depth}{head} {{"
    for number, (_, group) in enumerate(groupby(block.body, key=_grouping)):
        parts = list(group)
        if number:
            yield ""
        yield from _parts(parts, depth + 1)
    yield f"{_INDENT * depth}}}"


def _grouping(part: Attribute | Block | Comment) -> int | str:
    """Keep attributes and their comments together, and every block apart from its neighbors."""
    return id(part) if isinstance(part, Block) else "attributes"


def _parts(parts: list[Attribute | Block | Comment], depth: int) -> Iterator[str]:
    for one_line, group in groupby(parts, key=_is_one_line):
        run = list(group)
        width = max(len(part.name) for part in run if isinstance(part, Attribute)) if one_line else 0
        for part in run:
            match part:
                case Attribute(name, value):
                    yield f"{_INDENT * depth}{name.ljust(width)} = {_value(value, depth)}"
                case Comment(text):
                    yield f"{_INDENT * depth}# {_one_line(text)}"
                case Block():
                    yield from _block(part, depth)


def _is_one_line(part: Attribute | Block | Comment) -> bool:
    """Whether `terraform fmt` aligns it with its neighbors."""
    return isinstance(part, Attribute) and not isinstance(part.value, Mapping)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _value(value: Value, depth: int) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return quote(value)
        case Expression(text):
            return text
        case tuple():
            return f"[{', '.join(_value(each, depth) for each in value)}]"
        case _:
            inner = [Attribute(name, each) for name, each in value.items()]
            return "\n".join(("{", *_parts(list(inner), depth + 1), f"{_INDENT * depth}}}"))
