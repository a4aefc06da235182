"""Assemble new Actions from the JavaScript parts in this folder.

A part has holes written as comments, ``/*{{NAME}}*/``, so that it is valid JavaScript. All holes are filled in one
pass, so that text put into one hole is never taken for another hole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_HOLE = re.compile(r"/\*\{\{([A-Z_]+)\}\}\*/")


@cache
def part(name: str) -> str:
    """The text of the JavaScript part ``name`` (without ``.js``)."""
    return (files(__package__) / f"{name}.js").read_text(encoding="utf-8")


def fill(text: str, holes: Mapping[str, str]) -> str:
    """``text`` with each hole replaced; raises ``KeyError`` for a hole without a value."""
    return _HOLE.sub(lambda match: holes[match[1]], text)


def literal(value: Any) -> str:
    """``value`` as a JavaScript literal on one line."""
    return json.dumps(value, ensure_ascii=True)


def comment_text(text: str) -> str:
    """``text`` made safe inside a block comment."""
    return text.replace("*/", "* /").replace("\n", " ").replace("\r", " ")
