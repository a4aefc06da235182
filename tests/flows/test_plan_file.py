"""A plan file over a fleet that went on living: what no longer fits is held by name, the rest is carried out."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import pytest
import yaml

from flows.endings import at_most
from phonefleet.errors import LedgerError
from phonefleet.ledger.ledger import Ledger
from tests.flows.fleet_bench import Stand, told

KINDS = {
    "a1": "twilio_sms",
    "a2": "twilio_sms",
    "a3": "twilio_sms",
    "b1": "twilio_sms",
    "b2": "passwordless_twilio",
    "b3": "twilio_sms",
    "c1": "twilio_sms",
    "d1": "not_configured",
}
WAVES = [{"name": "first", "match": {"domain": ["a*"]}}, {"name": "second"}]


def test_tenants_that_changed_since_the_plan_are_held_and_the_others_go_on(stand: Any) -> None:
    """Changed, new in the fleet, not eligible any more, migrated or unreachable since: none of it stops another."""
    here: Stand = stand(KINDS, waves=WAVES, rollout={"max_change": "100%"})
    whole = yaml.safe_load(here.file.read_text())["tenants"]
    here.change(tenants=[t for t in whole if not t["domain"].startswith("a3")])
    here.run("plan", "--out", "plan.json").expect(0)
    here.change(tenants=whole)
    here.poke("a1", {"settings": {"friendly_name": "Renamed"}})
    here.poke("b1", {"guardian": {"factors": {"sms": False}}})
    here.poke("b3", {"delete_provider": True, "settings": {"phone_consolidated_experience": True}})
    gone = {"domain": "c1*", "path": "*", "effect": "status", "status": 403, "body": {"statusCode": 403}}
    here.faults(gone | {"path": "/oauth/token"})
    done = here.run("migrate", "--plan", "plan.json", "--yes", "--json").expect(3)
    assert told(done, "outcome") == {
        "a1": "held",
        "a2": "migrated",
        "a3": "held",
        "b1": "held",
        "b2": "migrated",
        "b3": "held",
        "c1": "skipped",
        "d1": "skipped",
    }
    why = told(done, "outcome_reason")
    assert [name for name, reason in why.items() if reason == "plan_changed"] == ["a1", "a3", "b1", "b3"]
    assert why["c1"] == "credentials_rejected"
    messages = told(done, "outcome_message")
    assert "facts it was made from differ): plan again" in messages["a1"]
    assert "not in the plan file: plan again" in messages["a3"]
    assert "planned as eligible, and it is not_applicable now" in messages["b1"]
    assert "planned as eligible, and it is broken now" in messages["b3"]
    assert {domain.split(".")[0] for domain, _ in here.writes()} == {"a2", "b2"}

    here.faults()
    again = here.run("migrate", "--plan", "plan.json", "--yes", "--json").expect(3)
    outcomes = told(again, "outcome")
    assert (outcomes["a2"], outcomes["b2"], outcomes["c1"]) == ("unchanged", "unchanged", "migrated")
    assert outcomes["a1"] == "held"


def test_a_tenant_that_changes_during_a_run_is_held_and_its_wave_goes_on(stand: Any) -> None:
    """Between its assessment and its turn: nothing was written to it, so it is no failure of its wave."""
    here: Stand = stand({f"a{n}": "twilio_sms" for n in range(3)}, waves=[{"name": "all"}])
    renamed = {"phone_consolidated_experience": False, "friendly_name": "Renamed"}
    later = {"domain": "a1*", "method": "GET", "path": "/tenants/settings", "after": 1}
    here.faults(later | {"effect": "status", "status": 200, "body": renamed})
    done = here.run("migrate", "--yes", "--force", "--json").expect(3)
    assert told(done, "outcome") == {"a0": "migrated", "a1": "held", "a2": "migrated"}
    assert told(done, "outcome_reason")["a1"] == "plan_changed"
    assert "plan again" in told(done, "outcome_message")["a1"]
    assert {domain.split(".")[0] for domain, _ in here.writes()} == {"a0", "a2"}


def test_a_run_whose_ledger_fails_begins_no_other_tenant(stand: Any) -> None:
    """One tenant's intent cannot be recorded: the run ends with that error, though others could have been recorded.

    Whoever was at work is taken up where it was left.
    """
    kinds = {f"a{n:02}": "twilio_sms" for n in range(1, 9)}
    here: Stand = stand(kinds, waves=[{"name": "all"}], rollout={"max_change": "100%", "concurrency": 2})
    place = here.directory / ".state" / "ledger.sqlite"
    place.parent.mkdir()
    Ledger.open(place).close()
    full = "BEFORE INSERT ON intents WHEN NEW.domain LIKE 'a02%' AND NEW.kind = 'send_test'"
    with closing(sqlite3.connect(place)) as db:
        db.execute(f"CREATE TRIGGER full {full} BEGIN SELECT RAISE(ABORT, 'full'); END")
    died = here.run("migrate", "--yes").expect(2)
    assert died.err.count("full") == 1, died.err
    assert "a02" in {domain.split(".")[0] for domain, _ in here.writes()}
    assert len({domain for domain, _ in here.writes()}) <= 3, "two at once, and whoever came before a02"
    run = here.record()
    assert (run.ended_at, {t.outcome for t in run.tenants}) == (None, {None})
    with closing(sqlite3.connect(place)) as db:
        db.execute("DROP TRIGGER full")
    resumed = here.run("migrate", "--yes", "--json").expect(0)
    assert resumed.document["run"] == run.run_id
    assert set(told(resumed, "outcome").values()) == {"migrated"}


async def test_an_error_of_the_ledger_ends_the_work_on_every_other_tenant() -> None:
    """Those at work go no further, those that wait never begin, and one error is told."""
    begun: list[str] = []
    ended: list[str] = []

    async def work(domain: str) -> None:
        begun.append(domain)
        await asyncio.sleep(0.01 if domain in "ab" else 5)
        if domain in "ab":
            raise LedgerError(f"disk full at {domain}")
        ended.append(domain)

    with pytest.raises(LedgerError, match="disk full at a"):
        await at_most(3, "abcdef", work)
    assert ended == []
    assert set(begun) <= set("abcde")
    assert asyncio.all_tasks() == {asyncio.current_task()}
