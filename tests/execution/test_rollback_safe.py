"""A rollback takes back what phonefleet did, all of it, and nothing that somebody else did since."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.errors import StepFailed
from phonefleet.execution.phases import prepare, switch
from phonefleet.execution.rollback import roll_back_failed_plan
from phonefleet.model.enums import ReasonCode, StepKind
from phonefleet.secrets.store import SecretStore
from tests.tenant_bench import Bench, Migrated, Tenant, of_kind, policy, results, settled


async def unswitched(tenant: Tenant) -> Migrated:
    """Migrated; then somebody takes its connection back to its own account, and a second plan puts that right."""
    first = await tenant.migrate()
    await tenant.poke(connections={"sms": {"options": {"use_phone_provider": False}}})
    second = await tenant.migrate()
    assert second.worker.plan.checksum != first.worker.plan.checksum
    return second


async def test_what_two_plans_did_is_taken_back_in_one_go(bench: Bench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    start = settled(await tenant.dump())
    before = await tenant.assess()
    second = await unswitched(tenant)
    back = await Migrated(tenant, second.worker, before).back()
    assert back.changed
    assert back.losses == ("facts that this migration didn't write have changed since the plan was made",)
    state = await tenant.dump()
    (connection,) = [c for c in state["connections"] if c["name"] == "sms"]
    assert connection["options"].pop("use_phone_provider") is False
    assert settled(state) == start
    await tenant.delivering()
    undone = [kind for kind, _ in results(second.worker) if kind.startswith("revert ")]
    assert undone[:2] == ["revert switch_connection", "revert switch_tenant"]
    again = await Migrated(tenant, await tenant.worker(second.worker.plan), before).back()
    assert not again.changed


async def test_a_later_plan_that_fails_does_not_take_the_migration_back(bench: Bench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    await tenant.poke(connections={"sms": {"options": {"use_phone_provider": False}}})
    before = await tenant.assess()
    assert before.plan is not None
    worker = await tenant.worker(before.plan)
    await prepare(worker, policy())
    await bench.faults(
        {"domain": tenant.domain, "method": "PATCH", "path": "*/connections/*", "effect": "lie"}
    )
    with pytest.raises(StepFailed):
        await switch(worker, tenant.ref)
    await bench.faults()
    bench.kept(worker, before)
    await roll_back_failed_plan(worker, tenant.ref, frozenset())
    state = await tenant.dump()
    assert state["flag"] is True
    assert len(state["providers"]) == 1
    await tenant.delivering()


async def test_what_a_failed_plan_left_goes_with_the_one_that_followed_it(bench: Bench) -> None:
    """The first plan created the provider, the second corrected it: neither existed at the start."""
    tenant = await bench.tenant("twilio_sms")
    start = settled(await tenant.dump())
    before = await tenant.assess()
    assert before.plan is not None
    name = str(tenant.ref.target.twilio.auth_token).removeprefix("env:")  # type: ignore[union-attr]
    good = tenant.made["twilio_auth_token"]
    bench.setenv(name, "e" * 32)
    with pytest.raises(StepFailed):
        await prepare(await tenant.worker(before.plan), policy())
    bench.setenv(name, good)
    bench.secrets = SecretStore()
    second = await tenant.migrate()
    assert of_kind(second.worker.plan, StepKind.UPDATE_PROVIDER)
    back = await Migrated(tenant, second.worker, before).back()
    assert back.losses == ()
    assert settled(await tenant.dump()) == start


def replace_provider(bench: Bench, tenant: Tenant) -> None:
    """Somebody deletes the provider and makes one for text and voice."""
    simulated = bench.world.fleet.get(tenant.domain)
    old = simulated.provider()
    simulated.providers.clear()
    configuration = dict(old["configuration"]) | {"delivery_methods": ["text", "voice"]}
    simulated.providers["pro_another"] = dict(old) | {"id": "pro_another", "configuration": configuration}


async def refused(moved: Migrated, *names: str) -> None:
    """A rollback names these, refuses and writes nothing."""
    writes = await moved.tenant.writes()
    with pytest.raises(StepFailed) as failed:
        await moved.back()
    assert failed.value.reason == ReasonCode.ROLLBACK_BREAKS
    for name in names:
        assert name in str(failed.value)
    assert await moved.tenant.writes() == writes


async def test_a_provider_that_somebody_replaced_is_deleted_only_when_that_is_accepted(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    start = settled(await tenant.dump())
    moved = await tenant.migrate()
    replace_provider(bench, tenant)
    await refused(moved, "changed:provider", "--accept-breakage")
    await tenant.delivering()
    await moved.back("changed:provider")
    assert settled(await tenant.dump()) == start


async def test_a_text_that_somebody_wrote_since_is_deleted_only_when_that_is_accepted(bench: Bench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    moved = await tenant.migrate()
    (template,) = [t for t in await tenant.api.phone_templates() if t["type"] == "otp_verify"]
    content: dict[str, Any] = {"body": {"text": "Our new code: {{ code }}"}}
    await tenant.api.update_phone_template(template["id"], {"content": content})
    await refused(moved, "changed:template:otp_verify")
    await moved.back("changed:template:otp_verify")
    await tenant.delivering()


async def test_code_that_somebody_wrote_since_is_deleted_only_when_that_is_accepted(bench: Bench) -> None:
    tenant = await bench.tenant("action_single")
    moved = await tenant.migrate()
    (action,) = await tenant.api.actions("custom-phone-provider")
    await tenant.api.update_action(action["id"], {"code": action["code"] + "\n// mended by hand\n"})
    await refused(moved, "changed:action")
    await moved.back("changed:action")
    await tenant.delivering()


async def test_a_factor_that_somebody_chose_since_is_set_back_only_when_that_is_accepted(
    bench: Bench,
) -> None:
    tenant = await bench.tenant("twilio_sms")
    tenant.aiming(factors=["sms", "voice"])
    moved = await tenant.migrate()
    await tenant.api.set_message_types(["voice"])
    await refused(moved, "changed:message_types")
    await moved.back("changed:message_types")
    assert (await tenant.dump())["guardian"]["message_types"] == ["sms"]


async def test_what_was_overwritten_and_is_gone_since_is_named_as_a_loss(bench: Bench) -> None:
    """A provider that was there before cannot be made again: its credentials are known to nobody."""
    tenant = await bench.tenant("half_migrated")
    moved = await tenant.migrate()
    bench.world.fleet.get(tenant.domain).providers.clear()
    await refused(moved, "changed:provider")
    back = await moved.back("changed:provider")
    assert back.losses == (of_kind(moved.worker.plan, StepKind.UPDATE_PROVIDER).title,)
    assert set((await tenant.delivering()).values()) == {"twilio_legacy"}


async def test_a_tenant_that_somebody_else_switched_keeps_what_it_sends_through(bench: Bench) -> None:
    """Only prepared by us, switched by hand: taking the preparation back would leave it without a provider."""
    tenant = await bench.tenant("twilio_sms")
    before = await tenant.assess()
    assert before.plan is not None
    worker = await tenant.worker(before.plan)
    await prepare(worker, policy())
    await tenant.api.set_phone_consolidated_experience(True)
    await refused(Migrated(tenant, worker, before), "no run of this ledger switched it", "dashboard")
    await tenant.delivering()
    await tenant.api.set_phone_consolidated_experience(False)
    await Migrated(tenant, worker, before).back()
    assert (await tenant.dump())["providers"] == []
