"""What `migrate` says before it asks: every tenant that it may change, and those that were rolled back before."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs import Fleet, load_fleet
from flows.migration_forecast import forecast
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.enums import OutcomeKind, Verdict
from phonefleet.model.run_options import RunOptions
from tests.configs.fleet_texts import fleet_text
from tests.ledger.factories import make_assessment, make_plan, start


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Five tenants."""
    monkeypatch.setenv("SECRET", "in-the-environment-1")
    more = "".join(
        f"  - {{domain: {name}.eu.auth0.com, client_id: abc, client_secret: 'env:SECRET'}}\n"
        for name in ("b1", "c1", "d1", "e1")
    )
    (tmp_path / "fleet.yaml").write_text(
        fleet_text(rest="state_dir: state\n").replace("state_dir", more + "state_dir")
    )
    return load_fleet(tmp_path / "fleet.yaml")


def run_of(ledger: Ledger, fleet: Fleet, verb: str, outcome: OutcomeKind | None, *domains: str) -> str:
    """A run that read these tenants, and planned them unless it is compliance, and ended for them."""
    run_id = start(ledger, *(t.domain for t in fleet.tenants), verb=verb, fleet=fleet.name)
    for domain in domains:
        if verb != "rollback":
            ledger.tenants.add_assessment(run_id, domain, make_assessment(domain))
        if verb == "migrate":
            ledger.tenants.add_plan(run_id, domain, make_plan(domain))
        if outcome:
            ledger.tenants.set_outcome(run_id, domain, outcome, None, "")
    return run_id


def said(fleet: Fleet, ledger: Ledger) -> str:
    return str(forecast(fleet, ledger, RunOptions(), None)).partition(", 5 test")[0]


def test_tenants_that_were_rolled_back_are_counted_and_named(fleet: Fleet) -> None:
    """A rollback makes what was migrated eligible again; without a plan no run has read what it is now."""
    domains = [tenant.domain for tenant in fleet.tenants]
    with open_ledger(fleet) as ledger:
        assert said(fleet, ledger) == "0 to migrate, 5 possibly to migrate (not read yet)"
        run_of(ledger, fleet, "migrate", OutcomeKind.MIGRATED, *domains[:4])
        assert said(fleet, ledger) == ("0 to migrate, 1 possibly to migrate (not read yet), 4 unchanged")
        run_of(ledger, fleet, "rollback", OutcomeKind.ROLLED_BACK, *domains[:4])
        found = forecast(fleet, ledger, RunOptions(), None)
        assert (found.changed, found.unread, found.unchanged) == (4, 1, 0)
        assert found.rolled_back == tuple(domains[:4])
        assert str(found).endswith(
            f"; 4 of them were rolled back before: {', '.join(domains[:3])} and 1 more"
        )
        # A reading after the rollback changes nothing about that.
        run_of(ledger, fleet, "compliance", OutcomeKind.UNCHANGED, *domains[:4])
        found = forecast(fleet, ledger, RunOptions(), None)
        assert (found.changed, found.rolled_back) == (4, tuple(domains[:4]))
        run_of(ledger, fleet, "migrate", OutcomeKind.MIGRATED, *domains[:4])
        assert forecast(fleet, ledger, RunOptions(), None).rolled_back == ()


def test_a_reading_before_the_rollback_says_nothing(fleet: Fleet) -> None:
    domain = fleet.tenants[0].domain
    with open_ledger(fleet) as ledger:
        run_of(ledger, fleet, "migrate", OutcomeKind.MIGRATED, domain)
        read = start(ledger, domain, verb="compliance", fleet=fleet.name)
        ledger.tenants.add_assessment(read, domain, make_assessment(domain, Verdict.ALREADY_MIGRATED))
        run_of(ledger, fleet, "rollback", OutcomeKind.ROLLED_BACK, domain)
        found = forecast(fleet, ledger, RunOptions(tenants=(domain,)), None)
        assert (found.changed, found.unread, found.unchanged) == (0, 1, 0)
        assert (
            str(found)
            == f"0 to migrate, 1 possibly to migrate (not read yet); 1 of them was rolled back before: {domain}"
        )
