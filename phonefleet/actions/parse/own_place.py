"""Reads of a program's own place: the lines of its stack, its file or its module.

A translation moves the code and gives it a module object of its own. The stand-in runtime has neither lines nor files,
so that runs do not show the difference. Words for a log are no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import Name
from phonefleet.actions.parse.syntax import FUNCTIONS, MEMBERS, Node

_FILES: Final = frozenset({"__filename", "__dirname"})
_ERRORS: Final = frozenset({"captureStackTrace", "prepareStackTrace", "stackTraceLimit"})
_OF_MODULE: Final = frozenset({"children", "filename", "id", "loaded", "parent", "path", "paths", "require"})
_OF_OBJECT: Final = {
    "module": _OF_MODULE,
    "require": frozenset({"cache", "extensions", "main", "resolve"}),
    "process": frozenset({"_linkedBinding", "binding", "dlopen", "mainModule"}),
}
_LOGGING: Final = frozenset({"debug", "dir", "error", "fatal", "info", "log", "trace", "warn", "warning"})
_LOG: Final = re.compile(r"console|log|pino|winston|bunyan|sentry|datadog|debug|trace", re.IGNORECASE)
_KEEPING: Final = frozenset({"assignment_expression", "augmented_assignment_expression", "update_expression"})
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
    return flow.key(node) == "stack" and not _in_log(flow, node)


def _is_module_argument(flow: Flow, node: Node) -> bool:
    """Whether ``arguments`` are those of the module itself, which Node calls with five and an adapter with two."""
    inside = (each for each in node.ancestors() if each.kind in FUNCTIONS and each.kind != "arrow_function")
    return flow.scopes.is_global(node, "arguments") and next(inside, None) is None


def only_logged(flow: Flow, node: Node) -> bool:
    """Whether a value goes into a log and nowhere else: in the call, or by a name that only such calls use."""
    if _in_log(flow, node):
        return True
    declarator = next((each for each in node.ancestors() if each.kind == "variable_declarator"), None)
    if declarator is None or declarator.function() is not node.function():
        return False
    name = declarator.the("name")
    binding = flow.scopes.of(name) if name.kind == "identifier" else None
    uses = [
        each
        for each in flow.program.nodes
        if each.kind in ("identifier", "shorthand_property_identifier")
        and each is not name
        and binding is not None
        and flow.scopes.of(each) is binding
    ]
    return binding is not None and all(_in_log(flow, each) for each in uses)


def _in_log(flow: Flow, node: Node) -> bool:
    """Whether a value goes into the call of a log, and into nothing else on the way."""
    for each in node.ancestors():
        if each.kind in _KEEPING:
            return False
        called = each.get("function") if each.kind == "call_expression" else None
        if (
            called is not None
            and called.kind in MEMBERS
            and flow.key(called) in _LOGGING
            and not called.holds(node)
        ):
            return _LOG.search(flow.program.text(called.the("object"))) is not None
    return False
