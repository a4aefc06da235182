"""The real Deploy CLI with handed-over tenants: its import changes nothing, and that of an older export is found."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.dump import dump
from tests.deploy_cli import PHONES, DeployCli, only
from tests.flows.fleet_bench import FleetBench, tenant_field
from tests.likeness import alike

pytestmark = pytest.mark.slow
KINDS = {
    "action": "action_single",
    "gateway": "passwordless_gateway",
    "twilio": "mfa_and_passwordless_twilio",
}
"""One tenant of each route."""
WAVE = {"name": "all"}


def deploy_cli(fleet: FleetBench, name: str, program: Path) -> DeployCli:
    """The Deploy CLI with the tenant's own credentials."""
    document = yaml.safe_load(fleet.file.read_text())
    domain = f"{name}.eu.auth0.com"
    (tenant,) = (t for t in document["tenants"] if t["domain"] == domain)
    secret = operator_secrets(fleet)[tenant["client_secret"].removeprefix("env:")]
    folder = fleet.directory / "present" / name
    folder.mkdir(parents=True)
    return DeployCli(
        program, domain, (tenant["client_id"], secret), fleet.served.url, fleet.served.ca_file, folder
    )


def operator_secrets(fleet: FleetBench) -> dict[str, str]:
    lines = (fleet.directory / "secrets.env").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name: value.strip("'\"") for name, _, value in pairs}


def mappings(fleet: FleetBench, note: Path) -> dict[str, str]:
    """What the note says to supply, with the values that the operator has."""
    values = operator_secrets(fleet)
    rows = re.findall(r"^\| `(\w+)` \|.*\| `env:(\w+)` \|$", note.read_text(), re.MULTILINE)
    return {keyword: values[name] for keyword, name in rows}


def effect(fleet: FleetBench, name: str) -> Any:
    """A tenant's whole state, secrets as digests, with the versions of its Actions counted as one."""
    state = alike(dump(fleet.tenant(name)))
    for action in state["actions"]:
        action["versions"] = [action["versions"][-1]] if action["versions"] else []
    return state


def refused(fleet: FleetBench, name: str, since: int) -> list[Any]:
    """Requests since one that failed, but for questions whether a build is done."""
    return [
        (r.method, r.path, r.status)
        for r in fleet.tenant(name).requests[since:]
        if (r.status or 500) >= 400 and not r.path.endswith("/deploy")
    ]


@pytest.mark.timeout(600)
def test_an_import_of_the_handover_changes_nothing(make_fleet: Any, a0deploy: Path) -> None:
    """Three routes: export, migrate, hand over, import; then the old export is imported and compliance says so."""
    fleet: FleetBench = make_fleet(
        KINDS, waves=[WAVE], rollout={"max_change": "100%"}, tls=True, overrides={"scopes": "all"}
    )
    tools = {name: deploy_cli(fleet, name, a0deploy) for name in KINDS}
    with ThreadPoolExecutor() as threads:
        old = dict(zip(KINDS, threads.map(lambda n: tools[n].export(**only(*PHONES)), KINDS), strict=True))
    fleet.run("migrate", "--yes").expect(0)
    out = fleet.directory / "handover"
    fleet.run("handover", "--format", "deploy-cli", "--out", str(out)).expect(0)
    migrated = {name: effect(fleet, name) for name in KINDS}
    requests = {name: len(fleet.tenant(name).requests) for name in KINDS}

    def load(name: str) -> None:
        folder = out / f"{name}.eu.auth0.com"
        keywords = mappings(fleet, folder / "HANDOVER.md")
        assert set(re.findall(r"##(\w+)##", (folder / "tenant.yaml").read_text())) == set(keywords)
        tools[name].load(folder / "tenant.yaml", AUTH0_KEYWORD_REPLACE_MAPPINGS=json.dumps(keywords))

    with ThreadPoolExecutor() as threads:
        list(threads.map(load, KINDS))
    for name in KINDS:
        assert effect(fleet, name) == migrated[name]
        assert refused(fleet, name, requests[name]) == []
        written = [r for r in fleet.tenant(name).requests[requests[name] :] if r.write and r.applied]
        print(name, [(r.method, r.path) for r in written])
    fleet.run("compliance").expect(0)

    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda name: tools[name].load(old[name], **only(*PHONES)), KINDS))
    assert {fleet.tenant(name).flag for name in KINDS} == {False}
    found = fleet.run("compliance", "--json").expect(1)
    assert set(tenant_field(found, "outcome").values()) == {"drifted"}
    for message in tenant_field(found, "outcome_message").values():
        assert "flag was true, is false" in message
    assert "connection sms.use_phone_provider was true" in tenant_field(found, "outcome_message")["gateway"]
    late = fleet.run("handover", "--format", "terraform", "--out", "late", "--json").expect(1)
    assert set(tenant_field(late, "outcome").values()) == {"drifted"}
    assert not list((fleet.directory / "late").iterdir())
