"""Parsing an Action: every access by every path, and every reason for a refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.actions.parse.flow_types import AccessUse
from phonefleet.actions.parse.parsed_action import ParsedAction
from phonefleet.actions.parse.parser import MAX_SOURCE, parse_action
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translation_model import ActionSource, TranslationRefusal

WORDS = (
    *(
        "exports.onExecuteSendPhoneMessage",
        "=",
        "(",
        "event",
        ",",
        "api",
        ")",
        "=>",
        "{",
        "}",
        "[",
        "]",
        "...",
    ),
    *(";", "const", "let", "x", "y", "function", "class", "this", "await", "async", "return", "new", "for"),
    *(
        "event.message_options",
        "?.",
        "??",
        "||",
        ":",
        "?",
        "'",
        "`",
        "${",
        "require('a')",
        "of",
        "in",
        "switch",
    ),
)


def _read(code):
    reading = parse_action(ActionSource("test", code))
    assert isinstance(reading, ParsedAction), reading
    return reading


def _fields(code):
    return {access.field for access in _read(code).accesses}


def _handler(body, parameters="event, api"):
    return f"exports.onExecuteSendPhoneMessage = async ({parameters}) => {{ {body} }};"


@pytest.mark.parametrize(
    "body",
    [
        "use(event.message_options.text);",
        "use(event?.message_options?.text);",
        "use(event['message_options'][`text`]);",
        "const { message_options } = event; use(message_options.text);",
        "const { message_options: { text } } = event; use(text);",
        "const { message_options: { text: body = '' } = {} } = event; use(body);",
        "let m; m = event.message_options; use(m.text);",
        "const m = event.message_options || {}; use(m.text);",
        "const e = event; const m = (e).message_options; use((m ?? {}).text);",
        "function f(e) { use(e.message_options.text); } f(event);",
        "const f = ({ message_options: m }) => use(m.text); f(event);",
        "const f = (e) => e.message_options; use(f(event).text);",
        "context = event; use(context.message_options.text);",
        "const o = { f(e) { use(e.message_options.text); } }; o.f(event);",
        "const f = (ctx) => use(ctx.event.message_options.text); f({ event });",
        "function f(e) { use(e.message_options.text); } f.call(null, event);",
        "class S { constructor(o) { this.o = o; } go() { use(this.o.text); } } new S(event.message_options).go();",
        "use(event.user ? event.message_options.text : '');",
        "let text; ({ text } = event.message_options); use(text);",
        "use(`${event.message_options.text}`);",
        "use((await event.message_options).text);",
    ],
)
def test_the_text_is_found_by_every_path(body):
    assert "event.message_options.text" in _fields(_handler(body))


@pytest.mark.parametrize(
    "code",
    [
        "exports.onExecuteSendPhoneMessage = async (event) => event.secrets.KEY;",
        "module.exports.onExecuteSendPhoneMessage = async function (event) { return event.secrets.KEY; };",
        "exports['onExecuteSendPhoneMessage'] = event => event.secrets.KEY;",
        "module.exports = { onExecuteSendPhoneMessage: async (event) => event.secrets.KEY };",
        "module.exports = { async onExecuteSendPhoneMessage(event) { return event.secrets.KEY; } };",
        "exports = module.exports = { onExecuteSendPhoneMessage: (event) => event.secrets.KEY };",
        "function h(event) { return event.secrets.KEY; } exports.onExecuteSendPhoneMessage = h;",
        "const onExecuteSendPhoneMessage = (event) => event.secrets.KEY;"
        "module.exports = { onExecuteSendPhoneMessage };",
        "const all = { onExecuteSendPhoneMessage(event) { return event.secrets.KEY; } }; module.exports = all;",
        "Object.assign(module.exports, { onExecuteSendPhoneMessage: (event) => event.secrets.KEY });",
        "const w = (f) => async (e, a) => f(e, a); exports.onExecuteSendPhoneMessage = w(w((e) => e.secrets.KEY));",
        "exports.onExecuteSendPhoneMessage = require('w')(async (event) => event.secrets.KEY);",
        "exports.other = exports.onExecuteSendPhoneMessage = (event) => event.secrets.KEY;",
        "const m = module; m.exports.onExecuteSendPhoneMessage = ({ secrets: { KEY } }) => KEY;",
    ],
)
def test_the_handler_is_found_however_it_is_exported(code):
    reading = _read(code)
    assert [secret.name for secret in reading.secrets] == ["KEY"]


def test_handlers_of_other_triggers_are_ignored():
    code = _handler("use(event.secrets.A);") + (
        "exports.onExecutePostLogin = async (event, api) => { use(event.secrets.B); api.access.deny('x'); };"
    )
    reading = _read(code)
    assert [secret.name for secret in reading.secrets] == ["A"]
    assert reading.api_calls == ()


def test_a_local_name_hides_the_event():
    assert _fields(_handler("{ const event = {}; use(event.message_options.text); }")) == set()


def test_uses_other_than_reading_are_distinguished():
    code = _handler(
        "for (const k in event.user) {} Object.keys(event.tenant); log(event.request); "
        "event.message_options.text = 'x'; event.client[key]; const { ...all } = event.user;"
    )
    uses = {(access.field, access.use) for access in _read(code).accesses}
    assert {
        ("event.user", AccessUse.ENUMERATED),
        ("event.tenant", AccessUse.ENUMERATED),
        ("event.request", AccessUse.WHOLE),
        ("event.message_options.text", AccessUse.WRITTEN),
        ("event.client", AccessUse.DYNAMIC),
    } <= uses


def test_surroundings_are_listed():
    code = "const a = require('axios'); let n = process.env.NODE_ENV; " + _handler(
        "counter = 1; globalThis.x = 2; await import('node:fs'); use(event.configuration.MODE);"
    )
    reading = _read(code)
    assert [module.name for module in reading.modules] == ["axios", "node:fs"]
    assert [name.name for name in reading.environment] == ["process.env.NODE_ENV"]
    assert [name.name for name in reading.globals] == ["counter", "globalThis.x"]
    assert [name.name for name in reading.configuration] == ["MODE"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("exports.onExecuteSendPhoneMessage = (", RefusalCode.SYNTAX_ERROR),
        ("", RefusalCode.NO_HANDLER),
        ("// exports.onExecuteSendPhoneMessage = 1", RefusalCode.NO_HANDLER),
        ("import x from 'y';", RefusalCode.ESM_SYNTAX),
        ("export const a = 1;", RefusalCode.ESM_SYNTAX),
        ("await x;", RefusalCode.ESM_SYNTAX),
        (_handler("eval('1')"), RefusalCode.DYNAMIC_CODE),
        (_handler("new Function('1')()"), RefusalCode.DYNAMIC_CODE),
        (_handler("require(event.secrets.X)"), RefusalCode.DYNAMIC_REQUIRE),
        (_handler("const r = require; r('x')"), RefusalCode.DYNAMIC_REQUIRE),
        (_handler("await import(name)"), RefusalCode.DYNAMIC_REQUIRE),
        (_handler("require('./x')"), RefusalCode.UNRESOLVED_MODULE),
        (_handler("use(event.user.identities)"), RefusalCode.READS_REMOVED_FIELD),
        (_handler("const { identities } = event.user;"), RefusalCode.READS_REMOVED_FIELD),
        (_handler("use(event.notification.code)"), RefusalCode.READS_NEW_EVENT),
        (_handler("api.notification.drop('x')"), RefusalCode.UNKNOWN_API),
        (_handler("const { access } = api; access.deny()"), RefusalCode.UNKNOWN_API),
        (_handler("api.cache.clear()"), RefusalCode.UNKNOWN_API),
        (_handler("") + "exports.onExecuteCustomPhoneProvider = 1;", RefusalCode.NEW_HANDLER_PRESENT),
        ("x" * (MAX_SOURCE + 1), RefusalCode.TOO_LARGE),
        ("x = " + "(" * 5000 + "1" + ")" * 5000, RefusalCode.TOO_DEEP),
        ("a\ud800", RefusalCode.NOT_TEXT),
        ("#!/usr/bin/env node\n" + _handler(""), RefusalCode.SYNTAX_ERROR),
    ],
)
def test_what_cannot_be_translated_is_refused_by_name(code, reason):
    refusal = parse_action(ActionSource("test", code))
    assert isinstance(refusal, TranslationRefusal)
    assert reason in [found.code for found in refusal.reasons]


def test_a_refusal_names_its_line():
    refusal = parse_action(ActionSource("test", "\n\n" + _handler("eval('1')")))
    assert refusal.reasons[0].line == 3


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    assert isinstance(parse_action(ActionSource("test", text)), ParsedAction | TranslationRefusal)


@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=40,
    )
)
def test_any_soup_of_javascript_is_read_or_refused(words):
    assert isinstance(parse_action(ActionSource("test", " ".join(words))), ParsedAction | TranslationRefusal)


def test_endlessly_nested_objects_are_refused():
    objects = "".join(f"const o{i} = {{ p: o{i - 1}, e: event }};" for i in range(1, 900))
    code = _handler("const o0 = event;" + objects + "send(o899);")
    refusal = parse_action(ActionSource("test", code))
    assert isinstance(refusal, TranslationRefusal)
    assert refusal.reasons[0].code == RefusalCode.TOO_DEEP


def test_a_too_long_chain_of_names_is_incomplete():
    names = "".join(f"let a{i}; a{i} = a{i + 1};" for i in range(100))
    assert not _read(_handler(names + "a100 = event;")).flow.complete
