"""Rolling back: verified by a read, refused if it would break something, with its losses named."""

from __future__ import annotations

import pytest

from phonefleet.errors import StepFailed
from phonefleet.execution.applied_plans import AppliedPlan, applied_plan
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import prepare, switch
from phonefleet.model.enums import (
    Operation,
    ReasonCode,
    StepKind,
)
from tests.tenant_bench import Migrated, Tenant, TenantBench, of_kind, policy, records, results, settled

CODE = ReasonCode
REVERSIBLE = (
    "twilio_sms",
    "twilio_both",
    "action_single",
    "passwordless_twilio",
    "passwordless_gateway",
    "mfa_and_passwordless_twilio",
)


def applied(executor: StepExecutor) -> AppliedPlan:
    """What is applied of the executor's plan."""
    return applied_plan(executor.plan, records(executor))


@pytest.mark.parametrize("kind", REVERSIBLE)
async def test_a_rolled_back_tenant_is_what_it_was(bench: TenantBench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    start, ways = settled(await tenant.dump()), await tenant.delivering()
    migrated = await tenant.migrate()
    assert settled(await tenant.dump()) != start
    back = await migrated.roll_back()
    assert settled(await tenant.dump()) == start
    assert await tenant.delivering() == ways
    assert back.losses == ()
    assert not applied(migrated.executor)


@pytest.mark.parametrize("kind", REVERSIBLE)
async def test_messages_are_delivered_during_a_rollback(bench: TenantBench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    migrated = await tenant.migrate()
    for step in reversed(migrated.executor.plan.steps):
        if step.kind not in (StepKind.SEND_TEST, StepKind.DEPLOY_ACTION):
            await migrated.executor.revert(step)
            await tenant.delivering()


@pytest.mark.parametrize("kind", ["twilio_sms", "action_single"])
async def test_a_migration_after_a_rollback_is_tested_again(bench: TenantBench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    migrated = await tenant.migrate()
    tests = sum(s.kind is StepKind.SEND_TEST for s in migrated.executor.plan.steps)
    await migrated.roll_back()
    again = await tenant.migrate()
    assert again.executor.plan.checksum == migrated.executor.plan.checksum
    assert await tenant.messages() == 2 * tests
    assert set((await tenant.delivering()).values()) <= {"upe_twilio", "upe_custom"}


async def test_what_was_overwritten_is_named_as_a_loss(bench: TenantBench) -> None:
    tenant = await bench.tenant(
        "half_migrated", provider={"configuration": {"delivery_methods": ["text", "voice"]}}
    )
    migrated = await tenant.migrate()
    await tenant.change(settings={"friendly_name": "Another"})
    back = await migrated.roll_back()
    assert back.losses == ("update provider twilio",)
    assert (await tenant.dump())["providers"][0]["configuration"]["delivery_methods"] == ["text", "voice"]
    assert set((await tenant.delivering()).values()) == {"twilio_legacy"}


async def test_a_changed_fact_is_named_as_a_loss(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    migrated = await tenant.migrate()
    await tenant.change(settings={"friendly_name": "Another"})
    assert "facts that this migration didn't write" in (await migrated.roll_back()).losses[0]


async def test_a_one_way_tenant_stays_on_upe_and_delivers(bench: TenantBench) -> None:
    tenant = await bench.tenant("one_way")
    migrated = await tenant.migrate()
    with pytest.raises(StepFailed) as failed:
        await migrated.roll_back()
    assert failed.value.reason == CODE.ROLLBACK_NOT_EFFECTIVE
    assert (await tenant.dump())["flag"] is True
    assert set((await tenant.delivering()).values()) == {"upe_twilio"}
    assert results(migrated.executor)[-2:] == [
        ("revert switch_tenant", "not_effective"),
        ("switch_tenant", "done"),
    ]
    assert {s.key for s in applied(migrated.executor).steps} == {s.key for s in migrated.executor.plan.steps}


async def test_a_stuck_flag_makes_the_rollback_ineffective(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    migrated = await tenant.migrate()
    await bench.faults({"method": "PATCH", "path": "/tenants/settings", "effect": "lie"})
    with pytest.raises(StepFailed) as failed:
        await migrated.roll_back()
    assert failed.value.reason == CODE.ROLLBACK_NOT_EFFECTIVE
    assert set((await tenant.delivering()).values()) == {"upe_twilio"}


async def test_a_failed_removal_does_not_switch_again(
    bench: TenantBench,
) -> None:
    """Once the legacy endpoints answer the tenant sends the old way; what is left over is removed by a repetition."""
    tenant = await bench.tenant("twilio_sms")
    start = settled(await tenant.dump())
    migrated = await tenant.migrate()
    await bench.faults({"method": "DELETE", "path": "/branding/phone/providers/*", "effect": "lie"})
    with pytest.raises(StepFailed) as failed:
        await migrated.roll_back()
    assert failed.value.reason == CODE.STEP_FAILED
    assert (await tenant.dump())["flag"] is False
    assert set((await tenant.delivering()).values()) == {"twilio_legacy"}
    await bench.faults()
    await migrated.roll_back()
    assert settled(await tenant.dump()) == start


def _granted(tenant: Tenant, *scopes: str) -> str:
    """Another client has these scopes from now on; answers its id."""
    simulated = tenant.bench.world.fleet.get(tenant.domain)
    grant = next(g for g in simulated.grants.values() if g["client_id"] != simulated.management_client_id)
    grant["scope"], grant["audience"] = list(scopes), f"https://{tenant.domain}/api/v2/"
    return str(grant["client_id"])


async def test_new_dependents_need_acceptance(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant("twilio_sms")
    _granted(tenant, "update:guardian_factors")
    migrated = await tenant.migrate()
    client = _granted(tenant, "update:guardian_factors", "update:phone_providers")
    (database,) = [c for c in (await tenant.dump())["connections"] if c["strategy"] == "auth0"]
    attribute = {"phone_number": {"identifier": {"active": True}}}
    await tenant.change(connections={database["name"]: {"options": {"attributes": attribute}}})
    writes = await tenant.writes()
    names = (f"client_grant:{client}", f"phone_identifier:{database['id']}")
    for accepted in ((), names[:1], names[1:]):
        with pytest.raises(StepFailed) as failed:
            await migrated.roll_back(*accepted)
        assert failed.value.reason == CODE.ROLLBACK_BREAKS
        assert [n for n in names if n in str(failed.value)] == [n for n in names if n not in accepted], (
            failed.value
        )
    assert await tenant.writes() == writes
    await migrated.roll_back(*names)
    assert set((await tenant.delivering()).values()) == {"twilio_legacy"}


async def _refused(migrated: Migrated) -> None:
    writes = await migrated.tenant.writes()
    with pytest.raises(StepFailed) as failed:
        await migrated.roll_back()
    assert failed.value.reason == CODE.LEGACY_CONFIGURATION_MISSING
    assert await migrated.tenant.writes() == writes


async def test_a_missing_legacy_action_refuses_the_rollback(bench: TenantBench) -> None:
    tenant = await bench.tenant("action_single")
    migrated = await tenant.migrate()
    await tenant.change(unbind="send-phone-message")
    await _refused(migrated)


async def test_missing_credentials_refuse_the_rollback(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    migrated = await tenant.migrate()
    await tenant.change(connections={"sms": {"options": {"twilio_token": None}}})
    await _refused(migrated)


async def test_a_prepared_tenant_can_be_rolled_back(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_both")
    start = settled(await tenant.dump())
    before = await tenant.assess()
    executor = await tenant.executor(before.plan)
    await prepare(executor, policy())
    assert settled(await tenant.dump()) != start
    await Migrated(tenant, executor, before).roll_back()
    assert settled(await tenant.dump()) == start
    assert of_kind(executor.plan, StepKind.SWITCH_TENANT).key not in await executor.applied()


async def test_a_run_that_died_in_its_rollback_is_continued(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    start = settled(await tenant.dump())
    migrated = await tenant.migrate()
    step = of_kind(migrated.executor.plan, StepKind.SWITCH_TENANT)
    executor = migrated.executor
    bench.ledger.steps.intend(
        executor.lease(),
        executor.run_id,
        tenant.domain,
        executor.plan.checksum,
        step,
        operation=Operation.REVERT,
    )
    await migrated.roll_back()
    assert settled(await tenant.dump()) == start


async def test_a_second_rollback_finds_nothing_to_do(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    migrated = await tenant.migrate()
    assert (await migrated.roll_back()).changed
    migrated.record_rolled_back()
    writes = await tenant.writes()
    again = await Migrated(tenant, await tenant.executor(migrated.executor.plan), migrated.before).roll_back()
    assert (again.losses, again.changed) == ((), False)
    assert await tenant.writes() == writes


async def test_the_rollback_of_a_run_that_died_is_reported_by_the_next(bench: TenantBench) -> None:
    """It died after its last revert: what is lost is said once, and by no run after that."""
    tenant = await bench.tenant("half_migrated")
    migrated = await tenant.migrate()
    bench.world.fleet.get(tenant.domain).providers.clear()
    died = await migrated.roll_back("changed:provider")
    assert died.losses == ("update provider twilio",)
    writes = await tenant.writes()

    second = Migrated(tenant, await tenant.executor(migrated.executor.plan), migrated.before)
    again = await second.roll_back("changed:provider")
    assert (again.changed, again.losses) == (True, died.losses)
    second.record_rolled_back()
    third = Migrated(tenant, await tenant.executor(migrated.executor.plan), migrated.before)
    last = await third.roll_back("changed:provider")
    assert (last.changed, last.losses) == (False, ())
    assert await tenant.writes() == writes


async def test_a_repeated_rollback_reports_its_first_try(bench: TenantBench) -> None:
    """The same run, after its last answer was lost: it did roll the tenant back, though it finds nothing to do."""
    migrated = await (await bench.tenant("twilio_sms")).migrate()
    await migrated.roll_back()
    assert (await migrated.roll_back()).changed


async def test_a_rolled_back_tenant_needs_no_legacy_side(
    bench: TenantBench,
) -> None:
    """There is nothing to revert, so nothing that is missing matters."""
    tenant = await bench.tenant("action_single")
    migrated = await tenant.migrate()
    await migrated.roll_back()
    migrated.record_rolled_back()
    await tenant.change(unbind="send-phone-message")
    again = await Migrated(tenant, await tenant.executor(migrated.executor.plan), migrated.before).roll_back()
    assert not again.changed


async def test_an_ineffective_rollback_switches_once(bench: TenantBench) -> None:
    tenant = await bench.tenant("one_way")
    migrated = await tenant.migrate()
    for _ in range(2):
        with pytest.raises(StepFailed):
            await migrated.roll_back()
        await tenant.delivering()
    writes = await tenant.writes()
    await switch(migrated.executor, tenant.ref)
    assert await tenant.writes() == writes
