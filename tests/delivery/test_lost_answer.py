"""What became of a test message whose answer was lost is read off the tenant's logs, and never guessed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from phonefleet.errors import StepFailed, Unreachable
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import prepare
from phonefleet.model.enums import (
    Operation,
    OutcomeKind,
    ReasonCode,
    StepKind,
)
from phonefleet.model.outcome import outcome_of_error
from phonefleet.model.steps import SendTestStep
from simulator.operations import Timing
from tests.intent_names import intent_name
from tests.pace import QUICK
from tests.tenant_bench import Tenant, TenantBench, policy, results

OTHER = "+15005550099"
WORDS = {"enrollment_message": "Enrol {{code}}", "verification_message": "Verify {{code}}"}
LATE = Timing(log_lag=3600.0)
APPLIED = {"effect": "status", "status": 502, "applied": True}


@pytest.fixture(autouse=True)
def prompt_logs(bench: TenantBench) -> Iterator[None]:
    yield
    bench.world.timing = QUICK


def send_results(executor: StepExecutor) -> list[tuple[str, str]]:
    """Kind and result of every write about the test message."""
    steps = executor.ledger.steps.of_tenant(executor.run_id)
    return [(intent_name(s), str(s.result)) for s in steps if s.kind is StepKind.SEND_TEST]


async def unprepared(executor: StepExecutor, **how: Any) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        await prepare(executor, policy(**how))
    return failed.value


async def at_test(executor: StepExecutor) -> SendTestStep:
    """Everything before the test message, and its step."""
    step = next(s for s in executor.plan.steps if isinstance(s, SendTestStep))
    for earlier in executor.plan.steps[: step.index]:
        await executor.apply(earlier)
    return step


def log_of(tenant: Tenant) -> Any:
    return tenant.bench.world.fleet.get(tenant.domain).logs


@pytest.mark.parametrize("effect", [{"effect": "drop_after"}, APPLIED], ids=["cut", "502"])
async def test_a_message_that_the_log_shows_counts_as_sent(
    bench: TenantBench, effect: dict[str, Any]
) -> None:
    """Auth0 took the request and its answer was lost or an error: the tenant goes on and nothing is sent twice."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await bench.faults({"path": "*/try", **effect})
    assert await prepare(executor, policy()) is True
    assert await tenant.messages() == 1
    assert send_results(executor) == [("send_test", "done")]
    (message,) = bench.ledger.messages.of_tenant(tenant.domain)
    assert message.evidence == "delivered"


@pytest.mark.parametrize(
    "effect", [{"effect": "drop_before"}, {"effect": "status", "status": 500}], ids=["cut", "500"]
)
async def test_a_message_that_the_log_proves_absent_is_sent_again(
    bench: TenantBench, effect: dict[str, Any]
) -> None:
    """A later write of ours is in the log and the message's is not: it never arrived, and it is sent again."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await bench.faults({"path": "*/try", "times": 2, **effect})
    assert await prepare(executor, policy()) is True
    lost = [("send_test", "not_applied"), ("mark send_test", "done")]
    assert send_results(executor) == [*lost, *lost, ("send_test", "done")]
    assert await tenant.messages() == 1


@pytest.mark.parametrize("effect", ["drop_before", "drop_after"])
async def test_a_templates_message_is_sent_once(bench: TenantBench, effect: str) -> None:
    """Whatever becomes of the answer, as with the provider's own test message."""
    tenant = await bench.tenant("twilio_sms", guardian={"templates": WORDS})
    executor = await tenant.executor()
    await bench.faults({"path": "*/templates/*/try", "times": 2, "effect": effect})
    assert await prepare(executor, policy()) is True
    assert await tenant.messages() == 1
    (message,) = bench.ledger.messages.of_tenant(tenant.domain)
    assert message.evidence == "delivered"


async def test_a_message_that_never_arrives_ends_the_phase(bench: TenantBench) -> None:
    """After three max_writes of which each was shown never to have arrived, the tenant counts as unreachable."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await bench.faults({"path": "*/try", "effect": "drop_before"})
    with pytest.raises(Unreachable):
        await prepare(executor, policy())
    assert send_results(executor) == [("send_test", "not_applied"), ("mark send_test", "done")] * 3


async def test_the_mark_changes_nothing(bench: TenantBench) -> None:
    """The write that is only made for the log leaves the tenant as it was."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    step = await at_test(executor)
    before = (await tenant.dump())["providers"][0]
    await bench.faults({"path": "*/try", "effect": "drop_before"})
    with pytest.raises(Unreachable):
        await executor.apply(step)
    after = (await tenant.dump())["providers"][0]
    assert before.pop("updated_at") < after.pop("updated_at")
    assert before == after


@pytest.mark.parametrize("effect", ["drop_before", "drop_after"])
async def test_while_the_log_lags_nothing_is_known(bench: TenantBench, effect: str) -> None:
    """Neither the message's entry nor the later one can be read in time: inconclusive, until the operator asks."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    bench.world.timing = LATE
    await bench.faults({"path": "*/try", "effect": effect})
    failed = await unprepared(executor)
    assert failed.reason == ReasonCode.TEST_RESULT_UNKNOWN
    assert outcome_of_error(failed).kind is OutcomeKind.INCONCLUSIVE
    bench.world.timing = QUICK
    await bench.faults()
    for _ in range(2):
        assert (await unprepared(executor)).reason == ReasonCode.TEST_RESULT_UNKNOWN
    taken = int(effect == "drop_after")
    assert await tenant.messages() == taken
    assert await prepare(executor, policy(resend=True)) is True
    assert await tenant.messages() == taken + 1


async def test_without_the_right_to_read_logs_nothing_is_known(bench: TenantBench) -> None:
    """A log that may not be read tells nothing."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await at_test(executor)
    await bench.faults(
        {"path": "*/try", "effect": "drop_before"}, {"path": "/logs", "effect": "status", "status": 403}
    )
    assert (await unprepared(executor)).reason == ReasonCode.TEST_RESULT_UNKNOWN
    assert await tenant.messages() == 0


async def test_a_log_with_more_entries_than_a_search_gives_proves_no_absence(bench: TenantBench) -> None:
    """The entry that is missing may be one of those that the search left out."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await at_test(executor)
    now = time.time()
    for _ in range(1_000):
        log_of(tenant).write("gd_send_sms", now + 60, now, details={"to": OTHER})
    await bench.faults({"path": "*/try", "effect": "drop_before"})
    assert (await unprepared(executor)).reason == ReasonCode.TEST_RESULT_UNKNOWN
    assert await tenant.messages() == 0


async def test_other_peoples_entries_are_no_evidence_of_ours(bench: TenantBench) -> None:
    """Another program's test message, and one of ours that is told already, don't make a lost one count as sent."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await at_test(executor)
    now = time.time()
    path = "/api/v2/branding/phone/providers/pro_x/try"
    request = {"method": "post", "path": path, "body": {"delivery_method": "text", "to": OTHER}}
    log_of(tenant).write("sapi", now, now, client_id="another", details={"request": request})
    log_of(tenant).write("gd_send_sms", now, now, details={"to": OTHER})
    await bench.faults({"path": "*/try", "times": 1, "effect": "drop_before"})
    assert await prepare(executor, policy()) is True
    assert send_results(executor) == [
        ("send_test", "not_applied"),
        ("mark send_test", "done"),
        ("send_test", "done"),
    ]


async def test_a_test_seconds_ago_is_no_evidence(bench: TenantBench) -> None:
    """The entry of its request names no other message, and is no older than clocks may differ: still not ours."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await executor.apply(await at_test(executor))
    again = await tenant.executor()
    await bench.faults({"path": "*/try", "effect": "drop_before"})
    with pytest.raises(Unreachable):
        await again.apply(await at_test(again))
    assert send_results(again)[-2:] == [("send_test", "not_applied"), ("mark send_test", "done")]
    assert await tenant.messages() == 1


@pytest.mark.parametrize(
    ("use", "kind"), [("mfa", "twilio_sms"), ("passwordless", "passwordless_twilio")], ids=["mfa", "otp"]
)
async def test_a_sign_in_is_no_test(bench: TenantBench, use: str, kind: str) -> None:
    """A user of the operator's number gets a code through the old sender; the test message never arrived."""
    tenant = await bench.tenant(kind)
    executor = await tenant.executor()
    step = await at_test(executor)
    body = {"use": use, "method": "text", "to": step.after.to, "connection": "sms"}
    answer = await bench.control.post(f"/_simulator/tenants/{tenant.domain}/send", json=body)
    assert answer.status_code == 200, answer.text
    await bench.faults({"path": "*/try", "effect": "drop_before"})
    with pytest.raises(Unreachable):
        await executor.apply(step)


async def test_an_earlier_write_is_no_mark(bench: TenantBench) -> None:
    """Its entry is readable after the request, like the mark's; the request's own comes later still."""
    tenant = await bench.tenant("twilio_sms")
    await at_test(await tenant.executor())
    again = await tenant.executor()
    bench.world.timing = replace(QUICK, log_lag=0.6)
    step = await at_test(again)
    assert ("update_provider", "done") in results(again)
    await asyncio.sleep(0.5)
    await bench.faults({"path": "*/try", "effect": "drop_after"})
    await again.apply(step)
    assert send_results(again) == [("send_test", "done"), ("mark send_test", "done")]
    assert await tenant.messages() == 1


async def test_an_entry_of_ours_that_hides_its_body_keeps_the_message_from_being_sent_again(
    bench: TenantBench,
) -> None:
    """Where the log doesn't tell which delivery method a request was for, it may be the one in doubt."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await at_test(executor)
    now = time.time()
    request = {"method": "post", "path": "/api/v2/branding/phone/providers/pro_x/try", "body": {}}
    log_of(tenant).write("sapi", now, now, client_id=tenant.api.client_id, details={"request": request})
    await bench.faults({"path": "*/try", "effect": "drop_before"})
    assert (await unprepared(executor, seconds=0.2)).reason == ReasonCode.NO_DELIVERY_EVIDENCE
    assert send_results(executor) == [("send_test", "done")]


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_run_that_died_over_a_message_is_settled_by_the_log(
    bench: TenantBench, arrived: bool
) -> None:
    """Its intent is open; the log shows whether the request had arrived, and one message goes out in all."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    step = await at_test(executor)
    bench.ledger.steps.intend(executor.lease(), executor.run_id, tenant.domain, executor.plan.checksum, step)
    if arrived:
        (provider,) = await tenant.api.phone_providers()
        await tenant.api.try_phone_provider(provider["id"], step.after.to, "text")
    assert await prepare(executor, policy()) is True
    assert await tenant.messages() == 1
    assert bench.ledger.steps.open_intents(None, tenant.domain) == []


async def test_a_run_that_died_over_its_mark_is_taken_up(bench: TenantBench) -> None:
    """Whether the mark arrived doesn't matter: the message's own intent is settled anew."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    step = await at_test(executor)
    intend = (executor.lease(), executor.run_id, tenant.domain, executor.plan.checksum, step)
    bench.ledger.steps.intend(*intend)
    bench.ledger.steps.intend(*intend, operation=Operation.MARK)
    assert await prepare(executor, policy()) is True
    assert await tenant.messages() == 1
    assert bench.ledger.steps.open_intents(None, tenant.domain) == []


async def test_a_log_that_cannot_be_reached_leaves_the_question_open(bench: TenantBench) -> None:
    """The intent stays open, so that the next repetition of the phase asks again."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await at_test(executor)
    await bench.faults({"path": "*/try", "effect": "drop_after"}, {"path": "/logs", "effect": "drop_before"})
    with pytest.raises(Unreachable):
        await prepare(executor, policy())
    assert [i.kind for i in bench.ledger.steps.open_intents(None, tenant.domain)] == ["send_test"]
    await bench.faults()
    assert await prepare(executor, policy()) is True
    assert await tenant.messages() == 1
