"""The comparison of the simulator's log with the ledger finds what one of them does not have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from phonefleet.model.enums import Operation, StepKind
from phonefleet.model.run_record import IntentRecord, StepResult
from simulator.state import Seen
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
