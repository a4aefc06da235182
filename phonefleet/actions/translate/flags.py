"""What a human should look at before an Action is carried over, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from phonefleet.actions.parse.accesses import AccessUse
from phonefleet.actions.parse.event_fields import Shape, shape
from phonefleet.actions.parse.node_modules import is_builtin, package
from phonefleet.actions.parse.parser import API_METHODS, ParsedAction
from phonefleet.actions.parse.sends import Send, looks_at_status, sends, swallowing
from phonefleet.actions.parse.syntax import FUNCTIONS, Node
from phonefleet.actions.refusal_codes import FlagCode
from phonefleet.actions.translate.gateway_action import otp_verify_flag
from phonefleet.actions.translation_model import Flag
from phonefleet.model.endpoints import LEGACY_TRIGGER

_PINNED: Final = re.compile(r"^\d+\.\d+\.\d+([-+][\w.+-]+)?$")
_OPTIONAL_NOW: Final = frozenset({("request", "method"), ("request", "hostname")})
_RANDOM: Final = frozenset({"random", "randomBytes", "randomInt", "randomUUID", "getRandomValues"})
_RANDOM_MODULES: Final = frozenset({"uuid", "nanoid"})


def flags(reading: ParsedAction) -> tuple[Flag, ...]:
    """All flags of a reading, by line; those about the whole Action (line 0) first."""
    found = [
        otp_verify_flag(),
        *_event_flags(reading),
        *_api_flags(reading),
        *_send_flags(reading),
        *_determinism_flags(reading),
        *_surroundings_flags(reading),
        *_manifest_flags(reading),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda flag: (flag.line, flag.code)))


def _event_flags(reading: ParsedAction) -> Iterator[Flag]:
    for access in reading.accesses:
        if access.use is AccessUse.ENUMERATED:
            message = f"{access.field} is enumerated: its set of fields differs between the two events"
            yield Flag(FlagCode.EVENT_ENUMERATED, access.line, message)
        elif access.use is AccessUse.WHOLE and shape(access.path) is Shape.RECORD:
            message = f"{access.field} is passed on whole, with every field it has"
            yield Flag(FlagCode.EVENT_FORWARDED_WHOLE, access.line, message)
        elif access.use is AccessUse.DYNAMIC:
            message = f"a field of {access.field} is chosen at run time"
            yield Flag(FlagCode.DYNAMIC_EVENT_ACCESS, access.line, message)
        elif shape(access.path) is Shape.UNKNOWN:
            message = (
                f"{access.field} is not a field of the send-phone-message event: it was always undefined"
            )
            yield Flag(FlagCode.NEVER_SET_FIELD, access.line, message)
        elif access.path in _OPTIONAL_NOW:
            message = f"{access.field} was always there; the new event may lack it"
            yield Flag(FlagCode.OPTIONAL_NOW, access.line, message)
        elif access.path == ("message_options", "language"):
            message = "notification.locale may be written differently (en-US, en_US) than the legacy language"
            yield Flag(FlagCode.LOCALE_FORMAT, access.line, message)
    if reading.functions and not _looks_at_channel(reading):
        message = "the code never looks at message_type: under voice it sends what it sends for sms"
        yield Flag(FlagCode.SMS_ONLY_UNDER_VOICE, 0, message)


def _looks_at_channel(reading: ParsedAction) -> bool:
    return any(
        access.path == ("message_options", "message_type")
        or (access.use is not AccessUse.READ and access.path in ((), ("message_options",)))
        for access in reading.accesses
    )


def _api_flags(reading: ParsedAction) -> Iterator[Flag]:
    for call in reading.api_calls:
        if call.path not in API_METHODS and call.guarded:
            message = f"api.{'.'.join(call.path)} was never offered by send-phone-message: nothing is called"
            yield Flag(FlagCode.GUARDED_UNKNOWN_API, call.node.line, message)


def _send_flags(reading: ParsedAction) -> Iterator[Flag]:
    found = sends(reading.flow)
    status = looks_at_status(reading.flow)
    for send in found:
        yield from _flags_of_send(reading, send, status)
    yield from _veto_flags(reading, found)


def _flags_of_send(reading: ParsedAction, send: Send, status: bool) -> Iterator[Flag]:
    text = reading.program.text(send.call.the("function"))
    swallower = swallowing(reading.flow, send)
    if swallower is not None:
        message = f"a failure of {text} (line {send.line}) ends here: Auth0 takes the message for sent"
        yield Flag(FlagCode.FAILURE_SWALLOWED, swallower.line, message)
    if not send.kept:
        message = f"nothing waits for {text}: the Action may end before the message is on its way"
        yield Flag(FlagCode.SEND_NOT_AWAITED, send.line, message)
    if not status and text.split(".")[-1] == "fetch":
        message = f"the status of {text}'s answer is never looked at: a refusal passes for success"
        yield Flag(FlagCode.STATUS_IGNORED, send.line, message)


def _veto_flags(reading: ParsedAction, found: tuple[Send, ...]) -> Iterator[Flag]:
    """A throw on a condition of the event, with no failed send behind it, forbids the message."""
    lines = [send.call.start for send in found]
    first = min(lines, default=len(reading.program.code))
    for node in reading.program.nodes:
        if node.kind == "throw_statement" and node.start < first and not _in_catch(node):
            message = "this throw forbids the message; under the new trigger it drops the notification"
            yield Flag(FlagCode.THROW_AS_VETO, node.line, message)


def _in_catch(node: Node) -> bool:
    for ancestor in node.ancestors():
        if ancestor.kind == "catch_clause":
            return True
        if ancestor.kind in FUNCTIONS:
            return False
    return False


def _determinism_flags(reading: ParsedAction) -> Iterator[Flag]:
    flow = reading.flow
    for node in reading.program.nodes:
        target = node.get("constructor") if node.kind == "new_expression" else None
        if target is not None and flow.scopes.is_global(target, "Date") and not _arguments(node):
            yield Flag(FlagCode.DEPENDS_ON_CLOCK, node.line, "new Date() reads the clock")
        if node.kind != "member_expression":
            continue
        name = flow.key(node)
        if name == "now" and flow.scopes.is_global(node.the("object"), "Date"):
            yield Flag(FlagCode.DEPENDS_ON_CLOCK, node.line, "Date.now() reads the clock")
        elif name in _RANDOM:
            yield Flag(FlagCode.DEPENDS_ON_RANDOMNESS, node.line, f"{flow.program.text(node)} is random")
    for module in reading.modules:
        if module.name in _RANDOM_MODULES:
            yield Flag(FlagCode.DEPENDS_ON_RANDOMNESS, module.line, f"{module.name} makes random values")


def _arguments(call: Node) -> list[Node]:
    arguments = call.get("arguments")
    return arguments.parts if arguments is not None else []


def _surroundings_flags(reading: ParsedAction) -> Iterator[Flag]:
    for name in reading.environment:
        yield Flag(FlagCode.READS_ENVIRONMENT, name.line, f"{name.name} is not set by the Action itself")
    for name in reading.globals:
        yield Flag(
            FlagCode.TOUCHES_GLOBALS, name.line, f"{name.name} is a global, shared between invocations"
        )
    for function in reading.functions:
        for node in function.walk():
            if node.kind == "this":
                yield Flag(
                    FlagCode.HANDLER_USES_THIS,
                    node.line,
                    "the handler uses this, which depends on how Auth0 calls it",
                )
                return


def _manifest_flags(reading: ParsedAction) -> Iterator[Flag]:
    source = reading.source
    for dependency in source.dependencies:
        if not _PINNED.match(dependency.version):
            message = f"{dependency.name} {dependency.version} is not one version: what runs may change"
            yield Flag(FlagCode.UNPINNED_DEPENDENCY, 0, message)
    known = {dependency.name for dependency in source.dependencies}
    for module in reading.modules:
        if source.dependencies and package(module.name) not in known and not is_builtin(module.name):
            message = f"{module.name} is required but not among the Action's dependencies"
            yield Flag(FlagCode.MISSING_DEPENDENCY, module.line, message)
    for secret in reading.secrets:
        if source.secret_names and secret.name not in source.secret_names:
            message = f"event.secrets.{secret.name} is read but not among the Action's secrets"
            yield Flag(FlagCode.UNLISTED_SECRET, secret.line, message)
    others = [trigger for trigger in source.triggers if trigger != LEGACY_TRIGGER]
    if others:
        message = f"the Action also serves {', '.join(others)}: the original stays in place for them"
        yield Flag(FlagCode.SEVERAL_TRIGGERS, 0, message)
