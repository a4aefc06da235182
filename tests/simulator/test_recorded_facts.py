"""The simulator compared with the facts of recorded exchanges: statuses, keys, types, scopes."""

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from simulator.app import OPERATIONS
from simulator.bodies.settings_body import SettingsBody

FACTS = json.loads(Path(__file__).with_name("recorded_facts.json").read_text())
PARAMETER = re.compile(r"\{\w+\}")
YOUNGER = {"universal_login", "country_codes"}
"""Settings that were recorded and are not in the description."""
ACTIONS, PROVIDERS, TEMPLATES = "/actions/actions", "/branding/phone/providers", "/branding/phone/templates"
TWILIO = {
    "name": "twilio",
    "configuration": {"sid": "AC1", "default_from": "+12125550100", "delivery_methods": ["text"]},
    "credentials": {"auth_token": "x"},
}
WORDS = {"enrollment_message": "a", "verification_message": "b"}
CODE = "exports.onExecutePostLogin = async (event, api) => {};"


def _offered():
    return {(op.method, PARAMETER.sub("{}", op.path)): op for op in OPERATIONS}


def _split(operation):
    method, _, path = operation.partition(" ")
    return method, PARAMETER.sub("{}", path)


@pytest.mark.parametrize("operation", sorted(FACTS["described"]))
def test_every_described_operation_asks_for_its_scopes(operation):
    assert sorted(_offered()[_split(operation)].scopes) == FACTS["described"][operation]["scopes"]


def test_every_recorded_operation_is_offered():
    assert {_split(operation) for operation in FACTS["recorded"]} <= _offered().keys()


def test_only_described_settings_are_accepted():
    known = {name for name in SettingsBody.model_fields if not name.endswith("_in_minutes")}
    assert known - YOUNGER == set(FACTS["settings"])


class Journal:
    """Sends requests and keeps each answer by operation and status."""

    def __init__(self, tenant):
        self.tenant, self.answers = tenant, defaultdict(list)

    def __call__(self, operation, path, body=None, **query):
        answer = self.tenant(operation.partition(" ")[0], path, body, **query)
        self.answers[operation, str(answer.status_code)].append(answer.json() if answer.content else None)
        return self.answers[operation, str(answer.status_code)][-1]


def _actions(send):
    body = {"name": "a", "supported_triggers": [{"id": "post-login", "version": "v3"}], "code": CODE}
    body |= {
        "dependencies": [{"name": "lodash", "version": "4.0.0"}],
        "secrets": [{"name": "A", "value": "b"}],
    }
    made = send(f"POST {ACTIONS}", ACTIONS, body)["id"]
    one = f"{ACTIONS}/{made}"
    send.tenant.built(made)
    version = send(f"POST {ACTIONS}/{{id}}/deploy", f"{one}/deploy")["id"]
    send(f"POST {ACTIONS}/{{id}}/versions/{{version}}/deploy", f"{one}/versions/{version}/deploy")
    for _ in range(3):
        send(f"GET {ACTIONS}/{{id}}", one)
    bindings = "/actions/triggers/post-login/bindings"
    bound = {"bindings": [{"ref": {"type": "action_id", "value": made}, "display_name": "a"}]}
    send("PATCH /actions/triggers/{trigger}/bindings", bindings, bound)
    send("GET /actions/triggers/{trigger}/bindings", bindings, per_page=50)
    send("PATCH /actions/triggers/{trigger}/bindings", bindings, {"bindings": []})
    send(f"DELETE {ACTIONS}/{{id}}", one)


def _phones(send):
    provider = send(f"POST {PROVIDERS}", PROVIDERS, TWILIO)["id"]
    one = f"{PROVIDERS}/{provider}"
    send(f"GET {PROVIDERS}", PROVIDERS)
    send(f"GET {PROVIDERS}/{{id}}", one)
    send(f"PATCH {PROVIDERS}/{{id}}", one, TWILIO | {"disabled": False})
    send(f"POST {PROVIDERS}/{{id}}/try", f"{one}/try", {"to": "+15005550006", "delivery_method": "text"})
    content = {"syntax": "liquid", "from": "123", "body": {"text": "a", "voice": "b"}}
    template = send(f"POST {TEMPLATES}", TEMPLATES, {"type": "otp_verify", "content": content})["id"]
    two = f"{TEMPLATES}/{template}"
    send(f"GET {TEMPLATES}", TEMPLATES)
    send(f"GET {TEMPLATES}/{{id}}", two)
    send(f"PATCH {TEMPLATES}/{{id}}", two, {"disabled": True})
    send(f"PATCH {TEMPLATES}/{{id}}/reset", f"{two}/reset")
    send(f"POST {TEMPLATES}/{{id}}/try", f"{two}/try", {"to": "+15005550006", "delivery_method": "text"})
    for base, path in ((PROVIDERS, one), (TEMPLATES, two)):
        send(f"DELETE {base}/{{id}}", path)
        send(f"DELETE {base}/{{id}}", path)


def _clients(send):
    client = send.tenant.inputs["client_id"]
    grant = {"client_id": client, "audience": "https://a/", "scope": ["a"], "subject_type": "user"}
    made = send(
        "POST /client-grants", "/client-grants", grant | {"authorization_details_types": ["payment"]}
    )["id"]
    listing = {"client_id": client, "audience": "https://a/", "include_totals": "true"}
    send("GET /client-grants", "/client-grants", **listing)
    send("GET /client-grants/{id}", f"/client-grants/{made}")
    send("DELETE /client-grants/{id}", f"/client-grants/{made}")
    options = {"name": "sms", "from": "+1", "syntax": "liquid", "template": "{{ code }}", "twilio_sid": "AC1"}
    options |= {"totp": {"time_step": 110, "length": 5}, "twilio_token": "x", "messaging_service_sid": None}
    body = {"name": "texts", "strategy": "sms", "options": options}
    connection = f"/connections/{send('POST /connections', '/connections', body)['id']}"
    send("GET /connections/{id}", connection)
    send("DELETE /connections/{id}", connection)
    send("DELETE /connections/{id}", connection)


def _guardian(send):
    base = "/guardian/factors"
    send("PUT /guardian/factors/{name}", f"{base}/sms", {"enabled": True})
    send(f"GET {base}", base)
    for place, body in (
        ("phone/message-types", {"message_types": ["sms"]}),
        ("phone/selected-provider", {"provider": "twilio"}),
        ("sms/providers/twilio", {"from": "1", "auth_token": "b", "sid": "c", "messaging_service_sid": "d"}),
        ("sms/templates", WORDS),
    ):
        send(f"PUT {base}/{place}", f"{base}/{place}", body)
        send(f"GET {base}/{place}", f"{base}/{place}")


def _settings(send):
    send("PATCH /tenants/settings", "/tenants/settings", {"friendly_name": "a"})
    send("GET /tenants/settings", "/tenants/settings")
    newest = send("GET /logs", "/logs", per_page=5)[0]
    send("GET /logs/{id}", f"/logs/{newest['log_id']}")


@pytest.fixture(scope="module")
def answers(http, peer):
    domain = "facts.eu.auth0.com"
    made = http.put(
        f"/_simulator/tenants/{domain}", json={"kind": "empty", "overrides": {"tier": "unlimited"}}
    )
    send = Journal(peer(http, domain, made.json()))
    for part in (_actions, _phones, _clients, _guardian, _settings):
        part(send)
    return send.answers


RECORDED = sorted((operation, status) for operation, by in FACTS["recorded"].items() for status in by)


@pytest.mark.parametrize(("operation", "status"), RECORDED)
def test_recorded_statuses_have_recorded_keys(answers, operation, status):
    fact = FACTS["recorded"][operation][status]
    assert answers[operation, status], f"{operation} never answered {status}"
    for answer in answers[operation, status]:
        assert _type(answer) == fact["type"]
        _compare(answer, fact, operation)


def _type(value):
    return {dict: "object", list: "array", type(None): "null"}[type(value)]


FREE_TOP = {"PATCH /tenants/settings", "GET /tenants/settings", "POST /connections", "GET /connections/{id}"}
"""Answers whose keys depend on the request or on the tenant's age."""


def _compare(answer, fact, operation):
    if isinstance(answer, list):
        for item in answer:
            _types(item, fact["keys"], "[].")
        return
    if not isinstance(answer, dict):
        return
    known = {place for place in fact["keys"] if "." not in place and "[" not in place}
    if operation not in FREE_TOP:
        assert set(fact["always"]) <= set(answer)
        assert set(answer) <= known
    _types(answer, fact["keys"], "")


def _types(item, keys, prefix):
    """Check that a recorded key has a recorded type; null matches any."""
    for key, value in item.items():
        recorded = keys.get(prefix + key, "")
        if recorded and value is not None and recorded != "null":
            assert _json_type(value) in recorded.split("|"), prefix + key


def _json_type(value):
    if isinstance(value, bool):
        return "boolean"
    return {dict: "object", list: "array", str: "string", int: "number", float: "number"}[type(value)]
