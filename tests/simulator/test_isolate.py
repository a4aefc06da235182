"""Running an Action's code: its requests, its limits and its logs."""

import pytest

from simulator.isolate import Answer, execute

HANDLER = "onExecuteCustomPhoneProvider"


def run(body, world=lambda _request: Answer(), event=None):
    code = f"exports.{HANDLER} = async (event, api) => {{ {body} }};"
    return execute(code, HANDLER, event or {"secrets": {}}, world, 1_700_000_000.0)


def test_an_action_that_ends_by_itself_has_no_error():
    execution = run("await new Promise((resolve) => setTimeout(resolve, 1500));")
    assert (execution.error, execution.seconds) == (None, 1.5)


@pytest.mark.parametrize(
    "body",
    [
        "await new Promise((resolve) => setTimeout(resolve, 30000));",
        "await new Promise(() => {});",
        "setInterval(() => {}, 1000); await new Promise(() => {});",
        "await fetch('https://slow.example.com/');",
        "while (true) {}",
    ],
)
def test_an_action_has_twenty_seconds(body):
    execution = run(body, lambda _request: Answer(seconds=60))
    assert (execution.error_class, execution.seconds) == ("action_timeout", 20.0)


def test_an_aborted_request_can_be_dropped():
    body = """
      try { await fetch('https://slow.example.com/', { signal: AbortSignal.timeout(15000) }); }
      catch (error) { api.notification.drop(error.name); }
    """
    execution = run(body, lambda _request: Answer(seconds=60))
    assert (execution.dropped, execution.seconds, execution.error) == ("TimeoutError", 15.0, None)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("throw new RangeError('no');", "RangeError"),
        ("require('left-pad');", "Error"),
        ("undefined.x;", "TypeError"),
        ("setTimeout(() => { throw new Error('later'); }, 10); await new Promise(() => {});", "Error"),
    ],
)
def test_what_an_action_throws_is_its_error(body, name):
    execution = run(body)
    assert (execution.error_class, execution.error["name"]) == ("action_error", name)


def test_unusable_code_fails_when_it_runs():
    broken = execute('exports.x = () => {};"\n', HANDLER, {}, lambda _request: Answer(), 0.0)
    missing = execute("exports.other = () => {};", HANDLER, {}, lambda _request: Answer(), 0.0)
    assert broken.error["name"] == "SyntaxError"
    assert HANDLER in missing.error["message"]


@pytest.mark.parametrize(
    "body",
    [
        "await require('axios').post('https://a.example.com/x?y=1', { a: 'é' }, { headers: { b: 'c' } });",
        """await fetch('https://a.example.com/x?y=1',
             { method: 'POST', headers: { b: 'c' }, body: JSON.stringify({ a: 'é' }) });""",
        """await new Promise((resolve, reject) => {
             const options = { method: 'POST', headers: { b: 'c' } };
             const made = require('node:https').request('https://a.example.com/x?y=1', options,
               (response) => response.on('end', resolve));
             made.on('error', reject); made.write(JSON.stringify({ a: 'é' })); made.end(); });""",
    ],
)
def test_every_way_to_send_a_request_sends_the_same(body):
    seen = []
    execution = run(body, lambda request: seen.append(request) or Answer(body="{}"))
    assert execution.error is None
    (request,) = seen
    assert (request.method, request.url, request.body) == ("POST", "https://a.example.com/x?y=1", '{"a":"é"}')
    assert request.headers["b"] == "c"


def test_refusals_reach_the_action():
    body = "const r = await require('axios').get('https://a.example.com/'); api.notification.drop(String(r.status));"
    execution = run(body, lambda _request: Answer(503))
    assert execution.error["message"] == "Request failed with status code 503"
    assert run(body, lambda _request: Answer(error="refused")).error["message"] == "refused"


def test_an_action_that_drops_codes_delivers_nothing(make):
    tenant = make("foreign_action_drops")
    answer = tenant.delivery()
    assert (answer["path"], answer["delivered"]) == ("upe_custom", False)
    assert answer["reason"].endswith("dropped it: not for us")
    assert make("foreign_action_live").delivery()["delivered"] is True


def test_services_refuse_a_wrong_credential(make):
    tenant = make("action_single", domain="single-3.eu.auth0.com")
    assert tenant.delivery()["delivered"] is True
    action = tenant.state()["actions"][0]
    wrong = [{"name": name, "value": "AC-wrong"} for name in action["secrets"]]
    tenant.ok("PATCH", f"/actions/actions/{action['id']}", {"secrets": wrong})
    tenant.built(action["id"])
    tenant.ok("POST", f"/actions/actions/{action['id']}/deploy")
    tenant.deployed(action["id"])
    assert tenant.delivery()["delivered"] is False


def test_a_slow_gateway_loses_the_message(make):
    tenant = make("foreign_action_live", hidden={"gateway_seconds": 25})
    provider = tenant.ok("GET", "/branding/phone/providers")["providers"][0]["id"]
    tenant.ok("POST", f"/branding/phone/providers/{provider}/try", {"to": "+15005550006"})
    failed, execution = tenant.ok("GET", "/logs", q="type:gd_send_sms_failure OR type:actions_*", per_page=2)
    assert (failed["type"], execution["type"]) == ("gd_send_sms_failure", "actions_execution_failed")
    details = execution["details"]
    assert details["error_class"] == "action_timeout"
    assert details["trigger_id"] == "custom-phone-provider"
    assert details["action_error"]["name"] == "TimeoutError"
