"""No secret is left behind by a run that fails."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from simulator.state import Tenant
from tests.flows.fleet_bench import FleetBench

KINDS = {
    "a1": "twilio_both",
    "a2": "twilio_sms",
    "b1": "passwordless_twilio",
    "c1": "passwordless_gateway",
    "d1": "mfa_and_passwordless_twilio",
    "e1": "wrong_credentials",
}


def returned_by_auth0(tenant: Tenant) -> Iterator[str]:
    """The credentials that reads of a tenant show."""
    yield from (client["client_secret"] for client in tenant.clients.values() if "client_secret" in client)
    yield from credentials((tenant.guardian.twilio or {}, list(tenant.connections.values())))
    yield from tenant.tokens


def credentials(value: Any) -> Iterator[str]:
    """Every string under a credential's name, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            secret = any(word in name.lower() for word in ("auth_token", "secret", "twilio_token"))
            if isinstance(inner, str) and secret:
                yield inner
            else:
                yield from credentials(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from credentials(inner)


def texts(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Every file's bytes, those inside workbooks and other archives too."""
    for path in sorted(p for p in directory.rglob("*") if p.is_file()):
        yield str(path), path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((f"{path}!{name}", archive.read(name)) for name in archive.namelist())


def test_a_failing_run_leaves_no_secret_behind(make_fleet: Any) -> None:
    """State, reports, ledger, Prefect's own database and both output streams hold none that was used or read."""
    rules = [
        {"domain": "a1*", "method": "PATCH", "path": "/tenants/settings", "effect": "lie"},
        {"domain": "[bd]1*", "path": "*/try", "effect": "test_message_fails"},
    ]
    fleet: FleetBench = make_fleet(
        KINDS,
        faults={"rules": rules},
        local_server=True,
        waves=[{"name": "all", "failure_tolerance": "100%"}],
        rollout={"min_healthy": "0%"},
    )
    before = {secret for tenant in fleet.tenants() for secret in returned_by_auth0(tenant)}
    home = fleet.directory / ".state" / "prefect"
    done = fleet.run("migrate", "--yes", "--json", PREFECT_HOME=str(home)).expect(2)
    assert "failed" in done.document["totals"] or "rolled_back" in done.document["totals"]
    used = {value for value in dotenv_values(fleet.directory / "secrets.env").values() if value}
    now = {secret for tenant in fleet.tenants() for secret in returned_by_auth0(tenant)}
    secrets = {s for s in before | now | used if len(s) >= 8 and "{{" not in s and "@@" not in s}
    assert len(secrets) > 2 * len(KINDS)
    searched = [(n, b) for n, b in texts(fleet.directory) if Path(n).name != "secrets.env"]
    assert any(name.endswith("prefect.db") for name, _ in searched)
    assert any("xl/" in name for name, _ in searched)
    searched += [("stdout", done.out.encode()), ("stderr", done.err.encode())]
    for name, content in searched:
        for secret in secrets:
            if secret.encode() in content:
                pytest.fail(f"{name} holds a secret that ends in …{secret[-4:]}")
