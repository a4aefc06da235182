"""What a user's phone gets before and after a migration, against what the plan says about it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from phonefleet.actions.message_samples import APPLICATION, CODE, RECIPIENT
from phonefleet.model.enums import ReasonCode, StepKind, Verdict
from phonefleet.model.message_texts import MessagePlane, NotificationType, TextChange
from simulator import message_texts as simulated
from tests.tenant_bench import Tenant, TenantBench

ENROLL, VERIFY = NotificationType.OTP_ENROLL, NotificationType.OTP_VERIFY
DEFAULT = simulated.LEGACY_DEFAULTS["otp_verify"]
GUARDIAN = {
    "default": None,
    "own": {
        "enrollment_message": "Join {{tenant.friendlyName}}: {{code}}",
        "verification_message": "{{code}} now",
    },
    "one own": {
        "enrollment_message": "Join {{tenant.friendly_name | escape}}: {{ code }}",
        "verification_message": DEFAULT,
    },
    "by channel": {
        "enrollment_message": "{% if message_type == 'voice' %}Hear {{pause}}{{code}}"
        "{% else %}Read {{code}}{% endif %}",
        "verification_message": "{% if locale contains 'fr' %}Code :{% else %}Code:{% endif %} {{code}}",
    },
    "refused": {
        "enrollment_message": "{{ requestInfo.lang }} {{ code }}",
        "verification_message": "{{ code }}!",
    },
    "broken": {"enrollment_message": "{% if %}{{ code }}", "verification_message": "{{ code | squish }}"},
}
CONNECTION: dict[str, dict[str, Any]] = {
    "default": {"template": "Your verification code is: @@password@@", "syntax": "md_with_macros"},
    "macros": {"template": "@@password@@ is for @@application.name@@ {{ raw }}", "syntax": "md_with_macros"},
    "liquid": {
        "template": "{{ password }} to {{ phone_number }}, {{ application.clientID }}",
        "syntax": "liquid",
    },
    "none": {"template": None, "syntax": None},
    "refused": {"template": "{{ request_language }} {{ code }}", "syntax": "liquid"},
}
NAMES = ("Acme", "Acme & Söhne")
APPROVED = [
    "text_given_up",
    "template_refused",
    "template_too_costly",
    "sender_given_up",
    "action_not_verified",
    "provider_in_use",
]
Key = tuple[MessagePlane, str, str, str]


def simulators_values(text: str) -> str:
    """A rendering of the plan with the code, the number and the application that the simulator has."""
    application = simulated.legacy_connection_text(
        {"template": "@@application.name@@|@@application.clientID@@", "syntax": "md_with_macros"}
    ).split("|")
    pairs = [
        (CODE, simulated.CODE),
        (".".join(CODE), ".".join(simulated.CODE)),
        (RECIPIENT, simulated.RECIPIENT),
    ]
    pairs += list(zip((APPLICATION["name"], APPLICATION["clientID"]), application, strict=True))
    for ours, theirs in pairs:
        text = text.replace(ours, theirs)
    return text


async def phone_texts(tenant: Tenant) -> dict[Key, str]:
    """Everything that users of the tenant would get now."""
    state = await tenant.dump()
    texts: dict[Key, str] = {}
    if state["guardian"]["factors"]["sms"]:
        for each in state["guardian"]["message_types"]:
            method = "voice" if each == "voice" else "text"
            for kind, text in (await tenant.wording("mfa", method)).items():
                texts[MessagePlane.MFA, "", kind, method] = text
    for connection in state["connections"]:
        if connection["strategy"] == "sms" and connection["enabled_clients"]:
            for kind, text in (await tenant.wording("passwordless", "text", connection["name"])).items():
                texts[MessagePlane.PASSWORDLESS, connection["name"], kind, "text"] = text
    if any(c["strategy"] == "auth0" and c["id"] == "con_db" for c in state["connections"]):
        for kind, text in (await tenant.wording("phone_identifier", "text")).items():
            texts[MessagePlane.PHONE_IDENTIFIER, "users", kind, "text"] = text
    return texts


def stated(changes: tuple[TextChange, ...]) -> dict[Key, TextChange]:
    return {(c.plane, c.connection, c.type, c.method): c for c in changes}


async def check(tenant: Tenant) -> tuple[TextChange, ...]:
    """Migrate a tenant; every text that differs afterwards was in the plan with both renderings."""
    before = await phone_texts(tenant)
    migrated = await tenant.migrate()
    plan = migrated.executor.plan
    after = await phone_texts(tenant)
    changes = stated(plan.texts)
    for key in before.keys() | after.keys():
        old, new = before.get(key, ""), after.get(key, "")
        if key in before and key in after and old == new:
            assert key not in changes or changes[key].locale != "en", key
            continue
        if key not in before and key not in changes:
            # A message that could not be rendered, and still has no change: never.
            pytest.fail(f"{key}: {new!r} is new and not in the plan")
        assert key in changes, (key, old, new)
        if changes[key].old_rendered:
            assert simulators_values(changes[key].old) == old
        if changes[key].new_rendered:
            assert simulators_values(changes[key].new) == new
    return plan.texts


@pytest.mark.parametrize(("guardian", "name"), tuple(itertools.product(GUARDIAN, NAMES)))
@pytest.mark.parametrize("kind", ["twilio_both", "action_single"])
async def test_mfa_texts_that_change_are_in_the_plan(
    bench: TenantBench, kind: str, guardian: str, name: str
) -> None:
    templates = {"templates": GUARDIAN[guardian]}
    tenant = await bench.tenant(
        kind, {"approve": APPROVED}, guardian=templates, settings={"friendly_name": name}
    )
    changes = await check(tenant)
    if guardian in ("own", "by channel"):
        assert changes == ()


@pytest.mark.parametrize(
    ("connection", "guardian"), tuple(itertools.product(CONNECTION, ("default", "own", "refused")))
)
async def test_texts_of_both_planes_are_in_the_plan(
    bench: TenantBench, connection: str, guardian: str
) -> None:
    tenant = await bench.tenant(
        "mfa_and_passwordless_twilio",
        {"approve": APPROVED},
        guardian={"templates": GUARDIAN[guardian]},
        settings={"friendly_name": "Acme & Söhne"},
    )
    await tenant.change(connections={"sms": {"options": CONNECTION[connection]}})
    await check(tenant)


@pytest.mark.parametrize("connection", CONNECTION)
async def test_texts_of_passwordless_alone_are_in_the_plan(bench: TenantBench, connection: str) -> None:
    tenant = await bench.tenant("passwordless_gateway", {"approve": APPROVED})
    await tenant.change(connections={"sms": {"options": CONNECTION[connection]}})
    changes = await check(tenant)
    if connection in ("default", "macros", "liquid"):
        assert changes == ()


async def test_a_name_with_an_ampersand_reads_differently(bench: TenantBench) -> None:
    """The new default escapes the friendly name, and the legacy one does not."""
    tenant = await bench.tenant(
        "twilio_sms", guardian={"templates": None}, settings={"friendly_name": "Acme & Söhne"}
    )
    plan = await tenant.plan()
    assert [(c.type, c.method, c.old, c.new) for c in plan.texts] == [
        (
            kind,
            "text",
            f"123456 is your verification code for Acme & Söhne{more}",
            f"123456 is your verification code for Acme &amp; Söhne{more}",
        )
        for kind, more in ((ENROLL, ". Please enter this code to verify your enrollment."), (VERIFY, ""))
    ]
    assert [w.code for w in plan.warnings].count(ReasonCode.TEMPLATE_CHANGES) == 2


async def test_a_spoken_default_is_another_sentence(bench: TenantBench) -> None:
    tenant = await bench.tenant(
        "twilio_voice", guardian={"templates": None}, settings={"friendly_name": "Acme"}
    )
    change = stated((await tenant.plan()).texts)[MessagePlane.MFA, "", VERIFY, "voice"]
    assert change.old == "1.2.3.4.5.6 is your verification code for Acme"
    assert change.new.startswith("Hello. Your verification code for Acme is  1.2.3.4.5.6.")


async def test_a_connections_text_is_not_spoken(bench: TenantBench) -> None:
    """It takes over MFA's default by text, which the plan states; the spoken message keeps Auth0's default."""
    tenant = await bench.tenant(
        "mfa_and_passwordless_twilio",
        {"approve": APPROVED, "delivery_methods": ["text", "voice"]},
        seed="spoken-2",
        guardian={"templates": None},
    )
    await tenant.change(connections={"sms": {"options": CONNECTION["liquid"]}})
    plan = await tenant.plan()
    (step,) = [s for s in plan.steps if s.kind is StepKind.CREATE_TEMPLATE]
    assert step.after.content.body.voice == ""  # type: ignore[union-attr]
    change = stated(plan.texts)[MessagePlane.MFA, "", VERIFY, "text"]
    assert "Shop & Co" not in change.old
    assert APPLICATION["clientID"] in change.new


async def test_two_connections_need_a_decision(bench: TenantBench) -> None:
    """Which sender and which text are given up is for a person, with both renderings."""
    tenant = await bench.tenant("two_connections")
    found = await tenant.assess()
    assessment = found.judgement.assessment
    assert assessment.verdict is Verdict.BLOCKED
    codes = [b.code for b in found.judgement.blockers]
    assert codes == [ReasonCode.SENDER_GIVEN_UP, ReasonCode.TEXT_GIVEN_UP]
    assert all("sms-partners" in b.message for b in found.judgement.blockers)
    (change,) = assessment.texts
    assert (change.plane, change.connection) == (MessagePlane.PASSWORDLESS, "sms-partners")
    assert change.old == f"Partners: your code is {CODE}"
    assert change.new != change.old
    tenant.retarget(approve=APPROVED)
    assert await check(tenant) == (change,)


async def test_a_connection_alone_keeps_no_text_untold(bench: TenantBench) -> None:
    """A connection that is switched on a migrated tenant gets the tenant's present template."""
    tenant = await bench.tenant("connection_off")
    await tenant.change(connections={"sms": {"options": CONNECTION["liquid"]}})
    found = await tenant.assess()
    assert ReasonCode.TEXT_GIVEN_UP in {b.code for b in found.judgement.blockers}
    tenant.retarget(approve=APPROVED)
    assert len(await check(tenant)) == 1


async def test_an_overwritten_template_is_a_decision(bench: TenantBench) -> None:
    """Users of a phone identifier get the tenant-level template now, which MFA's text replaces."""
    tenant = await bench.tenant(
        "half_migrated", {"approve": ["provider_in_use"]}, guardian={"templates": GUARDIAN["own"]}
    )
    tenant.put_identifier()
    (template,) = [t for t in await tenant.api.phone_templates() if t["type"] == "otp_verify"]
    content = {"body": {"text": "Members: {{ code }}"}}
    await tenant.api.update_phone_template(template["id"], {"content": content})
    found = await tenant.assess()
    assert [b.code for b in found.judgement.blockers] == [ReasonCode.TEXT_GIVEN_UP]
    tenant.retarget(approve=APPROVED)
    changes = stated(await check(tenant))
    assert changes[MessagePlane.PHONE_IDENTIFIER, "users", VERIFY, "text"].old == f"Members: {CODE}"


async def test_a_costly_template_blocks_its_tenant_alone(bench: TenantBench) -> None:
    loop = "{% for i in (1..1000000000) %}{{ i }}{% endfor %}{{ code }}"
    templates = {"templates": {"enrollment_message": loop, "verification_message": loop}}
    tenant = await bench.tenant("twilio_sms", guardian=templates)
    found = await tenant.assess()
    assert {b.code for b in found.judgement.blockers} == {ReasonCode.TEMPLATE_TOO_COSTLY}
    assert "takes too long to render" in found.judgement.blockers[0].message
    tenant.retarget(approve=["template_too_costly"])
    plan = await tenant.plan()
    assert {c.old_rendered for c in plan.texts} == {False}
