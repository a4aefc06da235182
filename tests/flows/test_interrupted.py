"""A run that died: what continues it, and where the tenant that it left half changed is reported."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from phonefleet.model.audit import AuditAction
from tests.flows.fleet_bench import FleetBench, Process, started, tenant_field
from tests.flows.test_compliance import KINDS, template_changed
from tests.flows.test_stopping import await_, delayed

WAVES = [{"name": "first", "match": {"domain": "a*"}}, {"name": "second"}]


@contextmanager
def stuck(fleet: FleetBench, kind: str, *args: str) -> Iterator[Process]:
    """A migration that has recorded an intent of this kind and waits for its answer."""
    with started("migrate", str(fleet.file), *args, "--yes", api=fleet.api, cwd=fleet.directory) as process:
        await_(lambda: _open(fleet, kind), process, f"no {kind} is intended")
        yield process


def _open(fleet: FleetBench, kind: str) -> bool:
    if not fleet.ledger_file.exists():
        return False
    with fleet.ledger() as ledger:
        return any(intent.kind == kind for intent in ledger.steps.open_intents())


def test_an_interrupted_tenant_is_always_reported(make_fleet: Any) -> None:
    """Killed between the switches of a1: every later command continues it or names it; none reports success."""
    slow = {"domain": "a1*", "method": "PATCH", "path": "/connections/*", "effect": "delay", "times": 1}
    fleet: FleetBench = make_fleet(
        {"a1": "passwordless_gateway", "b1": "twilio_sms"},
        waves=WAVES,
        rollout={"when_inconclusive": "proceed"},
        faults={"rules": [slow | {"seconds": 60}]},
    )
    with stuck(fleet, "switch_connection", "--wave", "first") as process:
        run = fleet.record().run_id
        assert "going on" in fleet.ask("status").expect(0).out
        second = fleet.run("migrate", "--resume", run, "--yes").expect(2)
        assert f"run {run} is going on" in second.err
        process.kill()
        process.communicate()
    assert fleet.tenant("a1").flag
    fleet.faults()
    assert f"--resume {run}" in fleet.ask("status").expect(0).out
    (listed,) = json.loads(fleet.ask("runs", "--json").expect(0).out)
    assert (listed["ended_at"], listed["holder"], listed["open_intents"]) == (None, "", 1)

    other = fleet.run("migrate", "--wave", "second", "--yes", "--json").expect(3)
    assert tenant_field(other, "outcome") == {"a1": "held", "b1": "migrated"}
    assert tenant_field(other, "outcome_reason")["a1"] == "interrupted"
    assert f"--resume {run}" in tenant_field(other, "outcome_message")["a1"]
    checked = fleet.run("compliance", "--json").expect(3)
    assert tenant_field(checked, "outcome") == {"a1": "inconclusive", "b1": "unchanged"}

    wrong = fleet.run("migrate", "--resume", run, "--wave", "second", "--yes").expect(2)
    assert "was started with --wave first" in wrong.err
    same = fleet.run("migrate", "--wave", "first", "--yes", "--json").expect(0)
    assert same.document["run"] == run
    assert tenant_field(same, "outcome") == {"a1": "migrated", "b1": "held"}


def test_an_overtaken_run_does_not_finish_its_old_plan(make_fleet: Any) -> None:
    """A later migration completed the tenant: continuing the earlier run leaves it alone."""
    slow = {"domain": "a1*", "method": "PATCH", "path": "/connections/*", "effect": "delay", "times": 1}
    fleet: FleetBench = make_fleet(
        {"a1": "passwordless_gateway"}, waves=[{"name": "all"}], faults={"rules": [slow | {"seconds": 60}]}
    )
    with stuck(fleet, "switch_connection") as process:
        first = fleet.record().run_id
        process.kill()
        process.communicate()
    fleet.faults()
    later = fleet.run("migrate", "--tenant", "a1.eu.auth0.com", "--yes", "--json").expect(0)
    assert later.document["run"] != first
    writes = len(fleet.writes())
    again = fleet.run("migrate", "--resume", first, "--yes", "--json").expect(0)
    assert tenant_field(again, "outcome_reason") == {"a1": "overtaken"}
    assert later.document["run"] in tenant_field(again, "outcome_message")["a1"]
    assert len(fleet.writes()) == writes


READS_STOP = {"domain": "a1*", "method": "GET", "path": "*", "effect": "delay", "seconds": 120}
"""No answer shows the effect of a write any more."""


def die_after_write(fleet: FleetBench, path: str, *args: str) -> str:
    """Kill a run whose PATCH of a1 is carried out, and which waits for the answer to its next read; return the run."""

    def patched() -> list[bool]:
        return [
            seen.applied
            for seen in fleet.tenant("a1").requests
            if seen.method == "PATCH" and path in seen.path
        ]

    earlier = patched()
    fleet.faults(delayed("PATCH", f"*{path}*"))
    with started(*args, "--yes", api=fleet.api, cwd=fleet.directory) as process:
        await_(lambda: len(patched()) > len(earlier), process, "nothing is written")
        fleet.faults(READS_STOP)
        await_(lambda: patched() == [*earlier, True], process, "it is not carried out")
        process.kill()
        process.communicate()
    fleet.faults()
    return fleet.record().run_id


def test_a_second_run_leaves_the_open_write_of_a_first_one_alone(make_fleet: Any) -> None:
    """Asked for something else, it finds the tenant taken; the first one ends as if it had been alone."""
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "twilio_sms"},
        waves=[{"name": "all"}],
        rollout={"concurrency": 1, "max_change": "100%"},
        faults={"rules": [delayed("PATCH", "*/tenants/settings", 20)]},
    )
    with started("migrate", str(fleet.file), "--yes", api=fleet.api, cwd=fleet.directory) as first:
        await_(lambda: _open(fleet, "switch_tenant"), first, "nothing is switched")
        second = fleet.run("migrate", "--tenant", "a1.eu.auth0.com", "--yes", "--json").expect(3)
        assert first.poll() is None
        first.communicate(timeout=200)
    assert tenant_field(second, "outcome_reason")["a1"] == "leased_elsewhere"
    assert first.returncode == 0
    assert [fleet.tenant(name).flag for name in ("a1", "b1")] == [True, True]
    assert fleet.run("compliance", "--json").expect(0).outcomes() == {"a1": "unchanged", "b1": "unchanged"}


def test_a_drift_is_not_recorded_by_the_next_migration(make_fleet: Any) -> None:
    """A tenant that is migrated is left alone, as it was recorded and as it is."""
    fleet: FleetBench = make_fleet({"c1": KINDS["c1"]}, waves=[{"name": "all"}])
    fleet.run("migrate", "--yes").expect(0)
    template_changed(fleet)
    assert fleet.run("migrate", "--yes", "--json").outcomes() == {"c1": "unchanged"}
    assert fleet.run("compliance", "--json").expect(1).outcomes() == {"c1": "drifted"}


def test_a_removal_is_reported_by_the_run_after_one_that_died(make_fleet: Any) -> None:
    """It says which run removed what, once; after that nothing is left."""
    fleet: FleetBench = make_fleet({"a1": "passwordless_twilio"}, waves=[{"name": "all"}])
    fleet.run("migrate", "--yes").expect(0)
    options = ("--wave", "all", "--accept", "clear_connection_twilio")
    died = die_after_write(fleet, "/connections/", "finalize", str(fleet.file), *options)
    done = fleet.run("finalize", *options, "--yes", "--json").expect(0)
    assert done.outcomes() == {"a1": "finalized"}
    assert f"(run {died})" in tenant_field(done, "outcome_message")["a1"]
    with fleet.ledger() as ledger:
        (entry,) = [e for e in ledger.audit.entries() if e.action is AuditAction.FINALIZED]
    assert (entry.run_id, entry.domain) == (done.document["run"], "a1.eu.auth0.com")
    again = fleet.run("finalize", *options, "--yes", "--json").expect(0)
    assert tenant_field(again, "outcome_reason") == {"a1": "nothing_left"}
    assert "removed earlier" in tenant_field(again, "outcome_message")["a1"]
    assert fleet.run("compliance", "--json").expect(0).outcomes() == {"a1": "unchanged"}


def test_a_wave_rollback_selects_by_applied_steps(make_fleet: Any) -> None:
    """A tenant switched without evidence is inconclusive but migrated; so is one that a dead run switched."""
    lost = {"domain": "a1*", "method": "POST", "path": "*/try", "effect": "test_message_lost"}
    slow = {"domain": "b1*", "method": "PATCH", "path": "/connections/*", "effect": "delay", "times": 1}
    fleet: FleetBench = make_fleet(
        {"a1": "twilio_sms", "b1": "passwordless_gateway"},
        waves=[{"name": "all", "inconclusive_limit": "100%"}],
        rollout={"when_inconclusive": "proceed", "evidence_deadline": "1s", "max_change": "100%"},
        faults={"rules": [lost, slow | {"seconds": 60}]},
    )
    with stuck(fleet, "switch_connection") as process:
        while fleet.record().tenants[0].outcome is None:
            time.sleep(0.1)
        process.kill()
        process.communicate()
    fleet.faults()
    assert str(fleet.record().tenants[0].outcome) == "inconclusive"
    back = fleet.run("rollback", "--wave", "all", "--yes", "--json").expect(0)
    assert tenant_field(back, "outcome") == {"a1": "rolled_back", "b1": "rolled_back"}
    assert not fleet.tenant("a1").flag
    assert not fleet.tenant("b1").flag
    again = fleet.run("rollback", "--wave", "all", "--yes").expect(2)
    assert "no migration is in effect" in again.err
