"""The process that parses and renders Liquid: nothing that a template does here can affect the caller.

The library's own limits end a template that loops or grows too much. What they miss (a chain of filters that doubles
a text, a parser that backtracks) ends at the limits of the operating system: the kernel ends the process after
`CPU_SECONDS`, and memory ends at `MEMORY_BYTES`. It uses the standard library and `liquid` alone, and reads and writes
messages of a 4-byte length and JSON.
"""

from __future__ import annotations

import json
import resource
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from math import floor, isfinite
from typing import Any, ClassVar

from liquid import Environment
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.filter import math_filter, string_filter

CPU_SECONDS = 1.0
MEMORY_BYTES = 512 * 2**20
MOST_OUTPUT = 40_000
MOST_ITERATIONS = 20_000
COSTLY = (ResourceLimitError, MemoryError, RecursionError)
BROKEN = (LiquidError, ValueError, TypeError, OverflowError, ArithmeticError, LookupError)
"""The library's own errors, and what its filters raise for arguments that they do not expect."""


class PhoneLiquid(Environment):
    """python-liquid with LiquidJS's way to divide and to write numbers, and with limits."""

    loop_iteration_limit: ClassVar[int | None] = MOST_ITERATIONS
    local_namespace_limit: ClassVar[int | None] = 2**20
    output_stream_limit: ClassVar[int | None] = MOST_OUTPUT


def _js_number(value: float) -> float | int:
    """Return a whole number as an integer: JavaScript writes 2 and not 2.0."""
    if isinstance(value, float) and isfinite(value) and value.is_integer():
        return int(value)
    return value


@math_filter
def _divided_by(number: Any, divisor: Any) -> Any:
    """Divide without rounding (LiquidJS)."""
    other = _number(divisor)
    return _js_number(float(number) / float(other)) if other else ""


def _number(value: Any) -> float:
    """Return a filter's argument as a number; 0 where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


@math_filter
def _round(number: Any, digits: Any = 0) -> Any:
    """Round halves up, as JavaScript does (LiquidJS)."""
    scale = 10.0 ** min(max(_number(digits), 0.0), 15.0)
    return _js_number(floor(float(number) * scale + 0.5) / scale)


def _whole(function: Callable[..., Any]) -> Callable[..., Any]:
    def filtered(*arguments: Any, **named: Any) -> Any:
        return _js_number(function(*arguments, **named))

    return filtered


_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})


@string_filter
def _escape(text: str) -> str:
    """Escape HTML with LiquidJS's character references."""
    return text.translate(_ESCAPES)


@string_filter
def _escape_once(text: str) -> str:
    """Escape HTML without escaping LiquidJS's references again."""
    for mark, reference in reversed([(chr(code), reference) for code, reference in _ESCAPES.items()]):
        text = text.replace(reference, mark)
    return text.translate(_ESCAPES)


def environment() -> PhoneLiquid:
    """Return the environment that all templates are rendered with."""
    made = PhoneLiquid()
    made.filters["round"] = _round
    made.filters |= {"divided_by": _divided_by, "escape": _escape, "escape_once": _escape_once}
    for name in ("plus", "minus", "times", "modulo", "abs", "at_least", "at_most", "floor", "ceil"):
        made.filters[name] = _whole(made.filters[name])
    return made


def analyze(liquid: PhoneLiquid, template: str) -> dict[str, Any]:
    """Return the tags, the filters and the global variables of a template; each variable with its place."""
    found = liquid.from_string(template).analyze(include_partials=False)
    return {
        "tags": sorted(found.tags),
        "filters": sorted(found.filters),
        "variables": [
            [[str(segment) for segment in use.segments], use.span.index]
            for uses in found.globals.values()
            for use in uses
        ],
    }


def render(liquid: PhoneLiquid, template: str, contexts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the template's text in each context."""
    parsed = liquid.from_string(template)
    return {"texts": [parsed.render(**context) for context in contexts]}


def answer(liquid: PhoneLiquid, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer one request: `analyze` without contexts, else `render`."""
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        contexts = request["contexts"]
        template = request["template"]
        return analyze(liquid, template) if contexts is None else render(liquid, template, contexts)
    except COSTLY as error:
        return {"costly": type(error).__name__}
    except LiquidError as error:
        return {"broken": str(error.message)}
    except BROKEN as error:
        return {"broken": f"{type(error).__name__} in a filter"}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> None:
    """Bound the process and answer requests until standard input ends."""
    # An interrupt of the terminal is for the caller, which ends this process by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    liquid = environment()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sink.write(b"ready")
    sink.flush()
    while len(head := source.read(4)) == 4:
        request = json.loads(source.read(struct.unpack(">I", head)[0]))
        body = json.dumps(answer(liquid, request)).encode()
        sink.write(struct.pack(">I", len(body)) + body)
        sink.flush()


if __name__ == "__main__":
    main()
