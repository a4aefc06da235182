"""Code that only exists at run time: every way to a constructor of functions, ``eval`` and modules made of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.syntax import MEMBERS, Node

_MAKERS: Final = ("eval", "Function")
_GLOBAL_OBJECTS: Final = ("globalThis", "global")
_COMPARISONS: Final = frozenset({"===", "!==", "==", "!=", "instanceof"})
_PATTERN_PARTS: Final = frozenset(
    {"pair_pattern", "shorthand_property_identifier_pattern", "object_assignment_pattern"}
)


def run_time_code(flow: Flow) -> Iterator[tuple[Node, str]]:
    """Each place where code may be made at run time, and why, for people."""
    text = flow.program.text
    for node in flow.program.nodes:
        if node.kind == "identifier" and any(flow.scopes.is_global(node, name) for name in _MAKERS):
            if not _is_compared(node) and not _is_prototype(flow, node):
                yield node, f"{text(node)} runs code that only exists at run time"
        elif node.kind in MEMBERS and _makes_functions(flow, node):
            yield node, f"{text(node)[:60]} may be a constructor of functions"
        elif node.kind in _PATTERN_PARTS and flow.key(node) == "constructor":
            yield node, "the constructor of a value is taken out of it"
        elif node.kind == "string_fragment" and text(node) == "constructor" and not _is_key(node):
            yield node, "a constructor is looked up by its name"


def _makes_functions(flow: Flow, node: Node) -> bool:
    """Whether a member may be ``eval``, ``Function`` or the constructor of a function."""
    key = flow.key(node)
    if any(flow.scopes.is_global(node.the("object"), name) for name in _GLOBAL_OBJECTS):
        return key is None or key in _MAKERS
    return key == "constructor" and not _is_harmless(flow, node)


def _is_compared(node: Node) -> bool:
    parent = node.parent
    if parent is None:
        return False
    if parent.kind == "unary_expression":
        return parent.has("typeof")
    return parent.kind == "binary_expression" and parent.the("operator").kind in _COMPARISONS


def _is_prototype(flow: Flow, node: Node) -> bool:
    """``Function.prototype``, whose own ``constructor`` is found at the next member."""
    parent = node.parent
    return parent is not None and parent.kind in MEMBERS and flow.key(parent) == "prototype"


def _is_harmless(flow: Flow, node: Node) -> bool:
    """Whether a ``constructor`` is only compared, named, or assigned to (as compilers do for classes)."""
    parent = node.parent
    if parent is None or _is_compared(node):
        return True
    if parent.kind in MEMBERS and node.name == "object":
        return flow.key(parent) == "name"
    return parent.kind == "assignment_expression" and node.name == "left"


def _is_key(node: Node) -> bool:
    """Whether a text is the index of a member, which is judged as such."""
    string = node.parent
    outer = string.parent if string is not None else None
    return outer is not None and outer.kind == "subscript_expression" and string in outer.children
