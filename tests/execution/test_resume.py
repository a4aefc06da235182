"""A run continued days later trusts neither old evidence nor a tenant that changed meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from phonefleet.errors import PlanRefused, StepFailed
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.lease_keeper import LeaseKeeper
from phonefleet.execution.phases import prepare, switch
from phonefleet.execution.resume_check import check_continued
from phonefleet.execution.rollback import roll_back
from phonefleet.ledger.holders import Holder
from phonefleet.model.enums import ReasonCode, StepKind
from phonefleet.planning.planner import Assessed
from phonefleet.secrets.store import SecretStore
from tests.tenant_bench import PATIENCE, Bench, Tenant, of_kind, policy, records

OLD = replace(PATIENCE, evidence_ttl=timedelta(0))
"""By which everything that another process did is too old."""
NEW = "f" * 32


async def begun(bench: Bench, kind: str, **target: Any) -> tuple[Tenant, StepExecutor, Assessed]:
    """A tenant that is prepared and not switched when its process dies."""
    tenant = await bench.tenant(kind, target or None)
    before = await tenant.assess()
    assert before.plan is not None
    worker = await tenant.worker(before.plan)
    bench.kept(worker, before)
    assert await prepare(worker, policy()) is True
    return tenant, worker, before


async def continued(bench: Bench, worker: StepExecutor, patience: Any = OLD) -> StepExecutor:
    """The same run in the hands of another process."""
    domain = worker.plan.domain
    bench.ledger.leases.force_release(domain)
    leases = LeaseKeeper(bench.ledger, Holder("another process"), worker.run_id)
    assert await leases.acquire([domain]) == []
    return replace(worker, lease=lambda: leases.lease(domain), patience=patience)


async def rotate(bench: Bench, tenant: Tenant, *, told: bool = True) -> None:
    """Another AuthToken at Twilio and in the legacy settings and, where the operator is told of it, in the secrets."""
    await tenant.poke(twilio_token=NEW)
    bench.world.fleet.get(tenant.domain).guardian.twilio["auth_token"] = NEW
    if told:
        assert tenant.ref.target.twilio is not None
        bench.setenv(str(tenant.ref.target.twilio.auth_token).removeprefix("env:"), NEW)
        bench.secrets = SecretStore()


async def test_a_run_continued_days_later_writes_its_credentials_anew_and_tests_them(bench: Bench) -> None:
    """The AuthToken was changed everywhere since: without that the tenant would be switched and not send."""
    tenant, died, _ = await begun(bench, "twilio_sms")
    await rotate(bench, tenant)
    worker = await continued(bench, died)
    await check_continued(worker, tenant.ref)
    assert await prepare(worker, policy()) is True
    assert await tenant.messages() == 2
    await switch(worker, tenant.ref)
    await tenant.delivering()
    assert sum(r.kind == StepKind.CREATE_PROVIDER for r in records(worker)) == 2
    await roll_back(worker, tenant.ref, frozenset())
    assert (await tenant.dump())["providers"] == []
    await tenant.delivering()


async def test_a_token_that_nobody_told_us_of_fails_before_the_switch(bench: Bench) -> None:
    """The old verification would have switched the tenant to a provider that Twilio refuses."""
    tenant, died, _ = await begun(bench, "twilio_sms")
    await rotate(bench, tenant, told=False)
    worker = await continued(bench, died)
    with pytest.raises(StepFailed) as failed:
        await prepare(worker, policy())
    assert failed.value.reason == ReasonCode.TEST_MESSAGE_FAILED


async def test_an_action_that_this_run_made_gets_its_secrets_anew(bench: Bench) -> None:
    """Its secrets are shown by no read either; what is written anew is deployed anew."""
    tenant, died, _ = await begun(bench, "action_single")
    made = len(records(died))
    worker = await continued(bench, died)
    await check_continued(worker, tenant.ref)
    assert await prepare(worker, policy()) is True
    anew = [r.kind for r in records(worker)[made:]]
    assert anew == [StepKind.CREATE_ACTION, StepKind.DEPLOY_ACTION, StepKind.SEND_TEST]
    await switch(worker, tenant.ref)
    await tenant.delivering()


@pytest.mark.parametrize("patience", [PATIENCE, OLD], ids=["young", "its own"])
async def test_what_is_young_or_this_process_did_itself_counts(bench: Bench, patience: Any) -> None:
    """No message goes out twice when a killed run is continued at once, or when a phase is repeated."""
    tenant, died, _ = await begun(bench, "twilio_sms")
    own = replace(died, patience=patience)
    worker = own if patience is OLD else await continued(bench, died, patience)
    made = len(records(worker))
    assert await prepare(worker, policy()) is True
    assert (await tenant.messages(), len(records(worker))) == (1, made)


async def test_a_test_message_proves_nothing_for_a_provider_that_is_made_anew(bench: Bench) -> None:
    """The provider vanished after its test, within the same run: the new one is tested itself."""
    tenant, worker, _ = await begun(bench, "twilio_sms")
    await tenant.poke(delete_provider=True)
    assert await prepare(worker, policy()) is True
    assert await tenant.messages() == 2


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("twilio_sms", {"message_types": ["sms", "voice"]}, "message types was sms, is sms, voice"),
    ("twilio_sms", {"selected": "auth0"}, "selected legacy provider changed"),
    ("twilio_sms", {"twilio": True}, "legacy Twilio settings changed"),
    ("mfa_and_passwordless_twilio", {"connection": True}, "connection"),
    ("twilio_sms", {"identifier": True}, "phone identifiers changed"),
]


def change(bench: Bench, tenant: Tenant, how: dict[str, Any]) -> None:
    """What an owner does in the dashboard."""
    world = bench.world.fleet.get(tenant.domain)
    match how:
        case {"message_types": kinds}:
            world.guardian.message_types = kinds
        case {"selected": provider}:
            world.guardian.selected_provider = provider
        case {"twilio": _}:
            world.guardian.twilio["from"] = "+15550009999"
        case {"connection": _}:
            (sms,) = (c for c in world.connections.values() if c["strategy"] == "sms")
            sms["options"]["twilio_sid"] = "AC" + "9" * 32
        case {"identifier": _}:
            tenant.put_identifier()


@pytest.mark.parametrize(("kind", "how", "told"), CHANGES, ids=[told for _, _, told in CHANGES])
async def test_a_tenant_that_changed_before_its_switch_is_held(
    bench: Bench, kind: str, how: dict[str, Any], told: str
) -> None:
    """The plan was made for another tenant; the message names what differs and both ways on."""
    tenant, died, _ = await begun(bench, kind)
    worker = await continued(bench, died)
    await check_continued(worker, tenant.ref)
    change(bench, tenant, how)
    with pytest.raises(PlanRefused, match=told) as held:
        await check_continued(worker, tenant.ref)
    assert "Run the same command again" in str(held.value)
    assert f"phonefleet rollback --tenant {tenant.domain}" in str(held.value)


@pytest.mark.parametrize(
    "kind", ["twilio_both", "passwordless_gateway", "passwordless_twilio", "half_migrated"]
)
async def test_what_a_plan_has_written_itself_does_not_hold_it(bench: Bench, kind: str) -> None:
    """Action, provider, templates and factors of the plan's own are no change by somebody else."""
    tenant, died, _ = await begun(bench, kind)
    await check_continued(await continued(bench, died), tenant.ref)


async def test_a_switch_that_never_left_does_not_keep_a_changed_tenant_from_being_held(bench: Bench) -> None:
    """The process died between the switch's intent and its request: nothing is in the middle yet."""
    tenant, died, before = await begun(bench, "twilio_sms")
    assert before.plan is not None
    await died.journal.intend(of_kind(before.plan, StepKind.SWITCH_TENANT))
    worker = await continued(bench, died)
    await worker.recover()
    change(bench, tenant, {"message_types": ["sms", "voice"]})
    with pytest.raises(PlanRefused, match="message types was sms"):
        await check_continued(worker, tenant.ref)


async def test_after_its_first_switch_a_plan_is_finished(bench: Bench) -> None:
    """In the middle it is safer to go on than to stop."""
    tenant, died, before = await begun(bench, "passwordless_gateway")
    assert before.plan is not None
    await died.apply(of_kind(before.plan, StepKind.SWITCH_TENANT))
    bench.world.fleet.get(tenant.domain).guardian.message_types = ["sms", "voice"]
    worker = await continued(bench, died)
    await check_continued(worker, tenant.ref)


async def test_without_the_snapshot_from_before_nothing_is_continued(bench: Bench) -> None:
    """What changed since cannot be told then."""
    tenant = await bench.tenant("twilio_sms")
    worker = await tenant.worker()
    assert await prepare(worker, policy()) is True
    with pytest.raises(PlanRefused, match="the snapshot it was made from is gone"):
        await check_continued(await continued(bench, worker), tenant.ref)
