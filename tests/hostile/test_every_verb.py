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

from tests.flows.fleet_bench import Done, FleetBench
from tests.flows.test_canary import credentials, returned_by_auth0, texts

KINDS = {
    "a1": "twilio_sms",
    "b1": "twilio_both",
    "c1": "passwordless_twilio",
    "d1": "passwordless_gateway",
    "e1": "mfa_and_passwordless_twilio",
    "f1": "action_single",
    "g1": "twilio_sms",
}
PASTED = {"f1": "sk_live_9f8e7d6c5b4a39281706", "d1": "K3yK3yPastedIntoTheUrl99"}
"""A key in an Action's code, and one in a gateway's URL."""
MINE = ("--fleet", "fleet.yaml")


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
    part = {secret[: len(secret) // 2]} if len(secret) >= 32 else set()
    return {secret, quote(secret, safe=""), html.escape(secret), coded[8:-4]} | part


class Canary:
    """A fleet with markers in every secret, and what its commands have printed."""

    def __init__(self, fleet: FleetBench) -> None:
        self.fleet = fleet
        self.streams: list[tuple[str, bytes]] = []
        found = dotenv_values(fleet.directory / "secrets.env")
        self.values = {name: value for name, value in found.items() if value}
        self.seen = set(self.values.values()) | set(PASTED.values()) | self.in_tenants()
        for action in fleet.tenant("f1").actions.values():
            for each in (action, *action.versions):
                each.code += f"\nconst API_KEY = '{PASTED['f1']}';\n"
        for connection in fleet.tenant("d1").connections.values():
            options = connection.get("options") or {}
            if options.get("gateway_url"):
                options["gateway_url"] += f"?api_key={PASTED['d1']}"

    def in_tenants(self) -> set[str]:
        """The secrets that reads of tenants show now."""
        return {secret for tenant in self.fleet.tenants() for secret in returned_by_auth0(tenant)}

    def of(self, name: str) -> set[str]:
        """The secrets that a tenant's owner knows."""
        tenant = self.fleet.tenant(name)
        own = {value for key, value in self.values.items() if f"{name.upper()}_" in key}
        found = credentials((tenant.guardian.twilio or {}, list(tenant.connections.values())))
        return own | set(found) | ({PASTED[name]} if name in PASTED else set())

    def refuse(self, name: str, method: str, path: str, code: int, after: int = 0) -> dict[str, Any]:
        """A refusal that repeats the tenant's secrets."""
        words = " ".join(spelling for secret in sorted(self.of(name)) for spelling in spellings(secret))
        body = {"statusCode": code, "error": words[:90], "message": words, "errorCode": "odd"}
        rule = {"domain": f"{name}*", "method": method, "path": path, "after": after}
        return {**rule, "effect": "status", "status": code, "body": body}

    def run(self, *verb: str) -> Done:
        """Run a command of the fleet with everything shown, and keep what it prints."""
        home = self.fleet.directory / ".state" / "prefect"
        settings = {"PREFECT_HOME": str(home), "PREFECT_LOGGING_LEVEL": "DEBUG"}
        done = self.fleet.ask(*verb) if "--fleet" in verb else self.fleet.run(*verb, limit=300, **settings)

        assert "Traceback" not in done.out + done.err, done.err[-3000:]
        assert done.out or done.err, verb
        self.streams += [(f"{verb} stdout", done.out.encode()), (f"{verb} stderr", done.err.encode())]
        self.seen |= self.in_tenants()
        return done

    def search(self) -> None:
        """Search every byte that is left for every secret."""
        secrets = {s for s in self.seen if len(s) >= 8 and "{{" not in s and "@@" not in s}
        assert len(secrets) > 2 * len(KINDS)
        wanted = {form.encode(): secret for secret in secrets for form in forms(secret)}
        left = [(n, b) for n, b in texts(self.fleet.directory) if Path(n).name != "secrets.env"]
        assert any(name.endswith("prefect.db") for name, _ in left)
        assert any(name.endswith("plan.json") for name, _ in left)
        assert any("xl/" in name for name, _ in left)
        assert not [name for name, _ in left if Path(name).name == "core"]
        finds: list[str] = []
        for name, content in (*left, *self.streams):
            for form, secret in wanted.items():
                if form in content:
                    at = content.index(form)
                    place = content[max(0, at - 120) : at].decode(errors="replace")
                    finds.append(f"{name} holds a secret that ends in …{secret[-4:]}, after {place}")
        assert not finds, f"{len(finds)} finds:\n" + "\n".join(finds[:20])


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_no_verb_leaves_a_secret_behind(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(
        KINDS,
        local_server=True,
        waves=[{"name": "all", "failure_tolerance": "100%"}],
        rollout={"min_healthy": "0%", "max_change": "100%", "finalize_after": "0s"},
    )
    canary = Canary(fleet)
    assert all(canary.of(name) for name in KINDS)
    fleet.faults(
        canary.refuse("a1", "POST", "*phone/providers", 400),
        canary.refuse("b1", "PATCH", "*settings", 403),
        canary.refuse("c1", "PATCH", "*connections*", 499),
        canary.refuse("d1", "GET", "*client-grants*", 403),
        canary.refuse("e1", "POST", "/oauth/token", 401, after=4),
        canary.refuse("f1", "GET", "*actions/actions/*", 400),
    )
    canary.run("validate")
    canary.run("doctor", "--json")
    canary.run("doctor", "-vv")
    canary.run("assess", "--json", "-vv")
    canary.run("plan", "--log-file", "plan.log")
    canary.run("migrate", "--yes", "-vv", "--log-file", "migrate.log")
    canary.run("compliance", "--json", "-vv")
    fleet.faults()
    canary.run("migrate", "--yes", "-vv")
    fleet.faults(
        canary.refuse("a1", "DELETE", "*", 400),
        canary.refuse("b1", "PATCH", "*", 403),
        canary.refuse("c1", "GET", "*connections*", 403),
        canary.refuse("d1", "PATCH", "*connections*", 500),
        canary.refuse("e1", "POST", "/oauth/token", 401),
    )
    canary.run("doctor", "-vv")
    canary.run("compliance", "-vv")
    canary.run("handover", "--format", "terraform", "--out", "terraform")
    canary.run("finalize", "--tenant", "d1.eu.auth0.com", "--accept", "clear_gateway_secret", "--yes", "-vv")
    canary.run("rollback", "--wave", "all", "--yes", "-vv", "--log-file", "rollback.log")
    fleet.faults()
    canary.run("rollback", "--wave", "all", "--yes", "--json")
    for name in KINDS:
        canary.run("history", f"{name}.eu.auth0.com", *MINE)
    for command in (("status",), ("runs",), ("report",), ("audit", "list"), ("audit", "verify")):
        canary.run(*command, *MINE)
    canary.run("ledger", "backup", "copy.sqlite", *MINE)
    canary.search()
