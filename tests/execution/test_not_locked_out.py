"""A tenant that can go back is let back: what was there before, is gone, or was refused doesn't lock it in."""

from __future__ import annotations

import pytest

from phonefleet.errors import StepFailed
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import prepare, switch
from phonefleet.execution.rollback import roll_back_failed_plan
from phonefleet.execution.steps import handler
from phonefleet.model.enums import (
    Operation,
    ReasonCode,
    StepKind,
)
from tests.tenant_bench import Bench, Migrated, Tenant, of_kind, policy, results, settled

SETTINGS = {"method": "PATCH", "path": "/tenants/settings"}


def delete_connection(bench: Bench, tenant: Tenant) -> str:
    """Its owner gives Passwordless up; the name of the connection."""
    connections = bench.world.fleet.get(tenant.domain).connections
    (found,) = [c for c in connections.values() if c["strategy"] == "sms"]
    del connections[found["id"]]
    return str(found["name"])


async def prepared(bench: Bench, tenant: Tenant) -> StepExecutor:
    """At work on its plan, everything done but the switch, and what it was before kept."""
    before = await tenant.assess()
    worker = await tenant.worker(before.plan)
    bench.kept(worker, before)
    await prepare(worker, policy())
    return worker


async def test_a_phone_identifier_from_before_lets_a_failed_switch_be_taken_back(bench: Bench) -> None:
    """It had no provider before and has none after; only a migration that was left standing gave it one."""
    tenant = await bench.tenant("twilio_sms")
    tenant.put_identifier()
    start, ways = settled(await tenant.dump()), await tenant.delivering()
    worker = await prepared(bench, tenant)
    await bench.faults({"domain": tenant.domain, **SETTINGS, "effect": "provider_vanishes", "times": 1})
    with pytest.raises(StepFailed):
        await switch(worker, tenant.ref)
    await roll_back_failed_plan(worker, tenant.ref, frozenset())
    assert settled(await tenant.dump()) == start
    assert await tenant.delivering() == ways
    moved = await tenant.migrate()
    with pytest.raises(StepFailed, match="phone_identifier:con_db"):
        await moved.back()


async def test_a_connection_that_was_deleted_since_is_a_loss_and_no_obstacle(bench: Bench) -> None:
    tenant = await bench.tenant("mfa_and_passwordless_twilio")
    moved = await tenant.migrate()
    name = delete_connection(bench, tenant)
    await tenant.poke(delete_provider=True)
    back = await moved.back()
    assert back.losses[0] == f"connection {name} is gone: somebody deleted it since the migration"
    assert (await tenant.deliver("mfa"))["delivered"]


async def test_a_connection_nobody_may_use_that_was_deleted_since_is_no_obstacle(bench: Bench) -> None:
    tenant = await bench.tenant("mfa_and_passwordless_twilio", connections={"sms": {"enabled_clients": []}})
    moved = await tenant.migrate()
    delete_connection(bench, tenant)
    await moved.back()
    assert (await tenant.dump())["flag"] is False


async def test_an_intent_on_a_connection_that_was_deleted_since_is_settled(bench: Bench) -> None:
    """The process died in the middle of it: the step cannot be taken any more, and all the rest can be undone."""
    tenant = await bench.tenant("passwordless_gateway")
    worker = await prepared(bench, tenant)
    own = of_kind(worker.plan, StepKind.SWITCH_CONNECTION)
    await worker.apply(of_kind(worker.plan, StepKind.SWITCH_TENANT))
    await worker.journal.intend(own)
    delete_connection(bench, tenant)
    await worker.recover()
    assert results(worker)[-1] == ("switch_connection", "not_applied")
    with pytest.raises(StepFailed, match="gone since the plan was made: plan again"):
        await worker.apply(own)
    back = await roll_back_failed_plan(worker, tenant.ref, frozenset())
    assert back.losses
    state = await tenant.dump()
    assert (state["flag"], state["providers"]) == (False, [])


async def test_an_undo_on_a_connection_that_was_deleted_since_is_settled(bench: Bench) -> None:
    tenant = await bench.tenant("passwordless_gateway")
    moved = await tenant.migrate()
    own = of_kind(moved.worker.plan, StepKind.SWITCH_CONNECTION)
    await moved.worker.journal.intend(own, Operation.REVERT)
    delete_connection(bench, tenant)
    await moved.back()
    assert (await tenant.dump())["flag"] is False


async def test_credentials_are_gone_with_their_connection(bench: Bench) -> None:
    tenant = await bench.tenant("passwordless_gateway")
    plan = await tenant.plan()
    own = of_kind(plan, StepKind.SWITCH_CONNECTION)
    clear = own.model_copy(
        update={"kind": StepKind.CLEAR_GATEWAY_SECRET, "key": f"clear_gateway_secret:{own.subject}"}
    )
    delete_connection(bench, tenant)
    seen = await handler(clear).look(tenant.api, clear)
    assert seen is None
    assert handler(clear).holds(clear, seen)


async def test_a_switch_that_auth0_refused_is_no_switch_of_ours(bench: Bench) -> None:
    """Whoever switched it afterwards relies on the provider, so it is not taken away."""
    tenant = await bench.tenant("twilio_sms")
    worker = await prepared(bench, tenant)
    await bench.faults(
        {"domain": tenant.domain, **SETTINGS, "effect": "status", "status": 400, "body": {"message": "no"}}
    )
    with pytest.raises(Exception, match="400"):
        await switch(worker, tenant.ref)
    await bench.faults()
    await tenant.api.set_phone_consolidated_experience(True)
    with pytest.raises(StepFailed, match="no run of this ledger switched it"):
        await roll_back_failed_plan(worker, tenant.ref, frozenset())
    await tenant.delivering()


async def test_a_switch_without_visible_effect_may_come_late_and_is_ours(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    worker = await prepared(bench, tenant)
    await bench.faults({"domain": tenant.domain, **SETTINGS, "effect": "lie"})
    with pytest.raises(StepFailed):
        await switch(worker, tenant.ref)
    await bench.faults()
    await tenant.api.set_phone_consolidated_experience(True)
    await roll_back_failed_plan(worker, tenant.ref, frozenset())
    state = await tenant.dump()
    assert (state["flag"], state["providers"]) == (False, [])


async def refused_back(bench: Bench, *rules: dict[str, object]) -> tuple[Migrated, StepFailed]:
    """A rollback during which Auth0 behaves so."""
    tenant = await bench.tenant("passwordless_gateway")
    moved = await tenant.migrate()
    await bench.faults(*({"domain": tenant.domain, **rule} for rule in rules))
    with pytest.raises(StepFailed) as failed:
        await moved.back()
    await bench.faults()
    assert failed.value.reason == ReasonCode.ROLLBACK_NOT_EFFECTIVE
    return moved, failed.value


NO = {**SETTINGS, "effect": "status", "status": 400, "body": {"message": "no"}}


async def test_a_refusal_in_the_middle_of_a_rollback_leaves_the_tenant_sending(bench: Bench) -> None:
    """The connection was back already when the tenant's own switch was refused: both are on one side again."""
    moved, failed = await refused_back(bench, NO)
    assert "Auth0 refused the rollback" in str(failed)
    state = await moved.tenant.dump()
    (own,) = [c["options"]["use_phone_provider"] for c in state["connections"] if c["strategy"] == "sms"]
    assert (state["flag"], own) == (True, True)
    await moved.tenant.delivering()
    await moved.back()


async def test_what_cannot_be_thrown_again_is_told_with_what_to_do(bench: Bench) -> None:
    no = {"method": "PATCH", "path": "/connections/*", "effect": "status", "status": 400, "after": 1}
    moved, failed = await refused_back(bench, NO, {**no, "body": {"message": "no"}})
    assert "1 of 2 switches could not be thrown again" in str(failed)
    assert "repeat the rollback" in str(failed)
    await moved.back()
    await moved.tenant.delivering()
