"""Literal secrets in an Action's code, found and masked before anybody reads or keeps the code.

Authors paste keys into their Actions. The code that runs must keep them (it would do something else without), but
whatever is shown or recorded must not have them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

from phonefleet.actions.parse.syntax import Node, Program, parse
from phonefleet.secrets import find_secret_like
from phonefleet.secrets.key_shapes import (
    LEAST,
    MASK,
    is_plain_value,
    is_value,
    looks_generated,
    names_secret,
    without_scheme,
)
from phonefleet.secrets.url_keys import url_keys

__all__ = ["MASK", "Mask", "hidden_lines", "literal_secrets", "mask_secrets"]

_PLACE: Final = re.compile(r"at character (\d+)$")
_REST: Final = re.compile(r"-----BEGIN.*?(?:-----END[^-]*-----|\Z)|[^\s\"'`;,)}]+", re.DOTALL)
_TEXTS: Final = ("string", "template_string")
_JOINS: Final = ("+", "||", "??")
_GIVING: Final = {
    "pair": ("key",),
    "variable_declarator": ("name",),
    "assignment_expression": ("left",),
    "augmented_assignment_expression": ("left",),
    "assignment_pattern": ("left",),
    "object_assignment_pattern": ("left",),
    "field_definition": ("property",),
}
"""What gives a value a name, and where in it the name stands."""
_ENCODERS: Final = ("btoa", "Buffer.from", "Buffer")
_PAIR: Final = re.compile(r"[^\s:]+:(?!//)\S{6,}")
_CACHE: Final = 4096
_PASSES: Final = 8


@dataclass(frozen=True, slots=True)
class Mask:
    """Hides the literal secrets of some sources wherever they turn up, encoded ones too."""

    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, *sources: str) -> Mask:
        """A mask for everything that looks like a secret among the literals of these JavaScript sources."""
        found = {value for source in sources for value in literal_secrets(source)}
        forms = found | {form for value in found for form in _forms(value) if len(form) >= LEAST}
        forms = {form for form in forms if form not in MASK}
        return cls(tuple(sorted(forms, key=len, reverse=True)))

    def hide(self, text: str) -> str:
        """``text`` without the values, and without anything else that looks like a secret; lines keep their numbers."""
        for value in self.values:
            text = text.replace(value, _mask(value))
        return _cut(text)


@lru_cache(maxsize=_CACHE)
def mask_secrets(source: str) -> str:
    """A JavaScript source with a mask for each of its literal secrets; masking twice changes nothing."""
    for _ in range(_PASSES):
        before, source = source, Mask.of(source).hide(source)
        if source == before:
            break
    return source


def literal_secrets(source: str) -> Iterator[str]:
    """The values of literals that look like secrets: by the name they are given to, or by how they look."""
    program = parse(source)
    for node in program.nodes:
        if node.kind in _TEXTS:
            yield from _of_text(program, node)
        elif node.kind in ("string_fragment", "regex_pattern"):
            yield from _by_look(program.text(node))


def hidden_lines(text: str) -> tuple[int, ...]:
    """The lines, from 1, on which a mask stands."""
    return tuple(number for number, line in enumerate(text.splitlines(), 1) if MASK in line)


def _of_text(program: Program, node: Node) -> Iterator[str]:
    """Of a whole literal, or of what stands between the substitutions of a template."""
    whole = not any(child.kind == "template_substitution" for child in node.children)
    parts = [child for child in node.children if child.kind == "string_fragment"]
    values = [program.text(node)[1:-1]] if whole else [program.text(part) for part in parts]
    direct, place = _place(node)
    name = _name_at(program, place)
    encoded = _is_encoded(program, place)
    for value in values:
        if encoded and _PAIR.fullmatch(value):
            yield from (value, value.partition(":")[2])
            continue
        if (name and is_value(value)) or (direct and whole and is_plain_value(name, value)):
            yield without_scheme(value)


def _is_encoded(program: Program, value: Node) -> bool:
    """Whether it is made Base64 of, as the user and password of an Authorization header are."""
    call = value.parent and value.parent.kind == "arguments" and value.parent.parent
    called = call and (call.get("function") or call.get("constructor"))
    return bool(called) and program.text(called).replace(" ", "") in _ENCODERS  # type: ignore[arg-type]


def _by_look(value: str) -> Iterator[str]:
    if looks_generated(value):
        yield value
    for key in url_keys(value):
        # A short value is masked with what stands before it, since alone it may stand anywhere.
        start = key.start if key.end - key.start >= LEAST else max(key.start - LEAST, 0)
        yield value[start : key.end]


def _place(node: Node) -> tuple[bool, Node]:
    """Where the value of an expression goes, through joined texts and alternatives; whether it goes there unchanged."""
    direct = True
    while (parent := node.parent) is not None:
        match parent.kind:
            case "binary_expression" if any(parent.has(operator) for operator in _JOINS):
                direct = direct and not parent.has("+")
            case "ternary_expression" if node.name != "condition":
                pass
            case "parenthesized_expression":
                pass
            case _:
                break
        node = parent
    return direct, node


def _name_at(program: Program, value: Node) -> str:
    """The telling name that a value is given to: of a variable, a member, or of the header or field before it."""
    holder = value.parent
    if holder is None or value.name in ("key", "left", "name", "property"):
        return ""
    if holder.kind in ("arguments", "array"):
        return _name_before(program, holder.parts, value)
    fields = _GIVING.get(holder.kind, ())
    target = next((found for field in fields if (found := holder.get(field))), None)
    words = re.findall(r"[\w$-]+", program.text(target)) if target else []
    return words[-1] if words and names_secret(words[-1]) else ""


def _name_before(program: Program, parts: list[Node], value: Node) -> str:
    """The name of a header or a field that stands before its value: `set('X-Api-Key', …)`, `['authorization', …]`."""
    text = (program.string(parts[0]) or "") if len(parts) > 1 and parts[1] is value else ""
    return text if re.fullmatch(r"[\w.-]+", text) and names_secret(text) else ""


def _forms(value: str) -> Iterator[str]:
    """A value as it may also be written: without escapes, percent-encoded, or inside of a Base64 text."""
    plain = re.sub(r"\\(.)", r"\1", value)
    yield from (plain, quote(plain, safe=""), unquote(plain))
    raw = plain.encode("utf-8", "replace")
    if len(raw) < 2 * LEAST:
        yield base64.b64encode(raw).decode().rstrip("=")
        return
    for shift in range(3):
        cut = raw[(3 - shift) % 3 :]
        yield base64.b64encode(cut[: len(cut) // 3 * 3]).decode()


def _mask(value: str) -> str:
    return MASK + "\n" * value.count("\n")


def _cut(text: str) -> str:
    """Cut out what the general search for secrets still finds, from behind so that places stay right."""
    for place in sorted(_places(find_secret_like(text)), reverse=True):
        found = _REST.match(text, place)
        if found is not None and MASK not in found[0]:
            text = text[:place] + _mask(found[0]) + text[found.end() :]
    return text


def _places(found: Iterable[str]) -> Iterator[int]:
    for one in found:
        match = _PLACE.search(one)
        assert match is not None
        yield int(match[1])
