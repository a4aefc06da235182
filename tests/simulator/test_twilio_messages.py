"""Twilio's list of messages, which shows whether a message arrived."""

from datetime import UTC, datetime

import pytest

TO = "+15005550006"


def _messages(tenant, token=None, resource="Messages", **query):
    (account,) = tenant.state()["hidden"]["twilio_accounts"]
    sid = account["sid"]
    login = (sid, token or tenant.inputs["twilio_auth_token"])
    path = f"/2010-04-01/Accounts/{sid}/{resource}.json"
    return tenant.http.get(path, params=query, auth=login, headers={"host": "api.twilio.com"})


def _test_message(tenant, method="text"):
    provider = tenant.ok("GET", "/branding/phone/providers")["providers"][0]["id"]
    tenant.ok("POST", f"/branding/phone/providers/{provider}/try", {"to": TO, "delivery_method": method})


def test_a_sent_message_can_be_undelivered(make):
    outcome = {"status": "undelivered", "error_code": 30007}
    tenant = make("phone_identifier", hidden={"twilio_outcomes": {TO: outcome}})
    _test_message(tenant)
    assert tenant.ok("GET", "/logs", q="type:gd_send_sms*", per_page=1)[0]["type"] == "gd_send_sms"
    (message,) = _messages(tenant, To=TO).json()["messages"]
    assert (message["status"], message["error_code"]) == ("undelivered", 30007)
    assert message["error_message"] == "Message filtered"


def test_messages_are_asked_for_by_recipient_and_day(make):
    tenant = make("phone_identifier")
    _test_message(tenant)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    counts = [
        len(_messages(tenant, **query).json()["messages"])
        for query in ({"To": TO}, {"To": "+1"}, {"DateSent>": today}, {"DateSent>": "2999-01-01"})
    ]
    assert counts == [1, 0, 1, 0]


def test_a_call_is_no_message(make):
    outcomes = {"twilio_call_outcomes": {"*": {"status": "no-answer"}}}
    tenant = make("phone_identifier", hidden=outcomes)
    provider = tenant.ok("GET", "/branding/phone/providers")["providers"][0]
    configuration = provider["configuration"] | {"delivery_methods": ["text", "voice"]}
    tenant.ok("PATCH", f"/branding/phone/providers/{provider['id']}", {"configuration": configuration})
    _test_message(tenant, "voice")
    assert _messages(tenant).json()["messages"] == []
    (call,) = _messages(tenant, resource="Calls", To=TO).json()["calls"]
    assert call["status"] == "no-answer"
    assert "error_code" not in call
    assert _messages(tenant, resource="Calls", **{"StartTime>": "2999-01-01"}).json()["calls"] == []


def test_a_status_is_final_only_after_a_while(make):
    outcomes = {"twilio_outcomes": {"*": {"status": "failed", "error_code": 30034, "seconds": 3600}}}
    tenant = make("phone_identifier", hidden=outcomes)
    _test_message(tenant)
    (message,) = _messages(tenant).json()["messages"]
    assert (message["status"], message["error_code"]) == ("sent", None)


def test_a_long_list_has_pages(make):
    tenant = make("phone_identifier")
    for _ in range(3):
        _test_message(tenant)
    first = _messages(tenant, PageSize=2).json()
    second = _messages(tenant, PageSize=2, Page=1).json()
    assert "Page=1" in first["next_page_uri"]
    assert second["next_page_uri"] is None
    assert len({m["sid"] for page in (first, second) for m in page["messages"]}) == 3


def test_the_message_list_needs_the_token(make):
    tenant = make("phone_identifier")
    assert _messages(tenant, token="wrong").json()["code"] == 20003
    tenant.override(twilio_token="changed")
    _test_message(tenant)
    assert _messages(tenant, token="changed").json()["messages"] == []


def test_codes_of_users_stand_there_as_well(make):
    tenant = make("mfa_and_passwordless_twilio")
    for use in ("mfa", "passwordless"):
        tenant.control("POST", "/send", {"use": use, "to": TO})
    assert [m["status"] for m in _messages(tenant).json()["messages"]] == ["delivered", "delivered"]


@pytest.mark.parametrize(
    ("rule", "status"), [({"effect": "status", "status": 503}, 503), ({"effect": "delay", "seconds": 0}, 200)]
)
def test_faults_meet_twilio_too(make, faults, rule, status):
    tenant = make("phone_identifier")
    faults({"domain": "api.twilio.com", **rule})
    assert _messages(tenant).status_code == status


def test_the_rate_limit_of_the_faults_holds_for_twilio(make, faults):
    tenant = make("phone_identifier")
    faults(rate_limit={"burst": 1, "per_second": 0.01})
    answers = [_messages(tenant) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].headers["retry-after"] == "1"
