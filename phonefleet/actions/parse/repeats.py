"""Whether a place in the code may run more than once in one execution: in a loop, in a callback, through a helper."""

from __future__ import annotations

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import LocalTag
from phonefleet.actions.parse.syntax import FUNCTIONS, Node

_LOOPS = ("for_", "while_", "do_")


def may_repeat(flow: Flow, node: Node, seen: frozenset[Node] = frozenset()) -> bool:
    """Whether ``node`` may run more than once; a helper whose calls cannot all be followed counts as repeating."""
    for ancestor in node.ancestors():
        if ancestor.kind.startswith(_LOOPS) or ancestor.kind == "arguments":
            return True
        if ancestor.kind in FUNCTIONS:
            return _called_often(flow, ancestor, seen)
    return False


def _called_often(flow: Flow, function: Node, seen: frozenset[Node]) -> bool:
    if function in seen:
        return True
    calls = [
        call
        for call in flow.program.nodes
        if call.kind == "call_expression" and function in flow.callees(call)
    ]
    if len(calls) > 1 or _passed(flow, function):
        return True
    return any(may_repeat(flow, call, seen | {function}) for call in calls)


def _passed(flow: Flow, function: Node) -> bool:
    """Whether a function is passed to other code, which may call it as often as it likes."""
    return any(
        node.parent is not None
        and node.parent.kind == "arguments"
        and node.kind in ("identifier", "member_expression")
        and LocalTag(function) in flow.tags(node)
        and node.parent.parent is not None
        and not flow.callees(node.parent.parent)
        for node in flow.program.nodes
    )
