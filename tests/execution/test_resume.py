"""A run continued days later accepts neither old evidence nor a tenant that changed meanwhile."""

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
from phonefleet.model.run_record import StepResult
from phonefleet.planning.planner import Assessed
from phonefleet.secrets.store import SecretStore
from tests.tenant_bench import QUICK_RETRY, Tenant, TenantBench, of_kind, policy, records

OLD = replace(QUICK_RETRY, evidence_ttl=timedelta(0))
"""By which everything that another process did is too old."""
NEW = "f" * 32


async def begun(bench: TenantBench, kind: str, **target: Any) -> tuple[Tenant, StepExecutor, Assessed]:
    """A tenant that is prepared and not switched when its process dies."""
    tenant = await bench.tenant(kind, target or None)
    before = await tenant.assess()
    assert before.plan is not None
    executor = await tenant.executor(before.plan)
    bench.keep_snapshot(executor, before)
    assert await prepare(executor, policy()) is True
    return tenant, executor, before


async def continued(bench: TenantBench, executor: StepExecutor, retry_policy: Any = OLD) -> StepExecutor:
    """The same run in another process."""
    domain = executor.plan.domain
    bench.ledger.leases.unlock(domain, "ann")
    leases = LeaseKeeper(bench.ledger, Holder("another process"), executor.run_id)
    assert await leases.acquire([domain]) == []
    return replace(executor, lease=lambda: leases.lease(domain), retry_policy=retry_policy)


async def rotate(bench: TenantBench, tenant: Tenant, *, known: bool = True) -> None:
    """Change the AuthToken at Twilio and in the legacy settings and, if the operator knows, in the secrets."""
    await tenant.change(twilio_token=NEW)
    bench.world.fleet.get(tenant.domain).guardian.twilio["auth_token"] = NEW
    if known:
        assert tenant.ref.target.twilio is not None
        bench.setenv(str(tenant.ref.target.twilio.auth_token).removeprefix("env:"), NEW)
        bench.secrets = SecretStore()


async def test_a_late_continuation_rewrites_credentials(
    bench: TenantBench,
) -> None:
    """The AuthToken was changed everywhere since: without that the tenant would be switched and not send."""
    tenant, died, _ = await begun(bench, "twilio_sms")
    await rotate(bench, tenant)
    executor = await continued(bench, died)
    await check_continued(executor, tenant.ref)
    assert await prepare(executor, policy()) is True
    assert await tenant.messages() == 2
    await switch(executor, tenant.ref)
    await tenant.delivering()
    assert sum(r.kind == StepKind.CREATE_PROVIDER for r in records(executor)) == 2
    await roll_back(executor, tenant.ref, frozenset())
    assert (await tenant.dump())["providers"] == []
    await tenant.delivering()


async def test_an_unknown_token_change_stops_the_switch(bench: TenantBench) -> None:
    """The old verification would have switched the tenant to a provider that Twilio refuses."""
    tenant, died, _ = await begun(bench, "twilio_sms")
    await rotate(bench, tenant, known=False)
    executor = await continued(bench, died)
    with pytest.raises(StepFailed) as failed:
        await prepare(executor, policy())
    assert failed.value.reason == ReasonCode.TEST_MESSAGE_FAILED


async def test_a_late_continuation_rewrites_action_secrets(bench: TenantBench) -> None:
    """No read shows its secrets either; what is written again is deployed again."""
    tenant, died, _ = await begun(bench, "action_single")
    made = len(records(died))
    executor = await continued(bench, died)
    await check_continued(executor, tenant.ref)
    assert await prepare(executor, policy()) is True
    again = [r.kind for r in records(executor)[made:]]
    tests = [step.kind for step in executor.plan.steps if step.kind is StepKind.SEND_TEST]
    assert again == [StepKind.CREATE_ACTION, StepKind.DEPLOY_ACTION, *tests]
    await switch(executor, tenant.ref)
    await tenant.delivering()


@pytest.mark.parametrize("retry_policy", [QUICK_RETRY, OLD], ids=["young", "its own"])
async def test_recent_or_own_work_is_not_repeated(bench: TenantBench, retry_policy: Any) -> None:
    """No message goes out twice when a killed run is continued at once, or when a phase is repeated."""
    tenant, died, _ = await begun(bench, "twilio_sms")
    own = replace(died, retry_policy=retry_policy)
    executor = own if retry_policy is OLD else await continued(bench, died, retry_policy)
    made = len(records(executor))
    assert await prepare(executor, policy()) is True
    assert (await tenant.messages(), len(records(executor))) == (1, made)


async def test_a_recreated_provider_is_tested_again(bench: TenantBench) -> None:
    """The provider vanished after its test, within the same run: the new one is tested itself."""
    tenant, executor, _ = await begun(bench, "twilio_sms")
    await tenant.change(delete_provider=True)
    assert await prepare(executor, policy()) is True
    assert await tenant.messages() == 2


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("twilio_sms", {"message_types": ["sms", "voice"]}, "message types were sms, are sms, voice"),
    ("twilio_sms", {"selected": "auth0"}, "selected legacy provider changed"),
    ("twilio_sms", {"twilio": True}, "legacy Twilio settings changed"),
    ("mfa_and_passwordless_twilio", {"connection": True}, "connection"),
    ("twilio_sms", {"identifier": True}, "phone identifiers changed"),
]


def change(bench: TenantBench, tenant: Tenant, how: dict[str, Any]) -> None:
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


@pytest.mark.parametrize(("kind", "how", "message"), CHANGES, ids=[message for _, _, message in CHANGES])
async def test_a_changed_tenant_is_not_continued(
    bench: TenantBench, kind: str, how: dict[str, Any], message: str
) -> None:
    """The plan was made for another tenant; the message names what differs and both ways on."""
    tenant, died, _ = await begun(bench, kind)
    executor = await continued(bench, died)
    await check_continued(executor, tenant.ref)
    change(bench, tenant, how)
    with pytest.raises(PlanRefused, match=message) as held:
        await check_continued(executor, tenant.ref)
    assert "Run the same command again" in str(held.value)
    assert f"phonefleet rollback --tenant {tenant.domain}" in str(held.value)


@pytest.mark.parametrize(
    "kind", ["twilio_both", "passwordless_gateway", "passwordless_twilio", "half_migrated"]
)
async def test_own_writes_do_not_stop_the_continuation(bench: TenantBench, kind: str) -> None:
    """The plan's own Action, provider, templates and factors do not count as changes by somebody else."""
    tenant, died, _ = await begun(bench, kind)
    await check_continued(await continued(bench, died), tenant.ref)


async def test_an_unsent_switch_does_not_allow_continuation(
    bench: TenantBench,
) -> None:
    """The process died between the switch's intent and its request: nothing is in the middle yet."""
    tenant, died, before = await begun(bench, "twilio_sms")
    assert before.plan is not None
    await died.journal.intend(of_kind(before.plan, StepKind.SWITCH_TENANT))
    executor = await continued(bench, died)
    await executor.recover()
    change(bench, tenant, {"message_types": ["sms", "voice"]})
    with pytest.raises(PlanRefused, match="message types were sms"):
        await check_continued(executor, tenant.ref)


async def test_a_switch_that_arrives_late_is_finished(bench: TenantBench) -> None:
    """The process died, a read found nothing switched, and then Auth0 carried out the request after all."""
    tenant, died, before = await begun(bench, "twilio_sms")
    assert before.plan is not None
    await died.journal.intend(of_kind(before.plan, StepKind.SWITCH_TENANT))
    executor = await continued(bench, died)
    await executor.recover()
    (settled,) = [s for s in bench.ledger.steps.of_tenant() if s.kind is StepKind.SWITCH_TENANT]
    assert settled.result is StepResult.NOT_APPLIED
    await tenant.change(settings={"phone_consolidated_experience": True})
    await check_continued(executor, tenant.ref)
    await switch(executor, tenant.ref)


async def test_after_its_first_switch_a_plan_is_finished(bench: TenantBench) -> None:
    """In the middle it is safer to go on than to stop."""
    tenant, died, before = await begun(bench, "passwordless_gateway")
    assert before.plan is not None
    await died.apply(of_kind(before.plan, StepKind.SWITCH_TENANT))
    bench.world.fleet.get(tenant.domain).guardian.message_types = ["sms", "voice"]
    executor = await continued(bench, died)
    await check_continued(executor, tenant.ref)


async def test_a_missing_snapshot_stops_the_continuation(bench: TenantBench) -> None:
    """What changed since is not known then."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    assert await prepare(executor, policy()) is True
    with pytest.raises(PlanRefused, match="the snapshot it was made from is gone"):
        await check_continued(await continued(bench, executor), tenant.ref)
