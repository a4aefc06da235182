"""Failures are found wherever Auth0 writes them, with their reasons, and with what to do about a provider's code."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from phonefleet.delivery.evidence import NONE, DeliveryEvidence, find_evidence
from phonefleet.delivery.health import count_messages, failing_messages
from phonefleet.delivery.log_entries import Addressee, addressee, failure_reason, is_phone_entry
from phonefleet.delivery.provider_errors import PROVIDER_ERRORS, find_provider_error
from phonefleet.errors import StepFailed
from phonefleet.execution.phases import prepare
from phonefleet.model.enums import ReasonCode, Verdict
from simulator.ids import draw
from simulator.messages import REASON_PLACES, reason_place
from simulator.twilio import ERROR_MESSAGES
from tests.tenant_bench import NUMBER, Tenant, TenantBench, policy

OTHER = "+15005550099"
QUICK = {"deadline": timedelta(seconds=0.1), "pause": timedelta(seconds=0.02)}
ACTION_FAILED = {
    "trigger_id": "custom-phone-provider",
    "action_error": {"name": "Error", "message": "no route"},
}


def log_of(tenant: Tenant) -> Any:
    return tenant.bench.world.fleet.get(tenant.domain).logs


def log(tenant: Tenant, kind: str, details: Any, **fields: Any) -> str:
    """Write an entry now and return its id."""
    now = time.time()
    entry = log_of(tenant).write(kind, now, now, details=details, client_name="", **fields)
    return str(entry["log_id"])


async def evidence(tenant: Tenant, method: str = "text", **more: Any) -> DeliveryEvidence:
    return await find_evidence(tenant.api, method, NUMBER, datetime.now(UTC), **QUICK, **more)


def seeds() -> dict[tuple[str, bool], str]:
    """Names of tenants, by the place of their failures' reasons and whether these name no recipient."""
    found: dict[tuple[str, bool], str] = {}
    for number in range(200):
        domain = f"reasons-{number}.eu.auth0.com"
        nameless = draw(domain, "to").random() < 0.5
        found.setdefault((draw(domain, "reason").choice(REASON_PLACES), nameless), f"reasons-{number}")
    return found


@pytest.mark.parametrize("proceed", [False, True])
@pytest.mark.parametrize("nameless", [False, True])
@pytest.mark.parametrize("place", REASON_PLACES)
async def test_a_failure_is_found_in_every_place(
    bench: TenantBench, place: str, nameless: bool, proceed: bool
) -> None:
    tenant = await bench.tenant("twilio_sms", seed=seeds()[place, nameless])
    assert reason_place(bench.world.fleet.get(tenant.domain)) == place
    executor = await tenant.executor()
    await bench.faults({"effect": "test_message_fails", "path": "*/try"})
    with pytest.raises(StepFailed, match="the carrier refused the message") as failed:
        await prepare(executor, policy(seconds=0.2, proceed=proceed))
    assert failed.value.reason == ReasonCode.TEST_MESSAGE_FAILED
    assert ("names no recipient" in str(failed.value)) is nameless
    (message,) = bench.ledger.messages.of_tenant(tenant.domain)
    assert message.evidence == "failed"


async def test_passwordless_entries_are_evidence(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    log(tenant, "cs", {"body": {"phone_number": OTHER, "connection": "sms"}}, strategy="sms")
    assert await evidence(tenant) is NONE
    log(tenant, "cs", {"body": {"phone_number": NUMBER, "connection": "sms"}}, strategy="sms")
    assert await evidence(tenant) is NONE, "a sign-in, which the old sender may have sent"
    sent = log(tenant, "cs", {"body": {"phone_number": NUMBER}})
    found = await evidence(tenant)
    assert (found.evidence, found.log_id, found.log_type) == ("delivered", sent, "cs")
    assert await evidence(tenant, "voice") is NONE, "Passwordless makes no calls"
    details = {"to": NUMBER, "notification_type": "phone", "error": "Invalid 'To' Phone Number (21211)"}
    log(tenant, "fn", details)
    found = await evidence(tenant)
    assert (found.evidence, found.log_type, found.names_recipient) == ("failed", "fn", True)
    assert found.detail.startswith("Invalid 'To' Phone Number (21211); Twilio 21211: ")


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("gd_send_sms_failure", {}),
        (
            "gd_send_sms_failure",
            {"failure_details": {"errorCode": 60204, "message": "Custom code not allowed"}},
        ),
        ("gd_send_sms_failure", {"to": "0006", "provider_error": "no"}),
        ("fn", {"error": "refused"}),
        ("actions_execution_failed", ACTION_FAILED),
        ("actions_execution_failed", {}),
    ],
)
async def test_a_nameless_failure_counts(bench: TenantBench, kind: str, details: Any) -> None:
    tenant = await bench.tenant("twilio_sms")
    written = log(tenant, kind, details, description="Attempt to send SMS failed")
    found = await evidence(tenant)
    assert (found.evidence, found.log_id, found.names_recipient) == ("failed", written, False)
    assert await evidence(tenant, known={written}) is NONE
    log(tenant, "gd_send_sms", {"to": NUMBER})
    assert (await evidence(tenant)).evidence == "delivered", "a message of ours arrived"


@pytest.mark.parametrize(
    ("kind", "details", "fields"),
    [
        ("gd_send_sms_failure", {"to": OTHER}, {}),
        ("gd_send_sms_failure", {"to": "XXXXXXX0099"}, {}),
        ("gd_send_sms_failure", {}, {"user_id": "auth0|1"}),
        ("gd_send_voice_failure", {}, {}),
        ("fn", {"to": OTHER, "error": "refused"}, {}),
        ("fn", {"to": "jane@example.com", "error": "refused"}, {}),
        ("fn", {"notification_type": "email", "error": "refused"}, {}),
        ("fn", {"delivery_method": "voice", "error": "refused"}, {}),
        ("actions_execution_failed", {"trigger_id": "post-login"}, {}),
        ("actions_execution_failed", {"trigger_id": "send-phone-message"}, {}),
        ("gd_send_sms", {}, {}),
        ("gd_send_sms", {"to": NUMBER}, {"user_id": "auth0|1"}),
        ("gd_send_sms", {"to": NUMBER}, {"identity_user_id": "1"}),
        ("gd_send_sms", {"authenticator": {"id": "phone|dev_1", "phone_number": NUMBER}}, {}),
        ("gd_send_sms", {"enrollment": {"user_id": "auth0|1", "phone_number": NUMBER}}, {}),
        ("cs", {}, {}),
        ("cs", {"body": {"phone_number": NUMBER}}, {"user_id": "sms|1"}),
    ],
)
async def test_another_message_is_no_evidence(
    bench: TenantBench, kind: str, details: Any, fields: dict[str, Any]
) -> None:
    tenant = await bench.tenant("twilio_sms")
    log(tenant, kind, details, description="no", **fields)
    assert await evidence(tenant) is NONE


async def test_a_failure_counts_more_than_a_sent(bench: TenantBench) -> None:
    """The provider took the message, and it failed later."""
    tenant = await bench.tenant("twilio_sms")
    log(tenant, "fn", {"to": NUMBER, "error": "Message filtered (30007)"})
    log(tenant, "gd_send_sms", {"to": NUMBER})
    assert (await evidence(tenant)).evidence == "failed"


async def test_a_throwing_action_fails_the_test(bench: TenantBench) -> None:
    """Its own log entry is enough where no message entry is written."""
    tenant = await bench.tenant("action_single")
    executor = await tenant.executor()
    log(tenant, "actions_execution_failed", ACTION_FAILED, description="Action execution failed")
    await bench.faults({"effect": "test_message_lost", "path": "*/try"})
    with pytest.raises(StepFailed, match="no route") as failed:
        await prepare(executor, policy(seconds=0.2, proceed=True))
    assert failed.value.reason == ReasonCode.TEST_MESSAGE_FAILED


@pytest.mark.parametrize(
    ("entry", "text", "code"),
    [
        ({"details": {"provider_error": {"errorCode": 60204, "message": "Custom code"}}}, "Custom code", "60204"),
        ({"details": {"failure_details": {"errorCode": "30034"}}}, "30034", "30034"),
        ({"details": {"provider_error": "refused", "error": {"code": 21608}}}, "refused", "21608"),
        ({"details": {"error": "To +15005550006 (21211)"}}, "To +*********06 (21211)", "21211"),
        ({"details": {}, "description": "Guardian - 60200 Invalid"}, "Guardian - 60200 Invalid", "60200"),
        ({"details": {"error": {"message": "AuthorizationError: no"}}}, "AuthorizationError: no", "AuthorizationError"),
        ({"details": {"error": "connect 10.0.0.1:30007"}}, "connect 10.0.0.1:30007", None),
        ({"details": {"error": "call +1 5005 30007"}}, "call +* **** ***07", None),
        ({"details": None, "description": None}, "", None),
    ],
)  # fmt: skip
def test_reasons_are_read_with_their_codes(entry: Any, text: str, code: str | None) -> None:
    found = failure_reason(entry)
    assert found.text == text
    assert (found.error.code if found.error else None) == code


UNDOCUMENTED = {"SignatureDoesNotMatch", "ExpiredToken"}
"""Codes whose meaning no documentation was found for; they say so themselves."""


def test_a_code_without_a_source_says_so() -> None:
    assert {code for code, error in PROVIDER_ERRORS.items() if not error.source} == UNDOCUMENTED
    assert all("not documented by Amazon SNS" in str(PROVIDER_ERRORS[code]) for code in UNDOCUMENTED)


def test_each_code_says_what_to_do() -> None:
    named = {21608, 21211, 21408, 21612, 30007, 30034, 60200, 60204, *ERROR_MESSAGES}
    assert {str(code) for code in named} <= set(PROVIDER_ERRORS)
    for code, error in PROVIDER_ERRORS.items():
        assert error.code == code
        assert error.next_step.endswith("."), code
        assert not error.meaning.endswith("."), code
        assert re.fullmatch(r"https://\S+", error.source) or code in UNDOCUMENTED, code
    assert len({(e.provider, e.code) for e in PROVIDER_ERRORS.values()}) == len(PROVIDER_ERRORS)
    assert find_provider_error(["provider_error"], []) is None


@pytest.mark.parametrize(
    ("details", "whose"),
    [
        ({"error": f"The number {NUMBER} is unverified"}, Addressee.OURS),
        ({"error": f"The 'From' number {OTHER} is not valid"}, Addressee.UNKNOWN),
        ({"to": "5005550006"}, Addressee.UNKNOWN),
        ({"to": "+495005550006"}, Addressee.ANOTHER),
        ({"body": {"username": OTHER}}, Addressee.ANOTHER),
        ({"body": {"username": "jane"}}, Addressee.UNKNOWN),
    ],
)
def test_an_addressee_is_shown_or_unknown(details: Any, whose: Addressee) -> None:
    assert addressee({"details": details}, NUMBER) is whose


@pytest.mark.parametrize(
    ("entries", "failed", "total"),
    [
        (["gd_send_sms", "cs", "gd_send_voice_failure"], 1, 3),
        (["gd_send_sms_failure", "fn"], 1, 1),
        (["gd_send_sms_failure", "fn sms", "fn sms"], 3, 3),
        (["fn sms", "actions_execution_failed"], 1, 1),
        (["actions_execution_failed", "actions_execution_failed", "cs"], 2, 3),
        ([], 0, 0),
    ],
)
def test_one_message_is_counted_once(entries: list[str], failed: int, total: int) -> None:
    parts = [entry.partition(" ") for entry in entries]
    found = count_messages(
        [{"type": kind, "connection": name or None, "details": {}} for kind, _, name in parts]
    )
    assert (found.failed, found.total) == (failed, total)


def test_emails_and_other_actions_are_not_counted() -> None:
    assert not is_phone_entry({"type": "fn", "details": {"to": "jane@example.com"}})
    assert not is_phone_entry({"type": "cs", "strategy": "email", "details": {}})
    assert not is_phone_entry({"type": "actions_execution_failed", "details": {"trigger_id": "post-login"}})
    assert is_phone_entry(
        {"type": "actions_execution_failed", "details": {"trigger_id": "send-phone-message"}}
    )
    assert is_phone_entry({"type": "fn", "details": {"to": NUMBER}})


async def test_health_sees_failing_passwordless(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    since = datetime.now(UTC)
    await tenant.change(twilio_token="changed")
    for _ in range(5):
        body = {"use": "passwordless", "to": NUMBER}
        await bench.control.post(f"/_simulator/tenants/{tenant.domain}/send", json=body)
    assert "5 of 5 messages failed" in await failing_messages(tenant.api, since)
    for _ in range(3):
        log(tenant, "fn", {"to": OTHER, "error": "Message filtered (30007)"}, connection="sms")
    assert "Most often Twilio 30007: " in await failing_messages(tenant.api, since)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("twilio_sms", "insufficient_scope"), ("passwordless_gateway", "insufficient_entitlement")],
)
async def test_unreadable_logs_block_at_assess(bench: TenantBench, kind: str, code: str) -> None:
    tenant = await bench.tenant(kind)
    body = {"statusCode": 403, "error": "Forbidden", "message": "no", "errorCode": code}
    await bench.faults({"path": "/logs", "effect": "status", "status": 403, "body": body})
    found = await tenant.assess()
    assert found.plan is None
    assert found.judgement.assessment.verdict is Verdict.BLOCKED
    (reason,) = [r for r in found.judgement.assessment.reasons if r.code is ReasonCode.LOGS_UNREADABLE]
    assert "read:logs" in reason.message
    assert await tenant.writes() == []


async def test_unreadable_logs_block_a_connection(bench: TenantBench) -> None:
    """Also where the tenant is switched and a connection alone is left."""
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    (name,) = [c["name"] for c in (await tenant.dump())["connections"] if c["strategy"] == "sms"]
    await tenant.change(connections={name: {"options": {"use_phone_provider": False}}})
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ELIGIBLE
    await bench.faults({"path": "/logs", "effect": "status", "status": 403})
    found = (await tenant.assess()).judgement.assessment
    assert found.verdict is Verdict.BLOCKED
    assert ReasonCode.LOGS_UNREADABLE in [r.code for r in found.reasons]


@pytest.mark.parametrize("kind", ["twilio_sms", "action_single", "passwordless_gateway", "merged"])
async def test_a_refusing_provider_stops_every_kind(bench: TenantBench, kind: str) -> None:
    """Whatever the place of the reason: wrong credentials never end without evidence, also with `proceed`."""
    for _ in range(3):
        tenant = await bench.tenant(kind)
        executor = await tenant.executor()
        world = bench.world.fleet.get(tenant.domain)
        world.hidden.action_secrets = dict.fromkeys(world.hidden.action_secrets, "rotated")
        await tenant.change(twilio_token="rotated", hidden={"gateway_seconds": 25.0})
        with pytest.raises(StepFailed) as failed:
            await prepare(executor, policy(seconds=0.2, proceed=True))
        assert failed.value.reason == ReasonCode.TEST_MESSAGE_FAILED
        assert not world.flag


async def test_working_providers_are_evidence(bench: TenantBench) -> None:
    for kind in ("twilio_both", "action_single", "passwordless_gateway", "merged"):
        tenant = await bench.tenant(kind)
        assert await prepare(await tenant.executor(), policy()) is True
