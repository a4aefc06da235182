"""Factories of migrated tenants that are handed over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from configs import MessageType
from phonefleet.auth0.left_state_reader import without_secrets
from phonefleet.model.fact import ActionState, NpmDependency
from phonefleet.model.left_state import FactorSetting, LeftState
from phonefleet.model.snapshot import (
    EndpointRefusal,
    PhoneProvider,
    PhoneTemplate,
    SmsConnection,
    Snapshot,
)

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
AWKWARD = st.text(max_size=20) | st.sampled_from(
    (
        *(
            '"',
            "\\",
            "${x}",
            "$${x}",
            "$$${",
            "%{ if x }",
            "%%{",
            "$",
            "a\nb\r\n",
            "\t",
            "\x00\x07\x7f",
            "\u2028",
        ),
        *("EOT\n<<EOT", "# no comment", "//", "/* */", "{{ code }}", "@@password@@", "##NAME##", "'", "''"),
        *(
            "yes",
            "null",
            "~",
            "1e3",
            "0o17",
            "0x1f",
            "2026-11-29",
            "=",
            "<<",
            "- a",
            "a: b",
            "é",
            "e\u0301",
            "😀",
        ),
        *(
            "@@TWILIO_AUTH_TOKEN@@",
            "##TWILIO_AUTH_TOKEN##",
            " ",
            "\ufeff",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "`",
        ),
    )
)


def twilio(**changes: Any) -> PhoneProvider:
    facts: dict[str, Any] = {
        "id": "pro_1",
        "name": "twilio",
        "delivery_methods": ("text", "voice"),
        "sid": "AC" + "0" * 32,
        "default_from": "+12125550100",
    }
    return PhoneProvider(**facts | changes)


def custom() -> PhoneProvider:
    return PhoneProvider(id="pro_1", name="custom", delivery_methods=("text",))


def phone_action(**changes: Any) -> ActionState:
    facts: dict[str, Any] = {
        "id": "act-1",
        "name": "phonefleet-phone-provider",
        "triggers": ("custom-phone-provider",),
        "code": "exports.onExecuteCustomPhoneProvider = async () => {};\n",
        "dependencies": (NpmDependency(name="twilio", version="5.0.0"),),
        "secret_names": ("TOKEN", "token"),
        "runtime": "node22",
        "deployed": True,
    }
    return ActionState(**facts | changes)


GATEWAY_OPTIONS = {
    "name": "sms",
    "from": "Codes",
    "syntax": "liquid",
    "template": "Your code: {{ code }}",
    "totp": {"time_step": 180, "length": 6},
    "provider": "sms_gateway",
    "gateway_url": "https://gateway.example.com/send",
    "gateway_authentication": {
        "method": "bearer",
        "subject": "a.eu.auth0.com:sms",
        "audience": "gateway.example.com",
        "secret": "s3cret-of-the-gateway",
        "secret_base64_encoded": False,
    },
    "forward_req_info": "true",
    "messaging_service_sid": None,
    "disable_signup": False,
    "brute_force_protection": True,
    "use_phone_provider": True,
    "upstream_params": {"login_hint": {"alias": "hint"}},
}


def left_state(
    *,
    provider: PhoneProvider | None = None,
    actions: tuple[ActionState, ...] = (),
    templates: tuple[PhoneTemplate, ...] = (),
    connections: dict[str, dict[str, Any]] | None = None,
    legacy_actions: tuple[ActionState, ...] = (),
    policies: tuple[str, ...] = ("all-applications",),
    unread: tuple[EndpointRefusal, ...] = (),
    flag: bool | None = True,
    factor: bool = True,
) -> LeftState:
    """A tenant; `connections` gives the options of each SMS connection by its name."""
    named = list((connections or {}).items())
    snapshot = Snapshot(
        domain="a.eu.auth0.com",
        taken_at=NOW,
        flag=flag,
        factor_enabled=factor,
        message_types=(MessageType.SMS,),
        policies=policies,
        providers=(provider,) if provider else (),
        templates=templates,
        custom_actions=actions,
        legacy_actions=legacy_actions,
        unread=unread,
        connections=tuple(
            SmsConnection(id=f"con_{n}", name=name, use_phone_provider=True)
            for n, (name, _) in enumerate(named)
        ),
    )
    return LeftState(
        snapshot=snapshot,
        factors=(FactorSetting(name="sms", enabled=True), FactorSetting(name="otp", enabled=True)),
        options=tuple(without_secrets(f"con_{n}", options) for n, (_, options) in enumerate(named)),
        trigger_version="v1" if actions else "",
    )


def every_part() -> LeftState:
    """A tenant that has everything that can be handed over."""
    return left_state(
        provider=custom(),
        actions=(phone_action(),),
        templates=(
            PhoneTemplate(
                id="tem_1", type="otp_enroll", text="{{ code }}", voice="{{ code }}!", sender="Codes"
            ),
            PhoneTemplate(id="tem_2", type="otp_verify", text='${x} %{y} "z"\n'),
            PhoneTemplate(type="blocked_account", text="Auth0's own"),
        ),
        connections={"sms": GATEWAY_OPTIONS, "SMS": {"twilio_sid": "AC1", "twilio_token": "abc123def456"}},
        legacy_actions=(phone_action(id="act-0", name="old `code`", bound=True),),
    )


NAMES = st.lists(AWKWARD, unique=True, max_size=3)


def any_state(draw: st.DrawFn) -> LeftState:
    """A tenant with any texts in it."""
    names = draw(NAMES)
    return left_state(
        provider=custom() if draw(st.booleans()) else twilio(default_from=draw(AWKWARD)),
        actions=(
            phone_action(
                name=draw(AWKWARD),
                code=draw(AWKWARD),
                secret_names=tuple(draw(NAMES)),
            ),
        ),
        templates=(
            PhoneTemplate(
                id="t", type="otp_enroll", text=draw(AWKWARD), voice=draw(AWKWARD), sender=draw(AWKWARD)
            ),
        ),
        connections={
            name: {"use_phone_provider": True, "template": draw(AWKWARD), draw(AWKWARD): draw(AWKWARD)}
            for name in names
        },
        legacy_actions=(phone_action(name=draw(AWKWARD), bound=True),),
    )


ANY_STATE = st.composite(any_state)()
