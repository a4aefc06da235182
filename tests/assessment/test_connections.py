"""Who sends through the provider before the switch is not put at risk unasked; who sends only after it is told."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.model.enums import ReasonCode, Reversibility, StepKind, Verdict
from phonefleet.planning.approval import propose
from tests.tenant_bench import Tenant, TenantBench, of_kind

CODE = ReasonCode


def add_connection(
    bench: TenantBench, tenant: Tenant, strategy: str, *, clients: bool = True, **options: Any
) -> None:
    """A connection that an owner made, with one enabled client or none."""
    world = bench.world.fleet.get(tenant.domain)
    world.connections["con_added"] = {
        "id": "con_added",
        "name": "sms" if strategy == "sms" else "added",
        "strategy": strategy,
        "enabled_clients": [next(iter(world.clients))] if clients else [],
        "options": options,
    }


IDENTIFIER = {"attributes": {"phone_number": {"identifier": {"active": True}}}}
VERIFIED_AT_SIGNUP = {
    "attributes": {"phone_number": {"signup": {"status": "optional", "verification": {"active": True}}}}
}
SWITCHED = {"use_phone_provider": True}


@pytest.mark.parametrize(
    ("strategy", "options", "use", "told"),
    [
        ("auth0", IDENTIFIER, "phone_identifier", "phone identifier on added"),
        ("auth0", VERIFIED_AT_SIGNUP, "phone_identifier", "phone identifier on added"),
        ("sms", SWITCHED, "passwordless", "connection sms"),
    ],
)
async def test_a_provider_in_use_is_overwritten_only_by_approval(
    bench: TenantBench, strategy: str, options: dict[str, Any], use: str, told: str
) -> None:
    """Wrong credentials would cut its users off before a test message could show it, and no rollback restores them."""
    tenant = await bench.tenant("half_migrated")
    add_connection(bench, tenant, strategy, **options)
    assert (await tenant.deliver(use))["delivered"]
    found = await tenant.assess()
    (blocker,) = found.judgement.blockers
    assert (found.judgement.assessment.verdict, found.plan) == (Verdict.BLOCKED, None)
    assert blocker.code is CODE.PROVIDER_IN_USE
    assert told in blocker.message
    assert blocker.evidence[0].endpoint == "GET connections/con_added"
    proposal = propose(found, tenant.ref)
    assert proposal is not None
    assert proposal.codes == (CODE.PROVIDER_IN_USE,)
    assert proposal.plan.reversibility is Reversibility.LOSSY
    tenant.retarget(approve=[CODE.PROVIDER_IN_USE])
    plan = await tenant.plan()
    assert plan.checksum == proposal.plan.checksum
    assert of_kind(plan, StepKind.UPDATE_PROVIDER)
    await tenant.migrate()
    assert (await tenant.deliver(use))["delivered"]


@pytest.mark.parametrize(
    ("kind", "overrides", "clients"),
    [
        ("half_migrated", {}, False),
        ("half_migrated", {"provider": {"disabled": True}}, True),
        ("twilio_sms", {}, True),
    ],
    ids=["no client", "disabled", "no provider"],
)
async def test_where_nobody_can_be_sending_through_it_nothing_is_asked(
    bench: TenantBench, kind: str, overrides: dict[str, Any], clients: bool
) -> None:
    tenant = await bench.tenant(kind, **overrides)
    add_connection(bench, tenant, "auth0", clients=clients, **IDENTIFIER)
    assert CODE.PROVIDER_IN_USE not in {r.code for r in (await tenant.assess()).judgement.blockers}


@pytest.mark.parametrize("kind", ["twilio_voice", "twilio_sms"])
async def test_a_connection_that_names_no_way_to_send_is_counted_and_told(
    bench: TenantBench, kind: str
) -> None:
    """From the switch on the provider sends for it: without text the tenant would be broken by its own migration."""
    tenant = await bench.tenant(kind)
    add_connection(bench, tenant, "sms", template="code @@password@@", syntax="md_with_macros")
    plan = await tenant.plan()
    (told,) = [w for w in plan.warnings if w.code is CODE.CONNECTION_STARTS_SENDING]
    assert "connection sms is enabled for 1 client(s)" in told.message
    assert CODE.CONNECTION_STARTS_SENDING in {
        r.code for r in (await tenant.assess()).judgement.assessment.reasons
    }
    migrated = await tenant.migrate()
    await tenant.delivering()
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ALREADY_MIGRATED
    await migrated.roll_back("passwordless_connection:con_added")
    assert (await tenant.dump())["flag"] is False


async def test_a_connection_without_clients_asks_for_nothing(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_voice")
    add_connection(bench, tenant, "sms", clients=False)
    plan = await tenant.plan()
    provider: Any = of_kind(plan, StepKind.CREATE_PROVIDER).after
    assert provider.configuration.delivery_methods == ("voice",)
    assert CODE.CONNECTION_STARTS_SENDING not in {w.code for w in plan.warnings}


@pytest.mark.parametrize("present", [["text"], ["text", "voice"]])
@pytest.mark.parametrize("factors", [["sms"], ["voice"]])
async def test_what_the_provider_delivers_for_phone_identifiers_stays(
    bench: TenantBench, factors: list[str], present: list[str]
) -> None:
    """MFA may need one delivery method alone, and identifiers have used the others."""
    tenant = await bench.tenant("half_migrated")
    world = bench.world.fleet.get(tenant.domain)
    world.guardian.message_types = factors
    provider: Any = world.provider()
    provider["configuration"]["delivery_methods"] = present
    number = provider["configuration"]["default_from"]
    world.guardian.twilio |= {"from": number, "messaging_service_sid": None}
    add_connection(bench, tenant, "auth0", **IDENTIFIER)
    tenant.retarget(approve=[CODE.PROVIDER_IN_USE])
    await tenant.migrate()
    wanted = {*present, "voice"} if factors == ["voice"] else {*present}
    (provider,) = world.providers.values()
    assert set(provider["configuration"]["delivery_methods"]) == wanted
    for method in wanted:
        assert (await tenant.deliver("phone_identifier", method))["delivered"]


async def test_a_target_without_text_does_not_cover_phone_identifiers(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_voice")
    add_connection(bench, tenant, "auth0", **IDENTIFIER)
    assert (await tenant.assess()).judgement.assessment.required_methods == ("text", "voice")
    tenant.retarget(delivery_methods=["voice"])
    (blocker,) = (await tenant.assess()).judgement.blockers
    assert blocker.code is CODE.FACTORS_NOT_COVERED
    assert "text, voice are needed" in blocker.message


async def test_a_migrated_tenant_that_sends_identifiers_no_texts_is_broken(bench: TenantBench) -> None:
    tenant = await bench.tenant("already_migrated")
    world = bench.world.fleet.get(tenant.domain)
    world.guardian.message_types = ["voice"]
    (provider,) = world.providers.values()
    provider["configuration"]["delivery_methods"] = ["voice"]
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ALREADY_MIGRATED
    add_connection(bench, tenant, "auth0", **IDENTIFIER)
    found = (await tenant.assess()).judgement.assessment
    assert (found.verdict, found.reasons[0].code) == (Verdict.BROKEN, CODE.UPE_METHODS_NOT_COVERING)
