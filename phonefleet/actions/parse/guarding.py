"""Which expressions decide whether a part of a program runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from phonefleet.actions.parse.syntax import FUNCTIONS, MEMBERS, Node, Program

_CONDITIONAL: Final = frozenset(
    {"if_statement", "ternary_expression", "while_statement", "do_statement", "for_statement"}
)
_SHORT_CIRCUIT: Final = frozenset({"&&", "||", "??"})
_BLOCKS: Final = frozenset({"statement_block", "program", "switch_case", "switch_default"})
_LEAVING: Final = frozenset({"return_statement", "throw_statement", "continue_statement", "break_statement"})


def conditions_of(node: Node, program: Program) -> Iterator[Node]:
    """The conditions around ``node`` in its function, those that may end it earlier, and what calls a callback."""
    child = node
    for ancestor in node.ancestors():
        yield from _of_ancestor(ancestor, child, program)
        if ancestor.kind in FUNCTIONS:
            yield from _of_callback(ancestor)
            call = _calling(ancestor)
            if call is None:
                return
        child = ancestor


def _of_ancestor(ancestor: Node, child: Node, program: Program) -> Iterator[Node]:
    match ancestor.kind:
        case kind if kind in _CONDITIONAL:
            condition = ancestor.get("condition")
            if condition is not None and condition is not child:
                yield condition
        case "binary_expression":
            if child.name == "right" and program.text(ancestor.the("operator")) in _SHORT_CIRCUIT:
                yield ancestor.the("left")
        case "switch_case" | "switch_default":
            switch = next((each for each in ancestor.ancestors() if each.kind == "switch_statement"), None)
            if switch is not None:
                yield switch.the("value")
                yield from (each.the("value") for each in switch.the("body").parts if each.get("value"))
        case "for_in_statement" if child.name == "body":
            yield ancestor.the("right")
        case "catch_clause":
            attempt = ancestor.parent.get("body") if ancestor.parent is not None else None
            for each in attempt.walk() if attempt is not None else ():
                if each.kind == "throw_statement":
                    yield from _within(each, attempt, program)
    if ancestor.kind in _BLOCKS:
        for sibling in ancestor.parts:
            if sibling.end <= child.start:
                yield from _ending(sibling, program)


def _within(node: Node, outer: Node | None, program: Program) -> Iterator[Node]:
    """The conditions on ``node`` inside ``outer``."""
    child = node
    for ancestor in node.ancestors():
        if ancestor is outer or ancestor.kind in FUNCTIONS:
            return
        yield from _of_ancestor(ancestor, child, program)
        child = ancestor


def _ending(statement: Node, program: Program) -> Iterator[Node]:
    """The conditions under which a statement ends what follows it."""
    if statement.kind in (
        "if_statement",
        "switch_statement",
        "statement_block",
        "for_in_statement",
        "try_statement",
    ):
        for node in statement.walk():
            if node.kind in _LEAVING and node.function() is statement.function():
                yield from _within(node, statement.parent, program)


def _of_callback(function: Node) -> Iterator[Node]:
    """What a callback is called for: the object and the other arguments of the call that it is passed to."""
    call = _calling(function)
    if call is None:
        return
    target = call.get("function")
    if target is not None and target.kind in MEMBERS:
        yield target.the("object")
    yield from (argument for argument in call.arguments if argument is not function)


def _calling(function: Node) -> Node | None:
    """The call that a function is written as an argument of."""
    holder = function.parent
    call = holder.parent if holder is not None and holder.kind == "arguments" else None
    return call if call is not None and call.kind in ("call_expression", "new_expression") else None
