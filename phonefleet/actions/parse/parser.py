"""Parse an Action: what it is, what it uses, and what prevents a translation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from phonefleet.actions.parse.accesses import accesses, api_calls
from phonefleet.actions.parse.data_flow import Flow
from phonefleet.actions.parse.event_fields import API_METHODS, LEGACY_EVENTS, Shape
from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.parse.flow_types import Access, ApiTag, EventTag, LocalTag, Name
from phonefleet.actions.parse.mentions import unresolved_mentions
from phonefleet.actions.parse.node_modules import package
from phonefleet.actions.parse.other_triggers import code_of_other_triggers
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.run_time_code import run_time_code
from phonefleet.actions.parse.syntax import FUNCTIONS, MAX_DEPTH, MEMBERS, Node, Program, parse
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translation_model import ActionSource, TranslationReason, TranslationRefusal
from phonefleet.model.endpoints import LEGACY_HANDLER, LEGACY_TRIGGER, PROVIDER_HANDLER

# Auth0 accepts no larger Action; the limit also bounds the time that parsing takes.
MAX_SOURCE: Final = 100_000
_NAMES: Final = frozenset(
    {"property_identifier", "shorthand_property_identifier", "string_fragment", "identifier"}
)


def parse_action(source: ActionSource) -> ParsedAction | TranslationRefusal:
    """Parse ``source``; never raises, whatever the text is."""
    try:
        size = len(source.code.encode("utf-8"))
    except UnicodeEncodeError as error:
        return _refuse(RefusalCode.NOT_TEXT, f"character {error.start + 1} is half of a surrogate pair")
    if size > MAX_SOURCE:
        return _refuse(RefusalCode.TOO_LARGE, f"{size} bytes; an Action may have {MAX_SOURCE}")
    if source.trigger_version is None:
        message = f"the Action's version of {LEGACY_TRIGGER} is none of {', '.join(TriggerVersion)}"
        return _refuse(RefusalCode.UNKNOWN_TRIGGER_VERSION, message)
    program = parse(source.code)
    reason = _syntax_obstacle(program)
    if reason is not None:
        return TranslationRefusal((reason,))
    try:
        parsed = analyze(source, program)
        reasons = (*_handler_obstacles(parsed), *_code_obstacles(parsed.flow), *_use_obstacles(parsed))
    except RecursionError:
        return _refuse(RefusalCode.TOO_DEEP, "values refer to each other more deeply than can be followed")
    return TranslationRefusal(reasons) if reasons else parsed


def _syntax_obstacle(program: Program) -> TranslationReason | None:
    """Why the text cannot be analyzed."""
    if program.depth > MAX_DEPTH:
        message = f"nested {program.depth} levels deep; at most {MAX_DEPTH} are analyzed"
        return TranslationReason(RefusalCode.TOO_DEEP, message)
    for node in program.nodes:
        if node.kind in ("import_statement", "export_statement"):
            message = "import and export statements: Actions are CommonJS"
            return TranslationReason(RefusalCode.ESM_SYNTAX, message, node.line)
        if node.kind == "await_expression" and node.function() is None and program.error_line is None:
            message = "await outside a function: Actions are CommonJS"
            return TranslationReason(RefusalCode.ESM_SYNTAX, message, node.line)
        if node.kind == "hash_bang_line":
            message = "a #! line is not allowed inside an Action"
            return TranslationReason(RefusalCode.SYNTAX_ERROR, message, node.line)
    if program.error_line is not None:
        return TranslationReason(RefusalCode.SYNTAX_ERROR, "not valid JavaScript", program.error_line)
    return None


def analyze(source: ActionSource, program: Program) -> ParsedAction:
    """Follow the event and the api through a parsed source, whether it can be translated or not."""
    flow = Flow(program, LEGACY_EVENTS[source.trigger_version or TriggerVersion.V2])
    flow.propagate()
    handlers = tuple(flow.exports.get(LEGACY_HANDLER, ()))
    functions = tuple(dict.fromkeys(node for handler in handlers for node in _functions(flow, handler)))
    for function in functions:
        flow.enter(function, frozenset({EventTag()}), frozenset({ApiTag()}))
    flow.propagate()
    uses = tuple(accesses(flow))
    other_triggers = code_of_other_triggers(flow)
    return ParsedAction(
        source=source,
        flow=flow,
        handlers=handlers,
        functions=functions,
        accesses=uses,
        api_calls=tuple(api_calls(flow)),
        modules=_first(
            Name(name, call.line)
            for call in _require_calls(flow)
            if (name := _required(flow, call)) is not None
        ),
        secrets=_below(uses, "secrets"),
        configuration=_below(uses, "configuration"),
        mentions=unresolved_mentions(flow, uses, other_triggers),
        environment=_first(_environment(flow)),
        globals=_first(_assigned_globals(flow)),
        other_triggers=other_triggers,
    )


def _functions(flow: Flow, handler: Node) -> list[Node]:
    """The functions that an exported expression may be, or that it passes to a wrapper from another module."""
    values = [tag.node for tag in flow.tags(handler) if isinstance(tag, LocalTag)]
    if not values and handler.kind == "call_expression":
        values = [
            tag.node for part in handler.arguments for tag in flow.tags(part) if isinstance(tag, LocalTag)
        ]
    return [node for node in values if node.kind in FUNCTIONS]


def _handler_obstacles(parsed: ParsedAction) -> Iterator[TranslationReason]:
    present = parsed.flow.exports.get(PROVIDER_HANDLER)
    if present:
        message = f"the file already exports {PROVIDER_HANDLER}: there is nothing to translate"
        yield TranslationReason(RefusalCode.NEW_HANDLER_PRESENT, message, present[0].line)
    # A handler's name outside comments may be exported at run time.
    program = parsed.program
    if not parsed.handlers and not any(
        node.kind in _NAMES and program.text(node) == LEGACY_HANDLER for node in program.nodes
    ):
        yield TranslationReason(RefusalCode.NO_HANDLER, f"the file exports no {LEGACY_HANDLER}")


def _code_obstacles(flow: Flow) -> Iterator[TranslationReason]:
    """Code that is not known before it runs, and modules that an Action cannot load."""
    for node, message in run_time_code(flow):
        yield TranslationReason(RefusalCode.DYNAMIC_CODE, message, node.line)
    for node in flow.program.nodes:
        if node.kind == "identifier":
            called = node.parent and node.parent.kind == "call_expression" and node.name == "function"
            if not called and flow.scopes.is_global(node, "require"):
                yield TranslationReason(RefusalCode.DYNAMIC_REQUIRE, "require is used as a value", node.line)
        if node.kind not in ("call_expression", "new_expression"):
            continue
        target = node.get("function") or node.get("constructor")
        if target is None or not _loads_module(flow, target):
            continue
        name = _required(flow, node)
        if name is None:
            message = "the name of a required module is computed"
            yield TranslationReason(RefusalCode.DYNAMIC_REQUIRE, message, node.line)
        elif package(name) in ("vm", "module") or name.startswith("data:"):
            message = f"{name} runs code that only exists at run time"
            yield TranslationReason(RefusalCode.DYNAMIC_CODE, message, node.line)
        elif name.startswith((".", "/")):
            message = f"{name} is a file; an Action has no other files"
            yield TranslationReason(RefusalCode.UNRESOLVED_MODULE, message, node.line)


def _use_obstacles(parsed: ParsedAction) -> Iterator[TranslationReason]:
    """Fields of the event and methods of the api for which there is no translation."""
    event = parsed.flow.event
    lost = next((access for access in parsed.accesses if event.shape(access.path) is Shape.LOST), None)
    if lost is not None:
        message = f"{lost.field} has no counterpart in the event of {PROVIDER_HANDLER}"
        yield TranslationReason(RefusalCode.READS_REMOVED_FIELD, message, lost.line)
    new = [access for access in parsed.accesses if access.path[:1] == ("notification",)]
    if new and not any(
        access.path[:1] == ("message_options",) or event.message_field(access.path)
        for access in parsed.accesses
    ):
        message = f"{LEGACY_HANDLER} reads {new[0].field}, which only the new event has"
        yield TranslationReason(RefusalCode.READS_NEW_EVENT, message, new[0].line)
    for call in parsed.api_calls:
        if call.path not in API_METHODS and not call.guarded and call.path[0] != "*":
            message = f"api.{'.'.join(call.path)} was never offered by send-phone-message"
            yield TranslationReason(RefusalCode.UNKNOWN_API, message, call.node.line)
            break


def _loads_module(flow: Flow, target: Node) -> bool:
    return flow.scopes.is_global(target, "require") or target.kind == "import"


def _require_calls(flow: Flow) -> Iterator[Node]:
    for node in flow.program.nodes:
        target = node.get("function") if node.kind == "call_expression" else None
        if target is not None and _loads_module(flow, target):
            yield node


def _required(flow: Flow, call: Node) -> str | None:
    return flow.program.string(call.arguments[0]) if len(call.arguments) == 1 else None


def _below(uses: tuple[Access, ...], root: str) -> tuple[Name, ...]:
    return _first(
        Name(access.path[1], access.line) for access in uses if access.path[:1] == (root,) and access.path[1:]
    )


def _environment(flow: Flow) -> Iterator[Name]:
    for node in flow.program.nodes:
        if node.kind == "member_expression" and flow.scopes.is_global(node.the("object"), "process"):
            outer = node.parent
            whole = outer if outer is not None and outer.kind == "member_expression" else node
            yield Name(flow.program.text(whole), node.line)


def _assigned_globals(flow: Flow) -> Iterator[Name]:
    """Assignments to undeclared names and to members of the global object."""
    for node in flow.program.nodes:
        if node.kind not in ("assignment_expression", "augmented_assignment_expression"):
            continue
        left = node.the("left")
        root = left
        while root.kind in MEMBERS:
            root = root.the("object")
        if root.kind == "identifier" and flow.scopes.of(root) is None:
            text = flow.program.text(root)
            if text in ("global", "globalThis") or (root is left and text != "exports"):
                yield Name(flow.program.text(left), node.line)


def _first(names: Iterable[Name]) -> tuple[Name, ...]:
    """Each name once, with its first line."""
    first: dict[str, Name] = {}
    for name in names:
        first.setdefault(name.name, name)
    return tuple(first.values())


def _refuse(code: RefusalCode, message: str) -> TranslationRefusal:
    return TranslationRefusal((TranslationReason(code, message),))
