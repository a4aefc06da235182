"""Which values of a program only go into a log: what is logged there is no difference."""

from __future__ import annotations

import re
from typing import Final

from phonefleet.actions.parse.lexical_scopes import Scopes
from phonefleet.actions.parse.syntax import MEMBERS, Node, Program, property_key

_LOGGING: Final = frozenset({"debug", "dir", "error", "fatal", "info", "log", "trace", "warn", "warning"})
_LOG: Final = re.compile(r"console|log|pino|winston|bunyan|sentry|datadog|debug|trace", re.IGNORECASE)
_KEEPING: Final = frozenset({"assignment_expression", "augmented_assignment_expression", "update_expression"})


def only_logged(program: Program, scopes: Scopes, node: Node) -> bool:
    """Whether a value goes into a log and nowhere else: in the call, or by a name that only such calls use."""
    if in_log(program, node):
        return True
    declarator = next((each for each in node.ancestors() if each.kind == "variable_declarator"), None)
    if declarator is None or declarator.function() is not node.function():
        return False
    name = declarator.the("name")
    binding = scopes.of(name) if name.kind == "identifier" else None
    uses = [
        each
        for each in program.nodes
        if each.kind in ("identifier", "shorthand_property_identifier")
        and each is not name
        and binding is not None
        and scopes.of(each) is binding
    ]
    return binding is not None and all(in_log(program, each) for each in uses)


def in_log(program: Program, node: Node) -> bool:
    """Whether a value goes into the call of a log, and into nothing else on the way."""
    for each in node.ancestors():
        if each.kind in _KEEPING:
            return False
        called = each.get("function") if each.kind == "call_expression" else None
        if (
            called is not None
            and called.kind in MEMBERS
            and property_key(program, called) in _LOGGING
            and not called.holds(node)
        ):
            return _LOG.search(program.text(called.the("object"))) is not None
    return False
