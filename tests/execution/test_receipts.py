"""A migration asks Twilio what became of its test messages."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from phonefleet.delivery.twilio_api import open_twilio
from phonefleet.errors import StepFailed
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import prepare
from phonefleet.model.enums import StepKind
from phonefleet.model.run_record import MessageEntry
from tests.tenant_bench import NUMBER, Tenant, TenantBench, of_kind, policy

LOST = {"effect": "test_message_lost", "path": "*/try"}


async def _tenant(bench: TenantBench, kind: str = "twilio_sms", **hidden: Any) -> Tenant:
    return await bench.tenant(kind, **({"hidden": hidden} if hidden else {}))


async def prepare_with_receipts(tenant: Tenant, executor: StepExecutor, **how: Any) -> bool:
    twilio = open_twilio(
        tenant.bench.client_pool.client_for, tenant.ref.target.twilio, tenant.bench.secrets.resolve
    )
    return await prepare(executor, policy(**how), twilio)


def _messages(tenant: Tenant) -> list[MessageEntry]:
    return tenant.bench.ledger.messages.of_tenant(tenant.domain)


async def test_a_filtered_message_fails(bench: TenantBench) -> None:
    """Auth0's log says that it was sent; only Twilio knows that it did not arrive."""
    tenant = await _tenant(bench, twilio_outcomes={"*": {"status": "undelivered", "error_code": 30007}})
    executor = await tenant.executor()
    with pytest.raises(StepFailed, match=r"30007: .*filtered.*Twilio says so of SM") as failed:
        await prepare_with_receipts(tenant, executor, proceed=True)
    assert failed.value.reason == "test_message_failed"
    (message,) = _messages(tenant)
    assert (message.evidence, message.receipt, message.error_code) == ("failed", "failed", "30007")
    assert message.receipt_sid.startswith("SM")
    assert not any(path.endswith("/tenants/settings") for _, path in await tenant.writes())


async def test_a_receipt_is_enough(bench: TenantBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The logs may be silent."""
    monkeypatch.setattr(bench.world, "timing", replace(bench.world.timing, log_lag=3600))
    tenant = await _tenant(bench)
    executor = await tenant.executor()
    assert await prepare_with_receipts(tenant, executor)
    (message,) = _messages(tenant)
    assert (message.evidence, message.receipt, message.log_id) == ("delivered", "delivered", "")
    assert message.seen_at is not None
    assert message.seen_at >= message.sent_at


async def test_a_late_receipt_is_waited_for(bench: TenantBench) -> None:
    late = {"status": "undelivered", "error_code": 30003, "seconds": 1}
    tenant = await _tenant(bench, twilio_outcomes={"*": late})
    with pytest.raises(StepFailed, match="30003"):
        await prepare_with_receipts(tenant, await tenant.executor(), seconds=5)


async def test_a_message_on_its_way_is_judged_by_the_log(bench: TenantBench) -> None:
    tenant = await _tenant(bench, twilio_outcomes={"*": {"status": "delivered", "seconds": 3600}})
    assert await prepare_with_receipts(tenant, await tenant.executor(), seconds=0.6)
    (message,) = _messages(tenant)
    assert (message.evidence, message.receipt, message.log_type) == ("delivered", "not_final", "gd_send_sms")


@pytest.mark.parametrize(
    ("rule", "receipt"),
    [
        ({"effect": "status", "status": 401, "body": {"code": 20003}}, "refused"),
        ({"effect": "status", "status": 404}, "refused"),
        ({"effect": "status", "status": 503}, "unavailable"),
        ({"effect": "drop_before"}, "unavailable"),
        ({"effect": "status", "status": 200, "body": {"hello": "proxy"}}, "unavailable"),
    ],
)
async def test_without_twilio_the_log_decides(bench: TenantBench, rule: dict[str, Any], receipt: str) -> None:
    tenant = await _tenant(bench)
    await bench.faults({"domain": "api.twilio.com", **rule})
    assert await prepare_with_receipts(tenant, await tenant.executor())
    (message,) = _messages(tenant)
    assert (message.evidence, message.receipt, message.log_type) == ("delivered", receipt, "gd_send_sms")


async def test_an_error_of_twilio_passes(bench: TenantBench) -> None:
    """The one retry layer repeats the request."""
    tenant = await _tenant(bench)
    await bench.faults({"domain": "api.twilio.com", "effect": "status", "status": 503, "times": 2})
    assert await prepare_with_receipts(tenant, await tenant.executor())
    assert [m.receipt for m in _messages(tenant)] == ["delivered"]
    assert await bench.matched() == [3]


async def test_silence_names_what_twilio_says(bench: TenantBench) -> None:
    tenant = await _tenant(bench)
    await bench.faults(LOST, {"domain": "api.twilio.com", "effect": "status", "status": 401})
    with pytest.raises(StepFailed, match=r"Twilio's receipt by text: refused, HTTP 401") as silent:
        await prepare_with_receipts(tenant, await tenant.executor(), seconds=0.5)
    assert silent.value.reason == "no_delivery_evidence"


async def test_receipts_can_be_turned_off(bench: TenantBench) -> None:
    tenant = await _tenant(bench, twilio_outcomes={"*": {"status": "undelivered", "error_code": 30007}})
    twilio = tenant.ref.target.twilio
    assert twilio is not None
    tenant.retarget(twilio={**twilio.model_dump(), "receipts": False})
    assert await prepare_with_receipts(tenant, await tenant.executor())
    assert [(m.evidence, m.receipt) for m in _messages(tenant)] == [("delivered", "not_asked")]


async def test_an_unanswered_call_is_judged_by_the_log(bench: TenantBench) -> None:
    tenant = await _tenant(bench, "twilio_voice", twilio_call_outcomes={"*": {"status": "no-answer"}})
    assert await prepare_with_receipts(tenant, await tenant.executor())
    assert [(m.evidence, m.receipt) for m in _messages(tenant)] == [("delivered", "unanswered")]


async def test_a_failed_call_fails(bench: TenantBench) -> None:
    tenant = await _tenant(bench, "twilio_both", twilio_call_outcomes={"*": {"status": "failed"}})
    with pytest.raises(StepFailed, match="test message by voice"):
        await prepare_with_receipts(tenant, await tenant.executor())
    found = {m.delivery_method: (m.evidence, m.receipt) for m in _messages(tenant)}
    assert found == {"text": ("delivered", "delivered"), "voice": ("failed", "failed")}


async def test_a_users_code_makes_it_ambiguous(bench: TenantBench) -> None:
    tenant = await _tenant(bench, twilio_outcomes={NUMBER: {"status": "delivered"}})
    executor = await tenant.executor()
    for _ in range(2):
        body = {"use": "mfa", "method": "text", "to": NUMBER}
        answer = await bench.control.post(f"/_simulator/tenants/{tenant.domain}/send", json=body)
        assert answer.status_code == 200, answer.text
    assert await prepare_with_receipts(tenant, executor, seconds=0.6)
    assert [(m.evidence, m.receipt) for m in _messages(tenant)] == [("delivered", "ambiguous")]


@pytest.mark.parametrize(
    ("effect", "why"), [("lost", "ambiguous"), ("fails", "was accepted but not delivered")]
)
async def test_a_users_code_is_no_receipt(bench: TenantBench, effect: str, why: str) -> None:
    """Twilio has one record, which is that of the code; the log shows it."""
    tenant = await _tenant(bench, twilio_outcomes={NUMBER: {"status": "delivered"}})
    executor = await tenant.executor()
    body = {"use": "mfa", "method": "text", "to": NUMBER}
    await bench.control.post(f"/_simulator/tenants/{tenant.domain}/send", json=body)
    await bench.faults({"effect": f"test_message_{effect}", "path": "*/try"})
    with pytest.raises(StepFailed, match=why):
        await prepare_with_receipts(tenant, executor, seconds=0.6)


async def test_a_failure_that_may_be_ours_is_not_passed(bench: TenantBench) -> None:
    tenant = await _tenant(bench, twilio_outcomes={NUMBER: {"status": "failed", "error_code": 30007}})
    executor = await tenant.executor()
    body = {"use": "mfa", "method": "text", "to": NUMBER}
    await bench.control.post(f"/_simulator/tenants/{tenant.domain}/send", json=body)
    with pytest.raises(StepFailed, match=r"one of several messages.*a test number of its own"):
        await prepare_with_receipts(tenant, executor, seconds=0.6, proceed=True)


async def test_the_token_is_nowhere(bench: TenantBench, caplog: pytest.LogCaptureFixture) -> None:
    tenant = await _tenant(bench)
    token = tenant.created["twilio_auth_token"]
    caplog.set_level(logging.DEBUG)
    for rule in ({"effect": "status", "status": 401}, {"effect": "drop_before"}):
        await bench.faults(LOST, {"domain": "api.twilio.com", **rule})
        executor = await tenant.executor()
        with pytest.raises(StepFailed) as failed:
            await prepare_with_receipts(tenant, executor, seconds=0.3, resend=True)
        assert token not in repr(failed.value) + caplog.text
    assert token not in repr(bench.ledger.history.of_tenant(tenant.domain))


async def test_alike_messages_are_found(bench: TenantBench) -> None:
    tenant = await _tenant(bench)
    executor = await tenant.executor()
    await prepare_with_receipts(tenant, executor)
    (message,) = _messages(tenant)
    step = of_kind(executor.plan, StepKind.SEND_TEST)
    minute = timedelta(minutes=1)

    def alike(sent_at: datetime, **changes: str) -> int:
        other = step.after.model_copy(update=changes)  # type: ignore[attr-defined]
        return len(bench.ledger.messages.sent_alike(other, sent_at - minute, sent_at + minute))

    assert alike(message.sent_at) == 1
    assert alike(message.sent_at, template="otp_enroll") == 1
    assert alike(message.sent_at, to="+15005550007") == 0
    assert alike(message.sent_at, twilio_sid="AC" + "1" * 32) == 0
    assert alike(message.sent_at + 3 * minute) == 0
