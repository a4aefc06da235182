"""Finalizing removes a leftover only if it is accepted, the soak is over and the tenant is healthy."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from configs import Rollout, Wave
from phonefleet.delivery.health import failing_messages
from phonefleet.errors import StepFailed
from phonefleet.execution.applied_steps import removed_leftovers, switched_at
from phonefleet.execution.finalize import (
    LegacyRetention,
    check_legacy_users,
    finalize,
    kept_for,
    remaining_legacy,
)
from phonefleet.execution.finalize_plan import finalize_plan
from phonefleet.execution.rollback_checks import RollbackImpossible
from phonefleet.model.endpoints import LEGACY_TRIGGER
from phonefleet.model.enums import LEFTOVERS, ReasonCode, Reversibility, StepKind
from phonefleet.model.snapshot import Snapshot
from tests.tenant_bench import Migrated, Tenant, TenantBench, results, settled

CODE = ReasonCode
ALL = frozenset(LEFTOVERS)
NO_SOAK = timedelta(0)
SIGNED = "gw2"
"""A domain whose gateway signs its requests, so that there is a secret to remove."""
LEFT = [
    ("action_single", "", StepKind.UNBIND_ACTION),
    ("action_multi_trigger", "", StepKind.UNBIND_ACTION),
    ("passwordless_twilio", "", StepKind.CLEAR_CONNECTION_TWILIO),
    ("passwordless_gateway", SIGNED, StepKind.CLEAR_GATEWAY_SECRET),
    ("mfa_and_passwordless_twilio", "", StepKind.CLEAR_CONNECTION_TWILIO),
]
KEYS = {
    StepKind.CLEAR_CONNECTION_TWILIO: ("twilio_sid", "twilio_token"),
    StepKind.CLEAR_GATEWAY_SECRET: ("gateway_authentication",),
}


async def migrated(bench: TenantBench, kind: str, seed: str = "") -> Migrated:
    return await (await bench.tenant(kind, seed=seed)).migrate()


def retention(of: Tenant, soak: timedelta = NO_SOAK) -> LegacyRetention:
    since = switched_at(of.bench.ledger.steps.of_tenant(domain=of.domain))
    assert since is not None
    return LegacyRetention(since, soak)


async def finalized(of: Tenant, accepted: frozenset[str] = ALL, soak: timedelta = NO_SOAK) -> Snapshot:
    """The verb's own order: plan, refusals, removal."""
    plan, snapshot = await finalize_plan(of.api, of.ref)
    executor = await of.executor(plan)
    check_legacy_users(snapshot, retention(of).since, accepted)
    return await finalize(executor, of.ref, retention(of, soak), accepted)


async def refused(of: Tenant, reason: ReasonCode, **how: Any) -> str:
    """The message with which a finalization is refused before anything is written."""
    writes = await of.writes()
    with pytest.raises(StepFailed) as failed:
        await finalized(of, **how)
    assert failed.value.reason == reason
    assert await of.writes() == writes
    return str(failed.value)


def without(state: dict[str, Any], kind: StepKind) -> dict[str, Any]:
    """A tenant's state as it must be once this kind of leftover is gone."""
    state = copy.deepcopy(state)
    if kind is StepKind.UNBIND_ACTION:
        del state["bindings"][LEGACY_TRIGGER]
    for connection in state["connections"]:
        if connection["strategy"] == "sms":
            for key in KEYS.get(kind, ()):
                del connection["options"][key]
    return state


@pytest.mark.parametrize(("kind", "seed", "leftover"), LEFT)
async def test_a_named_leftover_is_removed_and_nothing_else(
    bench: TenantBench, kind: str, seed: str, leftover: StepKind
) -> None:
    """Exactly one write; state differs in that alone; every message still goes out the new way."""
    tenant = (await migrated(bench, kind, seed)).tenant
    before, ways, writes = await tenant.dump(), await tenant.delivering(), await tenant.writes()
    await finalized(tenant, frozenset({leftover}))
    assert settled(await tenant.dump()) == settled(without(before, leftover))
    assert len(await tenant.writes()) == len(writes) + 1
    assert await tenant.delivering() == ways
    (record,) = removed_leftovers(bench.ledger.steps.of_tenant(domain=tenant.domain))
    assert (record.kind, record.result, record.attempts) == (leftover, "done", 1)


@pytest.mark.parametrize(("kind", "seed", "leftover"), LEFT)
async def test_a_leftover_that_is_not_named_stays(
    bench: TenantBench, kind: str, seed: str, leftover: StepKind
) -> None:
    tenant = (await migrated(bench, kind, seed)).tenant
    message = await refused(tenant, CODE.FINALIZE_NOT_ACCEPTED, accepted=ALL - {leftover})
    assert f"--accept {leftover}" in message
    assert "cannot be reverted" in message


async def test_other_bindings_of_an_action_stay(bench: TenantBench) -> None:
    tenant = (await migrated(bench, "action_multi_trigger")).tenant
    before = (await tenant.dump())["bindings"]
    assert len(before) == 2
    await finalized(tenant)
    assert (await tenant.dump())["bindings"] == {
        trigger: bound for trigger, bound in before.items() if trigger != LEGACY_TRIGGER
    }


async def test_nothing_is_removed_during_the_soak(bench: TenantBench) -> None:
    tenant = (await migrated(bench, "action_single")).tenant
    message = await refused(tenant, CODE.SOAKING, soak=timedelta(days=7))
    assert f"{retention(tenant).since + timedelta(days=7):%Y-%m-%d %H:%M:%S} UTC" in message
    await finalized(tenant, soak=timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("written", "soak", "days"), [(None, 0, 7), (None, 10, 10), (0, 0, 0), (0, 2, 2), (30, 2, 30)]
)
def test_legacy_retention_is_never_shorter_than_soak(written: int | None, soak: int, days: int) -> None:
    rollout = Rollout() if written is None else Rollout(finalize_after=timedelta(days=written))
    assert kept_for(Wave(name="all", soak=timedelta(days=soak)), rollout) == timedelta(days=days)


async def test_the_soak_restarts_with_another_switch(bench: TenantBench) -> None:
    of = await migrated(bench, "twilio_sms")
    ledger, tenant = bench.ledger, of.tenant
    first = switched_at(ledger.steps.of_tenant(domain=tenant.domain))
    await of.roll_back()
    assert switched_at(ledger.steps.of_tenant(domain=tenant.domain)) is None
    await tenant.migrate()
    second = switched_at(ledger.steps.of_tenant(domain=tenant.domain))
    assert first is not None
    assert second is not None
    assert second > first


@pytest.mark.parametrize("kind", ["action_single", "passwordless_twilio"])
async def test_finalize_refuses_an_unmigrated_tenant(bench: TenantBench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    with pytest.raises(StepFailed, match="migrate it first"):
        await finalize_plan(tenant.api, tenant.ref)
    of = await tenant.migrate()
    await of.roll_back()
    with pytest.raises(StepFailed, match="eligible"):
        await finalize_plan(tenant.api, tenant.ref)


async def test_a_tenant_that_cannot_send_keeps_everything(bench: TenantBench) -> None:
    tenant = (await migrated(bench, "action_single")).tenant
    await tenant.change(delete_provider=True)
    with pytest.raises(StepFailed, match="broken"):
        await finalize_plan(tenant.api, tenant.ref)


def _logged(tenant: Tenant, kind: str, **entry: Any) -> None:
    simulated = tenant.bench.world.fleet.get(tenant.domain)
    now = datetime.now(UTC).timestamp()
    simulated.logs.write(kind, now, now, **entry)


async def test_finalize_names_legacy_clients(bench: TenantBench) -> None:
    """It is accepted by its own name alone, and what it did before the switch doesn't count."""
    tenant = (await migrated(bench, "action_single")).tenant
    path = "/api/v2/guardian/factors/phone/providers/twilio"
    details = {"request": {"method": "put", "path": path}}
    _logged(tenant, "sapi", client_id="terraform", client_name="Terraform", details=details)
    name = "client_in_logs:terraform/legacy"
    assert name in await refused(tenant, CODE.FINALIZE_BREAKS)
    await finalized(tenant, ALL | {name})


async def test_finalize_refuses_failing_messages(bench: TenantBench) -> None:
    tenant = (await migrated(bench, "action_single")).tenant
    for _ in range(5):
        _logged(tenant, "gd_send_sms_failure", details={})
    message = await refused(tenant, CODE.VERIFICATION_FAILED)
    assert "5 of 5 messages failed since the switch" in message
    assert "--accept ill_health" in message
    await finalized(tenant, ALL | {"ill_health"})


def _log_at(tenant: Tenant, moment: datetime, sent: int, failed: int) -> None:
    """So many messages, one a second from this moment on."""
    logs = tenant.bench.world.fleet.get(tenant.domain).logs
    for n in range(sent + failed):
        at = moment.timestamp() + n
        logs.write("gd_send_sms" if n < sent else "gd_send_sms_failure", at, at, description="", details={})


async def test_a_few_failures_do_not_block_finalize(
    bench: TenantBench,
) -> None:
    """Nor do those right after the switch, once a day has gone by without; many failures of the last day do."""
    now = datetime.now(UTC)
    since = now - timedelta(days=7)
    tenant = await bench.tenant("already_migrated")
    _log_at(tenant, since - timedelta(hours=2), sent=400, failed=1)
    _log_at(tenant, since + timedelta(hours=2), sent=10, failed=40)
    _log_at(tenant, now - timedelta(hours=2), sent=820, failed=4)
    assert await failing_messages(tenant.api, since) == ""
    _log_at(tenant, now - timedelta(hours=1), sent=0, failed=20)
    message = await failing_messages(tenant.api, since)
    assert re.match(r"24 of 84\d messages failed since ", message), "some are the tenant's own"
    assert "1 of 401 in the day before the switch" in message


async def test_without_old_logs_the_default_rate_is_used(
    bench: TenantBench,
) -> None:
    now = datetime.now(UTC)
    since = now - timedelta(days=7)
    tenant = await bench.tenant("already_migrated")
    _log_at(tenant, now - timedelta(hours=2), sent=300, failed=10)
    assert await failing_messages(tenant.api, since) == ""
    _log_at(tenant, now - timedelta(hours=1), sent=0, failed=40)
    assert "not known (0 of 0 in its logs; 5% is assumed)" in await failing_messages(tenant.api, since)


@pytest.mark.parametrize(("kind", "seed"), sorted({(kind, seed) for kind, seed, _ in LEFT}))
async def test_finalizing_twice_finds_nothing_left(bench: TenantBench, kind: str, seed: str) -> None:
    tenant = (await migrated(bench, kind, seed)).tenant
    await finalized(tenant)
    state, writes = settled(await tenant.dump()), await tenant.writes()
    plan, _ = await finalize_plan(tenant.api, tenant.ref)
    assert plan.steps == ()
    await finalized(tenant, frozenset(), timedelta(days=365))
    assert settled(await tenant.dump()) == state
    assert await tenant.writes() == writes


@pytest.mark.parametrize("kind", ["twilio_sms", "already_migrated"])
async def test_nothing_to_remove_makes_an_empty_plan(bench: TenantBench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    if kind == "twilio_sms":
        await tenant.migrate()
    plan, _ = await finalize_plan(tenant.api, tenant.ref)
    assert plan.steps == ()


async def test_a_connection_of_its_own_keeps_credentials(bench: TenantBench) -> None:
    tenant = (await migrated(bench, "mfa_and_passwordless_twilio")).tenant
    await tenant.change(
        connections={"sms": {"enabled_clients": [], "options": {"use_phone_provider": False}}}
    )
    plan, _ = await finalize_plan(tenant.api, tenant.ref)
    assert plan.steps == ()


async def test_a_connection_switched_back_keeps_credentials(bench: TenantBench) -> None:
    tenant = (await migrated(bench, "passwordless_gateway", SIGNED)).tenant
    plan, _ = await finalize_plan(tenant.api, tenant.ref)
    executor = await tenant.executor(plan)
    await tenant.change(connections={"sms": {"options": {"use_phone_provider": False}}})
    writes = await tenant.writes()
    with pytest.raises(StepFailed, match="off again"):
        await finalize(executor, tenant.ref, retention(tenant), ALL)
    assert await tenant.writes() == writes


async def test_an_action_that_was_bound_since_stays_bound(bench: TenantBench) -> None:
    """The operator did not accept that one."""
    tenant = (await migrated(bench, "action_single")).tenant
    plan, _ = await finalize_plan(tenant.api, tenant.ref)
    executor = await tenant.executor(plan)
    made = await tenant.api.create_action(
        {
            "name": "audit",
            "code": "exports.onExecuteSendPhoneMessage = async () => {};",
            "supported_triggers": [{"id": LEGACY_TRIGGER, "version": "v2"}],
            "dependencies": [],
            "secrets": [],
            "runtime": "node22",
        }
    )
    while (await tenant.api.action(made["id"]))["status"] != "built":
        pass
    await tenant.api.deploy_action(made["id"])
    refs = [b["action"]["id"] for b in await tenant.api.bindings(LEGACY_TRIGGER)] + [made["id"]]
    named = [{"ref": {"type": "action_id", "value": ref}, "display_name": ref} for ref in refs]
    await tenant.api.set_bindings(LEGACY_TRIGGER, named)
    await finalize(executor, tenant.ref, retention(tenant), ALL)
    assert [b["action"]["id"] for b in await tenant.api.bindings(LEGACY_TRIGGER)] == [made["id"]]


@pytest.mark.parametrize(
    ("kind", "path"),
    [("action_single", "/actions/triggers/*/bindings"), ("passwordless_twilio", "/connections/*")],
)
async def test_a_removal_that_has_no_effect_is_a_failure(bench: TenantBench, kind: str, path: str) -> None:
    tenant = (await migrated(bench, kind)).tenant
    await bench.faults({"method": "PATCH", "path": path, "effect": "lie"})
    with pytest.raises(StepFailed) as failed:
        await finalized(tenant)
    assert failed.value.reason == CODE.STEP_FAILED
    assert removed_leftovers(bench.ledger.steps.of_tenant(domain=tenant.domain)) == []


async def test_an_answer_that_is_lost_does_no_harm(bench: TenantBench) -> None:
    tenant = (await migrated(bench, "passwordless_twilio")).tenant
    await bench.faults({"method": "PATCH", "path": "/connections/*", "times": 1, "effect": "drop_after"})
    await finalized(tenant)
    assert len(removed_leftovers(bench.ledger.steps.of_tenant(domain=tenant.domain))) == 1
    assert bench.ledger.steps.open_intents(None, tenant.domain) == []


LOST = {
    "action_single": ("mfa_factor:sms",),
    "passwordless_twilio": ("passwordless_connection:",),
    "mfa_and_passwordless_twilio": ("passwordless_connection:",),
}


@pytest.mark.parametrize("kind", LOST)
async def test_rollback_after_finalize_is_impossible(bench: TenantBench, kind: str) -> None:
    of = await migrated(bench, kind)
    tenant = of.tenant
    await finalized(tenant)
    state, writes = settled(await tenant.dump()), await tenant.writes()
    with pytest.raises(RollbackImpossible) as failed:
        await of.roll_back()
    message = str(failed.value)
    assert failed.value.reversibility.level is Reversibility.ONE_WAY
    assert failed.value.reason == CODE.FINALIZED_BEFORE
    assert "one_way, cannot be rolled back: finalized by run" in message
    assert "would break" in message
    assert all(name in message for name in LOST[kind])
    assert ("mfa_factor:sms" in message) == (kind == "action_single")
    assert (settled(await tenant.dump()), await tenant.writes()) == (state, writes)
    await tenant.delivering()


async def test_lost_credentials_make_rollback_impossible(
    bench: TenantBench,
) -> None:
    """It breaks nothing today, but a rollback could not restore what it had."""
    off = {"enabled_clients": [], "options": {"use_phone_provider": False}}
    tenant = await bench.tenant("mfa_and_passwordless_twilio", connections={"sms": off})
    of = await tenant.migrate()
    await finalized(tenant)
    with pytest.raises(RollbackImpossible, match="lost its credentials"):
        await of.roll_back()


async def test_remaining_legacy_settings_are_named(bench: TenantBench) -> None:
    of = await migrated(bench, "twilio_sms")
    before = of.before.snapshot
    assert before.twilio is not None
    assert before.twilio.sid in remaining_legacy(before)
    assert "if there are any" in remaining_legacy(None)
    assert remaining_legacy((await migrated(bench, "action_single")).before.snapshot) == ""
    assert ("switch_tenant", "done") in results(of.executor)
