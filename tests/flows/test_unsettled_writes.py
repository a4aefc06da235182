"""A write that was carried out and whose read afterwards gave nothing usable: it is reported until it is settled."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.faults import FaultDocument, Rule
from simulator.state import Tenant
from tests.flows.fleet_bench import FleetBench, Json, tenant_field

READS = {
    "/branding/phone/providers": {"providers": 7},
    "/tenants/settings": {"phone_consolidated_experience": "yes"},
}
"""By the path of a write: what the reads of it answer afterwards, each of a wrong type."""


def spoiled(path: str, after: int = 0) -> Json:
    """The fault by which reads answer in another shape than the documented one, but for the first ones."""
    rule = {"method": "GET", "path": f"{path}*", "effect": "status", "status": 200, "body": READS[path]}
    return rule | {"after": after}


def spoil_reads_after(fleet: FleetBench, path: str) -> None:
    """Spoil the reads of a path from the first write to it on."""
    world = fleet.served.app.state.world
    rules = (Rule.model_validate(spoiled(path)),)

    def spoil(tenant: Tenant) -> None:
        if tenant.requests[-1].path == f"/api/v2{path}":
            world.faults.replace(FaultDocument(rules=rules))
            world.after_write = None

    world.after_write = spoil


def open_keys(fleet: FleetBench) -> list[str]:
    with fleet.ledger() as ledger:
        return [intent.key for intent in ledger.steps.open_intents()]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", READS)
def test_an_unread_write_is_never_unchanged(make_fleet: Any, path: str) -> None:
    """A reading that can be used settles it; until then nothing is said of the tenant."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    spoil_reads_after(fleet, path)
    failed = fleet.run("migrate", "--yes", "--json").expect(2)
    assert failed.outcomes() == {"a1": "failed"}
    assert len(open_keys(fleet)) == 1
    unread = fleet.run("compliance", "--json")
    assert unread.code != 0
    assert unread.outcomes()["a1"] != "unchanged"
    assert len(open_keys(fleet)) == 1
    fleet.faults()
    fleet.run("assess").expect(0)
    assert open_keys(fleet) == []
    fleet.run("migrate", "--yes").expect(0)
    assert fleet.tenant("a1").flag


def test_a_write_that_stays_unread_is_reported(make_fleet: Any) -> None:
    """The reading of the tenant can be used, and that of the step cannot: the switch may be in effect or not."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    spoil_reads_after(fleet, "/tenants/settings")
    fleet.run("migrate", "--yes").expect(2)
    (key,) = open_keys(fleet)
    world = fleet.served.app.state.world
    once = spoiled("/tenants/settings") | {"times": 1}
    world.faults.replace(FaultDocument(rules=(Rule.model_validate(once),)))
    found = fleet.run("compliance", "--json")
    assert found.code != 0
    assert found.outcomes() == {"a1": "inconclusive"}
    assert tenant_field(found, "outcome_reason") == {"a1": "write_not_settled"}
    message = fleet.record().tenants[0].outcome_message
    assert message is not None
    assert key in message
