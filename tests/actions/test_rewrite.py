# ruff: noqa: E501  (JavaScript reads best on one line)
"""The rewrite edits each access it can translate, and refuses with a code what only the adapter can translate."""

import pytest

from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translate.rewrite import rewrite_code
from phonefleet.actions.translation_model import ActionSource, TranslationRefusal

SPOKEN = "event.notification.delivery_method === 'voice'"
VOICE, TEXT = "event.notification.as_voice", "event.notification.as_text"


def _rewrite(code, version=TriggerVersion.V2):
    return rewrite_code(parse_action(ActionSource("test", code, trigger_version=version)))


def _body(statement, parameters="event, api"):
    return f"exports.onExecuteSendPhoneMessage = async ({parameters}) => {{ {statement} }};"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("use(event.message_options.recipient);", "use(event.notification.recipient);"),
        ("use(event?.message_options?.code);", "use(event?.notification?.code);"),
        ("use(event['message_options']['language']);", "use(event['notification']['locale']);"),
        ("use(event.message_options.text);", f"use({SPOKEN} ? {VOICE} : {TEXT});"),
        ("use(event.message_options.text.trim());", f"use(({SPOKEN} ? {VOICE} : {TEXT}).trim());"),
        ("use(`<${event.message_options.text}>`);", f"use(`<${{{SPOKEN} ? {VOICE} : {TEXT}}}>`);"),
        ("switch (event.message_options.message_type) {}", f"switch ({SPOKEN} ? 'voice' : 'sms') {{}}"),
        (
            "if (event.message_options.message_type === 'sms') use();",
            "if (event.notification.delivery_method === 'text') use();",
        ),
        (
            'if ("enrollment" !== event.message_options.action) use();',
            'if ("otp_enroll" !== event.notification.message_type) use();',
        ),
        (
            "if (event.message_options.message_type === 'SMS') use();",
            f"if (({SPOKEN} ? 'voice' : 'sms') === 'SMS') use();",
        ),
        ("const m = event.message_options;", "const m = event.notification;"),
        ("let m; m = event.message_options; use(m.code);", "let m; m = event.notification; use(m.code);"),
        (
            "const m = event.message_options; use(m.language);",
            "const m = event.notification; use(m.locale);",
        ),
        (
            "const { recipient, language: l = 'en' } = event.message_options;",
            "const { recipient, locale: l = 'en' } = event.notification;",
        ),
        ("const { text } = event.message_options;", f"const text = {SPOKEN} ? {VOICE} : {TEXT};"),
        (
            "const { code, text: t } = event.message_options;",
            f"const {{ code }} = event.notification, t = {SPOKEN} ? {VOICE} : {TEXT};",
        ),
        (
            "const { message_options, user } = event;",
            "const { notification: message_options, user } = event;",
        ),
        (
            "send(JSON.stringify(event.message_options));",
            "send(JSON.stringify(legacyMessage(event.notification)));",
        ),
        ("use(event.organization?.name);", "use(undefined);"),
        ("use(event.organization?.name || 'x');", "use('x');"),
        ("use(event.organization && event.organization.name);", "use(undefined);"),
        ("use(event.connection ? event.connection.name : 'x');", "use('x');"),
        ("const { login_count } = event.user;", "const login_count = undefined;"),
        ("use(event.client.client_metadata.brand);", "use(event.client.metadata.brand);"),
        ("use(event.client?.client_metadata?.brand);", "use(event.client?.metadata?.brand);"),
        ("use(event.message_options.nothing);", "use(event.notification.nothing);"),
        ("use(event.message_options.from);", "use(undefined);"),
        ("use(event.user.email, event.request.ip);", "use(event.user.email, event.request.ip);"),
        (
            "const run = ({ event: e }) => e.message_options.code; run({ event });",
            "const run = ({ event: e }) => e.notification.code; run({ event });",
        ),
    ],
)
def test_each_access_is_edited_in_place(before, after):
    assert _body(after).removeprefix("exports.onExecuteSendPhoneMessage = ").removesuffix(";") in _rewrite(
        _body(before)
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "exports.onExecuteSendPhoneMessage = f;",
            "exports.onExecuteCustomPhoneProvider = oneTimeCodes.bind(null, f);",
        ),
        (
            "exports['onExecuteSendPhoneMessage'] = f;",
            'exports["onExecuteCustomPhoneProvider"] = oneTimeCodes.bind(null, f);',
        ),
        (
            "module.exports = { onExecuteSendPhoneMessage: f };",
            "module.exports = { onExecuteCustomPhoneProvider: oneTimeCodes.bind(null, f) };",
        ),
        (
            "module.exports = { async onExecuteSendPhoneMessage(event) { await 1; } };",
            "module.exports = { onExecuteCustomPhoneProvider: oneTimeCodes.bind(null, async function (event) { await 1; }) };",
        ),
    ],
)
def test_each_export_gets_the_new_name_and_guard(before, after):
    assert after in _rewrite("async function f(event) {}\n" + before)


def test_a_shorthand_export_keeps_the_local_name():
    code = "const onExecuteSendPhoneMessage = async (event) => {}; module.exports = { onExecuteSendPhoneMessage };"
    after = "module.exports = { onExecuteCustomPhoneProvider: oneTimeCodes.bind(null, onExecuteSendPhoneMessage) };"
    assert after in _rewrite(code)


def test_a_destructured_parameter_is_renamed_in_place():
    code = _body("use(code);", "{ secrets, message_options: { code } }")
    assert "async ({ secrets, notification: { code } }) =>" in _rewrite(code)


def test_a_computed_parameter_gets_a_name():
    code = _body("use(text);", "{ secrets, message_options: { code, text } }")
    assert "async (event) => {\n  const { secrets, notification: { code } } = event, text = " in _rewrite(
        code
    )


def test_an_expression_body_keeps_its_value():
    code = "exports.onExecuteSendPhoneMessage = async ({ message_options: { text } }) => send(text);"
    assert (
        f"oneTimeCodes.bind(null, async (event) => {{ const text = {SPOKEN} ? {VOICE} : {TEXT};"
        in _rewrite(code)
    )
    assert " return send(text); });" in _rewrite(code)


def test_helpers_never_reuse_a_name_of_the_source():
    code = "const legacyMessage = 1, oneTimeCodes = 2;" + _body("use({ ...event.message_options });")
    assert "use({ ...legacyMessage_(event.notification) });" in _rewrite(code)
    assert "function legacyMessage_(" in _rewrite(code)
    assert "oneTimeCodes_.bind(null, async" in _rewrite(code)


def test_comments_name_the_new_types():
    code = (
        "/**\n * Handler of a Send Phone Message flow.\n * @param {Event} event\n"
        " * @param {SendPhoneMessageAPI} api\n */\n" + _body("use(event.message_options.code);")
    )
    assert "of a Custom Phone Provider flow" in _rewrite(code)
    assert "@param {CustomPhoneProviderAPI} api" in _rewrite(code)


def test_other_triggers_are_left_out_with_a_note():
    rewritten = _rewrite(
        _body("use(event.message_options.code);")
        + "\nexports.onExecutePostLogin = async (event, api) => { api.access.deny(event.user.identities); };\n"
    )
    assert "// onExecutePostLogin is left out: this Action serves custom-phone-provider only." in rewritten
    assert "identities" not in rewritten


def test_comments_in_a_pattern_stay_with_their_names():
    code = _body("const {\n    recipient, // E.164\n    code,\n    language,\n  } = event.message_options;")
    after = "const {\n    recipient, // E.164\n    code,\n    locale: language,\n  } = event.notification;"
    assert after in _rewrite(code)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("use(event.recipient);", "use(event.notification.recipient);"),
        ("use(event.text);", f"use({SPOKEN} ? {VOICE} : {TEXT});"),
        (
            "const { recipient, language: l = 'en', user } = event;",
            "const { notification: { recipient, locale: l = 'en' }, user } = event;",
        ),
        ("if (event.message_type !== 'voice') use();", f"if ({SPOKEN.replace('===', '!==')}) use();"),
        ("use(event.message_options);", "use(event.message_options);"),
    ],
)
def test_flat_events_of_version_1_are_rewritten(before, after):
    assert after in _rewrite(_body(before), TriggerVersion.V1)


def test_a_plain_action_gets_at_most_twelve_lines():
    code = """const axios = require('axios');

exports.onExecuteSendPhoneMessage = async (event, api) => {
  const { recipient, text } = event.message_options;
  await axios.post(event.secrets.URL, { recipient, text });
};
"""
    rewritten = _rewrite(code)
    assert len(rewritten.splitlines()) - len(code.splitlines()) <= 12
    assert "legacy" not in rewritten
    assert rewritten.count("function ") == 1


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("log(event);", RefusalCode.EVENT_FORWARDED_WHOLE),
        ("log({ ...event.user });", RefusalCode.EVENT_FORWARDED_WHOLE),
        ("const { user: { email, ...rest } } = event;", RefusalCode.EVENT_FORWARDED_WHOLE),
        ("use(event[name]);", RefusalCode.DYNAMIC_EVENT_ACCESS),
        ("event.user.name = 'x';", RefusalCode.EVENT_WRITTEN),
        ("delete event.user.name;", RefusalCode.EVENT_WRITTEN),
        ("log(api);", RefusalCode.ACCESS_NOT_UNDERSTOOD),
        ("Object.assign(event.message_options, { text: 'x' });", RefusalCode.EVENT_FORWARDED_WHOLE),
        ("const m = event.message_options; m.text = 'x';", RefusalCode.EVENT_WRITTEN),
        ("require('lodash').merge(event.message_options, {});", RefusalCode.EVENT_FORWARDED_WHOLE),
        ("change(event.message_options);", RefusalCode.EVENT_FORWARDED_WHOLE),
        ("const [m] = [event.message_options];", RefusalCode.EVENT_FORWARDED_WHOLE),
        ("let m = JSON.parse(x); m = event.message_options; use(m.text);", RefusalCode.ACCESS_NOT_UNDERSTOOD),
        ("const m = x ? event.message_options : load(); use(m.code);", RefusalCode.ACCESS_NOT_UNDERSTOOD),
        ("const f = (m) => m.text; f(event.message_options); f(x);", RefusalCode.ACCESS_NOT_UNDERSTOOD),
        ("let m; if (x) m = event.message_options; use(m?.text.trim());", RefusalCode.ACCESS_NOT_UNDERSTOOD),
        ("use(event.organization.name);", RefusalCode.ACCESS_NOT_UNDERSTOOD),
        (
            "const f = async () => event; f().then((e) => e.message_options);",
            RefusalCode.ACCESS_NOT_UNDERSTOOD,
        ),
        ("use(get(data, 'message_options.text'));", RefusalCode.ACCESS_NOT_UNDERSTOOD),
        (
            "const f = (e) => e.message_options.text; f(event); f({ message_options: {} });",
            RefusalCode.ACCESS_NOT_UNDERSTOOD,
        ),
    ],
)
def test_what_only_the_adapter_can_serve_is_refused(statement, reason):
    refusal = _rewrite(_body(statement))
    assert isinstance(refusal, TranslationRefusal)
    assert [found.code for found in refusal.reasons] == [reason]


@pytest.mark.parametrize(
    "code",
    [
        "exports.onExecuteSendPhoneMessage = async function () { this.x; };",
        "exports.onExecuteSendPhoneMessage = a; exports.onExecuteSendPhoneMessage = async () => {};",
        "exports['onExecuteSendPhoneMessage' + ''] = async () => {}; exports.onExecuteSendPhoneMessage;",
    ],
)
def test_a_handler_the_guard_would_break_is_refused(code):
    refusal = _rewrite(code)
    assert isinstance(refusal, TranslationRefusal)
    assert refusal.reasons[0].code == RefusalCode.HANDLER_NOT_UNDERSTOOD
