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


VOLATILE = {"updated_at", "changed_since_deploy"}
VERSION = {"id", "number", "created_at"}
"""What of a version of an Action is new each time the same code is deployed."""


def effect(fleet: FleetBench, name: str) -> Any:
    """A tenant's whole state with digests of its secrets, without times; of an Action's versions the running one."""
    state = without(VOLATILE, dump(fleet.tenant(name)))
    for action in state["actions"]:
        running = [version for version in action["versions"] if version["deployed"]]
        action["versions"] = without(VERSION, running[-1:])
    return state


def without(keys: set[str], value: Any) -> Any:
    match value:
        case dict():
            return {key: without(keys, inner) for key, inner in value.items() if key not in keys}
        case list():
            return [without(keys, inner) for inner in value]
        case _:
            return value


def refused(fleet: FleetBench, name: str, since: int) -> list[Any]:
    """Requests since one that failed, but for questions whether a build is done."""
    return [
        (r.method, r.path, r.status)
        for r in fleet.tenant(name).requests[since:]
        if (r.status or 500) >= 400 and not r.path.endswith("/deploy")
    ]


def written(fleet: FleetBench, name: str, since: int) -> set[tuple[str, str]]:
    """What was written since a request: methods and the kinds of objects."""
    return {
        (r.method, re.sub(r"/(pro|tem|con)_\w+|/[0-9a-f-]{36}", "", r.path.removeprefix("/api/v2/")))
        for r in fleet.tenant(name).requests[since:]
        if r.write and r.applied and r.path != "/oauth/token"
    }


ALWAYS = {("PATCH", "tenants/settings"), ("PATCH", "branding/phone/providers")}
FACTOR = {("PUT", "guardian/factors/sms"), ("PUT", "guardian/factors/phone/message-types")}
ACTION = {("PATCH", "actions/actions"), ("POST", "actions/actions/deploy")}
PASSWORDLESS = {("PATCH", "connections"), ("PATCH", "branding/phone/templates")}
WRITTEN = {
    "action": ALWAYS | FACTOR | ACTION,
    "gateway": ALWAYS | ACTION | PASSWORDLESS,
    "twilio": ALWAYS | FACTOR | PASSWORDLESS,
}
"""Only what phone messaging consists of."""


@pytest.mark.timeout(600)
def test_an_import_of_the_handover_changes_nothing(make_fleet: Any, a0deploy: Path) -> None:
    """Three routes: migrate, hand over, import; then an export of before is imported, and compliance finds that."""
    fleet: FleetBench = make_fleet(
        KINDS, waves=[WAVE], rollout={"max_change": "100%"}, tls=True, overrides={"scopes": "all"}
    )
    tools = {name: deploy_cli(fleet, name, a0deploy) for name in KINDS}
    # One is enough: the Deploy CLI takes 20 s of a processor's time for each import, to compile its schemas.
    old = tools["twilio"].export(**only(*PHONES))
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
        assert written(fleet, name, requests[name]) == WRITTEN[name]
    # An import writes the credentials, and no read shows whether they are the same.
    uncertain = fleet.run("compliance", "--json").expect(1)
    assert set(tenant_field(uncertain, "outcome_reason").values()) == {"credentials_uncertain"}
    fleet.run("compliance", "--test").expect(0)
    fleet.run("compliance").expect(0)

    tools["twilio"].load(old, **only(*PHONES))
    assert fleet.tenant("twilio").flag is False
    found = fleet.run("compliance", "--json").expect(1)
    assert tenant_field(found, "outcome") == {
        "action": "unchanged",
        "gateway": "unchanged",
        "twilio": "drifted",
    }
    message = tenant_field(found, "outcome_message")["twilio"]
    assert "flag was true, is false" in message
    assert "connection sms.use_phone_provider was true, is absent" in message
    late = fleet.run("handover", "--format", "terraform", "--out", "late", "--json").expect(1)
    assert tenant_field(late, "outcome")["twilio"] == "drifted"
    assert {p.name for p in (fleet.directory / "late").iterdir()} == {
        "action.eu.auth0.com",
        "gateway.eu.auth0.com",
    }
