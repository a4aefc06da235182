"""Whole migrations: messages are delivered at every moment, every write is made once, and the end is verified."""

from __future__ import annotations

import pytest

from phonefleet.execution.delivery_test import confirm_delivery, send_test
from phonefleet.execution.phases import check_plan
from phonefleet.execution.tenant_verification import verify_tenant
from phonefleet.model.enums import SWITCHES, StepKind, Verdict
from tests.tenant_bench import TenantBench, policy, results

KINDS = (
    "twilio_sms",
    "twilio_voice",
    "twilio_both",
    "action_single",
    "passwordless_twilio",
    "passwordless_gateway",
    "mfa_and_passwordless_twilio",
    "half_migrated",
    "one_way",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_messages_are_delivered_after_each_step(bench: TenantBench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    ways = await tenant.delivering()
    executor = await tenant.executor()
    for step in executor.plan.steps:
        if step.kind is StepKind.SEND_TEST:
            await send_test(executor, step, resend=False)
            assert (
                await confirm_delivery(executor, step, policy().evidence_deadline)
            ).evidence == "delivered"
        else:
            await executor.apply(step)
        assert (await tenant.delivering()).keys() == ways.keys(), step.title
    after = await verify_tenant(tenant.api, tenant.ref)
    assert after.on_upe
    assert set((await tenant.delivering()).values()) <= {"upe_twilio", "upe_custom"}


@pytest.mark.parametrize("kind", KINDS)
async def test_applying_a_plan_twice_writes_nothing(bench: TenantBench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    migrated = await tenant.migrate()
    writes = await tenant.writes()
    # Deploying may have been asked for again while the draft was being built; only what was done counts.
    assert len(writes) == len(migrated.executor.plan.steps)
    for step in migrated.executor.plan.steps:
        await migrated.executor.apply(step)
    assert await tenant.writes() == writes
    assert {result for _, result in results(migrated.executor)} == {"done"}
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ALREADY_MIGRATED


async def test_a_plan_is_checked_before_it_is_applied(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    plan = await tenant.plan()
    assert (await check_plan(tenant.api, tenant.ref, plan)).flag is False
    assert [s.kind in SWITCHES for s in plan.steps] == sorted(s.kind in SWITCHES for s in plan.steps)


async def test_a_readable_selected_provider_is_no_obstacle(
    bench: TenantBench,
) -> None:
    """Auth0's lists of what closes contradict each other: Guardian's Twilio settings are closed on all of them."""
    tenant = await bench.tenant("twilio_sms")
    rule = {"domain": tenant.domain, "method": "GET", "path": "*/guardian/factors/phone/selected-provider"}
    await bench.faults({**rule, "effect": "status", "status": 200, "body": {"provider": "twilio"}})
    migrated = await tenant.migrate()
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ALREADY_MIGRATED
    back = await migrated.roll_back()
    assert back.losses == ()
    assert (await tenant.dump())["flag"] is False
