"""Reading an Action: what it is, what it touches, and what forbids translating it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from phonefleet.actions.parse.accesses import Access, ApiCall, accesses, api_calls
from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.event_fields import Shape, shape
from phonefleet.actions.parse.lexical_scopes import Scopes
from phonefleet.actions.parse.syntax import FUNCTIONS, MAX_DEPTH, Node, Program, parse
from phonefleet.actions.parse.tags import ApiTag, EventTag, LocalTag
from phonefleet.actions.refusal_codes import RefusalCode
from phonefleet.actions.translation_model import ActionSource, RefusalReason, TranslationRefusal
from phonefleet.model.endpoints import LEGACY_HANDLER, PROVIDER_HANDLER

# Auth0 accepts no larger Action; the limit also bounds the time that reading takes.
MAX_SOURCE: Final = 100_000
API_METHODS: Final = frozenset({("cache",), ("cache", "get"), ("cache", "set"), ("cache", "delete")})


@dataclass(frozen=True, slots=True)
class Name:
    """Something named in the source (a module, a secret …) and the line where it first stands."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class ParsedAction:
    """An Action read and found translatable.

    ``handlers`` are the expressions exported as the legacy handler; ``functions`` the functions among them
    that could be found. ``modules``, ``secrets`` and ``configuration`` name what the code requires and reads;
    ``environment`` and ``globals`` what it touches outside its arguments.
    """

    source: ActionSource
    flow: Flow
    handlers: tuple[Node, ...]
    functions: tuple[Node, ...]
    accesses: tuple[Access, ...]
    api_calls: tuple[ApiCall, ...]
    modules: tuple[Name, ...]
    secrets: tuple[Name, ...]
    configuration: tuple[Name, ...]
    environment: tuple[Name, ...]
    globals: tuple[Name, ...]

    @property
    def program(self) -> Program:
        """The parsed source."""
        return self.flow.program

    def reads(self, *path: str) -> bool:
        """Whether the field at ``path``, or something that contains it, is used."""
        return any(access.path == path[: len(access.path)] for access in self.accesses)


def parse_action(source: ActionSource) -> ParsedAction | TranslationRefusal:
    """Read ``source``; whatever the text is, the answer is a reading or the reasons against one."""
    try:
        size = len(source.code.encode("utf-8"))
    except UnicodeEncodeError as error:
        return _refuse(RefusalCode.NOT_TEXT, f"character {error.start + 1} is half of a surrogate pair")
    if size > MAX_SOURCE:
        return _refuse(RefusalCode.TOO_LARGE, f"{size} bytes; an Action may have {MAX_SOURCE}")
    program = parse(source.code)
    reason = _form(program)
    if reason is not None:
        return TranslationRefusal((reason,))
    try:
        reading = _read(source, program)
        reasons = tuple(_obstacles(reading))
    except RecursionError:
        return _refuse(RefusalCode.TOO_DEEP, "values refer to each other more deeply than can be followed")
    return TranslationRefusal(reasons) if reasons else reading


def _form(program: Program) -> RefusalReason | None:
    """What about the form of the text makes reading it pointless."""
    if program.depth > MAX_DEPTH:
        return RefusalReason(
            RefusalCode.TOO_DEEP, f"nested {program.depth} levels deep; {MAX_DEPTH} are read"
        )
    for node in program.nodes:
        if node.kind in ("import_statement", "export_statement"):
            return RefusalReason(
                RefusalCode.ESM_SYNTAX, "import and export statements: Actions are CommonJS", node.line
            )
        if node.kind == "await_expression" and node.function() is None and program.error_line is None:
            return RefusalReason(
                RefusalCode.ESM_SYNTAX, "await outside a function: Actions are CommonJS", node.line
            )
        if node.kind == "hash_bang_line":
            return RefusalReason(
                RefusalCode.SYNTAX_ERROR, "a #! line cannot stand inside an Action", node.line
            )
    if program.error_line is not None:
        return RefusalReason(RefusalCode.SYNTAX_ERROR, "this is not valid JavaScript", program.error_line)
    return None


def _read(source: ActionSource, program: Program) -> ParsedAction:
    scopes = Scopes(program)
    flow = Flow(program, scopes)
    flow.settle()
    handlers = tuple(flow.exports.get(LEGACY_HANDLER, ()))
    functions = _functions(flow, handlers)
    for function in functions:
        flow.enter(function, frozenset({EventTag()}), frozenset({ApiTag()}))
    flow.settle()
    found = tuple(accesses(flow))
    return ParsedAction(
        source=source,
        flow=flow,
        handlers=handlers,
        functions=functions,
        accesses=found,
        api_calls=tuple(api_calls(flow)),
        modules=_first(_modules(flow)),
        secrets=_first(_below(found, "secrets")),
        configuration=_first(_below(found, "configuration")),
        environment=_first(_environment(flow)),
        globals=_first(_globals(flow)),
    )


def _functions(flow: Flow, handlers: tuple[Node, ...]) -> tuple[Node, ...]:
    """The functions that an exported expression may be, or that it gives to a wrapper from elsewhere."""
    found: dict[Node, None] = {}
    for handler in handlers:
        values = [tag.node for tag in flow.tags(handler) if isinstance(tag, LocalTag)]
        if not values and handler.kind == "call_expression":
            arguments = handler.get("arguments")
            given = arguments.parts if arguments is not None else []
            values = [tag.node for part in given for tag in flow.tags(part) if isinstance(tag, LocalTag)]
        found.update(dict.fromkeys(node for node in values if node.kind in FUNCTIONS))
    return tuple(found)


def _obstacles(reading: ParsedAction) -> Iterator[RefusalReason]:
    yield from _handler_obstacles(reading)
    yield from _code_obstacles(reading)
    yield from _event_obstacles(reading)
    yield from _api_obstacles(reading)


def _handler_obstacles(reading: ParsedAction) -> Iterator[RefusalReason]:
    present = reading.flow.exports.get(PROVIDER_HANDLER)
    if present:
        message = f"the file already exports {PROVIDER_HANDLER}: nothing is left to translate"
        yield RefusalReason(RefusalCode.NEW_HANDLER_PRESENT, message, present[0].line)
    if not reading.handlers and not _names_handler(reading.program):
        yield RefusalReason(RefusalCode.NO_HANDLER, f"the file exports no {LEGACY_HANDLER}")


def _names_handler(program: Program) -> bool:
    """Whether the handler's name stands anywhere outside comments: then it may be exported at run time."""
    kinds = ("property_identifier", "shorthand_property_identifier", "string_fragment", "identifier")
    return any(
        node.kind in kinds and program.text(node) == LEGACY_HANDLER
        for node in program.nodes
        if node.kind in kinds
    )


def _code_obstacles(reading: ParsedAction) -> Iterator[RefusalReason]:
    flow = reading.flow
    for node in flow.program.nodes:
        if node.kind not in ("identifier", "call_expression", "new_expression"):
            continue
        if node.kind == "identifier":
            if flow.scopes.is_global(node, "require") and not _is_called(node):
                yield RefusalReason(RefusalCode.DYNAMIC_REQUIRE, "require is used as a value", node.line)
            continue
        yield from _call_obstacles(flow, node)


def _call_obstacles(flow: Flow, call: Node) -> Iterator[RefusalReason]:
    target = call.get("function") or call.get("constructor")
    if target is None:
        return
    if any(flow.scopes.is_global(target, name) for name in ("eval", "Function")):
        message = f"{flow.program.text(target)} runs code that only exists at run time"
        yield RefusalReason(RefusalCode.DYNAMIC_CODE, message, call.line)
    if flow.scopes.is_global(target, "require") or target.kind == "import":
        name = _required(flow, call)
        if name is None:
            yield RefusalReason(
                RefusalCode.DYNAMIC_REQUIRE, "the name of a required module is computed", call.line
            )
        elif name.startswith("actions:"):
            message = f"{name} is an Actions module; its code is not part of this Action"
            yield RefusalReason(RefusalCode.UNRESOLVED_MODULE, message, call.line)
        elif name.startswith((".", "/")):
            yield RefusalReason(
                RefusalCode.UNRESOLVED_MODULE, f"{name} is a file that an Action cannot have", call.line
            )


def _event_obstacles(reading: ParsedAction) -> Iterator[RefusalReason]:
    for access in reading.accesses:
        if shape(access.path) is Shape.REMOVED:
            message = f"{access.field} no longer exists under {PROVIDER_HANDLER}"
            yield RefusalReason(RefusalCode.READS_REMOVED_FIELD, message, access.line)
            break
    new = [access for access in reading.accesses if access.path[:1] == ("notification",)]
    if new and not any(access.path[:1] == ("message_options",) for access in reading.accesses):
        message = f"{LEGACY_HANDLER} reads {new[0].field}, which only the new event has"
        yield RefusalReason(RefusalCode.READS_NEW_EVENT, message, new[0].line)


def _api_obstacles(reading: ParsedAction) -> Iterator[RefusalReason]:
    for call in reading.api_calls:
        if call.path not in API_METHODS and not call.guarded and call.path[0] != "*":
            message = f"api.{'.'.join(call.path)} was never offered by send-phone-message"
            yield RefusalReason(RefusalCode.UNKNOWN_API, message, call.node.line)
            break


def _is_called(node: Node) -> bool:
    return node.parent is not None and node.parent.kind == "call_expression" and node.name == "function"


def _required(flow: Flow, call: Node) -> str | None:
    arguments = call.get("arguments")
    if arguments is None or len(arguments.parts) != 1:
        return None
    return flow.program.string(arguments.parts[0])


def _modules(flow: Flow) -> Iterator[Name]:
    for node in flow.program.nodes:
        target = node.get("function") if node.kind == "call_expression" else None
        if target is not None and (flow.scopes.is_global(target, "require") or target.kind == "import"):
            name = _required(flow, node)
            if name is not None:
                yield Name(name, node.line)


def _below(found: tuple[Access, ...], root: str) -> Iterator[Name]:
    return (
        Name(access.path[1], access.line)
        for access in found
        if access.path[:1] == (root,) and access.path[1:]
    )


def _environment(flow: Flow) -> Iterator[Name]:
    for node in flow.program.nodes:
        if node.kind == "member_expression" and flow.scopes.is_global(node.the("object"), "process"):
            outer = node.parent
            whole = outer if outer is not None and outer.kind == "member_expression" else node
            yield Name(flow.program.text(whole), node.line)


def _globals(flow: Flow) -> Iterator[Name]:
    """Assignments to names that nobody declared and to members of the global object."""
    for node in flow.program.nodes:
        if node.kind not in ("assignment_expression", "augmented_assignment_expression"):
            continue
        left = node.the("left")
        root = left
        while root.kind in ("member_expression", "subscript_expression"):
            root = root.the("object")
        if root.kind == "identifier" and flow.scopes.of(root) is None:
            text = flow.program.text(root)
            if text in ("global", "globalThis") or (root is left and text != "exports"):
                yield Name(flow.program.text(left), node.line)


def _first(names: Iterator[Name]) -> tuple[Name, ...]:
    found: dict[str, Name] = {}
    for name in names:
        found.setdefault(name.name, name)
    return tuple(found.values())


def _refuse(code: RefusalCode, message: str) -> TranslationRefusal:
    return TranslationRefusal((RefusalReason(code, message),))
