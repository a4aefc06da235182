"""Private Cloud and small plans: what is not offered is absent where it is not used, and never "unreachable"."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.model.enums import ReasonCode, Reversibility, Verdict
from tests.tenant_bench import TenantBench

PROVIDERS, TEMPLATES = "/branding/phone/providers", "/branding/phone/templates"
GUARDIAN_PHONE = "/guardian/factors/phone"


async def test_private_cloud_without_providers_is_not_available(bench: TenantBench) -> None:
    found = (await (await bench.tenant("private_cloud")).assess()).judgement.assessment
    assert found.verdict is Verdict.NOT_AVAILABLE
    (reason, *others) = found.reasons
    assert reason.code is ReasonCode.NOT_OFFERED
    assert "GET branding/phone/providers" in reason.message
    assert {e.endpoint: e.value for e in reason.evidence}["GET branding/phone/providers"] == "404"
    assert [r.code for r in others] == [ReasonCode.MFA_TWILIO]
    assert found.factors == ("sms",)


@pytest.mark.parametrize("code", ["404", "phone_providers_not_allowed", "insufficient_entitlement"])
async def test_a_tenant_in_use_without_providers_is_not_available(bench: TenantBench, code: str) -> None:
    tenant = await bench.tenant("passwordless_twilio", hidden={"not_offered": {"/branding/phone": code}})
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.NOT_AVAILABLE


async def test_a_small_plan_without_phone_messages_is_not_applicable(bench: TenantBench) -> None:
    tenant = await bench.tenant("not_offered")
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.NOT_APPLICABLE
    whole = await read_tenant(tenant.api, tenant.ref.client_id, datetime.now(UTC))
    assert {refusal.error_code for refusal in whole.not_offered} == {
        "phone_providers_not_allowed",
        "insufficient_entitlement",
    }


@pytest.mark.parametrize(
    "missing",
    [
        {"/actions": "404", "/branding/phone": "404"},
        {
            "/actions": "actions_not_allowed",
            "/branding/phone": "404",
            "/guardian": "insufficient_entitlement",
        },
    ],
)
async def test_an_empty_deployment_is_not_applicable(bench: TenantBench, missing: dict[str, str]) -> None:
    tenant = await bench.tenant("not_configured", hidden={"not_offered": missing})
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.NOT_APPLICABLE


async def test_passwordless_migrates_where_guardian_is_not_offered(bench: TenantBench) -> None:
    tenant = await bench.tenant(
        "passwordless_twilio", hidden={"not_offered": {GUARDIAN_PHONE: "insufficient_entitlement"}}
    )
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ELIGIBLE


async def test_a_factor_that_cannot_be_read_is_not_absent(bench: TenantBench) -> None:
    tenant = await bench.tenant(
        "twilio_sms", hidden={"not_offered": {GUARDIAN_PHONE: "insufficient_entitlement"}}
    )
    found = (await tenant.assess()).judgement.assessment
    assert found.verdict is Verdict.NOT_AVAILABLE
    assert "GET guardian/factors/phone/selected-provider" in found.reasons[0].message


async def test_a_custom_provider_needs_its_trigger(bench: TenantBench) -> None:
    gone = {"triggers_missing": ["custom-phone-provider"]}
    custom = (await (await bench.tenant("passwordless_gateway", hidden=gone)).assess()).judgement.assessment
    assert custom.verdict is Verdict.NOT_AVAILABLE
    twilio = await (await bench.tenant("twilio_sms", hidden=gone)).assess()
    assert twilio.judgement.assessment.verdict is Verdict.ELIGIBLE


async def test_templates_count_only_where_they_are_needed(bench: TenantBench) -> None:
    gone = {"not_offered": {TEMPLATES: "404"}}
    verdicts = set()
    for number in range(6):
        tenant = await bench.tenant("twilio_sms", seed=f"templates-{number}", hidden=gone)
        read = await tenant.assess()
        desired = read.judgement.desired
        needed = desired is None or bool(desired.templates)
        verdicts.add(read.judgement.assessment.verdict)
        assert (read.judgement.assessment.verdict is Verdict.NOT_AVAILABLE) == needed
    assert Verdict.UNREACHABLE not in verdicts


async def test_closed_legacy_endpoints_are_no_missing_offer(bench: TenantBench) -> None:
    read = await (await bench.tenant("already_migrated")).assess()
    assert read.judgement.assessment.verdict is Verdict.ALREADY_MIGRATED
    assert read.snapshot.not_offered == ()


async def test_what_guardian_does_not_offer_hinders_no_run(bench: TenantBench) -> None:
    """Neither the migration of a Passwordless tenant nor its rollback."""
    gone = {"not_offered": {GUARDIAN_PHONE: "insufficient_entitlement"}}
    tenant = await bench.tenant("passwordless_twilio", hidden=gone)
    before = await tenant.delivering()
    way = (await tenant.assess()).judgement.assessment.reversibility
    assert way is not None
    assert (way.level, way.reasons[0].code) == (
        Reversibility.UNKNOWN,
        ReasonCode.LEGACY_CONFIGURATION_UNREADABLE,
    )
    migrated = await tenant.migrate()
    assert await tenant.delivering() == {("passwordless", "text"): "upe_twilio"}
    await migrated.roll_back()
    assert await tenant.delivering() == before


async def test_an_application_that_signs_migrates(bench: TenantBench) -> None:
    tenant = await bench.tenant("assertion_only")
    await tenant.migrate()
    assert await tenant.delivering() == {("mfa", "text"): "upe_twilio"}
