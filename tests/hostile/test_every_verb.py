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
from tests.flows.test_deployments import deployed
from tests.hostile.seen_processes import SeenProcesses
from tests.prefect_server import prefect_server
from tests.prefect_worker import await_state, logs, start_run, worker

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
        with SeenProcesses() as processes:
            done = (
                self.fleet.ask(*verb) if "--fleet" in verb else self.fleet.run(*verb, limit=300, **settings)
            )
        self.saw(processes)
        assert "Traceback" not in done.out + done.err, done.err[-3000:]
        assert done.out or done.err, verb
        self.streams += [(f"{verb} stdout", done.out.encode()), (f"{verb} stderr", done.err.encode())]
        self.seen |= self.in_tenants()
        return done

    def saw(self, processes: SeenProcesses) -> None:
        """Keep what could be seen of processes."""
        assert any(b"phonefleet" in line or b"pytest" in line for line in processes.lines)
        self.streams += [("command lines", b"\n".join(processes.lines))]
        self.streams += [("environments", b"\n".join(processes.environments))]

    def search(self, *folders: Path) -> None:
        """Search every byte that is left for every secret."""
        secrets = {s for s in self.seen if len(s) >= 8 and "{{" not in s and "@@" not in s}
        assert len(secrets) > 2 * len(KINDS)
        wanted = {form.encode(): secret for secret in secrets for form in forms(secret)}
        places = (self.fleet.directory, *folders)
        left = [(n, b) for place in places for n, b in texts(place) if Path(n).name != "secrets.env"]
        # What is kept is found where it is kept: the search would find a secret there.
        assert any("prefect.db" in name and b"b1.eu.auth0.com" in content for name, content in left)
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
    assert list(fleet.directory.rglob("plan.json"))
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


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_no_worker_leaves_a_secret_behind(make_fleet: Any, tmp_path: Path) -> None:
    """Nor the Prefect server that runs report to: its database, its log and that of the worker."""
    place, server, home = tmp_path / "fleet", tmp_path / "server", tmp_path / "worker"
    for folder in (place, server):
        folder.mkdir()
    fleet: FleetBench = make_fleet(
        KINDS,
        local_server=True,
        directory=place,
        fleet="canary",
        waves=[{"name": "all", "failure_tolerance": "100%"}],
        rollout={"min_healthy": "0%", "max_change": "100%"},
    )
    canary = Canary(fleet)
    first = (
        canary.refuse("a1", "POST", "*phone/providers", 400),
        canary.refuse("b1", "PATCH", "*settings", 403),
        canary.refuse("d1", "GET", "*client-grants*", 403),
        canary.refuse("e1", "POST", "/oauth/token", 401, after=4),
    )
    then = (canary.refuse("b1", "PATCH", "*", 403), canary.refuse("c1", "GET", "*connections*", 403))
    with prefect_server(server) as api, SeenProcesses() as processes:
        fleet.api = api
        deployed(fleet)
        with worker(api, "tests", home):
            for verb, faults in (
                ("assess", first),
                ("migrate", first),
                ("compliance", then),
                ("rollback", then),
            ):
                fleet.faults(*faults)
                run = start_run(api, f"{verb}/canary", **({"wave": "all"} if verb == "rollback" else {}))
                await_state(api, run, limit=300)
                canary.streams.append((f"log of {verb}", "\n".join(logs(api, run, 0)).encode()))
                canary.seen |= canary.in_tenants()
                assert canary.streams[-1][1]
    canary.saw(processes)
    assert fleet.writes()
    canary.search(server, home)
