"""Read what an assessment reads, tenant after tenant, with Auth0's Python SDK: what a careful script would do.

`python -m benchmarks.sdk_script FLEET.yaml DOMAIN …`. One client of httpx keeps its connections; the SDK's own retries
wait for rate limits. It decides nothing and keeps nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx
import yaml
from auth0.management.client import Auth0
from auth0.management.core.api_error import ApiError

TRIGGERS = ("send-phone-message", "custom-phone-provider")


def reads(sdk: Auth0) -> Iterable[Callable[[], object]]:
    """Yield the reads of one tenant."""
    phone = sdk.guardian.factors.phone
    yield sdk.tenants.settings.get
    yield sdk.guardian.factors.list
    yield phone.get_message_types
    yield phone.get_selected_provider
    yield phone.get_twilio_provider
    yield phone.get_templates
    yield sdk.guardian.policies.list
    yield sdk.branding.phone.providers.list
    yield sdk.branding.phone.templates.list
    for trigger in TRIGGERS:
        yield lambda trigger=trigger: list(sdk.actions.list(trigger_id=trigger))
        yield lambda trigger=trigger: list(sdk.actions.triggers.bindings.list(trigger))
    yield lambda: list(sdk.connections.list(strategy="sms"))
    yield lambda: list(sdk.connections.list(strategy="auth0"))
    yield lambda: list(sdk.clients.list(fields="client_id,name", include_fields=True))
    yield lambda: list(sdk.client_grants.list())
    yield lambda: list(sdk.logs.list(per_page=100))


def read_tenant(http: httpx.Client, url: str, tenant: dict[str, str], secret: str) -> int:
    """Read one tenant and return how many reads were answered."""
    domain = tenant["domain"]
    http.headers["host"] = domain
    asked = {
        "grant_type": "client_credentials",
        "client_id": tenant["client_id"],
        "client_secret": secret,
        "audience": f"https://{domain}/api/v2/",
    }
    token = http.post(f"{url}/oauth/token", json=asked).raise_for_status().json()["access_token"]
    sdk = Auth0(base_url=f"{url}/api/v2", token=token, httpx_client=http)
    answered = 0
    for read in reads(sdk):
        try:
            read()
            answered += 1
        except ApiError as error:
            # The SDK raises also for 204, the answer for templates that were never set.
            if error.status_code not in (204, 403, 404):
                raise
    return answered


def main() -> None:
    """Read the tenants in order."""
    file, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    fleet = yaml.safe_load(file.read_text())
    lines = (file.parent / "secrets.env").read_text().splitlines()
    secrets = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    ca_file = fleet["connection"].get("ca_file")
    verify = str(file.parent / ca_file) if ca_file else True
    with httpx.Client(verify=verify, trust_env=False, timeout=60) as http:
        for tenant in fleet["tenants"]:
            if tenant["domain"] in wanted:
                name = tenant["client_secret"].partition(":")[2]
                secret = secrets.get(name, os.environ.get(name, "")).strip("'\"")
                print(tenant["domain"], read_tenant(http, fleet["connection"]["connect_to"], tenant, secret))


if __name__ == "__main__":
    main()
