"""The comparison of the simulator's log with the ledger finds what one of them does not have."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.scale_demo import shard_size
from benchmarks.write_check import problems
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import Operation, OutcomeKind, StepKind
from phonefleet.model.run_record import IntentRecord, StepResult
from simulator.serve import running
from simulator.state import Seen
from tests.ledger.factories import start
from tests.write_log import disagreements

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WRITE = Seen(
    1,
    AT.isoformat(),
    "PATCH",
    "/api/v2/tenants/settings",
    "",
    200,
    write=True,
    client_id="c",
    applied=True,
    body={},
)
INTENT = IntentRecord(
    domain="acme.eu.auth0.com",
    intent_id=7,
    plan_checksum="0" * 64,
    index=0,
    operation=Operation.APPLY,
    kind=StepKind.SWITCH_TENANT,
    key="switch",
    title="switch",
    intended_at=AT - timedelta(seconds=1),
    result=StepResult.DONE,
    ended_at=AT + timedelta(seconds=1),
    attempts=1,
    run_id="20261124-090000-0000",
    holder="kim@host 1",
    fence=1,
)


def test_a_write_and_its_intent_agree() -> None:
    assert disagreements([WRITE], [INTENT]) == []


def test_a_write_without_an_intent_is_found() -> None:
    (found,) = disagreements([WRITE], [])
    assert found == f"0 intents for PATCH /api/v2/tenants/settings at {AT.isoformat()}"
    early = INTENT.model_copy(update={"intended_at": AT + timedelta(seconds=0.5)})
    assert disagreements([WRITE], [early])[0].startswith("0 intents for PATCH")
    settled = INTENT.model_copy(update={"ended_at": AT - timedelta(seconds=0.5)})
    assert disagreements([WRITE], [settled])[0].startswith("0 intents for PATCH")
    other = replace(WRITE, path="/api/v2/guardian/factors/sms", method="PUT")
    assert disagreements([other], [INTENT])[0].startswith("0 intents for PUT")


def test_a_write_that_no_step_makes_is_found() -> None:
    unknown = replace(WRITE, path="/api/v2/clients/1")
    (found,) = disagreements([WRITE, unknown], [INTENT])
    assert found.startswith("0 intents for PATCH /api/v2/clients/1")


def test_a_step_that_was_never_written_is_found() -> None:
    assert disagreements([], [INTENT]) == ["switch_tenant , intent 7: done, and never written"]


def test_a_second_write_is_found() -> None:
    assert disagreements([WRITE, WRITE], [INTENT]) == ["switch_tenant , intent 7: 2 writes"]
    sent = replace(WRITE, method="POST", path="/api/v2/branding/phone/providers", body={})
    creates = INTENT.model_copy(update={"kind": StepKind.CREATE_PROVIDER})
    later = creates.model_copy(
        update={
            "intent_id": 8,
            "intended_at": AT + timedelta(minutes=1),
            "ended_at": AT + timedelta(minutes=3),
        }
    )
    again = replace(sent, at=(AT + timedelta(minutes=2)).isoformat())
    assert disagreements([sent, again], [creates, later]) == ["create_provider was written 2 times"]


def test_a_write_of_a_step_without_one_is_found() -> None:
    refused = INTENT.model_copy(update={"result": StepResult.NOT_APPLIED})
    assert disagreements([], [refused]) == []
    assert disagreements([WRITE], [refused]) == ["switch_tenant , intent 7: not_applied, and written"]


def test_the_demo_finds_a_write_without_an_intent(tmp_path: Path) -> None:
    """It asks the simulator itself, for each of its tenants."""
    with running(3) as served, Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        fleet = served.app.state.world.fleet
        domains = [domain for domain, _ in fleet.kinds()]
        first, run_id = fleet.get(domains[0]), start(ledger, *domains)
        for domain in domains:
            ledger.tenants.set_outcome(run_id, domain, OutcomeKind.SKIPPED)
        assert problems(served.url, ledger) == ["no tenant was migrated"]
        first.requests.append(WRITE)
        found = problems(served.url, ledger)
    assert found[1:] == [f"{first.domain}: 0 intents for PATCH /api/v2/tenants/settings at {AT.isoformat()}"]


@pytest.mark.parametrize(("tenants", "workers"), [(24, 3), (200, 3), (1000, 3), (1, 3), (5000, 8)])
def test_every_worker_of_the_demo_gets_tenants(tenants: int, workers: int) -> None:
    """Up to three quarters of the tenants are changed, in as many shards for each worker."""
    changed = math.ceil(tenants * 3 / 4)
    shards = math.ceil(changed / shard_size(tenants, workers))
    assert shards >= min(workers, changed)
    assert shards % workers == 0 or shards < workers
