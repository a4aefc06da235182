"""The rings of a written fleet file: each has a tenant that migrates."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from simulator.clock import Clock
from simulator.fleet import Fleet
from simulator.kinds import Kind
from simulator.write_config import MIGRATES, RINGS, write_config


def rings(fleet: Fleet, directory: Path) -> dict[str, set[Kind]]:
    """Return the kinds of tenants in each ring."""
    document = yaml.safe_load(write_config(directory, "http://127.0.0.1:1", fleet).read_text())
    kinds = dict(fleet.kinds())
    found: dict[str, set[Kind]] = {}
    for tenant in document["tenants"]:
        found.setdefault(tenant["labels"]["ring"], set()).add(Kind(kinds[tenant["domain"]]))
    assert [wave["name"] for wave in document["waves"]] == [name for name, _ in RINGS if name in found]
    return found


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("size", [4, 16, 60])
def test_every_ring_has_a_tenant_that_migrates(size: int, seed: int, tmp_path: Path) -> None:
    found = rings(Fleet(size, seed, Clock()), tmp_path)
    assert found
    assert [name for name, kinds in found.items() if not kinds & MIGRATES] == []


def test_rings_join_the_one_that_migrates(tmp_path: Path) -> None:
    fleet = Fleet(0, 1, Clock())
    for number in range(12):
        fleet.put(f"blocked-{number}.eu.auth0.com", Kind.LEGACY_AUTH0, {})
    assert len(rings(fleet, tmp_path)) > 1
    fleet.put("able.eu.auth0.com", Kind.TWILIO_SMS, {})
    assert list(rings(fleet, tmp_path).values()) == [{Kind.LEGACY_AUTH0, Kind.TWILIO_SMS}]
