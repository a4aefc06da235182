"""Find and mask literal secrets in an Action's code before anyone reads it or it is recorded.

Authors paste keys into their Actions. The deployed code must keep them to work, but what is shown or recorded must
not have them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote

from phonefleet.actions.parse.syntax import Node, Program, parse
from phonefleet.secrets.patterns import (
    MASK,
    MIN_LENGTH,
    find_secret_like,
    is_plain_value,
    is_value,
    looks_generated,
    names_secret,
    without_scheme,
)
from phonefleet.secrets.url_keys import url_keys

_REST: Final = re.compile(
    r"-----BEGIN.{0,8000}?(?:-----END[^-]{0,80}-----|\Z)|-----BEGIN.{0,8000}|[^\s\"'`;,)}]+", re.DOTALL
)
"""What is masked from a match on; the key of 8,192 bits, the longest in use, has 6,400 characters."""
_LITERALS: Final = ("string", "template_string")
_JOINS: Final = ("+", "||", "??")
_NAME_FIELDS: Final = {
    "pair": "key",
    "variable_declarator": "name",
    "assignment_expression": "left",
    "augmented_assignment_expression": "left",
    "assignment_pattern": "left",
    "object_assignment_pattern": "left",
    "field_definition": "property",
}
"""The nodes that give a value a name, and the field that holds the name."""
_ENCODERS: Final = ("btoa", "Buffer.from", "Buffer")
_PAIR: Final = re.compile(r"[^\s:]+:(?!//)\S{6,}")
_Assigned = tuple[bool, Node]
_CACHE: Final = 512
_PASSES: Final = 8


@dataclass(frozen=True, slots=True)
class Mask:
    """Hides the literal secrets of some sources in any text, encoded ones too."""

    values: tuple[str, ...] = ()

    @classmethod
    def of(cls, *sources: str) -> Mask:
        """A mask for everything that looks like a secret among the literals of these JavaScript sources."""
        values = {value for source in sources for value in literal_secrets(source)}
        forms = values | {
            form for value in values for form in _encoded_forms(value) if len(form) >= MIN_LENGTH
        }
        return cls(tuple(sorted((form for form in forms if form not in MASK), key=len, reverse=True)))

    def hide(self, text: str) -> str:
        """Mask the values, and anything else in `text` that looks like a secret; lines keep their numbers."""
        for value in self.values:
            text = text.replace(value, _mask(value))
        parts: list[str] = []
        end = 0
        for match in find_secret_like(text):
            rest = _REST.match(text, match.start) if match.start >= end else None
            if rest is not None and MASK not in rest[0]:
                parts += (text[end : match.start], _mask(rest[0]))
                end = rest.end()
        return "".join((*parts, text[end:]))


@lru_cache(maxsize=_CACHE)
def mask_secrets(source: str) -> str:
    """A JavaScript source with a mask for each of its literal secrets; masking twice changes nothing."""
    for _ in range(_PASSES):
        before, source = source, Mask.of(source).hide(source)
        if source == before:
            break
    return source


def literal_secrets(source: str) -> Iterator[str]:
    """The values of literals that look like secrets, by the name they are given or by their shape."""
    program = parse(source)
    known: dict[int, _Assigned] = {}
    for node in program.nodes:
        if node.kind in _LITERALS:
            yield from _named_secrets(program, node, known)
        elif node.kind in ("string_fragment", "regex_pattern"):
            value = program.text(node)
            if looks_generated(value):
                yield value
            for key in url_keys(value):
                # A short value is masked with the text before it, because alone it may occur anywhere.
                start = key.start if key.end - key.start >= MIN_LENGTH else max(key.start - MIN_LENGTH, 0)
                yield value[start : key.end]


def masked_lines(text: str) -> tuple[int, ...]:
    """The lines, from 1, that hold a mask."""
    return tuple(number for number, line in enumerate(text.splitlines(), 1) if MASK in line)


def _named_secrets(program: Program, node: Node, known: dict[int, _Assigned]) -> Iterator[str]:
    """Secrets in a literal (for a template, in the text between its substitutions) by the name it is given."""
    whole = not any(child.kind == "template_substitution" for child in node.children)
    parts = [child for child in node.children if child.kind == "string_fragment"]
    values = [program.text(node)[1:-1]] if whole else [program.text(part) for part in parts]
    direct, target = _assigned(node, known)
    name = _secret_name(program, target)
    # Base64 is made of user and password for an Authorization header.
    call = target.parent.parent if target.parent and target.parent.kind == "arguments" else None
    callee = (call.get("function") or call.get("constructor")) if call else None
    encoded = callee is not None and program.text(callee).replace(" ", "") in _ENCODERS
    for value in values:
        if encoded and _PAIR.fullmatch(value):
            yield from (value, value.partition(":")[2])
        elif (name and is_value(value)) or (direct and whole and is_plain_value(name, value)):
            yield without_scheme(value)


def _assigned(node: Node, known: dict[int, _Assigned]) -> _Assigned:
    """Follow an expression through joined texts and alternatives; the flag tells whether its value is unchanged.

    Args:
        node: the expression.
        known: results for nodes of the same program, by identity: thousands of joined literals share their parents.
    """
    path: list[tuple[Node, bool]] = []
    while id(node) not in known and (parent := node.parent) is not None:
        match parent.kind:
            case "binary_expression" if any(parent.has(operator) for operator in _JOINS):
                path.append((node, not parent.has("+")))
            case "ternary_expression" if node.name != "condition":
                path.append((node, True))
            case "parenthesized_expression":
                path.append((node, True))
            case _:
                break
        node = parent
    direct, target = known.get(id(node), (True, node))
    known[id(node)] = direct, target
    for below, is_same in reversed(path):
        direct = direct and is_same
        known[id(below)] = direct, target
    return direct, target


def _secret_name(program: Program, value: Node) -> str:
    """The secret's name that a value is given to: a variable, a member, or the header or field before it."""
    holder = value.parent
    if holder is None or value.name in ("key", "left", "name", "property"):
        return ""
    if holder.kind in ("arguments", "array"):  # `set('X-Api-Key', …)`, `['authorization', …]`
        parts = holder.parts
        text = (program.string(parts[0]) or "") if len(parts) > 1 and parts[1] is value else ""
        return text if re.fullmatch(r"[\w.-]+", text) and names_secret(text) else ""
    field = _NAME_FIELDS.get(holder.kind)
    target = holder.get(field) if field else None
    words = re.findall(r"[\w$-]+", program.text(target)) if target else []
    return words[-1] if words and names_secret(words[-1]) else ""


def _encoded_forms(value: str) -> Iterator[str]:
    """Other spellings of a value: without escapes, percent-encoded, or inside a Base64 text."""
    plain = re.sub(r"\\(.)", r"\1", value)
    yield from (plain, quote(plain, safe=""), unquote(plain))
    raw = plain.encode("utf-8", "replace")
    if len(raw) < 2 * MIN_LENGTH:
        yield base64.b64encode(raw).decode().rstrip("=")
        return
    for shift in range(3):
        cut = raw[(3 - shift) % 3 :]
        yield base64.b64encode(cut[: len(cut) // 3 * 3]).decode()


def _mask(value: str) -> str:
    return MASK + "\n" * value.count("\n")
