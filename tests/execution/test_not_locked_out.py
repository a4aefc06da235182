"""A tenant that can go back is let back: what was there before, is gone, or was refused doesn't lock it in."""

from __future__ import annotations

import pytest

from phonefleet.errors import StepFailed
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import prepare, switch
from phonefleet.execution.rollback import roll_back_failed_plan
from phonefleet.execution.steps.registry import handler_for
from phonefleet.model.enums import (
    Operation,
    ReasonCode,
    StepKind,
)
from phonefleet.model.step_payloads import ConnectionCredentials
from phonefleet.model.steps import ClearGatewaySecretStep
from tests.tenant_bench import Migrated, Tenant, TenantBench, of_kind, policy, results, settled

SETTINGS = {"method": "PATCH", "path": "/tenants/settings"}


def delete_connection(bench: TenantBench, tenant: Tenant) -> str:
    """Its owner gives Passwordless up; the name of the connection."""
    connections = bench.world.fleet.get(tenant.domain).connections
    (found,) = [c for c in connections.values() if c["strategy"] == "sms"]
    del connections[found["id"]]
    return str(found["name"])


async def prepared(bench: TenantBench, tenant: Tenant) -> StepExecutor:
    """At work on its plan, everything done but the switch, and what it was before kept."""
    before = await tenant.assess()
    executor = await tenant.executor(before.plan)
    bench.keep_snapshot(executor, before)
    await prepare(executor, policy())
    return executor


async def test_an_old_phone_identifier_allows_the_rollback(bench: TenantBench) -> None:
    """It had no provider before and has none after; only a completed migration gives it one."""
    tenant = await bench.tenant("twilio_sms")
    tenant.put_identifier()
    start, ways = settled(await tenant.dump()), await tenant.delivering()
    executor = await prepared(bench, tenant)
    await bench.faults({"domain": tenant.domain, **SETTINGS, "effect": "provider_vanishes", "times": 1})
    with pytest.raises(StepFailed):
        await switch(executor, tenant.ref)
    await roll_back_failed_plan(executor, tenant.ref, frozenset())
    assert settled(await tenant.dump()) == start
    assert await tenant.delivering() == ways
    migrated = await tenant.migrate()
    with pytest.raises(StepFailed, match="phone_identifier:con_db"):
        await migrated.roll_back()


async def test_a_deleted_connection_is_a_loss(bench: TenantBench) -> None:
    tenant = await bench.tenant("mfa_and_passwordless_twilio")
    migrated = await tenant.migrate()
    name = delete_connection(bench, tenant)
    await tenant.change(delete_provider=True)
    back = await migrated.roll_back()
    assert back.losses[0] == f"connection {name} is gone: somebody deleted it since the migration"
    assert (await tenant.deliver("mfa"))["delivered"]


async def test_a_deleted_unused_connection_is_ignored(bench: TenantBench) -> None:
    tenant = await bench.tenant("mfa_and_passwordless_twilio", connections={"sms": {"enabled_clients": []}})
    migrated = await tenant.migrate()
    delete_connection(bench, tenant)
    await migrated.roll_back()
    assert (await tenant.dump())["flag"] is False


async def test_an_intent_on_a_deleted_connection_is_settled(bench: TenantBench) -> None:
    """The process died during the step: it cannot be applied any more, and everything else can be reverted."""
    tenant = await bench.tenant("passwordless_gateway")
    executor = await prepared(bench, tenant)
    own = of_kind(executor.plan, StepKind.SWITCH_CONNECTION)
    await executor.apply(of_kind(executor.plan, StepKind.SWITCH_TENANT))
    await executor.journal.intend(own)
    delete_connection(bench, tenant)
    await executor.recover()
    assert results(executor)[-1] == ("switch_connection", "not_applied")
    with pytest.raises(StepFailed, match="gone since the plan was made: plan again"):
        await executor.apply(own)
    back = await roll_back_failed_plan(executor, tenant.ref, frozenset())
    assert back.losses
    state = await tenant.dump()
    assert (state["flag"], state["providers"]) == (False, [])


async def test_a_revert_on_a_deleted_connection_is_settled(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_gateway")
    migrated = await tenant.migrate()
    own = of_kind(migrated.executor.plan, StepKind.SWITCH_CONNECTION)
    await migrated.executor.journal.intend(own, Operation.REVERT)
    delete_connection(bench, tenant)
    await migrated.roll_back()
    assert (await tenant.dump())["flag"] is False


async def test_credentials_are_gone_with_their_connection(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_gateway")
    plan = await tenant.plan()
    own = of_kind(plan, StepKind.SWITCH_CONNECTION)
    left, nothing = ConnectionCredentials(left=("gateway_authentication",)), ConnectionCredentials(left=())
    clear = ClearGatewaySecretStep(target=own.target, title="remove", before=left, after=nothing)
    delete_connection(bench, tenant)
    handler = handler_for(clear)
    observed = await handler.read(tenant.api)
    assert observed is None
    assert handler.is_applied(observed)


async def test_a_refused_switch_is_not_our_switch(bench: TenantBench) -> None:
    """Somebody who switched it afterwards relies on the provider, so it is kept."""
    tenant = await bench.tenant("twilio_sms")
    executor = await prepared(bench, tenant)
    await bench.faults(
        {"domain": tenant.domain, **SETTINGS, "effect": "status", "status": 400, "body": {"message": "no"}}
    )
    with pytest.raises(Exception, match="400"):
        await switch(executor, tenant.ref)
    await bench.faults()
    await tenant.api.set_phone_consolidated_experience(True)
    with pytest.raises(StepFailed, match="no run of this ledger switched it"):
        await roll_back_failed_plan(executor, tenant.ref, frozenset())
    await tenant.delivering()


async def test_a_switch_without_visible_effect_is_ours(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    executor = await prepared(bench, tenant)
    await bench.faults({"domain": tenant.domain, **SETTINGS, "effect": "lie"})
    with pytest.raises(StepFailed):
        await switch(executor, tenant.ref)
    await bench.faults()
    await tenant.api.set_phone_consolidated_experience(True)
    await roll_back_failed_plan(executor, tenant.ref, frozenset())
    state = await tenant.dump()
    assert (state["flag"], state["providers"]) == (False, [])


async def refused_back(bench: TenantBench, *rules: dict[str, object]) -> tuple[Migrated, StepFailed]:
    """A rollback during which Auth0 behaves so."""
    tenant = await bench.tenant("passwordless_gateway")
    migrated = await tenant.migrate()
    await bench.faults(*({"domain": tenant.domain, **rule} for rule in rules))
    with pytest.raises(StepFailed) as failed:
        await migrated.roll_back()
    await bench.faults()
    assert failed.value.reason == ReasonCode.ROLLBACK_NOT_EFFECTIVE
    return migrated, failed.value


NO = {**SETTINGS, "effect": "status", "status": 400, "body": {"message": "no"}}


async def test_a_refused_rollback_leaves_the_tenant_sending(bench: TenantBench) -> None:
    """The connection was back already when the tenant's own switch was refused: both are on one side again."""
    migrated, failed = await refused_back(bench, NO)
    assert "Auth0 refused the rollback" in str(failed)
    state = await migrated.tenant.dump()
    (own,) = [c["options"]["use_phone_provider"] for c in state["connections"] if c["strategy"] == "sms"]
    assert (state["flag"], own) == (True, True)
    await migrated.tenant.delivering()
    await migrated.roll_back()


async def test_a_switch_that_fails_again_is_reported(bench: TenantBench) -> None:
    no = {"method": "PATCH", "path": "/connections/*", "effect": "status", "status": 400, "after": 1}
    migrated, failed = await refused_back(bench, NO, {**no, "body": {"message": "no"}})
    assert "1 of 2 switches could not be applied again" in str(failed)
    assert "repeat the rollback" in str(failed)
    await migrated.roll_back()
    await migrated.tenant.delivering()
