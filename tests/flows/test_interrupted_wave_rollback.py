"""A run that dies while it rolls a wave back goes on rolling it back, whatever the wave's gate would say now."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.model.enums import DecisionKind, Operation
from phonefleet.model.run_record import RunRecord
from tests.flows.fleet_bench import FleetBench, started, tenant_field
from tests.flows.test_stopping import await_
from tests.flows.test_wave_gates import FAILS_AFTER, KINDS, waves
from tests.pace import NO_WAITING

STAYS_OPEN = {"domain": "a2*", "method": "DELETE", "path": "*", "effect": "delay", "times": 1, "seconds": 10}
"""The second tenant's revert goes on while the first one's ends."""


def reverts(record: RunRecord) -> set[str]:
    return {step.domain for step in record.steps if step.operation is Operation.REVERT}


def is_in_the_middle(fleet: FleetBench) -> bool:
    if not fleet.ledger_file.exists():
        return False
    with fleet.ledger() as ledger:
        open_ = {i.domain[:2] for i in ledger.steps.open_intents() if i.operation is Operation.REVERT}
    return open_ == {"a2"}


def killed_while_it_rolls_back(fleet: FleetBench, *options: str) -> RunRecord:
    """Kill a migration whose first wave is rolled back, when a1 is and a2 is half; the run's record."""
    fleet.faults(STAYS_OPEN, rate_limit=NO_WAITING)
    arguments = ("migrate", str(fleet.file), *options, "--yes", "--json")
    with started(*arguments, api=fleet.api, cwd=fleet.directory) as process:
        await_(lambda: is_in_the_middle(fleet), process, "no tenant is rolled back", 200)
        process.kill()
    fleet.faults(rate_limit=NO_WAITING)
    record = fleet.record()
    assert [d.kind for d in record.decisions].count(DecisionKind.ROLLED_BACK) == 1
    assert {"a1.eu.auth0.com", "a2.eu.auth0.com"} <= reverts(record)
    return record


@pytest.mark.parametrize("checks", [[], [FAILS_AFTER]])
def test_a_wave_is_rolled_back_to_its_end(make_fleet: Any, checks: list[Any]) -> None:
    """Its tenants are not switched again, and no later wave begins."""
    fleet: FleetBench = make_fleet(KINDS, waves=waves(checks=[FAILS_AFTER], on_gate="rollback_wave"))
    died = killed_while_it_rolls_back(fleet)
    sent = [seen.path for _, seen in fleet.writes() if seen.path.endswith("/try")]
    fleet.change(waves=waves(checks=checks, on_gate="rollback_wave"))
    done = fleet.run("migrate", "--yes", "--json").expect(2)
    assert done.document["run"] == died.run_id
    assert done.outcomes() == {"a1": "rolled_back", "a2": "rolled_back", "b1": "held"}
    assert set(tenant_field(done, "outcome_reason").values()) == {"wave_rolled_back", "wave_stopped"}
    assert not any(tenant.flag or tenant.providers for tenant in fleet.tenants())
    assert [seen.path for _, seen in fleet.writes() if seen.path.endswith("/try")] == sent
    record = fleet.record()
    assert next((w.wave, w.verdict) for w in record.waves) == ("first", "stopped")
    asked = [d for d in record.decisions if d.kind in (DecisionKind.GATE_FAILED, DecisionKind.GATE_PASSED)]
    assert asked[-1].kind is DecisionKind.GATE_FAILED
    assert len(asked) == len(
        [d for d in died.decisions if d.kind in (DecisionKind.GATE_FAILED, DecisionKind.GATE_PASSED)]
    )


def test_a_wave_that_was_only_switched_is_rolled_back_to_its_end(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet(KINDS, waves=waves(checks=[FAILS_AFTER], on_gate="rollback_wave"))
    fleet.change(waves=waves())
    fleet.run("migrate", "--prepare-only", "--yes", "--json").expect(0)
    fleet.change(waves=waves(checks=[FAILS_AFTER], on_gate="rollback_wave"))
    killed_while_it_rolls_back(fleet, "--switch")
    done = fleet.run("migrate", "--switch", "--yes", "--json").expect(2)
    assert done.outcomes() == {"a1": "rolled_back", "a2": "rolled_back", "b1": "held"}
    assert not any(fleet.tenant(name).flag or fleet.tenant(name).providers for name in ("a1", "a2"))
