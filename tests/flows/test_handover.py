"""Handing tenants over through the command line: what is written, and which tenants are refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.dump import dump
from tests.flows.fleet_bench import FleetBench, tenant_field

KINDS = {
    "a1": "action_single",
    "g1": "passwordless_gateway",
    "t1": "twilio_both",
    "n1": "empty",
}
ROLLOUT = {"max_change": "100%"}


def secret_values(fleet: FleetBench, name: str) -> list[str]:
    """Every secret that the simulator keeps of a tenant, and those of its operator."""
    tenant = fleet.tenant(name)
    found = [str(value) for p in tenant.providers.values() for value in p["credentials"].values()]
    found += [secret.value for action in tenant.actions.values() for secret in action.secrets.values()]
    for connection in tenant.connections.values():
        options = connection["options"]
        found += [options.get("twilio_token") or ""]
        found += [(options.get("gateway_authentication") or {}).get("secret") or ""]
    lines = (fleet.directory / "secrets.env").read_text().splitlines()
    operator = [line.partition("=")[2].strip("'\"") for line in lines if "=" in line]
    return [value for value in {*found, *operator} if len(value) >= 8]


def texts(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_migrated_tenants_are_handed_over(make_fleet: Any) -> None:
    """Both formats for the migrated tenants, no others; no write, and no secret in any file."""
    fleet: FleetBench = make_fleet(KINDS, waves=[{"name": "all"}], rollout=ROLLOUT)
    fleet.run("migrate", "--yes").expect(0)
    before = {tenant.domain: dump(tenant)["connections"] for tenant in fleet.tenants()}
    writes = len(fleet.writes())
    for code_format in ("terraform", "deploy-cli"):
        out = fleet.directory / code_format
        done = fleet.run("handover", "--format", code_format, "--out", str(out), "--json").expect(0)
        assert tenant_field(done, "outcome") == {
            "a1": "unchanged",
            "g1": "unchanged",
            "t1": "unchanged",
            "n1": "held",
        }
        assert {p.name for p in out.iterdir()} == {f"{name}.eu.auth0.com" for name in ("a1", "g1", "t1")}
        for name in ("a1", "g1", "t1"):
            for path, text in texts(out / f"{name}.eu.auth0.com").items():
                assert not [v for v in secret_values(fleet, name) if v in text], (name, path)
                print(f"----- {name} {path}\n{text}")
    assert len(fleet.writes()) == writes
    assert {tenant.domain: dump(tenant)["connections"] for tenant in fleet.tenants()} == before
