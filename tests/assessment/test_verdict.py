"""Each kind of tenant gets its verdict, its route and reasons with evidence; blockers come all at once."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.assessment.verdict import classify, unreachable
from phonefleet.auth0.legacy_endpoints import probe_legacy_endpoints
from phonefleet.errors import (
    CredentialsRejected,
    InsufficientScope,
    NotRecorded,
    StepFailed,
    TokenLimited,
    Unreachable,
)
from phonefleet.execution.finalize_plan import finalize_plan
from phonefleet.execution.phases import assess, prepare
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import ReasonCode, Reversibility, Route, StepKind, Verdict
from phonefleet.model.reason_spec import Actor
from phonefleet.model.reasons import REASONS
from phonefleet.planning.approval import propose
from tests.tenant_bench import NUMBER, Tenant, TenantBench, of_kind, policy

CODE = ReasonCode
SUPPLIED = {CODE.TWILIO_TOKEN_MISSING, CODE.TWILIO_SID_MISSING, CODE.SENDER_MISSING, CODE.TEST_NUMBER_MISSING}


async def _judged(tenant: Tenant) -> Assessment:
    return (await tenant.assess()).judgement.assessment


def _codes(assessment: Assessment) -> set[ReasonCode]:
    return {reason.code for reason in assessment.reasons}


@pytest.mark.parametrize(
    ("kind", "verdict", "route", "codes"),
    [
        ("empty", Verdict.NOT_APPLICABLE, None, {CODE.NO_PHONE_MESSAGING}),
        ("not_configured", Verdict.NOT_APPLICABLE, None, {CODE.NO_PHONE_MESSAGING}),
        ("twilio_sms", Verdict.ELIGIBLE, Route.TWILIO, {CODE.MFA_TWILIO}),
        ("twilio_voice", Verdict.ELIGIBLE, Route.TWILIO, {CODE.MFA_TWILIO}),
        ("twilio_both", Verdict.ELIGIBLE, Route.TWILIO, {CODE.MFA_TWILIO}),
        ("action_single", Verdict.ELIGIBLE, Route.CUSTOM_ACTION, {CODE.MFA_ACTION}),
        ("action_multi_trigger", Verdict.ELIGIBLE, Route.CUSTOM_ACTION, {CODE.MFA_ACTION}),
        ("passwordless_twilio", Verdict.ELIGIBLE, Route.TWILIO, {CODE.PASSWORDLESS_TWILIO}),
        ("passwordless_gateway", Verdict.ELIGIBLE, Route.CUSTOM_GATEWAY, {CODE.PASSWORDLESS_GATEWAY}),
        (
            "mfa_and_passwordless_twilio",
            Verdict.ELIGIBLE,
            Route.TWILIO,
            {CODE.MFA_TWILIO, CODE.PASSWORDLESS_TWILIO},
        ),
        ("phone_identifier", Verdict.NOT_APPLICABLE, None, {CODE.NO_PHONE_MESSAGING}),
        ("toggle_missing_upe", Verdict.ALREADY_MIGRATED, None, {CODE.TOGGLE_MISSING_ON_UPE}),
        (
            "toggle_missing_legacy",
            Verdict.CONTACT_SUPPORT,
            None,
            {CODE.TOGGLE_MISSING_ON_LEGACY, CODE.MFA_TWILIO},
        ),
        (
            "already_migrated",
            Verdict.ALREADY_MIGRATED,
            None,
            {CODE.FLAG_ON, CODE.CUSTOM_ACTION_SENDS},
        ),
        ("half_migrated", Verdict.ELIGIBLE, Route.TWILIO, {CODE.MFA_TWILIO, CODE.HALF_DONE}),
        ("factor_on_not_configured", Verdict.NOT_APPLICABLE, None, {CODE.FACTOR_NOT_CONFIGURED}),
        ("missing_scopes", Verdict.BLOCKED, Route.TWILIO, {CODE.MISSING_SCOPE, CODE.MFA_TWILIO}),
        ("one_way", Verdict.ELIGIBLE, Route.TWILIO, {CODE.MFA_TWILIO}),
        (
            "legacy_auth0",
            Verdict.BLOCKED,
            Route.TWILIO,
            {
                CODE.LEGACY_AUTH0_PROVIDER,
                CODE.MFA_AUTH0,
                CODE.TWILIO_TOKEN_MISSING,
                CODE.TWILIO_SID_MISSING,
                CODE.SENDER_MISSING,
            },
        ),
    ],
)
async def test_a_kind_gets_its_verdict_route_and_reasons(
    bench: TenantBench, kind: str, verdict: Verdict, route: Route | None, codes: set[ReasonCode]
) -> None:
    tenant = await bench.tenant(kind)
    found = await tenant.assess()
    assessment = found.judgement.assessment
    assert (assessment.verdict, assessment.route, _codes(assessment)) == (verdict, route, codes)
    bare = {r.code for r in assessment.reasons if not r.evidence}
    assert bare <= SUPPLIED | {CODE.LEGACY_AUTH0_PROVIDER}, "what was read has evidence"
    assert (found.plan is not None) == (verdict is Verdict.ELIGIBLE)
    assert classify(found.snapshot, tenant.ref.target) == found.judgement, "the same facts mean the same"
    assert await tenant.writes() == []


async def test_different_providers_are_joined_by_one_action_that_is_proved_against_both(
    bench: TenantBench,
) -> None:
    found = await (await bench.tenant("merged")).assess()
    assessment = found.judgement.assessment
    assert (assessment.verdict, assessment.route) == (Verdict.ELIGIBLE, Route.CUSTOM_MERGED)
    assert found.plan is not None
    assert found.plan.verification is not None
    assert (found.plan.verification.result, found.plan.verification.strategy) == ("verified", "merged")
    assert assessment.action is not None
    assert assessment.action.result == "verified"
    assert CODE.OTP_VERIFY_REUSED in {w.code for w in found.plan.warnings}, (
        "what no verification covers is said"
    )


async def test_a_missing_toggle_means_two_things_told_apart_by_the_legacy_endpoint(
    bench: TenantBench,
) -> None:
    for kind, status in (("toggle_missing_upe", "403 legacy_"), ("toggle_missing_legacy", "200")):
        reasons = (await _judged(await bench.tenant(kind))).reasons
        evidence = {e.field: e.value for r in reasons for e in r.evidence}
        assert evidence["phone_consolidated_experience"] == "absent"
        assert evidence["status"].startswith(status)


async def test_a_missing_toggle_is_looked_for_first(bench: TenantBench) -> None:
    """Auth0's documentation: tenants from before March 2025 have it in the dashboard; Support is the last resort."""
    reason = (await _judged(await bench.tenant("toggle_missing_legacy"))).reasons[0]
    assert "Tenant Settings, Advanced" in reason.message
    spec = REASONS[reason.code]
    assert spec.actor is Actor.TENANT_OWNER
    assert spec.next_step.index("Tenant Settings, Advanced") < spec.next_step.index("Auth0 Support")


@pytest.mark.parametrize(
    ("guardian", "words"),
    [
        (
            {"selected_provider": "phone-message-hook"},
            "A Hook may have sent them until the end of life of Hooks",
        ),
        ({}, "its provider is not configured"),
        ({"message_types": []}, "no message type is selected"),
    ],
)
async def test_an_enabled_factor_that_sends_nothing(
    bench: TenantBench, guardian: dict[str, Any], words: str
) -> None:
    """The words about Hooks are true before and after their end on 18 November 2026."""
    tenant = await bench.tenant("factor_on_not_configured", guardian=guardian)
    messages = [r.message for r in (await _judged(tenant)).reasons if r.code is CODE.FACTOR_NOT_CONFIGURED]
    assert len(messages) == 1
    assert words in messages[0]
    assert ("18 November 2026" in messages[0]) is ("selected_provider" in guardian)


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"delete_provider": True}, CODE.UPE_WITHOUT_PROVIDER),
        ({"provider": {"disabled": True}}, CODE.UPE_PROVIDER_DISABLED),
        ({"provider": {"configuration": {"delivery_methods": ["voice"]}}}, CODE.UPE_METHODS_NOT_COVERING),
        ({"provider": {"name": "custom"}}, CODE.UPE_ACTION_NOT_DEPLOYED),
    ],
)
async def test_a_migrated_tenant_that_cannot_send_is_broken(
    bench: TenantBench, overrides: dict[str, Any], code: ReasonCode
) -> None:
    tenant = await bench.tenant("toggle_missing_upe")
    await tenant.change(**overrides)
    assessment = await _judged(tenant)
    assert (assessment.verdict, assessment.reasons[0].code) == (Verdict.BROKEN, code)
    assert assessment.reasons[0].evidence


async def test_on_the_new_side_without_provider_or_use_there_is_nothing_to_do(bench: TenantBench) -> None:
    tenant = await bench.tenant(
        "toggle_missing_upe", delete_provider=True, guardian={"factors": {"sms": False}}
    )
    assessment = await _judged(tenant)
    assert (assessment.verdict, assessment.reasons[0].code) == (
        Verdict.NOT_APPLICABLE,
        CODE.NO_PHONE_MESSAGING,
    )


async def test_a_connection_switched_off_by_itself_makes_a_migrated_tenant_eligible_again(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    await tenant.change(connections={"sms": {"options": {"use_phone_provider": False}}})
    found = await tenant.assess()
    assessment = found.judgement.assessment
    assert (assessment.verdict, assessment.route) == (Verdict.ELIGIBLE, Route.TWILIO)
    assert assessment.reasons[0].code is CODE.CONNECTION_NOT_SWITCHED
    assert found.plan is not None
    assert [str(s.kind) for s in found.plan.steps] == ["send_test", "switch_connection"]
    await tenant.migrate()
    assert await tenant.delivering() == {("passwordless", "text"): "upe_twilio"}


async def test_a_connection_that_could_not_be_tested_is_blocked_on_the_new_side_too(
    bench: TenantBench,
) -> None:
    """What would stop its migration later is told at once, and can be accepted by name as on the legacy side."""
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    await tenant.change(connections={"sms": {"options": {"use_phone_provider": False}}})
    tenant.retarget(test_numbers={"voice": NUMBER})
    found = await tenant.assess()
    assessment = found.judgement.assessment
    assert (assessment.verdict, found.plan) == (Verdict.BLOCKED, None)
    assert [r.code for r in assessment.reasons[:2]] == [
        CODE.TEST_NUMBER_MISSING,
        CODE.CONNECTION_NOT_SWITCHED,
    ]
    proposal = propose(found, tenant.ref)
    assert proposal is not None
    tenant.retarget(approve=[CODE.TEST_NUMBER_MISSING])
    plan = await tenant.plan()
    assert plan.checksum == proposal.plan.checksum
    assert [w.code for w in plan.warnings] == [CODE.TEST_NUMBER_MISSING]
    await tenant.migrate()
    assert await tenant.delivering() == {("passwordless", "text"): "upe_twilio"}


async def test_a_gateway_connection_without_a_switch_of_its_own_has_not_certainly_moved(
    bench: TenantBench,
) -> None:
    """A death between the tenant's switch and the connection's leaves it so: it is finished, never called migrated."""
    tenant = await bench.tenant("passwordless_gateway", seed="gw2")
    name = next(c["name"] for c in (await tenant.dump())["connections"] if c["strategy"] == "sms")
    await tenant.change(connections={name: {"options": {"use_phone_provider": None}}})
    before = await tenant.assess()
    assert before.snapshot.connections[0].use_phone_provider is None
    executor = await tenant.executor(before.plan)
    await prepare(executor, policy())
    await executor.apply(of_kind(executor.plan, StepKind.SWITCH_TENANT))
    found = await tenant.assess()
    assessment = found.judgement.assessment
    assert (assessment.verdict, assessment.reasons[0].code) == (
        Verdict.ELIGIBLE,
        CODE.CONNECTION_NOT_SWITCHED,
    )
    assert assessment.reasons[0].evidence[0].value == "absent"
    assert found.plan is not None
    assert [s.kind for s in found.plan.steps] == [StepKind.SEND_TEST, StepKind.SWITCH_CONNECTION]
    with pytest.raises(StepFailed, match="migrate it first"):
        await finalize_plan(tenant.api, tenant.ref)
    await tenant.migrate()
    assert (await _judged(tenant)).verdict is Verdict.ALREADY_MIGRATED


@pytest.mark.parametrize("kind", ["toggle_missing_upe", "already_migrated"])
async def test_a_selected_provider_that_can_still_be_read_does_not_make_a_tenant_legacy(
    bench: TenantBench, kind: str
) -> None:
    """Auth0's lists disagree about that endpoint; Guardian's own settings are closed on each of them."""
    tenant = await bench.tenant(kind)
    await _still_answers(tenant)
    found = await tenant.assess()
    assessment = found.judgement.assessment
    assert assessment.verdict is Verdict.ALREADY_MIGRATED
    (probe,) = [e for r in assessment.reasons for e in r.evidence if e.field == "status"]
    assert (probe.endpoint, probe.value[:3]) == ("GET guardian/factors/phone/providers/twilio", "403")
    assert (await probe_legacy_endpoints(tenant.api)).refusal == found.snapshot.legacy_refusal
    await tenant.change(delete_provider=True)
    assert (await _judged(tenant)).verdict is Verdict.BROKEN


async def test_a_closed_legacy_side_whose_selected_provider_can_be_read_is_no_way_back(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant("twilio_sms", legacy_access="closed")
    await _still_answers(tenant)
    assessment = await _judged(tenant)
    assert CODE.LEGACY_PROVIDER_UNREADABLE in _codes(assessment)
    assert assessment.reversibility is not None
    assert assessment.reversibility.level is Reversibility.ONE_WAY


async def test_legacy_endpoints_that_all_answer_have_not_closed(bench: TenantBench) -> None:
    found = await probe_legacy_endpoints((await bench.tenant("twilio_sms")).api)
    assert (found.refusal, found.answer) == (None, True)


async def _still_answers(tenant: Tenant) -> None:
    what = {"method": "GET", "path": "*/guardian/factors/phone/selected-provider"}
    said = {"effect": "status", "status": 200, "body": {"provider": "twilio"}}
    await tenant.bench.faults({"domain": tenant.domain, **what, **said})


async def test_a_factor_without_a_message_type_and_a_connection_without_clients_do_not_count(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant(
        "mfa_and_passwordless_twilio",
        guardian={"message_types": []},
        connections={"sms": {"enabled_clients": []}},
    )
    assessment = await _judged(tenant)
    assert assessment.verdict is Verdict.NOT_APPLICABLE
    assert _codes(assessment) == {CODE.FACTOR_NOT_CONFIGURED, CODE.CONNECTION_WITHOUT_CLIENTS}
    await tenant.change(connections={"sms": {"options": {"twilio_sid": None, "twilio_token": None}}})
    assert CODE.CONNECTION_NOT_CONFIGURED in _codes(await _judged(tenant))


async def test_all_that_is_missing_is_named_at_once(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_both", target={"twilio": None, "test_numbers": None})
    await tenant.change(guardian={"twilio": {"from": None, "messaging_service_sid": "MG" + "0" * 32}})
    assessment = await _judged(tenant)
    assert assessment.verdict is Verdict.BLOCKED
    assert _codes(assessment) == {
        CODE.MFA_TWILIO,
        CODE.TWILIO_TOKEN_MISSING,
        CODE.VOICE_SENDER_MISSING,
        CODE.TEST_NUMBER_MISSING,
    }
    assert sum(r.code is CODE.TEST_NUMBER_MISSING for r in assessment.reasons) == 2


async def test_an_action_without_its_secrets_is_blocked_and_names_them(bench: TenantBench) -> None:
    tenant = await bench.tenant("action_single", target={"action_secrets": {}})
    assessment = await _judged(tenant)
    assert assessment.reasons[0].code is CODE.ACTION_SECRET_MISSING
    assert all(name in assessment.reasons[0].message for name in tenant.created["action_secrets"])


async def test_an_action_bound_but_not_deployed_is_named(bench: TenantBench) -> None:
    tenant = await bench.tenant("action_single")
    name = (await tenant.dump())["actions"][0]["name"]
    await tenant.change(undeploy_action=name)
    assessment = await _judged(tenant)
    assert (assessment.verdict, assessment.reasons[0].code) == (Verdict.BLOCKED, CODE.ACTION_NOT_DEPLOYED)
    await tenant.change(unbind="send-phone-message")
    assert (await _judged(tenant)).verdict is Verdict.NOT_APPLICABLE


async def test_delivery_methods_must_cover_the_present_use(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_both", target={"delivery_methods": ["text"]})
    assessment = await _judged(tenant)
    assert (assessment.verdict, assessment.reasons[0].code) == (Verdict.BLOCKED, CODE.FACTORS_NOT_COVERED)
    tenant = await bench.tenant("passwordless_twilio", target={"delivery_methods": ["voice"]})
    assert (await _judged(tenant)).reasons[0].code is CODE.FACTORS_NOT_COVERED


async def test_an_approvable_blocker_becomes_a_warning_and_another_does_not(bench: TenantBench) -> None:
    approve = ["test_number_missing"]
    tenant = await bench.tenant("twilio_sms", target={"test_numbers": None, "approve": approve})
    found = await tenant.assess()
    assert found.plan is not None
    assert [w.code for w in found.plan.warnings] == [CODE.TEST_NUMBER_MISSING]
    assert "send_test" not in {s.kind for s in found.plan.steps}
    tenant = await bench.tenant("twilio_sms", target={"twilio": None, "approve": approve})
    assert CODE.TWILIO_TOKEN_MISSING in _codes(await _judged(tenant))


async def test_a_provider_of_another_account_is_not_overwritten_unless_accepted(bench: TenantBench) -> None:
    tenant = await bench.tenant("half_migrated", provider={"configuration": {"sid": "AC" + "1" * 32}})
    assert CODE.PROVIDER_TAKEN in _codes(await _judged(tenant))
    tenant.retarget(approve=["provider_taken"])
    assert (await _judged(tenant)).verdict is Verdict.ELIGIBLE


async def test_auth0s_own_messages_go_on_once_a_twilio_account_is_supplied(bench: TenantBench) -> None:
    tenant = await bench.tenant("legacy_auth0")
    ref = bench._secret(tenant.domain, "TWILIO", "f" * 32)
    tenant.retarget(twilio={"auth_token": ref, "sid": "AC" + "2" * 32, "default_from": NUMBER})
    assert (await _judged(tenant)).verdict is Verdict.ELIGIBLE


async def test_a_closed_legacy_side_hides_the_sender(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms", legacy_access="closed")
    assessment = await _judged(tenant)
    assert CODE.LEGACY_PROVIDER_UNREADABLE in _codes(assessment)
    assert assessment.reversibility is not None
    assert assessment.reversibility.level is Reversibility.ONE_WAY


@pytest.mark.parametrize(
    ("kind", "overrides", "way"),
    [
        ("twilio_sms", {}, Reversibility.REVERSIBLE),
        ("half_migrated", {}, Reversibility.LOSSY),
        ("passwordless_gateway", {}, Reversibility.REVERSIBLE),
    ],
)
async def test_the_way_back_is_judged_before_the_switch(
    bench: TenantBench, kind: str, overrides: dict[str, Any], way: Reversibility
) -> None:
    found = (await _judged(await bench.tenant(kind, **overrides))).reversibility
    assert found is not None
    assert found.level is way
    assert all(r.evidence for r in found.reasons)


async def test_a_phone_identifier_makes_the_way_back_lossy(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    await _identify_by_phone(tenant)
    found = await tenant.assess()
    way = found.judgement.assessment.reversibility
    assert way is not None
    assert (way.level, way.reasons[0].code) == (
        Reversibility.LOSSY,
        CODE.IDENTIFIER_DEPENDS_ON_PROVIDER,
    )


async def _identify_by_phone(tenant: Tenant) -> None:
    databases = [c for c in (await tenant.dump())["connections"] if c["strategy"] == "auth0"]
    attribute = {"phone_number": {"identifier": {"active": True}}}
    await tenant.change(connections={databases[0]["name"]: {"options": {"attributes": attribute}}})


async def test_unread_dependents_leave_the_way_back_unknown(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    await bench.faults({"path": "/client-grants", "effect": "status", "status": 400})
    way = (await _judged(tenant)).reversibility
    assert way is not None
    assert (way.level, way.reasons[0].code) == (Reversibility.UNKNOWN, CODE.DEPENDENTS_UNREAD)


async def test_wrong_credentials_and_missing_deciding_scopes_are_unreachable(bench: TenantBench) -> None:
    tenant = await bench.tenant("wrong_credentials")
    with pytest.raises(CredentialsRejected) as rejected:
        await assess(tenant.api, tenant.ref)
    tenant = await bench.tenant("twilio_sms", scopes=["read:tenant_settings"])
    with pytest.raises(InsufficientScope) as refused:
        await assess(tenant.api, tenant.ref)
    lost = Unreachable(tenant.domain, "no answer")
    spent = TokenLimited(tenant.domain, CODE.TOKEN_QUOTA_USED_UP, "no tokens")
    unknown = CredentialsRejected(tenant.domain, "not this one", reason=CODE.INVALID_CLIENT)
    found = [unreachable(e) for e in (rejected.value, refused.value, lost, spent, unknown)]
    assert {f.verdict for f in found} == {Verdict.UNREACHABLE}
    assert [f.reasons[0].code for f in found] == [
        CODE.CREDENTIALS_REJECTED,
        CODE.INSUFFICIENT_SCOPE,
        CODE.UNREACHABLE,
        CODE.TOKEN_QUOTA_USED_UP,
        CODE.INVALID_CLIENT,
    ]


@pytest.mark.parametrize("code", [CODE.INTERNAL_ERROR, CODE.CREDENTIAL_MISSING, CODE.NOT_RECORDED])
def test_what_is_not_the_networks_fault_says_so(code: ReasonCode) -> None:
    """A defect of phonefleet, met while a tenant was assessed, does not read as an unreachable tenant."""
    errors = {CODE.NOT_RECORDED: NotRecorded("a.eu.auth0.com", "a key")}
    error = errors.get(code, StepFailed("a.eu.auth0.com", code, "no"))
    assert [reason.code for reason in unreachable(error).reasons] == [code]
