"""Taking a tenant back: verified by a read, refused where it would break something, honest about losses."""

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
from tests.tenant_bench import Bench, Migrated, Tenant, of_kind, policy, records, results, settled

CODE = ReasonCode
REVERSIBLE = (
    "twilio_sms",
    "twilio_both",
    "action_single",
    "passwordless_twilio",
    "passwordless_gateway",
    "mfa_and_passwordless_twilio",
)


def stands(worker: StepExecutor) -> AppliedPlan:
    """What stands of the worker's plan."""
    return applied_plan(worker.plan, records(worker))


@pytest.mark.parametrize("kind", REVERSIBLE)
async def test_a_rolled_back_tenant_is_what_it_was(bench: Bench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    start, ways = settled(await tenant.dump()), await tenant.delivering()
    moved = await tenant.migrate()
    assert settled(await tenant.dump()) != start
    back = await moved.back()
    assert settled(await tenant.dump()) == start
    assert await tenant.delivering() == ways
    assert back.losses == ()
    assert not stands(moved.worker)


@pytest.mark.parametrize("kind", REVERSIBLE)
async def test_messages_are_delivered_at_every_moment_of_a_rollback(bench: Bench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    moved = await tenant.migrate()
    for step in reversed(moved.worker.plan.steps):
        if step.kind not in (StepKind.SEND_TEST, StepKind.DEPLOY_ACTION):
            await moved.worker.undo(step)
            await tenant.delivering()


@pytest.mark.parametrize("kind", ["twilio_sms", "action_single"])
async def test_a_migration_after_a_rollback_is_tested_anew_and_works(bench: Bench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    moved = await tenant.migrate()
    tests = sum(s.kind is StepKind.SEND_TEST for s in moved.worker.plan.steps)
    await moved.back()
    again = await tenant.migrate()
    assert again.worker.plan.checksum == moved.worker.plan.checksum
    assert await tenant.messages() == 2 * tests
    assert set((await tenant.delivering()).values()) <= {"upe_twilio", "upe_custom"}


async def test_what_was_overwritten_is_named_as_a_loss(bench: Bench) -> None:
    tenant = await bench.tenant(
        "half_migrated", provider={"configuration": {"delivery_methods": ["text", "voice"]}}
    )
    moved = await tenant.migrate()
    await tenant.poke(settings={"friendly_name": "Another"})
    back = await moved.back()
    assert back.losses == ("bring provider twilio to twilio",)
    assert (await tenant.dump())["providers"][0]["configuration"]["delivery_methods"] == ["text", "voice"]
    assert set((await tenant.delivering()).values()) == {"twilio_legacy"}


async def test_a_fact_that_somebody_else_changed_is_named_as_a_loss(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    moved = await tenant.migrate()
    await tenant.poke(settings={"friendly_name": "Another"})
    assert "facts that this migration didn't write" in (await moved.back()).losses[0]


async def test_a_one_way_tenant_ends_on_the_new_side_and_delivering(bench: Bench) -> None:
    tenant = await bench.tenant("one_way")
    moved = await tenant.migrate()
    with pytest.raises(StepFailed) as failed:
        await moved.back()
    assert failed.value.reason == CODE.ROLLBACK_NOT_EFFECTIVE
    assert (await tenant.dump())["flag"] is True
    assert set((await tenant.delivering()).values()) == {"upe_twilio"}
    assert results(moved.worker)[-2:] == [("revert switch_tenant", "failed"), ("switch_tenant", "done")]
    assert {s.key for s in stands(moved.worker).steps} == {s.key for s in moved.worker.plan.steps}


async def test_a_flag_that_does_not_go_off_is_a_rollback_without_effect(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    moved = await tenant.migrate()
    await bench.faults({"method": "PATCH", "path": "/tenants/settings", "effect": "lie"})
    with pytest.raises(StepFailed) as failed:
        await moved.back()
    assert failed.value.reason == CODE.ROLLBACK_NOT_EFFECTIVE
    assert set((await tenant.delivering()).values()) == {"upe_twilio"}


async def test_a_leftover_that_cannot_be_removed_does_not_take_the_tenant_forward_again(bench: Bench) -> None:
    """Once the legacy endpoints answer the tenant sends the old way; what is left over is removed by a repetition."""
    tenant = await bench.tenant("twilio_sms")
    start = settled(await tenant.dump())
    moved = await tenant.migrate()
    await bench.faults({"method": "DELETE", "path": "/branding/phone/providers/*", "effect": "lie"})
    with pytest.raises(StepFailed) as failed:
        await moved.back()
    assert failed.value.reason == CODE.STEP_FAILED
    assert (await tenant.dump())["flag"] is False
    assert set((await tenant.delivering()).values()) == {"twilio_legacy"}
    await bench.faults()
    await moved.back()
    assert settled(await tenant.dump()) == start


def _granted(tenant: Tenant, *scopes: str) -> str:
    """Another client has these scopes from now on; answers its id."""
    simulated = tenant.bench.world.fleet.get(tenant.domain)
    grant = next(g for g in simulated.grants.values() if g["client_id"] != simulated.management_client_id)
    grant["scope"], grant["audience"] = list(scopes), f"https://{tenant.domain}/api/v2/"
    return str(grant["client_id"])


async def test_what_was_born_since_refuses_a_rollback_by_name_until_it_is_accepted(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    _granted(tenant, "update:guardian_factors")
    moved = await tenant.migrate()
    client = _granted(tenant, "update:guardian_factors", "update:phone_providers")
    (database,) = [c for c in (await tenant.dump())["connections"] if c["strategy"] == "auth0"]
    attribute = {"phone_number": {"identifier": {"active": True}}}
    await tenant.poke(connections={database["name"]: {"options": {"attributes": attribute}}})
    writes = await tenant.writes()
    names = (f"client_grant:{client}", f"phone_identifier:{database['id']}")
    for accepted in ((), names[:1], names[1:]):
        with pytest.raises(StepFailed) as failed:
            await moved.back(*accepted)
        assert failed.value.reason == CODE.ROLLBACK_BREAKS
        assert [n for n in names if n in str(failed.value)] == [n for n in names if n not in accepted], (
            failed.value
        )
    assert await tenant.writes() == writes
    await moved.back(*names)
    assert set((await tenant.delivering()).values()) == {"twilio_legacy"}


async def _refused(moved: Migrated) -> None:
    writes = await moved.tenant.writes()
    with pytest.raises(StepFailed) as failed:
        await moved.back()
    assert failed.value.reason == CODE.LEGACY_CONFIGURATION_MISSING
    assert await moved.tenant.writes() == writes


async def test_without_the_legacy_action_there_is_no_way_back(bench: Bench) -> None:
    tenant = await bench.tenant("action_single")
    moved = await tenant.migrate()
    await tenant.poke(unbind="send-phone-message")
    await _refused(moved)


async def test_without_a_connections_own_way_to_send_there_is_no_way_back(bench: Bench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    moved = await tenant.migrate()
    await tenant.poke(connections={"sms": {"options": {"twilio_token": None}}})
    await _refused(moved)


async def test_a_half_made_migration_is_taken_back_too(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_both")
    start = settled(await tenant.dump())
    before = await tenant.assess()
    worker = await tenant.worker(before.plan)
    await prepare(worker, policy())
    assert settled(await tenant.dump()) != start
    await Migrated(tenant, worker, before).back()
    assert settled(await tenant.dump()) == start
    assert of_kind(worker.plan, StepKind.SWITCH_TENANT).key not in await worker.applied()


async def test_a_run_that_died_in_its_rollback_is_continued(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    start = settled(await tenant.dump())
    moved = await tenant.migrate()
    step = of_kind(moved.worker.plan, StepKind.SWITCH_TENANT)
    worker = moved.worker
    bench.ledger.steps.intend(
        worker.lease(), worker.run_id, tenant.domain, worker.plan.checksum, step, operation=Operation.REVERT
    )
    await moved.back()
    assert settled(await tenant.dump()) == start


async def test_a_second_rollback_finds_nothing_to_do(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    moved = await tenant.migrate()
    assert (await moved.back()).changed
    writes = await tenant.writes()
    again = await Migrated(tenant, await tenant.worker(moved.worker.plan), moved.before).back()
    assert (again.losses, again.changed) == ((), False)
    assert await tenant.writes() == writes


async def test_a_repeated_phase_tells_what_its_first_try_took_back(bench: Bench) -> None:
    """The same run, after its last answer was lost: it did roll the tenant back, though it finds nothing to do."""
    moved = await (await bench.tenant("twilio_sms")).migrate()
    await moved.back()
    assert (await moved.back()).changed


async def test_a_rolled_back_tenant_whose_legacy_side_was_removed_since_is_left_alone(bench: Bench) -> None:
    """Nothing is to be taken back, so nothing that is missing stands in the way."""
    tenant = await bench.tenant("action_single")
    moved = await tenant.migrate()
    await moved.back()
    await tenant.poke(unbind="send-phone-message")
    again = await Migrated(tenant, await tenant.worker(moved.worker.plan), moved.before).back()
    assert not again.changed


async def test_after_a_rollback_without_effect_the_tenant_is_not_switched_twice(bench: Bench) -> None:
    tenant = await bench.tenant("one_way")
    moved = await tenant.migrate()
    for _ in range(2):
        with pytest.raises(StepFailed):
            await moved.back()
        await tenant.delivering()
    writes = await tenant.writes()
    await switch(moved.worker, tenant.ref)
    assert await tenant.writes() == writes
