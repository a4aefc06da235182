"""A plan file for a fleet that has changed: tenants that no longer fit are held, the others are migrated."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

import configs
from configs import load_fleet
from flows.plan_file import read_plan
from flows.tenant_runs import run_concurrently
from phonefleet.errors import LedgerError, PlanRefused
from phonefleet.ledger.ledger import Ledger
from tests.flows.fleet_bench import FleetBench, tenant_field

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
EXAMPLE = Path(configs.__file__).parent / "examples/fleet.yaml"
WAVES = [{"name": "first", "match": {"domain": ["a*"]}}, {"name": "second"}]


def test_tenants_changed_since_the_plan_are_held(make_fleet: Any) -> None:
    """Changed, new, no longer eligible, migrated or unreachable since: none of it stops another tenant."""
    fleet: FleetBench = make_fleet(KINDS, waves=WAVES, rollout={"max_change": "100%"})
    whole = yaml.safe_load(fleet.file.read_text())["tenants"]
    fleet.change(tenants=[t for t in whole if not t["domain"].startswith("a3")])
    fleet.run("plan", "--out", "plan.json").expect(0)
    fleet.change(tenants=whole)
    fleet.change_tenant("a1", {"settings": {"friendly_name": "Renamed"}})
    fleet.change_tenant("b1", {"guardian": {"factors": {"sms": False}}})
    fleet.change_tenant("b3", {"delete_provider": True, "settings": {"phone_consolidated_experience": True}})
    gone = {"domain": "c1*", "path": "*", "effect": "status", "status": 403, "body": {"statusCode": 403}}
    fleet.faults(gone | {"path": "/oauth/token"})
    done = fleet.run("migrate", "--plan", "plan.json", "--yes", "--json").expect(6)
    assert tenant_field(done, "outcome") == {
        "a1": "held",
        "a2": "migrated",
        "a3": "held",
        "b1": "held",
        "b2": "migrated",
        "b3": "held",
        "c1": "skipped",
        "d1": "skipped",
    }
    why = tenant_field(done, "outcome_reason")
    assert [name for name, reason in why.items() if reason == "plan_changed"] == ["a1", "a3", "b1", "b3"]
    assert why["c1"] == "credentials_rejected"
    messages = tenant_field(done, "outcome_message")
    assert "facts it was made from differ): plan again" in messages["a1"]
    assert "not in the plan file: plan again" in messages["a3"]
    assert "planned as eligible, and it is not_applicable now" in messages["b1"]
    assert "planned as eligible, and it is broken now" in messages["b3"]
    assert {domain.split(".")[0] for domain, _ in fleet.writes()} == {"a2", "b2"}

    fleet.faults()
    again = fleet.run("migrate", "--plan", "plan.json", "--yes", "--json").expect(6)
    outcomes = tenant_field(again, "outcome")
    assert (outcomes["a2"], outcomes["b2"], outcomes["c1"]) == ("unchanged", "unchanged", "migrated")
    assert outcomes["a1"] == "held"


def test_a_tenant_changed_during_a_run_is_held(make_fleet: Any) -> None:
    """Changed between its assessment and its turn: nothing was written, so it is no failure of its wave."""
    fleet: FleetBench = make_fleet({f"a{n}": "twilio_sms" for n in range(3)}, waves=[{"name": "all"}])
    renamed = {"phone_consolidated_experience": False, "friendly_name": "Renamed"}
    later = {"domain": "a1*", "method": "GET", "path": "/tenants/settings", "after": 1}
    fleet.faults(later | {"effect": "status", "status": 200, "body": renamed})
    done = fleet.run("migrate", "--yes", "--force", "--json").expect(3)
    assert tenant_field(done, "outcome") == {"a0": "migrated", "a1": "held", "a2": "migrated"}
    assert tenant_field(done, "outcome_reason")["a1"] == "plan_changed"
    assert "plan again" in tenant_field(done, "outcome_message")["a1"]
    assert {domain.split(".")[0] for domain, _ in fleet.writes()} == {"a0", "a2"}


def test_a_ledger_failure_ends_the_run(make_fleet: Any) -> None:
    """One tenant's intent cannot be recorded: the run ends with that error, though others could have been recorded.

    The tenants under way are continued where they were left.
    """
    kinds = {f"a{n:02}": "twilio_sms" for n in range(1, 9)}
    fleet: FleetBench = make_fleet(
        kinds, waves=[{"name": "all"}], rollout={"max_change": "100%", "concurrency": 2}
    )
    place = fleet.directory / ".state" / "ledger.sqlite"
    place.parent.mkdir()
    Ledger.open(place).close()
    full = "BEFORE INSERT ON intents WHEN NEW.domain LIKE 'a02%' AND NEW.kind = 'send_test'"
    with closing(sqlite3.connect(place)) as db:
        db.execute(f"CREATE TRIGGER full {full} BEGIN SELECT RAISE(ABORT, 'full'); END")
    died = fleet.run("migrate", "--yes").expect(2)
    assert died.err.count("full") == 1, died.err
    assert "a02" in {domain.split(".")[0] for domain, _ in fleet.writes()}
    assert len({domain for domain, _ in fleet.writes()}) <= 3, "two at once, and those before a02"
    run = fleet.record()
    assert (run.ended_at, {t.outcome for t in run.tenants}) == (None, {None})
    with closing(sqlite3.connect(place)) as db:
        db.execute("DROP TRIGGER full")
    # What was changed beside phonefleet is refused until a person says to go on with it.
    assert "was changed by another program" in fleet.run("migrate", "--yes").expect(7).err
    fleet.ask("ledger", "verify", "--adopt").expect(0)
    resumed = fleet.run("migrate", "--yes", "--json").expect(0)
    assert resumed.document["run"] == run.run_id
    assert set(tenant_field(resumed, "outcome").values()) == {"migrated"}


async def test_a_ledger_error_cancels_other_work() -> None:
    """Work under way stops, waiting work never begins, and one error is raised."""
    begun: list[str] = []
    ended: list[str] = []

    async def work(domain: str) -> None:
        begun.append(domain)
        await asyncio.sleep(0.01 if domain in "ab" else 5)
        if domain in "ab":
            raise LedgerError(f"disk full at {domain}")
        ended.append(domain)

    with pytest.raises(LedgerError, match="disk full at a"):
        await run_concurrently(3, "abcdef", work)
    assert ended == []
    assert set(begun) <= set("abcde")
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("kind", ["fifo", "device", "large"])
def test_a_plan_file_is_a_regular_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "plan.json"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "large":
            with path.open("wb") as file:
                file.truncate(1 << 40)
    said = "is larger than 256 MiB" if kind == "large" else "is not a regular file"
    with pytest.raises(PlanRefused, match=f"{path}: {said}"):
        read_plan(path, load_fleet(EXAMPLE, environ={}))


def test_a_plan_belongs_to_its_ledger(make_fleet: Any) -> None:
    """Another ledger and an older copy of the same one are refused before a run begins; so are approvals."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, rollout={"max_change": "100%"})
    state = fleet.directory / ".state"
    fleet.run("assess").expect(0)
    fleet.ask("ledger", "backup", "older.sqlite").expect(0)
    fleet.run("plan").expect(0)
    newest = fleet.ledger_file.read_bytes()

    def exchange(content: bytes | None) -> None:
        for path in (*state.glob("ledger.sqlite*"), state / "ledger.known"):
            path.unlink(missing_ok=True)
        if content is not None:
            fleet.ledger_file.write_bytes(content)

    exchange((fleet.directory / "older.sqlite").read_bytes())
    refused = fleet.run("migrate", "--plan", "plan.json", "--yes").expect(2)
    assert "so it is an older copy" in refused.err
    assert "restore the newest one" in refused.err
    exchange(None)
    fleet.run("assess").expect(0)
    others = (
        fleet.run("migrate", "--plan", "plan.json", "--yes"),
        fleet.ask("approve", "plan.json", "--tenant", "a1.eu.auth0.com", "--reason", "seen", "--yes"),
    )
    for other in others:
        assert "made with another ledger" in other.expect(2).err
    assert fleet.writes() == []
    exchange(newest)
    fleet.run("migrate", "--plan", "plan.json", "--yes").expect(0)
