"""Actions generated from every form of access are verified, or refused with a code: they never differ.

Those that use a field on which Auth0's sources disagree may differ where the legacy event lacks it, and nowhere else.
"""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from phonefleet.actions.reason_codes import VerificationCode
from phonefleet.actions.translation_model import ActionSource, VerificationResult
from phonefleet.actions.translator import translate

FIELDS = st.sampled_from(["recipient", "text", "code", "message_type", "action", "language"])
OWNERS = st.sampled_from(["event", "alias", "context.event", "(event)", "get()"])
OTHERS = st.sampled_from(
    [
        "event.user.email",
        "event.user?.login_count",
        "event.request?.language",
        "event.organization?.id",
        "event.client?.metadata?.x",
        "event.client?.client_metadata",
        "event.custom_domain?.domain",
        "event.message_options.channel",
        "event['user']['given_name']",
        "event.tenant.friendly_name",
    ]
)
FORMS = st.sampled_from(
    [
        "{owner}.message_options.{field}",
        "{owner}?.message_options?.{field}",
        "{owner}['message_options'].{field}",
        "{owner}.message_options['{field}']",
        "({owner}.message_options ?? {{}}).{field}",
        "options.{field}",
        "(options || {{}}).{field}",
        "box.options.{field}",
        "taken_{field}",
        "help({owner}).{field}",
        "pick({owner}, '{field}')",
        "({owner}, {owner}.message_options).{field}",
    ]
)
PATHS = st.builds(lambda form, owner, field: form.format(owner=owner, field=field), FORMS, OWNERS, FIELDS)
TESTS = st.builds(
    lambda owner, operator, value: f"({owner}.message_options.{value[0]} {operator} '{value[1]}' ? 1 : 2)",
    OWNERS,
    st.sampled_from(["===", "!=", "!=="]),
    st.sampled_from(
        [
            ("message_type", "sms"),
            ("message_type", "voice"),
            ("message_type", "SMS"),
            ("action", "enrollment"),
            ("action", "second-factor-authentication"),
        ]
    ),
)
VALUES = st.one_of(PATHS, PATHS, TESTS, OTHERS)
STATEMENTS = st.one_of(
    VALUES.map(lambda value: f"out.push({value});"),
    VALUES.map(lambda value: f"out.push(`<${{{value}}}>`);"),
    st.builds(lambda a, b: f"if ({a}) out.push({b})\n", VALUES, VALUES),
    st.builds(lambda a, b: f"out.push({{ a: {a}, b: [{b}] }});", VALUES, VALUES),
    st.just(
        "switch (event.message_options.message_type) { case 'sms': out.push(1); break; default: out.push(2) }"
    ),
    st.just("for (const field of ['text', 'code']) out.push(alias.message_options[field]);"),
    st.just(
        "{ const { secrets, message_options: { text: words = 1 }, user: { email } } = event; out.push(words, email) }"
    ),
    st.just("out.push(Object.keys(event.message_options).sort().join());"),
)
EXPORTS = st.sampled_from(
    [
        "exports.onExecuteSendPhoneMessage = async (event, api) => BODY;",
        "exports['onExecuteSendPhoneMessage'] = async function (event) BODY",
        "module.exports = { async onExecuteSendPhoneMessage(event, { cache }) BODY };",
        "async function handler(event) BODY\nmodule.exports.onExecuteSendPhoneMessage = handler",
        "const onExecuteSendPhoneMessage = async (event) => BODY\nmodule.exports = { onExecuteSendPhoneMessage }",
        "const w = (f) => async (e, a) => f(e, a);\nexports.onExecuteSendPhoneMessage = w(async (event) => BODY);",
    ]
)
TOP = """const axios = require('axios');
class Box { constructor(options) { this.options = options; } }
function help(e) { const { message_options: inner } = e; return inner; }
const pick = ({ message_options }, field) => message_options[field];
"""
HEAD = """{
  const alias = event, context = { event }, get = () => event, options = event.message_options, out = [];
  const box = new Box(options);
  const { recipient: taken_recipient, text: taken_text, code: taken_code } = event.message_options;
  const { message_type: taken_message_type, action: taken_action, language: taken_language } = options;
"""


def _action(export, statements, recipient, text):
    send = f"await axios.post(event.secrets.URL, {{ to: {recipient}, text: {text}, out }});"
    body = HEAD + "".join(f"  {statement}\n" for statement in statements) + f"  {send}\n}}"
    return TOP + export.replace("BODY", body) + "\n"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.nested_given]
)
@given(
    EXPORTS,
    st.lists(STATEMENTS, min_size=1, max_size=5),
    FORMS.map(lambda form: form.format(owner="event", field="recipient")),
    FORMS.map(lambda form: form.format(owner="event", field="text")),
)
@example(
    "exports.onExecuteSendPhoneMessage = async (event, api) => BODY;",
    ["if (pick(event, 'recipient')) out.push((event.message_options ?? {}).recipient)\n"],
    "event.message_options.recipient",
    "event.message_options.text",
)
def test_actions_of_every_form_are_verified_both_ways(export, statements, recipient, text):
    code = _action(export, statements, recipient, text)
    translated = translate(ActionSource("generated", code), events=6)
    assert _sound(translated.adapter) or _is_unreached(translated.adapter, code), translated.adapter.reasons
    assert _sound(translated.rewrite) or translated.rewrite.refusal, translated.rewrite.reasons


def _is_unreached(each, code):
    """A part that never ran, behind a condition on a field that is chosen by name, is refused."""
    return "if (pick(" in code and {reason.code for reason in each.reasons} == {VerificationCode.UNREACHED}


def _sound(each):
    disputed = each.verification is not None and each.verification.disputed
    return each.result is VerificationResult.VERIFIED or disputed
