"""`rehearse`: what it predicts is what the migration does afterwards, and no tenant notices it."""

from __future__ import annotations

import json
from typing import Any

from tests.flows.conftest import MakeBench
from tests.flows.fleet_bench import FleetBench

KINDS = {
    "one": "twilio_sms",
    "two": "action_single",
    "three": "passwordless_gateway",
    "four": "not_configured",
    "five": "wrong_credentials",
    "six": "foreign_action_deployed",
}


def rehearsed(fleet: FleetBench, *args: str) -> dict[str, Any]:
    """A rehearsal's document; its exit code is that of the migration."""
    done = fleet.run("rehearse", "--no-rate-limits", "--json", *args)
    assert "Traceback" not in done.err, done.err[-3000:]
    found: dict[str, Any] = json.loads(done.out)
    assert found["exit_code"] == done.code
    return found


def predicted(document: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {t["domain"]: (t["outcome"], t["reason"]) for t in document["tenants"]}


def actual(fleet: FleetBench) -> dict[str, tuple[str, str | None]]:
    return {t.domain: (str(t.outcome), t.outcome_reason) for t in fleet.record().tenants}


def test_a_rehearsal_predicts_the_migration(make_fleet: MakeBench) -> None:
    fleet = make_fleet(KINDS)
    fleet.run("plan")
    requests = {tenant.domain: len(tenant.requests) for tenant in fleet.tenants()}
    document = rehearsed(fleet)
    assert {tenant.domain: len(tenant.requests) for tenant in fleet.tenants()} == requests
    assert [t["domain"] for t in document["tenants"] if t["differs"]] == []
    fleet.run("migrate", "--yes")
    assert actual(fleet) == predicted(document)
