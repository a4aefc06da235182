"""Secrets of a keyring and of Prefect's Secret blocks reach commands and workers, and no record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.flows.fleet_bench import FleetBench, Json
from tests.flows.test_deployments import at_work, deployed
from tests.prefect_server import clean_environ
from tests.prefect_worker import ROOT, await_state, start_run

__all__ = ["at_work"]


def refer(fleet: FleetBench, reference: str) -> str:
    """Let the fleet's first tenant take its client secret from another place; return the value that it had."""
    document = yaml.safe_load(fleet.file.read_text())
    tenant: Json = document["tenants"][0]
    name = tenant["client_secret"].removeprefix("env:")
    tenant["client_secret"] = reference
    fleet.file.write_text(yaml.safe_dump(document, sort_keys=False))
    file = fleet.directory / "secrets.env"
    lines = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
    value = lines.pop(name).strip("\"'")
    file.write_text("".join(f"{key}={text}\n" for key, text in lines.items()))
    return value


def save_block(api: str, name: str, value: str) -> None:
    """Save a Secret block as an operator does; the value does not show in the list of processes."""
    code = (
        f"import sys; from prefect.blocks.system import Secret; Secret(value=sys.stdin.read()).save({name!r})"
    )
    environ = clean_environ() | {"PREFECT_API_URL": api}
    subprocess.run([sys.executable, "-c", code], env=environ, input=value, text=True, check=True)


def assert_kept_out(fleet: FleetBench, value: str) -> None:
    """No file beside the fleet file has the value, but the one where this test put it."""
    for path in fleet.directory.rglob("*"):
        if path.is_file() and path.name != "keyring.json":
            assert value.encode() not in path.read_bytes(), path


def verdicts(fleet: FleetBench) -> list[str]:
    return [str(t.assessment.verdict) for t in fleet.record().tenants if t.assessment]


def said(fleet: FleetBench) -> str:
    """What the last run recorded of its one tenant."""
    (tenant,) = fleet.record().tenants
    assert tenant.assessment
    return tenant.assessment.reasons[0].message


@pytest.fixture
def keyring_home(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who chose a keyring in keyring's own configuration."""
    folder = tmp_path / "config" / "python_keyring"
    folder.mkdir(parents=True)
    chosen = f"[backend]\ndefault-keyring=tests.file_keyring.FileKeyring\nkeyring-path={ROOT}\n"
    (folder / "keyringrc.cfg").write_text(chosen)
    return {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TESTS_KEYRING_FILE": str(tmp_path / "keyring.json"),
        "HOME": str(tmp_path),
    }


def test_a_keyring_serves_a_command(make_fleet: Any, keyring_home: dict[str, str]) -> None:
    """Set by `keyring set`, as the message of a missing value advises, and read by a new process."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    value = refer(fleet, "keyring:acme/a1")
    missing = fleet.run("assess", whole=True, **keyring_home).expect(4)
    assert "a1.eu.auth0.com: credential_missing" in missing.err
    assert "has no value of service acme and user a1. Set it: keyring set acme a1" in said(fleet)
    command = [sys.executable, "-m", "keyring", "set", "acme", "a1"]
    environ = clean_environ() | keyring_home
    subprocess.run(command, env=environ, input=value, text=True, check=True)
    fleet.run("assess", whole=True, **keyring_home).expect(0)
    assert verdicts(fleet) == ["eligible"]
    assert_kept_out(fleet, value)


def test_a_missing_block_names_itself(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    refer(fleet, "prefect:no-such-block")
    fleet.run("assess").expect(4)
    assert "prefect:no-such-block: Prefect gave no Secret block of this name (ValueError)" in said(fleet)


def test_a_block_serves_a_command(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    assert fleet.api
    value = refer(fleet, "prefect:of-a-command")
    save_block(fleet.api, "of-a-command", value)
    fleet.run("doctor").expect(0)
    fleet.run("migrate", "--yes").expect(0)
    assert fleet.tenant("a1").flag
    assert_kept_out(fleet, value)


def test_a_block_serves_a_worker(make_fleet: Any, at_work: Path) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, fleet="block")
    assert fleet.api
    value = refer(fleet, "prefect:of-a-worker")
    save_block(fleet.api, "of-a-worker", value)
    deployed(fleet)
    state = await_state(fleet.api, start_run(fleet.api, "assess/block"))
    assert state["type"] == "COMPLETED", state
    assert verdicts(fleet) == ["eligible"]
    assert_kept_out(fleet, value)
