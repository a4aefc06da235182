"""Infrastructure as code: runs of another owner of phone settings in the tenant's logs.

Each run writes what its files say, every day at the same hour. User agents: the sources of the Deploy CLI and of the
Terraform provider.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.kinds import Kind
from simulator.state import Json, Tenant

DAY = 86_400.0
Event = tuple[float, str, Json]


@dataclass(frozen=True, slots=True)
class Owner:
    """A tool that writes phone settings.

    Attributes:
        agent: its user agent.
        writes: method, path and body of each write of a run; ``{connection}`` and ``{action}`` are filled in.
    """

    agent: str
    writes: tuple[tuple[str, str, Json], ...]


_FLAG: Json = {"phone_consolidated_experience": False}
TERRAFORM = Owner(
    "Terraform-Provider-Auth0/1.26.0 (Go-Auth0-SDK/1.24.0; Terraform-SDK/2.37.0; Terraform/1.9.5)",
    (
        ("PUT", "/api/v2/guardian/factors/phone/selected-provider", {"provider": "twilio"}),
        ("PUT", "/api/v2/guardian/factors/sms/providers/twilio", {"sid": "AC0"}),
        ("PUT", "/api/v2/guardian/factors/phone/message-types", {"message_types": ["sms"]}),
        ("PATCH", "/api/v2/connections/{connection}", {"options": {}}),
    ),
)
DEPLOY_CLI = Owner(
    "deploy-cli/8.20.0 (node.js/20.19.0)",
    (
        ("PATCH", "/api/v2/tenants/settings", {**_FLAG, "friendly_name": "Simulated"}),
        ("PUT", "/api/v2/guardian/factors/phone/selected-provider", {"provider": "twilio"}),
        (
            "PUT",
            "/api/v2/guardian/factors/sms/templates",
            {"enrollment_message": "", "verification_message": ""},
        ),
        ("PATCH", "/api/v2/connections/{connection}", {"options": {}}),
    ),
)
OWNERS = {Kind.OWNED_BY_TERRAFORM: TERRAFORM, Kind.OWNED_BY_DEPLOY_CLI: DEPLOY_CLI}


def owner_calls(owner: Owner, tenant: Tenant, client_id: str | None, until: float) -> list[Event]:
    """Return the ``sapi`` logs of a week of daily runs; ``until``: epoch seconds of the week's end."""
    runs = [until - day * DAY - 3_600 for day in range(1, 7)]
    return [
        (at + second, "sapi", _entry(owner, tenant, client_id, *write))
        for at in runs
        for second, write in enumerate(owner.writes)
    ]


def _entry(owner: Owner, tenant: Tenant, client_id: str | None, method: str, path: str, body: Json) -> Json:
    request: Json = {
        "auth": {"credentials": {}, "strategy": "jwt", "user": {}},
        "body": body,
        "channel": "api",
        "ip": "203.0.113.9",
        "method": method.lower(),
        "path": path.format(connection=next(iter(tenant.connections), "")),
        "query": {},
        "userAgent": owner.agent,
    }
    details = {"request": request, "response": {"body": {}, "statusCode": 200}}
    return {"description": "Update", "client_id": client_id, "details": details}
