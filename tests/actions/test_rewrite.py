"""The rewrite edits each access it can translate, and refuses with a code what only the adapter can translate."""

import pytest

from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.reason_codes import RefusalCode
from phonefleet.actions.translate.rewrite import rewrite_code
from phonefleet.actions.translation_model import ActionSource, TranslationRefusal


def _rewrite(code):
    return rewrite_code(parse_action(ActionSource("test", code)))


def _body(statement, parameters="event, api"):
    return f"exports.onExecuteSendPhoneMessage = async ({parameters}) => {{ {statement} }};"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("use(event.message_options.recipient);", "use(event.notification.recipient);"),
        ("use(event?.message_options?.code);", "use(event.notification.code);"),
        ("use(event['message_options']['language']);", "use(event.notification.locale);"),
        ("use(event.message_options.text.trim());", "use(messageText(event).trim());"),
        ("switch (event.message_options.message_type) {}", "switch (messageChannel(event)) {}"),
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
            "if (messageChannel(event) === 'SMS') use();",
        ),
        ("const m = event.message_options;", "const m = legacyMessage(event);"),
        ("const { text } = event.message_options;", "const { text } = legacyMessage(event);"),
        (
            "const { message_options, user } = event;",
            "const { message_options, user } = { message_options: legacyMessage(event), user: event.user };",
        ),
        ("use(event.organization?.name);", "use(undefined?.name);"),
        ("use(event.client.client_metadata.brand);", "use(event.client.metadata.brand);"),
        ("use(event.message_options.nothing);", "use(legacyMessage(event).nothing);"),
        ("use(event.user.email, event.request.ip);", "use(event.user.email, event.request.ip);"),
    ],
)
def test_each_access_is_edited_in_place(before, after):
    assert _body(after).removeprefix("exports.onExecuteSendPhoneMessage = ").removesuffix(";") in _rewrite(
        _body(before)
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("exports.onExecuteSendPhoneMessage = f;", "exports.onExecuteCustomPhoneProvider = oneTimeCodes(f);"),
        (
            "exports['onExecuteSendPhoneMessage'] = f;",
            'exports["onExecuteCustomPhoneProvider"] = oneTimeCodes(f);',
        ),
        (
            "module.exports = { onExecuteSendPhoneMessage: f };",
            "module.exports = { onExecuteCustomPhoneProvider: oneTimeCodes(f) };",
        ),
        (
            "module.exports = { async onExecuteSendPhoneMessage(event) { await 1; } };",
            "module.exports = { onExecuteCustomPhoneProvider: oneTimeCodes(async function (event) { await 1; }) };",
        ),
    ],
)
def test_each_export_gets_the_new_name_and_guard(before, after):
    assert after in _rewrite("async function f(event) {}\n" + before)


def test_a_shorthand_export_keeps_the_local_name():
    code = "const onExecuteSendPhoneMessage = async (event) => {}; module.exports = { onExecuteSendPhoneMessage };"
    after = "module.exports = { onExecuteCustomPhoneProvider: oneTimeCodes(onExecuteSendPhoneMessage) };"
    assert after in _rewrite(code)


def test_a_destructured_parameter_gets_a_name():
    code = _body("use(text);", "{ secrets, message_options: { text } }")
    assert "async (event) => {\n  const { secrets, message_options: { text } } = {" in _rewrite(code)


def test_an_expression_body_keeps_its_value():
    code = "exports.onExecuteSendPhoneMessage = async ({ message_options: { text } }) => send(text);"
    assert "oneTimeCodes(async (event) => { const { message_options: { text } } = " in _rewrite(code)
    assert " return send(text); });" in _rewrite(code)


def test_helpers_never_reuse_a_name_of_the_source():
    code = "const messageText = 1, oneTimeCodes = 2;" + _body("use(event.message_options.text);")
    assert "use(messageText_(event));" in _rewrite(code)
    assert "function messageText_(" in _rewrite(code)


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
        ("const { login_count } = event.user;", RefusalCode.ACCESS_NOT_UNDERSTOOD),
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
