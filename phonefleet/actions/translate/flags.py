"""Flag what a person should review before an Action is deployed, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from phonefleet.actions.parse.event_fields import API_METHODS, LegacyEvent, Shape
from phonefleet.actions.parse.event_table import EventField
from phonefleet.actions.parse.flow_types import Access, AccessUse
from phonefleet.actions.parse.node_modules import is_builtin, package
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.sends import reads_status, sends, swallowing
from phonefleet.actions.parse.syntax import FUNCTIONS, Node
from phonefleet.actions.reason_codes import FlagCode
from phonefleet.actions.translate.gateway_action import otp_verify_flag
from phonefleet.actions.translation_model import Flag
from phonefleet.model.endpoints import LEGACY_TRIGGER

_PINNED: Final = re.compile(r"^\d+\.\d+\.\d+([-+][\w.+-]+)?$")
_RANDOM: Final = frozenset({"random", "randomBytes", "randomInt", "randomUUID", "getRandomValues"})
_RANDOM_MODULES: Final = frozenset({"uuid", "nanoid"})


def flags(parsed: ParsedAction) -> tuple[Flag, ...]:
    """All flags of an Action, by line; those about the whole Action (line 0) first."""
    event = parsed.flow.event
    review = [
        otp_verify_flag(),
        *(flag for access in parsed.accesses for flag in _access_flags(event, access)),
        *_mention_flags(parsed),
        *_channel_and_api_flags(parsed),
        *_send_flags(parsed),
        *_determinism_flags(parsed),
        *_manifest_flags(parsed),
    ]
    return tuple(sorted(dict.fromkeys(review), key=lambda flag: (flag.line, flag.code)))


def _access_flags(event: LegacyEvent, access: Access) -> Iterator[Flag]:
    name, line, shape = access.field, access.line, event.shape(access.path)
    if access.use is AccessUse.ENUMERATED:
        message = f"{name} is enumerated: its set of fields differs between the two events"
        yield Flag(FlagCode.EVENT_ENUMERATED, line, message)
    elif access.use is AccessUse.WHOLE and shape is Shape.RECORD:
        yield Flag(FlagCode.EVENT_FORWARDED_WHOLE, line, f"{name} is passed on whole, with all its fields")
    elif access.use is AccessUse.DYNAMIC:
        yield Flag(FlagCode.DYNAMIC_EVENT_ACCESS, line, f"a field of {name} is chosen at run time")
    elif shape is Shape.UNKNOWN:
        message = f"{name} is no documented field of the event ({event.version}): it is always undefined"
        yield Flag(FlagCode.NEVER_SET_FIELD, line, message)
    elif (row := event.fields.get(access.path)) is not None:
        yield from _row_flags(event, row, access)


def _row_flags(event: LegacyEvent, row: EventField, access: Access) -> Iterator[Flag]:
    name, line = access.field, access.line
    if event.version in row.disputed:
        message = f"Auth0's sources disagree on whether the legacy event has {name}: both cases are run"
        yield Flag(FlagCode.DISPUTED_FIELD, line, message)
    if row.optional_new:
        yield Flag(FlagCode.OPTIONAL_NOW, line, f"{name} was always present; the new event may not have it")
    if event.message_field(access.path) == "language":
        message = "notification.locale may be written differently (en-US, en_US) than the legacy language"
        yield Flag(FlagCode.LOCALE_FORMAT, line, message)


def _mention_flags(parsed: ParsedAction) -> Iterator[Flag]:
    for mention in parsed.mentions:
        message = f"{mention.name} may be read from the event here; the new event has no such field"
        yield Flag(FlagCode.REMOVED_FIELD_MENTIONED, mention.line, message)


def _channel_and_api_flags(parsed: ParsedAction) -> Iterator[Flag]:
    reads_channel = any(
        parsed.flow.event.message_field(access.path) == "message_type"
        or (access.use is not AccessUse.READ and access.path in ((), parsed.flow.event.message))
        for access in parsed.accesses
    )
    if parsed.functions and not reads_channel:
        message = "the code never reads message_type: for voice it sends the same as for sms"
        yield Flag(FlagCode.SMS_ONLY_UNDER_VOICE, 0, message)
    for call in parsed.api_calls:
        if call.path not in API_METHODS and call.guarded:
            message = f"api.{'.'.join(call.path)} was never offered by send-phone-message: nothing is called"
            yield Flag(FlagCode.GUARDED_UNKNOWN_API, call.node.line, message)


def _send_flags(parsed: ParsedAction) -> Iterator[Flag]:
    calls = sends(parsed.flow)
    status = reads_status(parsed.flow)
    for send in calls:
        text = parsed.program.text(send.call.the("function"))
        swallower = swallowing(parsed.flow, send)
        if swallower is not None:
            message = (
                f"a failure of {text} (line {send.line}) is caught here: Auth0 treats the message as sent"
            )
            yield Flag(FlagCode.FAILURE_SWALLOWED, swallower.line, message)
        if not send.kept:
            message = f"nothing waits for {text}: the Action may end before the message is sent"
            yield Flag(FlagCode.SEND_NOT_AWAITED, send.line, message)
        if not status and text.split(".")[-1] == "fetch":
            message = f"the status of {text}'s answer is never read: an error counts as success"
            yield Flag(FlagCode.STATUS_IGNORED, send.line, message)
    # A throw on a condition of the event, before any send, forbids the message.
    first = min((send.call.start for send in calls), default=len(parsed.program.code))
    for node in parsed.program.nodes:
        if node.kind == "throw_statement" and node.start < first and not _in_catch(node):
            message = "this throw prevents the message; with the new trigger it drops the notification"
            yield Flag(FlagCode.THROW_AS_VETO, node.line, message)


def _in_catch(node: Node) -> bool:
    for ancestor in node.ancestors():
        if ancestor.kind == "catch_clause":
            return True
        if ancestor.kind in FUNCTIONS:
            return False
    return False


def _determinism_flags(parsed: ParsedAction) -> Iterator[Flag]:
    """What may make two runs on the same event differ."""
    flow = parsed.flow
    for node in parsed.program.nodes:
        target = node.get("constructor") if node.kind == "new_expression" else None
        if target is not None and flow.scopes.is_global(target, "Date") and not node.arguments:
            yield Flag(FlagCode.DEPENDS_ON_CLOCK, node.line, "new Date() reads the clock")
        if node.kind != "member_expression":
            continue
        name = flow.key(node)
        if name == "now" and flow.scopes.is_global(node.the("object"), "Date"):
            yield Flag(FlagCode.DEPENDS_ON_CLOCK, node.line, "Date.now() reads the clock")
        elif name in _RANDOM:
            yield Flag(FlagCode.DEPENDS_ON_RANDOMNESS, node.line, f"{flow.program.text(node)} is random")
    for module in parsed.modules:
        if module.name in _RANDOM_MODULES:
            yield Flag(FlagCode.DEPENDS_ON_RANDOMNESS, module.line, f"{module.name} makes random values")
    for each in parsed.environment:
        yield Flag(FlagCode.READS_ENVIRONMENT, each.line, f"{each.name} is not set by the Action itself")
    for each in parsed.globals:
        message = f"{each.name} is a global, shared between invocations"
        yield Flag(FlagCode.TOUCHES_GLOBALS, each.line, message)
    this = [node.line for function in parsed.functions for node in function.walk() if node.kind == "this"]
    if this:
        message = "the handler uses this, which depends on how Auth0 calls it"
        yield Flag(FlagCode.HANDLER_USES_THIS, this[0], message)


def _manifest_flags(parsed: ParsedAction) -> Iterator[Flag]:
    """What the code and the Action's settings do not agree on."""
    source = parsed.source
    for dependency in source.dependencies:
        if not _PINNED.match(dependency.version):
            message = f"{dependency.name} {dependency.version} is not a fixed version: what runs may change"
            yield Flag(FlagCode.UNPINNED_DEPENDENCY, 0, message)
    known = {dependency.name for dependency in source.dependencies}
    for module in parsed.modules:
        if source.dependencies and package(module.name) not in known and not is_builtin(module.name):
            message = f"{module.name} is required but is not a dependency of the Action"
            yield Flag(FlagCode.MISSING_DEPENDENCY, module.line, message)
    for secret in parsed.secrets:
        if source.secret_names and secret.name not in source.secret_names:
            message = f"event.secrets.{secret.name} is read but is not a secret of the Action"
            yield Flag(FlagCode.UNLISTED_SECRET, secret.line, message)
    others = [trigger for trigger in source.triggers if trigger != LEGACY_TRIGGER]
    if others:
        message = f"the Action also serves {', '.join(others)}: the original is kept for them"
        yield Flag(FlagCode.SEVERAL_TRIGGERS, 0, message)
