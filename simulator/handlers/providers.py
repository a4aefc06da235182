"""The tenant-level phone provider: one at most, Twilio or custom."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from simulator.bodies import phone_bodies
from simulator.clock import millis
from simulator.errors import BAD_NOTIFICATION, NOTIFICATION_NOT_FOUND, ApiError
from simulator.messages import send_test
from simulator.operations import Call, Operation, Reply
from simulator.state import Json

BASE = "/branding/phone/providers"


def shown(provider: Json) -> Json:
    """Return a provider as single answers show it: without its credentials."""
    return {key: deepcopy(value) for key, value in provider.items() if key != "credentials"}


def found(call: Call) -> Json:
    """Return the provider that the path names."""
    provider = call.tenant.providers.get(call.path["id"])
    if provider is None:
        raise ApiError(404, NOTIFICATION_NOT_FOUND)
    return provider


def list_providers(call: Call) -> Reply:
    """List providers with ``credentials: null``, unlike single answers (recorded exchanges)."""
    disabled = call.flag("disabled")
    chosen = [p for p in call.tenant.providers.values() if disabled is None or p["disabled"] is disabled]
    return Reply(200, {"providers": [_listed(provider) for provider in chosen]})


def _listed(provider: Json) -> Json:
    out: Json = {}
    for key, value in shown(provider).items():
        out[key] = value
        if key == "configuration":
            out["credentials"] = None
    return out


def create_provider(call: Call) -> Reply:
    """Make the tenant's provider."""
    if call.tenant.provider() is not None:
        raise ApiError(409, "Phone provider already configured for tenant", "phone_provider_conflict")
    body = call.body
    configuration: Json = deepcopy(body.get("configuration") or {})
    _check(call, body["name"], configuration)
    now = millis(call.now)
    provider: Json = {
        "id": call.ids.prefixed("pro", 22),
        "tenant": call.tenant.domain,
        "name": body["name"],
        "channel": "phone",
        "disabled": body.get("disabled", False),
        "configuration": configuration,
        "credentials": dict(body["credentials"]),
        "created_at": now,
        "updated_at": now,
    }
    call.tenant.providers[provider["id"]] = provider
    return Reply(201, shown(provider))


def _check(call: Call, name: str, configuration: Json) -> None:
    """Check a provider beyond types: Twilio needs a sender, custom a deployed Action."""
    if name == "custom":
        _needs_action(call)
        if "delivery_methods" not in configuration:
            raise ApiError(400, BAD_NOTIFICATION)
        return
    speaks = "voice" in configuration.get("delivery_methods", [])
    sender = configuration.get("default_from") or (None if speaks else configuration.get("mssid"))
    if not sender or not configuration.get("sid"):
        raise ApiError(400, BAD_NOTIFICATION)


def _needs_action(call: Call) -> None:
    action = call.tenant.custom_phone_action()
    if action is None or action.deployed() is None:
        raise ApiError(
            400,
            "No deployed Action found for trigger custom-phone-provider",
            "custom_phone_provider_deployed_action_not_found",
        )


def get_provider(call: Call) -> Reply:
    """Return one provider."""
    return Reply(200, shown(found(call)))


def update_provider(call: Call) -> Reply:
    """Change a provider; ``configuration`` is replaced as a whole."""
    provider, body = found(call), call.body
    name = body.get("name", provider["name"])
    configuration = body.get("configuration", provider["configuration"])
    _check(call, name, configuration)
    changes: dict[str, Any] = {key: body[key] for key in ("name", "disabled", "credentials") if key in body}
    provider |= deepcopy(changes) | {"configuration": deepcopy(configuration), "updated_at": millis(call.now)}
    return Reply(200, shown(provider))


def delete_provider(call: Call) -> Reply:
    """Delete the provider and its credentials."""
    del call.tenant.providers[found(call)["id"]]
    return Reply(204)


def try_provider(call: Call) -> Reply:
    """Accept a test message; only the tenant's logs show whether it arrives."""
    provider = found(call)
    if provider["name"] == "custom":
        _needs_action(call)
    return send_test(call, provider)


_READ, _CREATE = ("read:phone_providers",), ("create:phone_providers",)
_UPDATE, _DELETE = ("update:phone_providers",), ("delete:phone_providers",)
_ONE = BASE + "/{id}"
OPERATIONS = (
    Operation("GET", BASE, _READ, list_providers, "Get phone providers"),
    Operation(
        "POST", BASE, _CREATE, create_provider, "Configure the phone provider", phone_bodies.CREATE_PROVIDER
    ),
    Operation("GET", _ONE, _READ, get_provider, "Get a phone provider"),
    Operation(
        "PATCH", _ONE, _UPDATE, update_provider, "Update the phone provider", phone_bodies.UPDATE_PROVIDER
    ),
    Operation("DELETE", _ONE, _DELETE, delete_provider, "Delete the phone provider"),
    Operation(
        "POST", _ONE + "/try", _CREATE, try_provider, "Send a test phone notification", phone_bodies.TRY
    ),
)
