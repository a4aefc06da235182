"""The fleet file of the twins says the same as the operator's, but for places and secrets."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from configs import Fleet, load_fleet
from flows.rehearsal.stand_ins import StandIns
from flows.rehearsal.twin_fleet import write_twin_fleet
from phonefleet.secrets.store import SecretStore
from simulator.clock import Clock
from simulator.fleet import Fleet as Simulated
from simulator.write_config import write_config

FLEET = """
fleet: acme
secrets_file: real.env
connection: {timeout: 12s, rate_limit_patience: 3m}
tenants:
  - domain: one.eu.auth0.com
    client_id: abc
    client_secret: env:ONE_SECRET
    region: eu
    tier: enterprise_production
    labels: {ring: canary, size: "7", "on": "yes"}
    owner: "null"
    target:
      twilio: {auth_token: "file:keys/twilio", default_from: "+15005550006", receipts: false}
      test_numbers: {text: "+15005550006"}
      action_secrets: {API_URL: env:ONE_URL, API_KEY: "file:/REAL/key"}
      approve: [custom_action_not_verified]
      factors: sms
  - domain: two.us.auth0.com
    client_id: def
    token_endpoint_auth_method: private_key_jwt
    signing_algorithm: RS256
    private_key: file:../two.pem
    audience: https://two-canonical.us.auth0.com/api/v2/
waves:
  - name: canary
    match: {labels: {ring: canary}}
    size: [1, "50%"]
    soak: 1h30m
    failure_tolerance: 12.5%
    windows: [{days: fri mon, from: "22:00", to: "24:00", timezone: Europe/Berlin}]
    not_before: "2026-12-01T08:00+01:00"
    deadline: "2027-12-24T00:00Z"
    order: {label: size, descending: true}
    owner_first: true
  - name: rest
rollout:
  max_change: 100%
  concurrency: 7
  strict: false
  evidence_deadline: 1500ms
  on_failure: hold
  windows: [{match: {region: us}, from: "01:00", to: "05:30", timezone: America/New_York}]
  freezes: [{from: 2027-12-20, to: 2028-01-05, timezone: Europe/Berlin, reason: "Holidays: closed"}]
  caps: {owner: {at_once: 2}, region: {per_day: 9}}
"""
PLACES: dict[str, Any] = {
    **dict.fromkeys(("name", "source", "state_dir", "secrets_file", "connection", "ledger", "notify"), True),
    "rollout": {"freezes"},
}
"""Paths, and freezes as they are written; `fleet.freezes` has their times."""


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    folder = tmp_path / "real"
    (folder / "keys").mkdir(parents=True)
    (folder / "real.env").write_text("ONE_SECRET=real-secret-1\nONE_URL=https://real.example.com\n")
    for name in ("keys/twilio", "key", "../two.pem"):
        (folder / name).write_text("real-secret-2")
    (folder / "fleet.yaml").write_text(FLEET.replace("/REAL", str(folder)))
    return load_fleet(folder / "fleet.yaml", environ={})


def said(fleet: Fleet) -> dict[str, Any]:
    return fleet.model_dump(mode="json", exclude=PLACES)


def test_the_file_says_the_same(fleet: Fleet, tmp_path: Path) -> None:
    written = write_twin_fleet(fleet, tmp_path / "twin", "http://127.0.0.1:1234", StandIns())
    twin = load_fleet(written.path, environ={})
    assert set(written.renamed) == {"file:../two.pem", f"file:{tmp_path}/real/key"}
    ours, theirs = said(twin), said(fleet)
    first, second = ours["tenants"]
    # References to files outside of the folder lead to variables of the twins' own secrets file.
    assert first["target"]["action_secrets"].pop("API_KEY").startswith("env:REHEARSAL_SECRET_")
    assert second.pop("private_key").startswith("env:REHEARSAL_SECRET_")
    del theirs["tenants"][0]["target"]["action_secrets"]["API_KEY"], theirs["tenants"][1]["private_key"]
    assert ours == theirs
    assert twin.connection.connect_to == "http://127.0.0.1:1234"
    assert twin.connection.timeout == fleet.connection.timeout
    assert twin.connection.rate_limit_patience == fleet.connection.rate_limit_patience
    assert twin.state_dir == tmp_path / "twin" / "state"


def test_no_secret_of_the_fleet_is_read(fleet: Fleet, tmp_path: Path) -> None:
    """Every value is made up, has the form that its use needs, and lies in files of the owner alone."""
    folder = tmp_path / "twin"
    twin = load_fleet(write_twin_fleet(fleet, folder, "http://127.0.0.1:1", StandIns()).path, environ={})
    texts = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    assert "real-secret" not in "".join(texts)
    assert "real.example.com" not in "".join(texts)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}
    store = SecretStore({})
    values = {
        key: store.resolve(ref).get_secret_value()
        for tenant in twin.tenants
        for key, ref in tenant.secret_refs().items()
    }
    assert len(set(values.values())) == 5
    assert values["private_key"].startswith("-----BEGIN PRIVATE KEY-----")
    assert values["target.action_secrets.API_URL"].startswith("https://service-")


def test_the_simulated_fleet_file_is_kept(tmp_path: Path) -> None:
    """A written fleet file of the simulator, which has tenants of every seeded kind, says the same as its twin."""
    path = write_config(tmp_path / "real", "http://127.0.0.1:1", Simulated(60, 3, Clock()))
    real = load_fleet(path, environ={})
    twin = load_fleet(
        write_twin_fleet(real, tmp_path / "twin", "http://127.0.0.1:2", StandIns()).path, environ={}
    )
    assert said(twin) == said(real)
