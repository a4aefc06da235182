"""Plans: the order of steps, the absence of secrets, and a checksum that changes with the facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from configs import DeliveryMethod
from phonefleet.assessment.planning_input import DesiredTemplate
from phonefleet.assessment.verdict import classify
from phonefleet.errors import PlanRefused
from phonefleet.execution.phases import check_plan
from phonefleet.model.enums import ReasonCode, StepKind, Verdict
from phonefleet.model.plan import Plan
from phonefleet.model.snapshot import PhoneTemplate, Snapshot
from phonefleet.model.steps import CreateTemplateStep
from phonefleet.planning.approval import propose
from phonefleet.planning.planner import make_plan, numbers_of
from phonefleet.planning.step_builders import message_steps, template_step
from tests.tenant_bench import Tenant, TenantBench

CODE = ReasonCode
FACTOR_STEPS = {StepKind.ENABLE_FACTOR, StepKind.SET_MESSAGE_TYPES}
ORDER = (
    (StepKind.CREATE_ACTION, StepKind.UPDATE_ACTION, StepKind.ADOPT_ACTION),
    (StepKind.DEPLOY_ACTION,),
    (StepKind.CREATE_PROVIDER, StepKind.UPDATE_PROVIDER),
    (StepKind.CREATE_TEMPLATE, StepKind.UPDATE_TEMPLATE),
    (StepKind.SEND_TEST,),
    (StepKind.ENABLE_FACTOR,),
    (StepKind.SET_MESSAGE_TYPES,),
    (StepKind.SWITCH_TENANT,),
    (StepKind.SWITCH_CONNECTION,),
)
KINDS = (
    "twilio_both",
    "action_single",
    "passwordless_twilio",
    "passwordless_gateway",
    "mfa_and_passwordless_twilio",
    "half_migrated",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_additions_come_first_and_switches_last(bench: TenantBench, kind: str) -> None:
    plan = await (await bench.tenant(kind)).plan()
    places = [next(i for i, kinds in enumerate(ORDER) if step.kind in kinds) for step in plan.steps]
    assert places == sorted(places)
    assert [step.index for step in plan.steps] == list(range(len(plan.steps)))
    assert len({step.key for step in plan.steps}) == len(plan.steps)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("kind", KINDS)
async def test_a_plan_names_secrets_and_holds_none(bench: TenantBench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    plan = await tenant.plan()
    text = plan.model_dump_json()
    values = list(
        _strings({k: v for k, v in tenant.created.items() if k not in ("domain", "kind", "client_id")})
    )
    assert values
    assert not [v for v in values if v in text]
    if kind != "passwordless_gateway" or "gateway_secret" in tenant.created:
        assert '{"$secret":"env:' in text


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_facts_make_the_same_plan(bench: TenantBench, kind: str) -> None:
    tenant = await bench.tenant(kind)
    found = await tenant.assess()
    assert found.plan is not None
    again = Plan.model_validate_json(found.plan.model_dump_json())
    assert again == found.plan
    assert again.checksum == found.plan.checksum
    snapshot = Snapshot.model_validate(json.loads(found.snapshot.model_dump_json()))
    made = make_plan(snapshot, classify(snapshot, tenant.ref.target), numbers_of(tenant.ref))
    assert made.checksum == found.plan.checksum
    assert (await tenant.plan()).checksum == found.plan.checksum, "a second reading"


CHANGES: tuple[dict[str, Any], ...] = (
    {"friendly_name": "Another"},
    {"message_types": ("voice",)},
    {"templates": (PhoneTemplate(type="otp_verify", id="tem_1", text="x"),)},
    {"enrollment_template": "Another {{code}}"},
    {"selected_provider": "auth0"},
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: next(iter(c)))
async def test_any_changed_fact_makes_another_checksum(bench: TenantBench, change: dict[str, Any]) -> None:
    tenant = await bench.tenant("twilio_sms")
    found = await tenant.assess()
    assert found.plan is not None
    changed = Snapshot.model_validate(found.snapshot.model_dump() | change)
    judged = classify(changed, tenant.ref.target)
    assert make_plan(changed, judged, numbers_of(tenant.ref)).checksum != found.plan.checksum


async def test_a_changed_plan_is_refused_with_a_reason(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    plan = await tenant.plan()
    await tenant.change(settings={"friendly_name": "Another"})
    with pytest.raises(PlanRefused, match="facts it was made from differ"):
        await check_plan(tenant.api, tenant.ref, plan)
    await tenant.change(guardian={"message_types": ["sms", "voice"], "twilio": {"from": "+15005550001"}})
    with pytest.raises(PlanRefused, match="steps that differ: provider"):
        await check_plan(tenant.api, tenant.ref, plan)
    await tenant.change(guardian={"factors": {"sms": False}})
    with pytest.raises(PlanRefused, match="it is not_applicable now"):
        await check_plan(tenant.api, tenant.ref, plan)


async def test_a_contradictory_table_row_is_a_warning(bench: TenantBench) -> None:
    target = {"factors": ["sms"], "delivery_methods": ["text", "voice"], "approve": [CODE.FACTOR_GIVEN_UP]}
    plan = await (await bench.tenant("twilio_voice", target=target)).plan()
    named = [w.message for w in plan.warnings if w.code is ReasonCode.TABLE_CONTRADICTION]
    assert len(named) == 1
    assert "factors Voice to SMS, tenant-level SMS + Voice: update_provider" in named[0]


@pytest.mark.parametrize(
    ("kind", "factors", "kinds"),
    [
        ("twilio_both", ["sms"], {StepKind.SET_MESSAGE_TYPES}),
        ("twilio_sms", ["sms"], set()),
        ("passwordless_twilio", ["sms"], {StepKind.ENABLE_FACTOR, StepKind.SET_MESSAGE_TYPES}),
    ],
)
async def test_factors_change_only_if_others_are_desired(
    bench: TenantBench, kind: str, factors: list[str], kinds: set[StepKind]
) -> None:
    target = {"factors": factors, "approve": [CODE.FACTOR_GIVEN_UP]}
    plan = await (await bench.tenant(kind, target=target)).plan()
    assert {s.kind for s in plan.steps} & FACTOR_STEPS == kinds


async def unconfigured(bench: TenantBench, *types: str, **target: Any) -> Tenant:
    """Passwordless goes by Twilio; the phone factor is on with these types, and no Action is bound to send for it."""
    tenant = await bench.tenant("mfa_and_passwordless_twilio", target=target, seed="by-number")
    await tenant.change(guardian={"selected_provider": "phone-message-hook", "message_types": list(types)})
    return tenant


@pytest.mark.parametrize("types", [("sms",), ("sms", "voice"), ("voice",)])
async def test_an_unserved_factor_starts_sending(bench: TenantBench, types: tuple[str, ...]) -> None:
    """After the switch the provider sends for it, so it must deliver its methods, and the plan must say so."""
    tenant = await unconfigured(bench, *types)
    plan = await tenant.plan()
    assert not {s.kind for s in plan.steps} & FACTOR_STEPS
    (warning,) = [w for w in plan.warnings if w.code is CODE.FACTOR_STARTS_SENDING]
    assert "costs money" in warning.message
    assert [e.value for e in warning.evidence] == ["true", ", ".join(types)]
    await tenant.migrate()
    guardian = (await tenant.dump())["guardian"]
    assert (guardian["factors"]["sms"], guardian["message_types"]) == (True, list(types))
    assert set((await tenant.delivering()).values()) == {"upe_twilio"}
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ALREADY_MIGRATED


async def test_an_unserved_factor_explains_its_blocker(bench: TenantBench) -> None:
    """The provider must deliver its method although nothing uses it now; the blocker alone would not say so."""
    tenant = await unconfigured(bench, "voice", test_numbers={"text": "+15005550006"})
    found = await tenant.assess()
    codes = [r.code for r in found.judgement.assessment.reasons]
    assert codes[0] is CODE.TEST_NUMBER_MISSING
    assert CODE.FACTOR_STARTS_SENDING in codes


async def test_an_unserved_factor_can_be_disabled_by_target(
    bench: TenantBench,
) -> None:
    plan = await (await unconfigured(bench, "sms", "voice", factors=["sms"])).plan()
    assert {s.kind for s in plan.steps} & FACTOR_STEPS == {StepKind.SET_MESSAGE_TYPES}
    messages = {w.code: w.message for w in plan.warnings}
    assert set(messages) == {CODE.FACTOR_GIVEN_UP, CODE.FACTOR_STARTS_SENDING}
    assert "MFA by voice is enabled" in messages[CODE.FACTOR_GIVEN_UP]
    assert "no user can be using it" in messages[CODE.FACTOR_GIVEN_UP]
    assert "MFA by sms is enabled" in messages[CODE.FACTOR_STARTS_SENDING]


@pytest.mark.parametrize(
    ("kind", "factors", "lost"),
    [
        ("twilio_both", ["sms"], "voice"),
        ("twilio_voice", ["sms"], "voice"),
        ("mfa_and_passwordless_twilio", ["voice"], "sms"),
    ],
)
async def test_a_used_factor_is_disabled_only_if_approved(
    bench: TenantBench, kind: str, factors: list[str], lost: str
) -> None:
    """Its users could be locked out, even where the fleet file leaves it out."""
    tenant = await bench.tenant(kind, target={"factors": factors})
    found = await tenant.assess()
    assert found.judgement.assessment.verdict is Verdict.BLOCKED
    (blocker,) = found.judgement.blockers
    assert blocker.code is CODE.FACTOR_GIVEN_UP
    assert f"MFA by {lost} is enabled" in blocker.message
    proposal = propose(found, tenant.ref)
    assert proposal is not None
    assert proposal.codes == (CODE.FACTOR_GIVEN_UP,)
    assert CODE.FACTOR_GIVEN_UP in {w.code for w in proposal.plan.warnings}
    tenant.retarget(approve=[CODE.FACTOR_GIVEN_UP])
    plan = await tenant.plan()
    assert plan.checksum == proposal.plan.checksum
    assert {s.kind for s in plan.steps} & FACTOR_STEPS


async def test_a_factor_with_a_hidden_sender_is_in_use(bench: TenantBench) -> None:
    """The legacy endpoints refuse, so whether it is used is not known."""
    account = {"sid": "AC" + "2" * 32, "default_from": "+15005550006"}
    tenant = await bench.tenant("mfa_and_passwordless_twilio", legacy_access="closed")
    known = tenant.ref.target.twilio
    assert known is not None
    tenant.retarget(factors=["voice"], twilio=account | {"auth_token": str(known.auth_token)})
    assert CODE.FACTOR_GIVEN_UP in {r.code for r in (await tenant.assess()).judgement.blockers}


def _texts(kind: str, text: str, voice: str) -> CreateTemplateStep:
    step = template_step((), DesiredTemplate(kind, text, voice))
    assert isinstance(step, CreateTemplateStep)
    return step


@pytest.mark.parametrize(
    ("written", "templates"),
    [
        ((), {"text": "", "voice": ""}),
        ((_texts("otp_enroll", "a", ""),), {"text": "otp_enroll", "voice": ""}),
        (
            (_texts("otp_enroll", "a", "b"), _texts("otp_verify", "c", "")),
            {"text": "otp_verify", "voice": "otp_enroll"},
        ),
    ],
)
def test_a_test_message_has_a_written_text(
    written: tuple[CreateTemplateStep, ...], templates: dict[str, str]
) -> None:
    numbers = dict.fromkeys(DeliveryMethod, "+15005550006")
    steps = list(message_steps(DeliveryMethod, numbers, twilio_sid="", written=written))
    assert {step.target: step.after.template for step in steps} == templates
    assert [step.after_json for step in message_steps((DeliveryMethod.TEXT,), numbers, twilio_sid="")] == [
        {"delivery_method": "text", "to": "+15005550006"}
    ]
