"""Each risk is flagged at its line, and harmless code is not."""

import pytest

from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.reason_codes import FlagCode
from phonefleet.actions.translate.flags import flags
from phonefleet.actions.translation_model import ActionSource, NpmPackage


def _flags(code, **source):
    return [(flag.code, flag.line) for flag in flags(parse_action(ActionSource("test", code, **source)))]


def _body(statement):
    head = "const axios = require('axios');\nexports.onExecuteSendPhoneMessage = async (event, api) => {\n"
    return f"{head}{statement}\n}};"


@pytest.mark.parametrize(
    ("statement", "code", "line"),
    [
        ("use(event.message_options.channel);", FlagCode.NEVER_SET_FIELD, 3),
        ("for (const k in event) {}", FlagCode.EVENT_ENUMERATED, 3),
        ("log(JSON.stringify(event));", FlagCode.EVENT_FORWARDED_WHOLE, 3),
        ("use(event[k]);", FlagCode.DYNAMIC_EVENT_ACCESS, 3),
        ("use(event.message_options.language);", FlagCode.LOCALE_FORMAT, 3),
        ("try { await axios.post('x') }\ncatch (e) { log(e) }", FlagCode.FAILURE_SWALLOWED, 4),
        ("await axios.post('x').catch(() => {});", FlagCode.FAILURE_SWALLOWED, 3),
        ("await axios.post('x').then(() => 1, () => 2);", FlagCode.FAILURE_SWALLOWED, 3),
        ("axios.post('x');", FlagCode.SEND_NOT_AWAITED, 3),
        ("axios.post('x').then(() => 1);", FlagCode.SEND_NOT_AWAITED, 3),
        ("await fetch('x');", FlagCode.STATUS_IGNORED, 3),
        ("if (event.user.blocked) throw new Error('no');\nawait axios.post('x');", FlagCode.THROW_AS_VETO, 3),
        ("use(Date.now());", FlagCode.DEPENDS_ON_CLOCK, 3),
        ("use(new Date());", FlagCode.DEPENDS_ON_CLOCK, 3),
        ("use(Math.random());", FlagCode.DEPENDS_ON_RANDOMNESS, 3),
        ("use(process.env.X);", FlagCode.READS_ENVIRONMENT, 3),
        ("total = 1;", FlagCode.TOUCHES_GLOBALS, 3),
        ("api.access?.deny('x');", FlagCode.GUARDED_UNKNOWN_API, 3),
        ("await axios.post(event.message_options.text);", FlagCode.SMS_ONLY_UNDER_VOICE, 0),
        ("", FlagCode.OTP_VERIFY_REUSED, 0),
    ],
)
def test_a_risk_is_flagged_at_its_line(statement, code, line):
    assert (code, line) in _flags(_body(statement))


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("try { await axios.post('x') } catch (e) { throw e }", FlagCode.FAILURE_SWALLOWED),
        ("try { return axios.post('x') } catch (e) { log(e) }", FlagCode.FAILURE_SWALLOWED),
        ("try { await axios.post('x') } catch (e) { await axios.post('y') }", FlagCode.FAILURE_SWALLOWED),
        ("return axios.post('x').then(() => 1);", FlagCode.SEND_NOT_AWAITED),
        ("const p = axios.post('x'); await p;", FlagCode.SEND_NOT_AWAITED),
        ("await Promise.all([1].map((n) => axios.post('x')));", FlagCode.SEND_NOT_AWAITED),
        ("await new Promise((ok, no) => { axios.post('x').then(ok, no); });", FlagCode.SEND_NOT_AWAITED),
        ("const r = await fetch('x'); if (!r.ok) throw new Error();", FlagCode.STATUS_IGNORED),
        ("try { await axios.post('x') } catch (e) { throw e }", FlagCode.THROW_AS_VETO),
        ("use(new Date(0), event.message_options.message_type);", FlagCode.DEPENDS_ON_CLOCK),
        ("use(event.message_options.message_type);", FlagCode.SMS_ONLY_UNDER_VOICE),
        ("use(event.user.app_metadata.anything);", FlagCode.NEVER_SET_FIELD),
        ("api.cache?.get('x');", FlagCode.GUARDED_UNKNOWN_API),
    ],
)
def test_harmless_code_is_not_flagged(statement, code):
    assert code not in [found for found, _ in _flags(_body(statement))]


def test_the_manifest_is_checked_against_the_code():
    found = _flags(
        _body("use(event.secrets.A, event.secrets.B, require('node:fs'), require('@x/y/z'));"),
        dependencies=(NpmPackage("axios", "^1.2.0"), NpmPackage("twilio", "latest")),
        secret_names=("A",),
        triggers=("send-phone-message", "post-login"),
    )
    assert found.count((FlagCode.UNPINNED_DEPENDENCY, 0)) == 2
    assert (FlagCode.MISSING_DEPENDENCY, 3) in found
    assert (FlagCode.UNLISTED_SECRET, 3) in found
    assert (FlagCode.SEVERAL_TRIGGERS, 0) in found
    assert len([1 for code, _ in found if code == FlagCode.MISSING_DEPENDENCY]) == 1
