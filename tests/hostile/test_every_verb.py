"""No verb leaves a secret behind, also where Auth0 repeats it in a refusal, encoded or in part."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from dotenv import dotenv_values

from tests.flows.fleet_bench import FleetBench
from tests.flows.test_canary import credentials, returned_by_auth0, texts

KINDS = {
    "a1": "twilio_sms",
    "b1": "twilio_both",
    "c1": "passwordless_twilio",
    "d1": "passwordless_gateway",
    "e1": "mfa_and_passwordless_twilio",
}
RUNS = (
    ("doctor", "--json"),
    ("assess", "--json"),
    ("plan",),
    ("migrate", "--yes"),
    ("compliance", "--json"),
)


def spellings(secret: str) -> Iterator[str]:
    """How a refusal repeats a secret: whole, in a sentence, encoded, and its first half."""
    yield f"auth_token={secret}. Next step"
    yield base64.b64encode(f"user:{secret}".encode()).decode()
    yield quote(secret, safe="")
    yield html.escape(secret)
    yield secret[: max(16, len(secret) // 2)]


def forms(secret: str) -> set[str]:
    """What must be nowhere."""
    coded = base64.b64encode(f"user:{secret}".encode()).decode()
    return {secret, quote(secret, safe=""), html.escape(secret), coded[8:-4]}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_no_verb_leaves_a_secret_behind(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(
        KINDS,
        local_server=True,
        waves=[{"name": "all", "failure_tolerance": "100%"}],
        rollout={"min_healthy": "0%"},
    )
    values = {name: value for name, value in dotenv_values(fleet.directory / "secrets.env").items() if value}

    def known(name: str) -> set[str]:
        """What a process knows of a tenant from its first read on."""
        own = {value for key, value in values.items() if "CLIENT_SECRET" in key and f"{name.upper()}_" in key}
        tenant = fleet.tenant(name)
        return own | set(credentials((tenant.guardian.twilio or {}, list(tenant.connections.values()))))

    def refusal(name: str, method: str, path: str, code: int, after: int = 0) -> dict[str, Any]:
        words = " ".join(spelling for secret in known(name) for spelling in spellings(secret))
        body = {"statusCode": code, "error": words[:90], "message": words, "errorCode": "odd"}
        rule = {"domain": f"{name}*", "method": method, "path": path, "after": after}
        return {**rule, "effect": "status", "status": code, "body": body}

    assert all(known(name) for name in KINDS)
    fleet.faults(
        refusal("a1", "POST", "*phone/providers", 400),
        refusal("b1", "PATCH", "*settings", 403),
        refusal("c1", "PATCH", "*connections*", 499),
        refusal("d1", "GET", "*client-grants*", 403),
        refusal("e1", "POST", "/oauth/token", 401, after=4),
    )
    before = {secret for tenant in fleet.tenants() for secret in returned_by_auth0(tenant)}
    home = fleet.directory / ".state" / "prefect"
    streams: list[tuple[str, bytes]] = []
    for verb in RUNS:
        done = fleet.run(*verb, PREFECT_HOME=str(home), PREFECT_LOGGING_LEVEL="DEBUG")
        assert "Traceback" not in done.out + done.err, done.err[-3000:]
        streams += [(f"{verb} stdout", done.out.encode()), (f"{verb} stderr", done.err.encode())]
    now = {secret for tenant in fleet.tenants() for secret in returned_by_auth0(tenant)}
    secrets = {
        s for s in now | before | set(values.values()) if len(s) >= 8 and "{{" not in s and "@@" not in s
    }
    wanted = {form.encode(): secret for secret in secrets for form in forms(secret)}
    searched = [(n, b) for n, b in texts(fleet.directory) if Path(n).name != "secrets.env"]
    assert any(name.endswith("prefect.db") for name, _ in searched)
    for name, content in (*searched, *streams):
        for form, secret in wanted.items():
            if form in content:
                at = content.index(form)
                place = content[max(0, at - 120) : at].decode(errors="replace")
                pytest.fail(f"{name} holds a secret that ends in …{secret[-4:]}, after {place}")
