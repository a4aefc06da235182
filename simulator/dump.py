"""A tenant's state as JSON, with digests of credentials, for the control plane and comparisons."""

from __future__ import annotations

from dataclasses import asdict

from simulator.redact import fingerprint
from simulator.state import Action, Json, Tenant

_WHEN = ("built_at", "deployed_at")


def _action(action: Action) -> Json:
    """Return an Action without the times at which builds end, which differ between runs."""
    body = {key: value for key, value in asdict(action).items() if key not in _WHEN}
    body["versions"] = [
        {key: value for key, value in version.items() if key not in _WHEN} for version in body["versions"]
    ]
    return body


def dump(tenant: Tenant) -> Json:
    """Return all of a tenant's state but its logs, request log and tokens."""
    hidden = asdict(tenant.hidden)
    hidden["action_secrets"] = {
        name: {"name": name, "value": v} for name, v in hidden["action_secrets"].items()
    }
    hidden["twilio_accounts"] = [
        account | {"name": account["sid"]} for account in hidden["twilio_accounts"].values()
    ]
    body: Json = {
        "domain": tenant.domain,
        "kind": tenant.kind,
        "tier": tenant.tier,
        "flag": tenant.flag,
        "legacy_open": tenant.legacy_open,
        "settings": tenant.settings,
        "guardian": asdict(tenant.guardian),
        "connections": list(tenant.connections.values()),
        "providers": list(tenant.providers.values()),
        "templates": list(tenant.templates.values()),
        "actions": [_action(action) for action in tenant.actions.values()],
        "bindings": {
            trigger: [asdict(b) for b in bound] for trigger, bound in tenant.bindings.items() if bound
        },
        "clients": list(tenant.clients.values()),
        "grants": list(tenant.grants.values()),
        "hidden": hidden,
        "management_client_id": tenant.management_client_id,
    }
    out: Json = fingerprint(body)
    return out
