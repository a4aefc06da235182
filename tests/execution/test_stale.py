"""Work of an earlier run does not verify this one, and a switch without a visible effect is reverted too."""

from __future__ import annotations

import pytest

from phonefleet.errors import StepFailed
from phonefleet.execution.phases import prepare, switch
from phonefleet.model.enums import ReasonCode, StepKind, Verdict
from phonefleet.secrets.store import SecretStore
from tests.tenant_bench import Migrated, Tenant, TenantBench, policy


def give(bench: TenantBench, tenant: Tenant, **values: str) -> None:
    """Let the operator's references have other values, as in a later run."""
    for reference, value in values.items():
        bench.setenv(reference, value)
    bench.secrets = SecretStore()


def token_of(tenant: Tenant) -> str:
    assert tenant.ref.target.twilio is not None
    return str(tenant.ref.target.twilio.auth_token).removeprefix("env:")


async def test_a_prepared_tenant_is_tested_again(bench: TenantBench) -> None:
    """Prepared twice and held; the token is changed at Twilio and by the operator; the third run tests the new one."""
    tenant = await bench.tenant("twilio_sms")
    for _ in range(2):
        assert await prepare(await tenant.executor(), policy()) is True
    await tenant.change(twilio_token="f" * 32)
    give(bench, tenant, **{token_of(tenant): "f" * 32})
    executor = await tenant.executor()
    assert await prepare(executor, policy()) is True
    assert await tenant.messages() == 3
    await switch(executor, tenant.ref)
    await tenant.delivering()


async def test_a_corrected_credential_is_written_and_tested(bench: TenantBench) -> None:
    """Runs with a wrong token fail; the first one with the right token does not find the old failure again."""
    tenant = await bench.tenant("twilio_sms")
    name, good = token_of(tenant), tenant.created["twilio_auth_token"]
    give(bench, tenant, **{name: "e" * 32})
    for _ in range(3):
        with pytest.raises(StepFailed) as failed:
            await prepare(await tenant.executor(), policy())
        assert failed.value.reason == ReasonCode.TEST_MESSAGE_FAILED
    give(bench, tenant, **{name: good})
    assert await prepare(await tenant.executor(), policy()) is True


async def test_a_corrected_secret_of_an_action_is_deployed(bench: TenantBench) -> None:
    """Code alone does not show whether the planned Action is deployed."""
    tenant = await bench.tenant("action_single")
    good = dict(tenant.created["action_secrets"])
    names = {n: str(tenant.ref.target.action_secrets[n]).removeprefix("env:") for n in good}
    give(bench, tenant, **dict.fromkeys(names.values(), "wrong-value-123456"))
    with pytest.raises(StepFailed) as failed:
        await prepare(await tenant.executor(), policy())
    assert failed.value.reason == ReasonCode.TEST_MESSAGE_FAILED
    give(bench, tenant, **{names[n]: value for n, value in good.items()})
    executor = await tenant.executor()
    assert await prepare(executor, policy()) is True
    await switch(executor, tenant.ref)
    await tenant.delivering()


async def test_a_late_switch_is_reverted(bench: TenantBench) -> None:
    """The flag was set, no read showed it in time: the rollback sets it back before it removes anything."""
    tenant = await bench.tenant("twilio_sms")
    before = await tenant.assess()
    executor = await tenant.executor(before.plan)
    await prepare(executor, policy())
    lag = {"domain": tenant.domain, "method": "GET", "effect": "status", "status": 200}
    await bench.faults(
        {**lag, "path": "*selected-provider", "body": {"provider": "twilio"}},
        {**lag, "path": "*factors/phone/providers/twilio", "body": {}},
    )
    with pytest.raises(StepFailed) as failed:
        await switch(executor, tenant.ref)
    assert failed.value.reason == ReasonCode.SWITCH_NOT_EFFECTIVE
    assert (await tenant.dump())["flag"] is True
    await bench.faults()
    migrated = Migrated(tenant, executor, before)
    await migrated.roll_back()
    assert (await tenant.dump())["flag"] is False
    await tenant.delivering()
    again = await migrated.roll_back()
    assert (await tenant.dump())["providers"] == []
    assert again.losses == ()


async def test_no_connection_is_switched_untested(bench: TenantBench) -> None:
    """On the Unified Phone Experience, too, a connection with its own account gets a test message first."""
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    name = next(c["name"] for c in (await tenant.dump())["connections"] if c["strategy"] == "sms")
    await tenant.change(connections={name: {"options": {"use_phone_provider": False}}})
    bench.world.fleet.get(tenant.domain).provider()["credentials"]["auth_token"] = "e" * 32
    plan = await tenant.plan()
    assert [s.kind for s in plan.steps] == [StepKind.SEND_TEST, StepKind.SWITCH_CONNECTION]
    with pytest.raises(StepFailed) as failed:
        await prepare(await tenant.executor(plan), policy())
    assert failed.value.reason == ReasonCode.TEST_MESSAGE_FAILED
    tenant.retarget(test_numbers={})
    untested = (await tenant.assess()).judgement.assessment
    assert (untested.verdict, untested.reasons[0].code) == (Verdict.BLOCKED, ReasonCode.TEST_NUMBER_MISSING)
    await tenant.delivering()
