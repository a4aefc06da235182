"""A rollback reverts everything that phonefleet did and nothing that somebody else did since."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.errors import StepFailed
from phonefleet.execution.phases import prepare, switch
from phonefleet.execution.rollback import roll_back_failed_plan
from phonefleet.model.enums import ReasonCode, StepKind
from phonefleet.secrets.store import SecretStore
from tests.tenant_bench import Migrated, Tenant, TenantBench, of_kind, policy, results, settled


async def unswitched(tenant: Tenant) -> Migrated:
    """Migrate; then somebody switches a connection back to its own account, and a second plan corrects that."""
    first = await tenant.migrate()
    await tenant.change(connections={"sms": {"options": {"use_phone_provider": False}}})
    second = await tenant.migrate()
    assert second.executor.plan.checksum != first.executor.plan.checksum
    return second


async def test_rollback_covers_two_plans(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    start = settled(await tenant.dump())
    before = await tenant.assess()
    second = await unswitched(tenant)
    back = await Migrated(tenant, second.executor, before).roll_back()
    assert back.changed
    assert back.losses == ()
    assert settled(await tenant.dump()) == start
    await tenant.delivering()
    reverted = [kind for kind, _ in results(second.executor) if kind.startswith("revert ")]
    assert reverted[:3] == ["revert switch_connection", "revert switch_connection", "revert switch_tenant"]
    Migrated(tenant, second.executor, before).record_rolled_back()
    again = await Migrated(tenant, await tenant.executor(second.executor.plan), before).roll_back()
    assert not again.changed


async def test_a_failed_later_plan_keeps_the_migration(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    await tenant.change(connections={"sms": {"options": {"use_phone_provider": False}}})
    before = await tenant.assess()
    assert before.plan is not None
    executor = await tenant.executor(before.plan)
    await prepare(executor, policy())
    await bench.faults(
        {"domain": tenant.domain, "method": "PATCH", "path": "*/connections/*", "effect": "lie"}
    )
    with pytest.raises(StepFailed):
        await switch(executor, tenant.ref)
    await bench.faults()
    bench.keep_snapshot(executor, before)
    await roll_back_failed_plan(executor, tenant.ref, frozenset())
    state = await tenant.dump()
    assert state["flag"] is True
    assert len(state["providers"]) == 1
    await tenant.delivering()


async def test_rollback_covers_an_earlier_failed_plan(bench: TenantBench) -> None:
    """The first plan created the provider, the second corrected it: neither existed at the start."""
    tenant = await bench.tenant("twilio_sms")
    start = settled(await tenant.dump())
    before = await tenant.assess()
    assert before.plan is not None
    name = str(tenant.ref.target.twilio.auth_token).removeprefix("env:")  # type: ignore[union-attr]
    good = tenant.created["twilio_auth_token"]
    bench.setenv(name, "e" * 32)
    with pytest.raises(StepFailed):
        await prepare(await tenant.executor(before.plan), policy())
    bench.setenv(name, good)
    bench.secrets = SecretStore()
    second = await tenant.migrate()
    assert of_kind(second.executor.plan, StepKind.UPDATE_PROVIDER)
    back = await Migrated(tenant, second.executor, before).roll_back()
    assert back.losses == ()
    assert settled(await tenant.dump()) == start


def replace_provider(bench: TenantBench, tenant: Tenant) -> None:
    """Somebody deletes the provider and makes one for text and voice."""
    simulated = bench.world.fleet.get(tenant.domain)
    old = simulated.provider()
    simulated.providers.clear()
    configuration = dict(old["configuration"]) | {"delivery_methods": ["text", "voice"]}
    simulated.providers["pro_another"] = dict(old) | {"id": "pro_another", "configuration": configuration}


async def refused(migrated: Migrated, *names: str) -> None:
    """A rollback names these, refuses and writes nothing."""
    writes = await migrated.tenant.writes()
    with pytest.raises(StepFailed) as failed:
        await migrated.roll_back()
    assert failed.value.reason == ReasonCode.ROLLBACK_BREAKS
    for name in names:
        assert name in str(failed.value)
    assert await migrated.tenant.writes() == writes


async def test_a_replaced_provider_needs_acceptance(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant("twilio_sms")
    start = settled(await tenant.dump())
    migrated = await tenant.migrate()
    replace_provider(bench, tenant)
    await refused(migrated, "changed:provider", "--accept-breakage")
    await tenant.delivering()
    await migrated.roll_back("changed:provider")
    assert settled(await tenant.dump()) == start


async def test_a_changed_template_needs_acceptance(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    migrated = await tenant.migrate()
    (template,) = [t for t in await tenant.api.phone_templates() if t["type"] == "otp_verify"]
    content: dict[str, Any] = {"body": {"text": "Our new code: {{ code }}"}}
    await tenant.api.update_phone_template(template["id"], {"content": content})
    await refused(migrated, "changed:template:otp_verify")
    await migrated.roll_back("changed:template:otp_verify")
    await tenant.delivering()


async def test_changed_code_needs_acceptance(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant("action_single")
    migrated = await tenant.migrate()
    (action,) = await tenant.api.actions("custom-phone-provider")
    await tenant.api.update_action(action["id"], {"code": action["code"] + "\n// repaired by hand\n"})
    await refused(migrated, "changed:action")
    await migrated.roll_back("changed:action")
    await tenant.delivering()


async def test_changed_message_types_need_acceptance(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant("twilio_sms", seed="twilio-sms-27b01315")  # has a sender for voice
    tenant.retarget(factors=["sms", "voice"])
    migrated = await tenant.migrate()
    await tenant.api.set_message_types(["voice"])
    await refused(migrated, "changed:message_types")
    await migrated.roll_back("changed:message_types")
    assert (await tenant.dump())["guardian"]["message_types"] == ["sms"]


async def test_a_removed_provider_is_a_loss(bench: TenantBench) -> None:
    """A provider that was there before cannot be created again: its credentials cannot be read."""
    tenant = await bench.tenant("half_migrated")
    migrated = await tenant.migrate()
    bench.world.fleet.get(tenant.domain).providers.clear()
    await refused(migrated, "changed:provider")
    back = await migrated.roll_back("changed:provider")
    assert back.losses == (of_kind(migrated.executor.plan, StepKind.UPDATE_PROVIDER).title,)
    assert set((await tenant.delivering()).values()) == {"twilio_legacy"}


async def test_a_foreign_switch_refuses_the_rollback(bench: TenantBench) -> None:
    """Only prepared by us, switched by hand: taking the preparation back would leave it without a provider."""
    tenant = await bench.tenant("twilio_sms")
    before = await tenant.assess()
    assert before.plan is not None
    executor = await tenant.executor(before.plan)
    await prepare(executor, policy())
    await tenant.api.set_phone_consolidated_experience(True)
    await refused(Migrated(tenant, executor, before), "no run of this ledger switched it", "dashboard")
    await tenant.delivering()
    await tenant.api.set_phone_consolidated_experience(False)
    await Migrated(tenant, executor, before).roll_back()
    assert (await tenant.dump())["providers"] == []
