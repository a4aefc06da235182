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
            written, secrets = texts(out / f"{name}.eu.auth0.com"), secret_values(fleet, name)
            assert written
            assert secrets
            for path, text in written.items():
                assert not [v for v in secrets if v in text], (name, path)
    assert len(fleet.writes()) == writes
    assert {tenant.domain: dump(tenant)["connections"] for tenant in fleet.tenants()} == before


def refused(fleet: FleetBench, out: str, code: int, *options: str) -> tuple[Any, Any, Any]:
    """Outcome, reason and message by tenant of a handover that ends with this code."""
    done = fleet.run("handover", "--format", "terraform", "--out", out, "--json", *options).expect(code)
    return tuple(tenant_field(done, key) for key in ("outcome", "outcome_reason", "outcome_message"))  # type: ignore[return-value]


def test_a_tenant_in_another_state_is_refused(make_fleet: Any) -> None:
    """Not migrated, drifted, broken or with a key in its code: by name, with its own exit code and without files."""
    fleet: FleetBench = make_fleet(
        {"a1": "action_single", "t1": "twilio_sms", "n1": "empty"}, waves=[{"name": "all"}], rollout=ROLLOUT
    )
    handover = ("handover", "--format", "terraform", "--out")
    assert "no migration is in effect in any" in fleet.run(*handover, "none").expect(2).err
    fleet.run("migrate", "--yes").expect(0)
    named = fleet.run(*handover, "none", "--tenant", "n1.eu.auth0.com", "--tenant", "x.eu.auth0.com").expect(
        2
    )
    assert "n1.eu.auth0.com: the ledger has no migration of it" in named.err
    assert "x.eu.auth0.com: not a tenant of fleet" in named.err
    assert "not empty" in fleet.run(*handover, str(fleet.directory)).expect(2).err

    (provider,) = fleet.tenant("t1").providers.values()
    provider["disabled"] = True
    outcome, reason, message = refused(fleet, "drifted", 6)
    assert (outcome["t1"], reason["t1"], outcome["a1"]) == ("drifted", "drift_found", "unchanged")
    assert "provider.disabled was false, is true" in message["t1"]
    assert [p.name for p in (fleet.directory / "drifted").iterdir()] == ["a1.eu.auth0.com"]

    key = "const key = 'AC" + "0" * 32 + "'; const auth_token = '9f86d081884c7d659a2feaa0c55ad015';"
    (action,) = (a for a in fleet.tenant("a1").actions.values() if a.serves("custom-phone-provider"))
    action.versions[-1].code = action.code = f"{key}\n{action.code}"
    accepted = ("--accept", "t1.eu.auth0.com", "--accept", "a1.eu.auth0.com")
    fleet.run("compliance", *accepted).expect(6)
    outcome, reason, message = refused(fleet, "accepted", 6)
    assert (outcome["t1"], reason["t1"]) == ("held", "not_migrated")
    assert "its verdict is broken" in message["t1"]
    assert (outcome["a1"], reason["a1"]) == ("failed", "key_in_code")
    assert not list((fleet.directory / "accepted").iterdir())


def test_no_file_has_a_secret_of_the_tenant(make_fleet: Any) -> None:
    """Options that Auth0 does not know are placeholders; a template with a key is refused with its field."""
    fleet: FleetBench = make_fleet(
        {"b1": "passwordless_twilio", "t1": "twilio_sms"}, waves=[{"name": "all"}], rollout=ROLLOUT
    )
    hidden = {
        "gateway_pwd": "hunter2!winter",
        "privateKey": "-----BEGIN PRIVATE KEY-----\nMIIEvQpkcs8body\n-----END PRIVATE KEY-----",
        "auth_header": "Basic dXNlcjpwYXNzd29yZDEyMzQ1Njc4",
    }
    for connection in fleet.tenant("b1").connections.values():
        connection["options"].update(hidden)
    fleet.run("migrate", "--yes").expect(0)
    (template, *_) = (t for t in fleet.tenant("t1").templates.values() if t["type"] == "otp_verify")
    template["content"]["body"]["text"] += f" SK{'0a' * 16}"
    fleet.run("compliance", "--accept", "t1.eu.auth0.com")
    outcome, reason, message = refused(fleet, "out", 2)
    assert (outcome["b1"], outcome["t1"], reason["t1"]) == ("unchanged", "failed", "secret_in_files")
    assert "phone template otp_verify contains what looks like a secret (Twilio API key)" in message["t1"]
    assert [p.name for p in (fleet.directory / "out").iterdir()] == ["b1.eu.auth0.com"]
    written = "".join(texts(fleet.directory / "out").values())
    assert not [value for value in ("hunter2", "MIIEvQ", "dXNlcjpw") if value in written]
