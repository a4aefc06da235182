"""What `--faults` takes, and what it refuses; a demonstration and its repetition."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.simulator_commands import parse_faults
from simulator.errors import SimulatorError
from simulator.faults import FaultDocument, RateOverride
from tests.flows.fleet_bench import phonefleet

WHOLE = FaultDocument(error_rate=0.05, drop_rate=0.01, rate_limit=RateOverride(burst=10, per_second=2.5))


def test_faults_are_parsed_from_each_form(tmp_path: Path) -> None:
    """The three say the same."""
    text = json.dumps({"error_rate": 0.05, "drop_rate": 0.01, "rate_limit": {"burst": 10, "per_second": 2.5}})
    file = tmp_path / "faults.json"
    file.write_text(text)
    short = "error_rate=5%,drop_rate=0.01,rate_limit=10/2.5"
    assert parse_faults(short) == parse_faults(text) == parse_faults(str(file)) == WHOLE
    assert parse_faults(None) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("error_rate=500%", "error_rate"),
        ("error_rate=x%", "x"),
        ("eror_rate=5%", "eror_rate"),
        ("rate_limit=10", "rate_limit"),
        ("none.json", "none.json"),
        ('{"error_rate": ', "--faults"),
    ],
)
def test_invalid_faults_are_named(text: str, named: str) -> None:
    """One error that names the part."""
    with pytest.raises(SimulatorError) as refused:
        parse_faults(text)
    assert named in str(refused.value)


def test_a_demo_can_be_repeated(tmp_path: Path, prefect_api: str) -> None:
    """Its tenants are new ones, and its ledger is too."""
    runs = [
        phonefleet("demo", "--tenants", "2", "--json", api=prefect_api, cwd=tmp_path)
        .expect(0)
        .document["run"]
        for _ in range(2)
    ]
    assert len(set(runs)) == 2
