"""Reads of a program's own place: the lines of its stack, its file or its module.

A translation moves the code and gives it a module object of its own. The stand-in runtime has neither lines nor files,
so that runs do not show the difference. Words for a log are no difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import Name
from phonefleet.actions.parse.logging_calls import in_log
from phonefleet.actions.parse.syntax import FUNCTIONS, MEMBERS, Node

_FILES: Final = frozenset({"__filename", "__dirname"})
_ERRORS: Final = frozenset({"captureStackTrace", "prepareStackTrace", "stackTraceLimit"})
_OF_MODULE: Final = frozenset({"children", "filename", "id", "loaded", "parent", "path", "paths", "require"})
_OF_OBJECT: Final = {
    "module": _OF_MODULE,
    "require": frozenset({"cache", "extensions", "main", "resolve"}),
    "process": frozenset({"_linkedBinding", "binding", "dlopen", "mainModule"}),
}
# Names of Node's functions that no other thing has; a branch that never ran may use them.
_REMOVED: Final = frozenset({"createCipher", "createDecipher", "DEFAULT_ENCODING"})


def own_place(flow: Flow) -> Iterator[Name]:
    """Each read of the program's own place, except for a log."""
    text = flow.program.text
    for node in flow.program.nodes:
        if node.kind == "identifier" and text(node) in _FILES and flow.scopes.is_global(node, text(node)):
            yield Name(text(node), node.line)
        elif node.kind == "identifier" and _is_module_argument(flow, node):
            yield Name("the module's arguments", node.line)
            return
        elif node.kind in MEMBERS and (_is_inner(flow, node) or _is_stack(flow, node)):
            yield Name(text(node)[:60], node.line)


def removed_names(flow: Flow) -> Iterator[Name]:
    """Each mention of a function that Node 22 does not have, as a name or as a text."""
    for node in flow.program.nodes:
        named = node.kind in (
            "property_identifier",
            "shorthand_property_identifier_pattern",
            "string_fragment",
        )
        if named and flow.program.text(node) in _REMOVED:
            yield Name(flow.program.text(node), node.line)


def _is_inner(flow: Flow, node: Node) -> bool:
    key, owner = flow.key(node), node.the("object")
    return key in _ERRORS or any(
        key in names and flow.program.text(owner) == name and flow.scopes.is_global(owner, name)
        for name, names in _OF_OBJECT.items()
    )


def _is_stack(flow: Flow, node: Node) -> bool:
    """Whether a member is the stack of an error that is not only logged."""
    return flow.key(node) == "stack" and not in_log(flow.program, node)


def _is_module_argument(flow: Flow, node: Node) -> bool:
    """Whether ``arguments`` are those of the module itself, which Node calls with five and an adapter with two."""
    inside = (each for each in node.ancestors() if each.kind in FUNCTIONS and each.kind != "arrow_function")
    return flow.scopes.is_global(node, "arguments") and next(inside, None) is None
