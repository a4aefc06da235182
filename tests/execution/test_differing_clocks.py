"""A test message is judged by its own evidence where our clock and Auth0's differ."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from phonefleet.auth0.client_pool import ClientPool
from phonefleet.errors import StepFailed, Unreachable
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import prepare
from phonefleet.ledger.ledger import Ledger
from simulator.serve import Running
from tests.delivery.test_lost_answer import at_test, send_results
from tests.execution.test_receipts import LOST, prepare_with_receipts
from tests.tenant_bench import NUMBER, QUICK_API_RETRIES, TenantBench, policy

MEASURABLE = 2.2
"""Seconds; a `Date` header has whole ones, and the simulator's server renews it once a second."""


@pytest.fixture(params=[-30, 30], ids=["behind", "ahead"])
def skewed(bench: TenantBench, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TenantBench]:
    """The bench with a ledger whose clock is half a minute behind Auth0's and Twilio's, or ahead of them."""
    skew = timedelta(seconds=request.param)
    with Ledger.open(tmp_path / "skewed.sqlite", clock=lambda: datetime.now(UTC) + skew) as bench.ledger:
        yield bench


async def executor_after_a_test(bench: TenantBench) -> StepExecutor:
    """An executor of a tenant to which another one sent a test message, so long ago that clocks show it."""
    tenant = await bench.tenant("twilio_sms")
    first = await tenant.executor()
    await first.apply(await at_test(first))
    await asyncio.sleep(MEASURABLE)
    return await tenant.executor()


async def test_an_entry_is_found(skewed: TenantBench) -> None:
    tenant = await skewed.tenant("twilio_sms")
    assert await prepare(await tenant.executor(), policy(seconds=0.5)) is True
    (message,) = skewed.ledger.messages.of_tenant(tenant.domain)
    assert message.seen_at is not None
    assert timedelta() <= message.seen_at - message.sent_at < timedelta(seconds=5)


async def test_an_earlier_entry_is_no_evidence(skewed: TenantBench) -> None:
    again = await executor_after_a_test(skewed)
    await skewed.faults(LOST)
    with pytest.raises(StepFailed, match="no log entry"):
        await prepare(again, policy(seconds=0.5))


async def test_a_clock_is_set_back(bench: TenantBench, tmp_path: Path) -> None:
    """The earlier message has the later time."""
    skew = timedelta(seconds=30)
    with Ledger.open(tmp_path / "set-back.sqlite", clock=lambda: datetime.now(UTC) + skew) as bench.ledger:
        tenant = await bench.tenant("twilio_sms")
        first = await tenant.executor()
        await first.apply(await at_test(first))
        skew = timedelta(0)
        again = await tenant.executor()
        await bench.faults(LOST)
        with pytest.raises(StepFailed, match="no log entry"):
            await prepare(again, policy(seconds=0.5))


async def test_an_earlier_request_is_not_ours(skewed: TenantBench) -> None:
    again = await executor_after_a_test(skewed)
    step = await at_test(again)
    await skewed.faults({"path": "*/try", "effect": "drop_before"})
    with pytest.raises(Unreachable):
        await again.apply(step)
    assert send_results(again)[-2:] == [("send_test", "not_applied"), ("mark send_test", "done")]


async def test_a_request_is_found(skewed: TenantBench) -> None:
    tenant = await skewed.tenant("twilio_sms")
    executor = await tenant.executor()
    step = await at_test(executor)
    await skewed.faults({"path": "*/try", "effect": "drop_after"})
    await executor.apply(step)
    assert send_results(executor) == [("send_test", "done")]


async def test_a_new_process_finds_a_request(skewed: TenantBench, served: Running) -> None:
    """It settles what the dead one left open before it has read anything else of the tenant."""
    tenant = await skewed.tenant("twilio_sms")
    executor = await tenant.executor()
    step = await at_test(executor)
    intent = (executor.lease(), executor.run_id, tenant.domain, executor.plan.checksum, step)
    skewed.ledger.steps.intend(*intent)
    (provider,) = await tenant.api.phone_providers()
    await tenant.api.try_phone_provider(provider["id"], NUMBER, "text")
    async with ClientPool(served.url, retry_limits=QUICK_API_RETRIES) as skewed.client_pool:
        await replace(executor, api=tenant.api).recover()
    assert send_results(executor) == [("send_test", "done")]


async def test_a_record_is_found(skewed: TenantBench) -> None:
    tenant = await skewed.tenant("twilio_sms")
    await skewed.faults({"path": "/api/v2/logs", "effect": "status", "status": 200, "body": {"logs": []}})
    assert await prepare_with_receipts(tenant, await tenant.executor(), seconds=0.5)


async def test_an_earlier_record_is_no_receipt(skewed: TenantBench) -> None:
    tenant = await skewed.tenant("twilio_sms")
    executor = await tenant.executor()
    body = {"use": "mfa", "method": "text", "to": NUMBER}
    await skewed.control.post(f"/_simulator/tenants/{tenant.domain}/send", json=body)
    (note,) = skewed.world.fleet.get(tenant.domain).twilio_messages
    note["at"] -= 15
    await skewed.faults(
        LOST, {"path": "/api/v2/logs", "effect": "status", "status": 200, "body": {"logs": []}}
    )
    with pytest.raises(StepFailed, match="not found"):
        await prepare_with_receipts(tenant, executor, seconds=0.5)
