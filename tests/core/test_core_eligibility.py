"""Each kind of tenant gets its verdict, its route and reasons with evidence; blockers come all at once."""

from __future__ import annotations

from typing import Any

import pytest
from core_bench import NUMBER, Bench, Tenant

from phonefleet.assessment import Assessment
from phonefleet.eligibility import classify, unreachable
from phonefleet.errors import CredentialsRejected, InsufficientScope, Unreachable
from phonefleet.phases import assess
from phonefleet.vocabulary import ReasonCode, Reversibility, Route, Verdict

CODE = ReasonCode
SUPPLIED = {CODE.twilio_token_missing, CODE.twilio_sid_missing, CODE.sender_missing, CODE.test_number_missing}


async def _judged(tenant: Tenant) -> Assessment:
    return (await tenant.assess()).judgement.assessment


def _codes(assessment: Assessment) -> set[ReasonCode]:
    return {reason.code for reason in assessment.reasons}


@pytest.mark.parametrize(
    ("kind", "verdict", "route", "codes"),
    [
        ("empty", Verdict.not_applicable, None, {CODE.no_phone_messaging}),
        ("not_configured", Verdict.not_applicable, None, {CODE.no_phone_messaging}),
        ("twilio_sms", Verdict.eligible, Route.twilio, {CODE.mfa_twilio}),
        ("twilio_voice", Verdict.eligible, Route.twilio, {CODE.mfa_twilio}),
        ("twilio_both", Verdict.eligible, Route.twilio, {CODE.mfa_twilio}),
        ("action_single", Verdict.eligible, Route.custom_action, {CODE.mfa_action}),
        ("action_multi_trigger", Verdict.eligible, Route.custom_action, {CODE.mfa_action}),
        ("passwordless_twilio", Verdict.eligible, Route.twilio, {CODE.passwordless_twilio}),
        ("passwordless_gateway", Verdict.eligible, Route.custom_gateway, {CODE.passwordless_gateway}),
        (
            "mfa_and_passwordless_twilio",
            Verdict.eligible,
            Route.twilio,
            {CODE.mfa_twilio, CODE.passwordless_twilio},
        ),
        ("phone_identifier", Verdict.not_applicable, None, {CODE.no_phone_messaging}),
        ("toggle_missing_upe", Verdict.already_migrated, None, {CODE.toggle_missing_on_upe}),
        (
            "toggle_missing_legacy",
            Verdict.contact_support,
            None,
            {CODE.toggle_missing_on_legacy, CODE.mfa_twilio},
        ),
        ("already_migrated", Verdict.already_migrated, None, {CODE.flag_on}),
        ("half_migrated", Verdict.eligible, Route.twilio, {CODE.mfa_twilio, CODE.half_done}),
        ("factor_on_not_configured", Verdict.not_applicable, None, {CODE.factor_not_configured}),
        ("missing_scopes", Verdict.blocked, Route.twilio, {CODE.missing_scope, CODE.mfa_twilio}),
        ("one_way", Verdict.eligible, Route.twilio, {CODE.mfa_twilio}),
        (
            "legacy_auth0",
            Verdict.blocked,
            Route.twilio,
            {
                CODE.legacy_auth0_provider,
                CODE.mfa_auth0,
                CODE.twilio_token_missing,
                CODE.twilio_sid_missing,
                CODE.sender_missing,
            },
        ),
    ],
)
async def test_a_kind_gets_its_verdict_route_and_reasons(
    bench: Bench, kind: str, verdict: Verdict, route: Route | None, codes: set[ReasonCode]
) -> None:
    tenant = await bench.tenant(kind)
    found = await tenant.assess()
    assessment = found.judgement.assessment
    assert (assessment.verdict, assessment.route, _codes(assessment)) == (verdict, route, codes)
    bare = {r.code for r in assessment.reasons if not r.evidence}
    assert bare <= SUPPLIED | {CODE.legacy_auth0_provider}, "what was read has evidence"
    assert (found.plan is not None) == (verdict is Verdict.eligible)
    assert classify(found.snapshot, tenant.ref.target) == found.judgement, "the same facts mean the same"
    assert await tenant.writes() == []


async def test_different_providers_are_joined_by_one_action_that_is_proved_against_both(bench: Bench) -> None:
    found = await (await bench.tenant("merged")).assess()
    assessment = found.judgement.assessment
    assert (assessment.verdict, assessment.route) == (Verdict.eligible, Route.custom_merged)
    assert found.plan is not None
    assert found.plan.proof is not None
    assert (found.plan.proof.result, found.plan.proof.strategy) == ("proved", "merged")
    assert assessment.action is not None
    assert assessment.action.result == "proved"
    assert CODE.otp_verify_reused in {w.code for w in found.plan.warnings}, "what no proof covers is said"


async def test_a_missing_toggle_means_two_things_told_apart_by_the_legacy_endpoint(bench: Bench) -> None:
    for kind, status in (("toggle_missing_upe", "403 legacy_"), ("toggle_missing_legacy", "200")):
        reasons = (await _judged(await bench.tenant(kind))).reasons
        evidence = {e.field: e.value for r in reasons for e in r.evidence}
        assert evidence["phone_consolidated_experience"] == "absent"
        assert evidence["status"].startswith(status)


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"delete_provider": True}, CODE.upe_without_provider),
        ({"provider": {"disabled": True}}, CODE.upe_provider_disabled),
        ({"provider": {"configuration": {"delivery_methods": ["voice"]}}}, CODE.upe_methods_not_covering),
        ({"provider": {"name": "custom"}}, CODE.upe_action_not_deployed),
    ],
)
async def test_a_migrated_tenant_that_cannot_send_is_broken(
    bench: Bench, overrides: dict[str, Any], code: ReasonCode
) -> None:
    tenant = await bench.tenant("toggle_missing_upe")
    await tenant.poke(**overrides)
    assessment = await _judged(tenant)
    assert (assessment.verdict, assessment.reasons[0].code) == (Verdict.broken, code)
    assert assessment.reasons[0].evidence


async def test_on_the_new_side_without_provider_or_use_there_is_nothing_to_do(bench: Bench) -> None:
    tenant = await bench.tenant(
        "toggle_missing_upe", delete_provider=True, guardian={"factors": {"sms": False}}
    )
    assessment = await _judged(tenant)
    assert (assessment.verdict, assessment.reasons[0].code) == (
        Verdict.not_applicable,
        CODE.no_phone_messaging,
    )


async def test_a_connection_switched_off_by_itself_makes_a_migrated_tenant_eligible_again(
    bench: Bench,
) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    await tenant.poke(connections={"sms": {"options": {"use_phone_provider": False}}})
    found = await tenant.assess()
    assessment = found.judgement.assessment
    assert (assessment.verdict, assessment.route) == (Verdict.eligible, Route.twilio)
    assert assessment.reasons[0].code is CODE.connection_not_switched
    assert found.plan is not None
    assert [str(s.kind) for s in found.plan.steps] == ["switch_connection"]
    await tenant.migrate()
    assert await tenant.delivering() == {("passwordless", "text"): "upe_twilio"}


async def test_a_factor_without_a_message_type_and_a_connection_without_clients_do_not_count(
    bench: Bench,
) -> None:
    tenant = await bench.tenant(
        "mfa_and_passwordless_twilio",
        guardian={"message_types": []},
        connections={"sms": {"enabled_clients": []}},
    )
    assessment = await _judged(tenant)
    assert assessment.verdict is Verdict.not_applicable
    assert _codes(assessment) == {CODE.factor_not_configured, CODE.connection_without_clients}
    await tenant.poke(connections={"sms": {"options": {"twilio_sid": None, "twilio_token": None}}})
    assert CODE.connection_not_configured in _codes(await _judged(tenant))


async def test_all_that_is_missing_is_named_at_once(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_both", target={"twilio": None, "test_numbers": None})
    await tenant.poke(guardian={"twilio": {"from": None, "messaging_service_sid": "MG" + "0" * 32}})
    assessment = await _judged(tenant)
    assert assessment.verdict is Verdict.blocked
    assert _codes(assessment) == {
        CODE.mfa_twilio,
        CODE.twilio_token_missing,
        CODE.voice_sender_missing,
        CODE.test_number_missing,
    }
    assert sum(r.code is CODE.test_number_missing for r in assessment.reasons) == 2


async def test_an_action_without_its_secrets_is_blocked_and_names_them(bench: Bench) -> None:
    tenant = await bench.tenant("action_single", target={"action_secrets": {}})
    assessment = await _judged(tenant)
    assert assessment.reasons[0].code is CODE.action_secret_missing
    assert all(name in assessment.reasons[0].message for name in tenant.made["action_secrets"])


async def test_an_action_bound_but_not_deployed_is_named(bench: Bench) -> None:
    tenant = await bench.tenant("action_single")
    name = (await tenant.dump())["actions"][0]["name"]
    await tenant.poke(undeploy_action=name)
    assessment = await _judged(tenant)
    assert (assessment.verdict, assessment.reasons[0].code) == (Verdict.blocked, CODE.action_not_deployed)
    await tenant.poke(unbind="send-phone-message")
    assert (await _judged(tenant)).verdict is Verdict.not_applicable


async def test_delivery_methods_must_cover_the_present_use(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_both", target={"delivery_methods": ["text"]})
    assessment = await _judged(tenant)
    assert (assessment.verdict, assessment.reasons[0].code) == (Verdict.blocked, CODE.factors_not_covered)
    tenant = await bench.tenant("passwordless_twilio", target={"delivery_methods": ["voice"]})
    assert (await _judged(tenant)).reasons[0].code is CODE.factors_not_covered


async def test_an_approvable_blocker_becomes_a_warning_and_another_does_not(bench: Bench) -> None:
    approve = ["test_number_missing", "twilio_token_missing"]
    tenant = await bench.tenant("twilio_sms", target={"test_numbers": None, "approve": approve})
    found = await tenant.assess()
    assert found.plan is not None
    assert [w.code for w in found.plan.warnings] == [CODE.test_number_missing]
    assert "send_test" not in {s.kind for s in found.plan.steps}
    tenant = await bench.tenant("twilio_sms", target={"twilio": None, "approve": approve})
    assert CODE.twilio_token_missing in _codes(await _judged(tenant))


async def test_a_provider_of_another_account_is_not_overwritten_unless_accepted(bench: Bench) -> None:
    tenant = await bench.tenant("half_migrated", provider={"configuration": {"sid": "AC" + "1" * 32}})
    assert CODE.provider_taken in _codes(await _judged(tenant))
    tenant.aiming(approve=["provider_taken"])
    assert (await _judged(tenant)).verdict is Verdict.eligible


async def test_auth0s_own_messages_go_on_once_a_twilio_account_is_supplied(bench: Bench) -> None:
    tenant = await bench.tenant("legacy_auth0")
    ref = bench._secret(tenant.domain, "TWILIO", "f" * 32)
    tenant.aiming(twilio={"auth_token": ref, "sid": "AC" + "2" * 32, "default_from": NUMBER})
    assert (await _judged(tenant)).verdict is Verdict.eligible


async def test_a_closed_legacy_door_hides_the_sender(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms", legacy_door="closed")
    assessment = await _judged(tenant)
    assert CODE.legacy_provider_unreadable in _codes(assessment)
    assert assessment.way_back is not None
    assert assessment.way_back.reversibility is Reversibility.one_way


@pytest.mark.parametrize(
    ("kind", "overrides", "way"),
    [
        ("twilio_sms", {}, Reversibility.reversible),
        ("half_migrated", {}, Reversibility.lossy),
        ("passwordless_gateway", {}, Reversibility.reversible),
    ],
)
async def test_the_way_back_is_judged_before_the_switch(
    bench: Bench, kind: str, overrides: dict[str, Any], way: Reversibility
) -> None:
    found = (await _judged(await bench.tenant(kind, **overrides))).way_back
    assert found is not None
    assert found.reversibility is way
    assert all(r.evidence for r in found.reasons)


async def test_a_phone_identifier_makes_the_way_back_lossy(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    await _identify_by_phone(tenant)
    found = await tenant.assess()
    way = found.judgement.assessment.way_back
    assert way is not None
    assert (way.reversibility, way.reasons[0].code) == (
        Reversibility.lossy,
        CODE.identifier_depends_on_provider,
    )


async def _identify_by_phone(tenant: Tenant) -> None:
    databases = [c for c in (await tenant.dump())["connections"] if c["strategy"] == "auth0"]
    attribute = {"phone_number": {"identifier": {"active": True}}}
    await tenant.poke(connections={databases[0]["name"]: {"options": {"attributes": attribute}}})


async def test_unread_dependents_leave_the_way_back_unknown(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    await bench.faults({"path": "/client-grants", "effect": "status", "status": 400})
    way = (await _judged(tenant)).way_back
    assert way is not None
    assert (way.reversibility, way.reasons[0].code) == (Reversibility.unknown, CODE.dependents_unread)


async def test_wrong_credentials_and_missing_deciding_scopes_are_unreachable(bench: Bench) -> None:
    tenant = await bench.tenant("wrong_credentials")
    with pytest.raises(CredentialsRejected) as rejected:
        await assess(tenant.api, tenant.ref)
    tenant = await bench.tenant("twilio_sms", scopes=["read:tenant_settings"])
    with pytest.raises(InsufficientScope) as refused:
        await assess(tenant.api, tenant.ref)
    lost = Unreachable(tenant.domain, "no answer")
    found = [unreachable(e) for e in (rejected.value, refused.value, lost)]
    assert {f.verdict for f in found} == {Verdict.unreachable}
    assert [f.reasons[0].code for f in found] == [
        CODE.credentials_rejected,
        CODE.insufficient_scope,
        CODE.unreachable,
    ]
