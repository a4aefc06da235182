"""The order of a wave, caps of owners and one tenant of an owner first, over the real flow."""

from __future__ import annotations

from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

import yaml

from phonefleet.model.enums import StepKind
from phonefleet.model.run_record import RunRecord
from tests.flows.fleet_bench import FleetBench
from tests.flows.virtual_time import run_virtually


def describe(fleet: FleetBench, names: str, **keys: object) -> None:
    """Set keys of the tenants whose first label fits a glob."""
    tenants = yaml.safe_load(fleet.file.read_text())["tenants"]
    changed = [t | keys if fnmatchcase(t["domain"].split(".")[0], names) else t for t in tenants]
    fleet.change(tenants=changed)


def switches(record: RunRecord) -> dict[str, tuple[datetime, datetime]]:
    """When each tenant's switch began and ended, by the first label of its domain."""
    return {
        step.domain.split(".")[0]: (step.intended_at, step.ended_at or step.intended_at)
        for step in record.steps
        if step.kind is StepKind.SWITCH_TENANT
    }


def test_caps_of_an_owner_hold_in_a_run(make_fleet: Any) -> None:
    """One at once, two a day: the third tenant of the owner is switched a day after the first."""
    fleet: FleetBench = make_fleet(
        {f"a{n}": "twilio_sms" for n in range(3)} | {"b0": "twilio_sms"}, waves=[{"name": "all"}]
    )
    describe(fleet, "a*", owner="shop")
    cap = {"owner": {"at_once": 1, "per_day": 2}}
    fleet.change(rollout={"caps": cap, "max_change": "100%", "strict": False})
    run = run_virtually(fleet)
    record = fleet.record(run.run_id)
    assert run.code == 0, [t.outcome_message for t in record.tenants]
    spans = switches(record)
    of_owner = sorted(spans[name] for name in ("a0", "a1", "a2"))
    assert all(before[1] <= after[0] for before, after in pairwise(of_owner))
    starts = [run.time_of(start) for start, _ in of_owner]
    assert starts[1] - starts[0] < timedelta(hours=1)
    assert starts[2] - starts[0] >= timedelta(hours=24)
    assert run.time_of(spans["b0"][0]) - starts[0] < timedelta(hours=1)


def test_an_owners_others_follow_its_first(make_fleet: Any) -> None:
    """The first of one owner fails within the tolerance: the owner's other is held, another owner goes on."""
    lie = {"domain": "a0*", "method": "PATCH", "path": "/tenants/settings", "effect": "lie"}
    kinds = dict.fromkeys(("a0", "a1", "b0", "b1"), "twilio_sms")
    wave = {
        "name": "all",
        "owner_first": True,
        "failure_tolerance": 1,
        "order": {"label": "n", "descending": True},
    }
    fleet: FleetBench = make_fleet(kinds, waves=[wave], faults={"rules": [lie]})
    for name in ("a", "b"):
        describe(fleet, f"{name}*", owner=name)
    describe(fleet, "?0", labels={"n": "2"})
    describe(fleet, "?1", labels={"n": "1"})
    fleet.change(rollout={"max_change": "100%", "healthy_deadline": "1s"})
    done = fleet.run("migrate", "--yes", "--json").expect(2)
    assert done.outcomes() == {"a0": "rolled_back", "a1": "held", "b0": "migrated", "b1": "migrated"}
    tenants = fleet.record().tenants
    assert {t.domain[:2]: t.outcome_reason for t in tenants}["a1"] == "owner_first"
    batches = {t.domain[:2]: t.batch for t in tenants}
    assert batches == {"a0": 1, "b0": 1, "a1": 2, "b1": 2}
    assert not fleet.tenant("a1").flag


def test_an_owner_whose_first_is_ill_is_spared(make_fleet: Any) -> None:
    """Its provider was disabled during the soak; `min_healthy` lets the wave go on, and the owner's other is held."""
    kinds = dict.fromkeys(("a0", "a1", "b0", "b1"), "twilio_sms")
    fleet: FleetBench = make_fleet(kinds, waves=[{"name": "all", "owner_first": True, "soak": "1h"}])
    for name in ("a", "b"):
        describe(fleet, f"{name}*", owner=name)
    fleet.change(rollout={"max_change": "100%", "healthy_deadline": "1s", "min_healthy": "50%"})
    run = run_virtually(fleet, meanwhile={"a0": {"provider": {"disabled": True}}})
    record = fleet.record(run.run_id)
    found = {t.domain[:2]: t.outcome_reason or t.outcome for t in record.tenants}
    assert found == {"a0": "migrated", "a1": "owner_first", "b0": "migrated", "b1": "migrated"}
    assert not fleet.tenant("a1").flag
    assert run.code == 6


def test_the_slowest_tenants_are_read_first(make_fleet: Any) -> None:
    """Auth0 lets them be read no faster, so the others are read meanwhile."""
    fleet: FleetBench = make_fleet(dict.fromkeys(("a", "b", "c", "d"), "not_configured"))
    for name, tier in (("a", "enterprise_production"), ("b", "professional"), ("d", "free")):
        describe(fleet, name, tier=tier)
    fleet.change(rollout={"concurrency": 1})
    fleet.run("assess").expect(0)
    first = {tenant.domain[0]: tenant.requests[0].at for tenant in fleet.tenants()}
    assert sorted(first, key=first.__getitem__) == ["c", "d", "b", "a"]
