"""Read HCL: python-hcl2 for the syntax, and the escapes of quoted templates by the specification."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import hcl2

_ESCAPE = re.compile(r'\$\$\{|%%\{|\\(?:[nrt"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})')
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_MARK = "__is_block__"
_NOTES = (_MARK, "__comments__", "__inline_comments__")


def text_of(token: str) -> str:
    """The text of a quoted template; it must have no interpolation."""
    assert token[0] == token[-1] == '"', token
    inner = token[1:-1]
    plain = _ESCAPE.sub(" ", inner)
    assert not re.search(r"[$%]\{|\\", plain), token
    return _ESCAPE.sub(_unescape, inner)


def _unescape(found: re.Match[str]) -> str:
    escape = found[0]
    if escape[0] in "$%":
        return escape[1:]
    return _SIMPLE.get(escape[1]) or chr(int(escape[2:], 16))


def document(text: str) -> dict[str, Any]:
    """A file: blocks as lists by their kind."""
    found: dict[str, Any] = hcl2.loads(text)
    return found


def blocks(text: str, kind: str) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every block of a kind with its labels."""
    for found in document(text).get(kind, []):
        labels: list[str] = []
        inner = found
        while _MARK not in inner:
            ((label, inner),) = inner.items()
            labels.append(text_of(label))
        yield tuple(labels), {key: value for key, value in inner.items() if key not in _NOTES}


def paths(body: dict[str, Any], above: str = "") -> Iterator[str]:
    """The path of every attribute and block in a block."""
    for key, value in body.items():
        if key in _NOTES:
            continue
        yield above + key
        if isinstance(value, list) and value and isinstance(value[0], dict) and _MARK in value[0]:
            for each in value:
                yield from paths(each, f"{above}{key}.")
