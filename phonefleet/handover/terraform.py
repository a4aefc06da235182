"""Terraform code for a migrated tenant: one root module, with `import` blocks for what is there already.

Source: the documentation of the provider auth0/auth0 and its code. `tests/handover/terraform_provider.json` lists its
resources and attributes.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue

from phonefleet.handover.hcl import (
    Attribute,
    Block,
    Comment,
    Expression,
    Value,
    attributes,
    identifier,
    render,
)
from phonefleet.handover.secret_slots import (
    PROVIDER_TOKEN,
    SecretSlot,
    Slots,
    action_secret,
    connection_secret,
)
from phonefleet.model.endpoints import MFA_POLICIES, PROVIDER_TRIGGER
from phonefleet.model.left_state import LeftState, Place
from phonefleet.model.snapshot import PhoneProvider, PhoneTemplate

PROVIDER_VERSION = "1.49.0"
"""Auth0 documentation, "Migrate to Unified Phone Experience with Terraform"."""
TERRAFORM_VERSION = "1.5"
"""The first with `import` blocks."""
CODE_FILE = "action.js"

TENANT, GUARDIAN = ("auth0_tenant", "tenant"), ("auth0_guardian", "guardian")
PROVIDER, ACTION = ("auth0_phone_provider", "phone"), ("auth0_action", "phone")
TEMPLATE, CONNECTION = "auth0_branding_phone_notification_template", "auth0_connection"
Address = tuple[str, str]
"""The type and the label of a resource."""

_OPTIONS: Mapping[str, str] = {
    **{
        key: key
        for key in (
            *("name", "from", "syntax", "template", "twilio_sid", "twilio_token", "messaging_service_sid"),
            *("provider", "gateway_url", "disable_signup", "brute_force_protection"),
        )
    },
    "forward_req_info": "forward_request_info",
}
"""The provider's attribute for each option of strategy `sms`. Source: `expandConnectionOptionsSMS` in its code."""
_NESTED_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "totp": ("time_step", "length"),
    "gateway_authentication": ("method", "subject", "audience", "secret", "secret_base64_encoded"),
}
_POLICIES = frozenset(("all-applications", "confidence-score"))
_FACTORS: Mapping[str, str] = {"email": "email", "otp": "otp", "recovery-code": "recovery_code"}
"""Factors that Terraform disables when they are not mentioned: their attributes have the default `false`."""


def terraform_files(state: LeftState, slots: Slots) -> dict[str, str]:
    """Return the module's files by path."""
    resources = [*_resources(state, slots)]
    files = {
        "versions.tf": render([_versions()]),
        "phone.tf": render([block for _, _, block in resources]),
        "imports.tf": render([_import(address, object_id) for address, object_id, _ in resources]),
    }
    if slots:
        files["variables.tf"] = render([_variable(slot) for slot in slots.values()])
    if state.action:
        files[CODE_FILE] = state.action.code
    return files


def not_in_terraform(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the options of an SMS connection that the provider does not know."""
    known = {*_OPTIONS, *_NESTED_OPTIONS, "upstream_params"}
    return tuple(sorted(key for key, value in options.items() if key not in known and value is not None))


def variable_name(slot: SecretSlot) -> str:
    """Return the name of a secret's variable; a name of Terraform's begins with a letter."""
    name = slot.keyword.lower()
    return name if name[0].isalpha() else f"_{name}"


def _resources(state: LeftState, slots: Slots) -> Iterator[tuple[Address, str, Block]]:
    """Yield each resource: its address, the id to import it by, and its block."""
    snapshot = state.snapshot
    singleton = str(uuid.uuid5(uuid.NAMESPACE_DNS, snapshot.domain))
    if snapshot.flag is not None:
        body = (Attribute("phone_consolidated_experience", snapshot.flag),)
        yield TENANT, singleton, _resource(TENANT, *body)
    if state.action:
        yield ACTION, state.action.id, _action(state, slots)
    if provider := snapshot.provider:
        yield PROVIDER, provider.id, _provider(state, provider, slots)
    labels: set[str] = set()
    for template in snapshot.templates:
        if template.id:
            address = (TEMPLATE, identifier(template.type, labels))
            yield address, template.id, _template(address, template)
    if has_guardian(state):
        yield GUARDIAN, singleton, _guardian(state)
    labels.clear()
    for connection, whole in state.switched:
        address = (CONNECTION, identifier(connection.name, labels))
        secrets = {
            place: slot
            for place in whole.secrets
            if (slot := slots.get(connection_secret(connection.id, place)))
        }
        yield address, connection.id, _connection(address, connection.name, whole.options, secrets)


def has_guardian(state: LeftState) -> bool:
    """Whether Guardian's settings can be written: its phone factor is used, and the policy was read and is known."""
    snapshot = state.snapshot
    unread = {refusal.endpoint for refusal in (*snapshot.unread, *snapshot.not_offered)}
    known = len(snapshot.policies) <= 1 and _POLICIES.issuperset(snapshot.policies)
    return snapshot.factor_enabled and known and MFA_POLICIES not in unread


def _resource(address: Address, *body: Attribute | Block | Comment) -> Block:
    return Block("resource", address, body)


def _reference(address: Address) -> Expression:
    return Expression(".".join(address))


def _secret(slot: SecretSlot) -> Expression:
    return Expression(f"var.{variable_name(slot)}")


def _versions() -> Block:
    source = {"source": "auth0/auth0", "version": f">= {PROVIDER_VERSION}"}
    return Block(
        "terraform",
        (),
        (
            Attribute("required_version", f">= {TERRAFORM_VERSION}"),
            Block("required_providers", (), (Attribute("auth0", source),)),
        ),
    )


def _import(address: Address, object_id: str) -> Block:
    return Block("import", (), (Attribute("to", _reference(address)), Attribute("id", object_id)))


def _variable(slot: SecretSlot) -> Block:
    body = attributes(
        {"description": slot.purpose, "type": Expression("string"), "sensitive": True, "nullable": False}
    )
    return Block("variable", (variable_name(slot),), body)


def _action(state: LeftState, slots: Slots) -> Block:
    action = state.action
    assert action is not None, "only called for a tenant with one"
    trigger = attributes({"id": PROVIDER_TRIGGER, "version": state.trigger_version})
    return _resource(
        ACTION,
        *attributes(
            {
                "name": action.name,
                "runtime": action.runtime,
                "deploy": True,
                "code": Expression(f'file("${{path.module}}/{CODE_FILE}")'),
            }
        ),
        Block("supported_triggers", (), trigger),
        *(
            Block("dependencies", (), attributes({"name": each.name, "version": each.version}))
            for each in action.dependencies
        ),
        *(
            Block("secrets", (), attributes({"name": name, "value": _secret(slots[action_secret(name)])}))
            for name in action.secret_names
        ),
    )


def _provider(state: LeftState, provider: PhoneProvider, slots: Slots) -> Block:
    configuration: dict[str, Value | None] = {
        "delivery_methods": provider.delivery_methods,
        "sid": provider.sid,
        "default_from": provider.default_from,
        "mssid": provider.mssid,
    }
    token = slots.get(PROVIDER_TOKEN)
    credentials = attributes({"auth_token": _secret(token)}) if token else ()
    # Auth0 refuses a custom provider while no Action on its trigger is deployed.
    waits = (Attribute("depends_on", (_reference(ACTION),)),) if state.action else ()
    return _resource(
        PROVIDER,
        *attributes({"name": provider.name, "disabled": provider.disabled}),
        Block("configuration", (), attributes(configuration)),
        Block("credentials", (), credentials),
        *waits,
    )


def _template(address: Address, template: PhoneTemplate) -> Block:
    body = Block("body", (), attributes({"text": template.text, "voice": template.voice}))
    content = Block("content", (), (*attributes({"from": template.sender}), body))
    return _resource(address, *attributes({"type": template.type, "disabled": template.disabled}), content)


def _guardian(state: LeftState) -> Block:
    """Write the phone factor as Auth0's guide does, and the factors that Terraform would disable otherwise."""
    snapshot = state.snapshot
    enabled = {factor.name for factor in state.factors if factor.enabled}
    policy = snapshot.policies[0] if snapshot.policies else "never"
    phone = attributes({"enabled": True, "message_types": tuple(str(t) for t in snapshot.message_types)})
    waits = [
        *([_reference(TENANT)] if snapshot.flag is not None else []),
        *([_reference(PROVIDER)] if snapshot.provider else []),
    ]
    return _resource(
        GUARDIAN,
        *attributes({"policy": policy, **{name: factor in enabled for factor, name in _FACTORS.items()}}),
        Block("phone", (), phone),
        *attributes({"depends_on": tuple(waits)}),
    )


def _connection(
    address: Address, name: str, options: Mapping[str, JsonValue], secrets: Mapping[Place, SecretSlot]
) -> Block:
    """Write a connection that Terraform must not update.

    Every update sends the options of the code whole, also when another attribute changed, and the provider has no
    attribute for `use_phone_provider`. Source: `expandConnection` in its code.
    """
    comments = (
        Comment("The provider does not know options.use_phone_provider, and every update would remove it."),
        Comment("With ignore_changes = all, Terraform reads this connection and never updates it."),
    )
    lifecycle = Block("lifecycle", (), (*comments, Attribute("ignore_changes", Expression("all"))))
    flat = attributes({**_flat(options), **_flat_secrets(secrets)})
    nested = [
        Block(key, (), body)
        for key, known in _NESTED_OPTIONS.items()
        if (body := attributes(_nested(options.get(key), key, known, secrets)))
    ]
    return _resource(
        address,
        *attributes({"name": name, "strategy": "sms"}),
        Block("options", (), (*flat, *nested)),
        lifecycle,
    )


def _flat(options: Mapping[str, JsonValue]) -> dict[str, Value | None]:
    found: dict[str, Value | None] = {
        _OPTIONS[key]: _simple(key, options[key]) for key in options if key in _OPTIONS
    }
    if upstream := options.get("upstream_params"):
        found["upstream_params"] = json.dumps(upstream, sort_keys=True, ensure_ascii=False)
    return found


def _flat_secrets(secrets: Mapping[Place, SecretSlot]) -> dict[str, Value | None]:
    return {
        _OPTIONS[place[0]]: _secret(slot)
        for place, slot in secrets.items()
        if len(place) == 1 and place[0] in _OPTIONS
    }


def _nested(
    value: JsonValue, key: str, known: tuple[str, ...], secrets: Mapping[Place, SecretSlot]
) -> dict[str, Value | None]:
    shown = value if isinstance(value, Mapping) else {}
    found: dict[str, Value | None] = {name: _simple(name, shown[name]) for name in known if name in shown}
    hidden = {name: _secret(slot) for name in known if (slot := secrets.get((key, name)))}
    return {**found, **hidden}


def _simple(key: str, value: JsonValue) -> Value | None:
    """Return a value of the type that the attribute has; None where Auth0's value has no such form."""
    if key == "forward_req_info":
        # Auth0 answers with the boolean or with its name.
        return value in (True, "true")
    return value if isinstance(value, (str, bool, int)) else None
