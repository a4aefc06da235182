"""The calls of an Action that may send a message, and what becomes of their results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.flow_types import REMOTE, LocalTag
from phonefleet.actions.parse.node_modules import only_computes
from phonefleet.actions.parse.syntax import FUNCTIONS, Node

# Methods that send, of the clients that Actions use; a client's other methods build or look up.
_SENDING: Final = frozenset(
    {
        "create",
        "delete",
        "fetch",
        "get",
        "initiate",
        "patch",
        "post",
        "publish",
        "put",
        "request",
        "send",
        "sendMessage",
        "sendSms",
        "sendSMS",
        "sendSmsMessage",
        "start",
        "write",
    }
)
# Modules that export the function that sends.
_CALLABLE: Final = frozenset(
    {
        "axios",
        "got",
        "needle",
        "node-fetch",
        "node-fetch-commonjs",
        "cross-fetch",
        "request",
        "request-promise",
        "request-promise-native",
        "superagent",
        "undici",
        "fetch",
    }
)
_PASSING: Final = frozenset({"then", "catch", "finally", "promise"})
_KEEPING: Final = frozenset(
    {
        "await_expression",
        "return_statement",
        "arguments",
        "variable_declarator",
        "array",
        "arrow_function",
        "assignment_expression",
        "pair",
        "yield_expression",
    }
)
_LOOPS = ("for_", "while_", "do_")


@dataclass(frozen=True, slots=True)
class Send:
    """A call that may send; ``chain`` is the whole expression built on it (``.promise().then(…)`` …)."""

    call: Node
    chain: Node

    @property
    def line(self) -> int:
        """The line of the call, from 1."""
        return self.call.line

    @property
    def kept(self) -> bool:
        """Whether anything waits for the result: an await, a return, an argument, a name."""
        # The executor of a `new Promise` waits for what calls it back.
        if any(
            ancestor.kind in FUNCTIONS
            and ancestor.parent is not None
            and ancestor.parent.parent is not None
            and ancestor.parent.parent.kind == "new_expression"
            for ancestor in self.chain.ancestors()
        ):
            return True
        parent = self.chain.parent
        while parent is not None and parent.kind in (
            "parenthesized_expression",
            "ternary_expression",
            "binary_expression",
        ):
            parent = parent.parent
        if parent is not None and parent.kind == "arrow_function":
            return parent.get("body") is not None
        return parent is not None and parent.kind in _KEEPING


def sends(flow: Flow) -> tuple[Send, ...]:
    """Every call that may send, in source order."""
    calls = []
    for call in flow.program.nodes:
        if call.kind != "call_expression" or not _may_send(flow, call):
            continue
        chain = call
        while (
            chain.parent is not None
            and chain.parent.kind == "member_expression"
            and flow.key(chain.parent) in _PASSING
            and chain.parent.parent is not None
            and chain.parent.parent.kind == "call_expression"
        ):
            chain = chain.parent.parent
        calls.append(Send(call, chain))
    return tuple(calls)


def swallowing(flow: Flow, send: Send) -> Node | None:
    """The handler, if any, that ends a failure of ``send`` without passing it on."""
    inner: Node = send.call
    while inner is not send.chain:
        inner = inner.parent or send.chain
        handler = _rejection_handler(flow, inner)
        if handler is not None:
            return handler if not _passes_on(flow, handler) else None
    for ancestor in send.call.ancestors():
        if ancestor.kind in FUNCTIONS:
            return None
        if ancestor.kind != "try_statement":
            continue
        body = ancestor.the("body")
        if body.holds(send.call):
            catch = ancestor.get("handler")
            if catch is not None and _awaited(send.chain):
                return None if _passes_on(flow, catch) else catch
    return None


def reads_status(flow: Flow) -> bool:
    """Whether the program reads any answer's status."""
    names = {"ok", "status", "statusCode", "statusText", "raise_for_status"}
    return any(
        node.kind in ("property_identifier", "shorthand_property_identifier_pattern")
        and flow.program.text(node) in names
        for node in flow.program.nodes
    )


def makes_one_call(flow: Flow) -> bool:
    """Whether a run makes at most one outbound call: one call site, which cannot run more than once."""
    sites = []
    for node in flow.program.nodes:
        target = node.the("function") if node.kind == "call_expression" else None
        if target is None or REMOTE not in flow.tags(target) or is_computing(flow, target):
            continue
        # Building a client by its bare name sends nothing.
        sends_by_name = target.kind == "identifier" and _may_send(flow, node)
        method = target.kind not in ("identifier", "call_expression") and flow.key(target) not in _PASSING
        if sends_by_name or method:
            sites.append(node)
    return len(sites) == 1 and not may_repeat(flow, sites[0])


def repeats_a_send(flow: Flow) -> bool:
    """Whether a call that may send is in a loop, a callback or a helper that is called more than once."""
    return any(may_repeat(flow, send.call) for send in sends(flow))


def _may_send(flow: Flow, call: Node) -> bool:
    target = call.the("function")
    if (
        REMOTE not in flow.tags(target)
        or flow.scopes.is_global(target, "require")
        or is_computing(flow, target)
    ):
        return False
    if target.kind == "member_expression":
        return flow.key(target) in _SENDING
    return target.kind == "identifier" and (
        flow.scopes.is_global(target, "fetch") or _module_of(flow, target) in _CALLABLE
    )


def is_computing(flow: Flow, target: Node) -> bool:
    """Whether a call's target is a part of a module that only computes (``_.get``, ``moment().format``)."""
    root = target
    module = None
    while root.kind in ("member_expression", "subscript_expression", "call_expression") and module is None:
        module = _required(flow, root)
        root = root.the("function" if root.kind == "call_expression" else "object")
    module = module or _module_of(flow, root)
    return module is not None and only_computes(module)


def _module_of(flow: Flow, target: Node) -> str | None:
    """The module that a name was required from, when it is the module itself."""
    binding = flow.scopes.of(target)
    declarator = binding.node.parent if binding is not None else None
    while declarator is not None and declarator.kind not in ("variable_declarator", "program"):
        declarator = declarator.parent
    value = declarator.get("value") if declarator is not None else None
    if value is not None and flow.scopes.is_global(value, "fetch"):
        return "fetch"
    while value is not None and value.kind == "member_expression":
        value = value.the("object")
    return None if value is None else _required(flow, value)


def _required(flow: Flow, node: Node) -> str | None:
    """The module that ``node`` requires, when it is a call of ``require`` with a name written out."""
    if node.kind != "call_expression" or not node.arguments:
        return None
    required = flow.scopes.is_global(node.the("function"), "require")
    return flow.program.string(node.arguments[0]) if required else None


def _rejection_handler(flow: Flow, call: Node) -> Node | None:
    """The function given to ``.catch`` or as second to ``.then``, when ``call`` is such a call."""
    target = call.get("function")
    if target is None or target.kind != "member_expression":
        return None
    place = {"catch": 0, "then": 1}.get(flow.key(target) or "")
    if place is None or len(call.arguments) <= place:
        return None
    handler = call.arguments[place]
    return handler if handler.kind in FUNCTIONS else None


def _passes_on(flow: Flow, handler: Node) -> bool:
    """Whether a catch clause or rejection handler throws, rejects, reports or sends another way."""
    for node in handler.walk():
        if node.kind == "throw_statement":
            return True
        if node.kind == "call_expression":
            if _may_send(flow, node):
                return True
            text = flow.program.text(node.the("function"))
            if text in ("reject", "Promise.reject", "callback", "cb", "done") or ".notification." in text:
                return True
    return False


def _awaited(chain: Node) -> bool:
    for ancestor in chain.ancestors():
        if ancestor.kind == "await_expression":
            return True
        if ancestor.kind in FUNCTIONS:
            return False
    return False


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
