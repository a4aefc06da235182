"""Which parts of a program ran: a copy of it in which every statement and every branch of an expression is counted.

The engine offers no coverage of its own, so calls are written into the copy. The copy is run beside the program, and
only counted if it did the same: what is compared for a verdict is the program itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from phonefleet.actions.parse.syntax import Node, Program, parse

COUNTER: Final = "__phonefleetRan"
_LISTS: Final = frozenset(
    {"program", "statement_block", "switch_case", "switch_default", "class_static_block"}
)
_NOT_COUNTED: Final = frozenset(
    {"comment", "empty_statement", "function_declaration", "generator_function_declaration", "hash_bang_line"}
)
_LOOPS: Final = ("for_statement", "for_in_statement", "while_statement", "do_statement", "with_statement")
_BODIES: Final = frozenset({("if_statement", "consequence"), *((loop, "body") for loop in _LOOPS)})
_SHORT_CIRCUIT: Final = frozenset({"&&", "||", "??"})


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A statement or a branch of an expression, with the number under which it is counted."""

    number: int
    node: Node
    statement: bool

    def holds(self, node: Node) -> bool:
        """Whether ``node`` lies in this part."""
        return self.node.holds(node)


@dataclass(frozen=True, slots=True, eq=False)
class CountedProgram:
    """A program, its countable parts in source order, and the copy that counts them."""

    program: Program
    parts: tuple[Part, ...]
    code: str

    def unreached(self, ran: Iterable[int]) -> tuple[Part, ...]:
        """The parts that never ran; those inside another such part are left out."""
        numbers = frozenset(ran)
        result: list[Part] = []
        for part in self.parts:
            if part.number not in numbers and not (result and result[-1].holds(part.node)):
                result.append(part)
        return tuple(result)


@lru_cache(maxsize=64)
def counted(code: str) -> CountedProgram | None:
    """Return the copy of a program that counts its parts; ``None`` for code that does not parse."""
    program = parse(code)
    if program.error_line is not None:
        return None
    parts = tuple(
        Part(number, node, statement) for number, (node, statement) in enumerate(_countable(program))
    )
    return CountedProgram(program, parts, _with_counters(program, parts))


def lines_of(parts: Iterable[Part], program: Program) -> str:
    """The lines of parts, for people: ``3-5, 9``."""
    ranges: list[tuple[int, int]] = []
    for part in parts:
        first = part.node.line
        last = first + program.code[part.node.start : part.node.end].count(b"\n")
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1]))
        else:
            ranges.append((first, last))
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def _countable(program: Program) -> Iterator[tuple[Node, bool]]:
    for node in program.nodes:
        parent = node.parent
        if parent is None or not node.named:
            continue
        if _is_statement(node, parent):
            yield node, True
        elif _is_branch(node, parent):
            yield node, False


def _is_statement(node: Node, parent: Node) -> bool:
    if node.kind in _NOT_COUNTED or node.kind == "statement_block":
        return False
    if parent.kind in _LISTS:
        in_case = parent.kind in ("switch_case", "switch_default")
        return not (in_case and node.name == "value") and not _is_directive(node, parent)
    return (parent.kind, node.name) in _BODIES or parent.kind == "else_clause"


def _is_directive(node: Node, parent: Node) -> bool:
    """Whether a statement is a directive such as ``'use strict'``, which must remain the first."""
    before = (each for each in parent.parts if each.start <= node.start)
    return all(
        each.kind == "expression_statement" and len(each.parts) == 1 and each.parts[0].kind == "string"
        for each in before
    )


def _is_branch(node: Node, parent: Node) -> bool:
    match parent.kind:
        case "ternary_expression":
            return node.name in ("consequence", "alternative")
        case "binary_expression":
            return node.name == "right" and parent.the("operator").kind in _SHORT_CIRCUIT
        case "arrow_function":
            return node.name == "body" and node.kind != "statement_block"
    return False


def _with_counters(program: Program, parts: Iterable[Part]) -> str:
    """The source with a call of the counter before each part."""
    inserts: list[
        tuple[int, int, int, str]
    ] = []  # sorted: what ends at a place comes before what begins there
    for part in parts:
        node, call = part.node, f"{COUNTER}({part.number})"
        alone = part.statement and node.parent is not None and node.parent.kind not in _LISTS
        before, after = (
            (f"{call};", "")
            if part.statement and not alone
            else ("{" + call + ";", "}")
            if alone
            else (f"({call},", ")")
        )
        inserts.append((node.start, 1, -node.end, before))
        if after:
            inserts.append((node.end, 0, -node.start, after))
    pieces: list[bytes] = []
    at = 0
    for position, _, _, text in sorted(inserts):
        pieces += [program.code[at:position], text.encode()]
        at = position
    return b"".join([*pieces, program.code[at:]]).decode("utf-8", "surrogatepass")
