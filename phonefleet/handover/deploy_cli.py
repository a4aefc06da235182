"""The files of Auth0's Deploy CLI for a migrated tenant, as its own export writes them.

Source: the code of auth0-deploy-cli 8.43 (`src/context/yaml`, `src/context/defaults.ts`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from phonefleet.handover.secret_slots import (
    PROVIDER_TOKEN,
    SecretSlot,
    Slots,
    action_secret,
    connection_secret,
)
from phonefleet.handover.yaml_text import Placeholder, to_yaml
from phonefleet.model.endpoints import PROVIDER_TRIGGER, UPE_FLAG
from phonefleet.model.fact import ActionState
from phonefleet.model.left_state import LeftState, Place
from phonefleet.model.snapshot import PhoneProvider, PhoneTemplate

TENANT_FILE = "tenant.yaml"
Json = dict[str, Any]


def deploy_cli_files(state: LeftState, slots: Slots) -> dict[str, str]:
    """Return the files of the export by path."""
    files = {TENANT_FILE: to_yaml(_document(state, slots))}
    if state.action:
        files[_code_path(state.action)] = state.action.code
    return files


def placeholder(slot: SecretSlot) -> Placeholder:
    """Return the text in place of which the Deploy CLI puts a value."""
    return Placeholder(f"##{slot.keyword}##")


def _document(state: LeftState, slots: Slots) -> Json:
    snapshot = state.snapshot
    document: Json = {}
    if snapshot.flag is not None:
        document["tenant"] = {UPE_FLAG: snapshot.flag}
    if state.action:
        document["actions"] = [_action(state, state.action, slots)]
    if state.options:
        document["connections"] = [
            {
                "name": connection.name,
                "strategy": "sms",
                "options": _with_placeholders(whole.options, connection.id, whole.secrets, slots),
            }
            for connection, whole in state.switched
        ]
    if snapshot.provider:
        document["phoneProviders"] = [_provider(snapshot.provider, slots)]
    if templates := [_template(each) for each in snapshot.templates if each.id]:
        document["phoneTemplates"] = templates
    if snapshot.factor_enabled:
        types = [str(each) for each in snapshot.message_types]
        document["guardianFactors"] = [{"name": "sms", "enabled": True}]
        document["guardianPhoneFactorMessageTypes"] = {"message_types": types}
    return document


def _code_path(action: ActionState) -> str:
    folder = re.sub(r"[^\w.-]+", "-", action.name).strip("-.") or "action"
    return f"actions/{folder}/code.js"


def _action(state: LeftState, action: ActionState, slots: Slots) -> Json:
    return {
        "name": action.name,
        "deployed": True,
        "code": f"./{_code_path(action)}",
        "runtime": action.runtime,
        "dependencies": [{"name": each.name, "version": each.version} for each in action.dependencies],
        "secrets": [
            {"name": name, "value": placeholder(slots[action_secret(name)])} for name in action.secret_names
        ],
        "supported_triggers": [{"id": PROVIDER_TRIGGER, "version": state.trigger_version}],
    }


def _provider(provider: PhoneProvider, slots: Slots) -> Json:
    token = slots.get(PROVIDER_TOKEN)
    configuration = {
        "sid": provider.sid,
        "default_from": provider.default_from,
        "mssid": provider.mssid,
        "delivery_methods": list(provider.delivery_methods),
    }
    return {
        "name": provider.name,
        "disabled": provider.disabled,
        "configuration": {key: value for key, value in configuration.items() if value},
        "credentials": {"auth_token": placeholder(token)} if token else {},
    }


def _template(template: PhoneTemplate) -> Json:
    body = {"text": template.text, "voice": template.voice}
    content: Json = {"syntax": template.syntax, "body": {key: text for key, text in body.items() if text}}
    if template.sender:
        content["from"] = template.sender
    return {"type": template.type, "disabled": template.disabled, "content": content}


def _with_placeholders(
    options: Mapping[str, JsonValue], connection_id: str, secrets: tuple[Place, ...], slots: Slots
) -> Json:
    """Put every secret back to its place, as its placeholder: an import replaces all options."""
    found: Json = _copy(options)
    for place in secrets:
        inner = found
        for key in place[:-1]:
            inner = inner.setdefault(key, {})
        inner[place[-1]] = placeholder(slots[connection_secret(connection_id, place)])
    return found


def _copy(value: Mapping[str, JsonValue]) -> Json:
    return {key: _copy(inner) if isinstance(inner, Mapping) else inner for key, inner in value.items()}
