"""A tenant that a migration leaves unable to send is an outage, and people hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulator.state import Tenant
from tests.flows.fleet_bench import FleetBench, tenant_field
from tests.flows.test_notify import add_secrets, recipient
from tests.sinks import HttpSink, http_sink

KINDS = {"a1": "twilio_sms", "b1": "twilio_sms"}


@pytest.fixture
def http() -> Iterator[HttpSink]:
    with http_sink() as sink:
        yield sink


def disable_provider(tenant: Tenant) -> None:
    """Disable the provider of a tenant once it is switched, as another administrator might."""
    if tenant.domain.startswith("a1") and tenant.flag:
        for provider in tenant.providers.values():
            provider["disabled"] = True


def migrated(make_fleet: Any, http: HttpSink, on_failure: str, code: int) -> tuple[FleetBench, Any]:
    """A migration in which a tenant cannot send after its switch."""
    fleet: FleetBench = make_fleet(KINDS, waves=[{"name": "all"}], rollout={"on_failure": on_failure})
    add_secrets(fleet, ops=http.address("ops"))
    fleet.change(notify={"recipients": [recipient("ops", events="locked_out")]})
    fleet.served.app.state.world.after_write = disable_provider
    return fleet, fleet.run("migrate", "--yes", "--json").expect(code)


def test_a_tenant_left_unable_to_send_is_an_outage(make_fleet: Any, http: HttpSink) -> None:
    """By the exit code, the report, the board and a message, until it is read to send again."""
    fleet, done = migrated(make_fleet, http, "hold", 6)
    assert done.outcomes()["a1"] == "failed"
    assert tenant_field(done, "outcome_reason")["a1"] == "cannot_send"
    assert fleet.record().verdict == "outage"
    assert "- a1.eu.auth0.com: its users get no messages now" in http.text("ops", "no messages")
    report = fleet.directory / "phonefleet-reports" / done.document["run"] / "report.md"
    assert "1 of 2 tenants cannot send" in report.read_text()
    board = fleet.run("board", "--json").document
    assert board["totals"]["failing"] == 1


def test_a_refused_rollback_hides_no_outage(make_fleet: Any, http: HttpSink) -> None:
    """A rollback would overwrite what somebody else changed: it is not done, and the users are still cut off."""
    _, done = migrated(make_fleet, http, "rollback", 6)
    assert done.outcomes()["a1"] == "failed"
    assert tenant_field(done, "outcome_reason")["a1"] == "cannot_send"
    assert "then the rollback failed: " in tenant_field(done, "outcome_message")["a1"]
    assert len(http.titles("ops")) == 1
