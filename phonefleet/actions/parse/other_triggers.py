"""The code of an Action that runs for other triggers only: their handlers, and the functions that only those use."""

from __future__ import annotations

import re
from typing import Final

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import LocalTag
from phonefleet.actions.parse.syntax import FUNCTIONS, Node
from phonefleet.model.endpoints import LEGACY_HANDLER

OTHER_HANDLER: Final = re.compile(r"^on(?:Execute|Continue)[A-Z]\w*$")
"""The names under which Actions export the handlers of their triggers."""
_REFERENCES: Final = frozenset({"identifier", "shorthand_property_identifier"})


def code_of_other_triggers(flow: Flow) -> tuple[Node, ...]:
    """The handlers of other triggers, and each named function to which only such code refers."""
    elsewhere = other_handlers(flow)
    if not elsewhere:
        return ()
    references: dict[Node, list[Node]] = {}
    for node in flow.program.nodes:
        binding = flow.scopes.of(node) if node.kind in _REFERENCES else None
        if binding is not None and binding.node is not node:
            references.setdefault(binding.node, []).append(node)
    names = [name for name in references if _function_of(name) is not None]
    found = True
    while found:
        found = False
        for name in names:
            function = _function_of(name)
            if function is None or function in elsewhere:
                continue
            # A function may also refer to itself.
            if all(any(each.holds(node) for each in (*elsewhere, function)) for node in references[name]):
                elsewhere.append(function)
                found = True
    return tuple(elsewhere)


def other_handlers(flow: Flow) -> list[Node]:
    """The functions that are exported as other triggers' handlers only."""
    functions: dict[str, list[Node]] = {
        exported: [
            tag.node
            for value in values
            for tag in flow.tags(value)
            if isinstance(tag, LocalTag) and tag.node.kind in FUNCTIONS
        ]
        for exported, values in flow.exports.items()
        if OTHER_HANDLER.match(exported)
    }
    own = functions.pop(LEGACY_HANDLER, [])
    return [node for nodes in functions.values() for node in nodes if node not in own]


def _function_of(name: Node) -> Node | None:
    """The function that a declared name names: ``function f() {}`` or ``const f = () => {}``."""
    declaration = name.parent
    if declaration is None:
        return None
    if declaration.kind in ("function_declaration", "generator_function_declaration"):
        return declaration
    if declaration.kind == "variable_declarator" and declaration.get("name") is name:
        value = declaration.get("value")
        return value if value is not None and value.kind in FUNCTIONS else None
    return None
