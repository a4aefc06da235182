"""Test messages: one that may have been sent is never lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.errors import LedgerError
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import Operation, StepKind
from phonefleet.secrets.phone_numbers import mask_number
from tests.ledger.factories import DOMAIN, OTHER, SWITCH, TEST, Clock, ready, start
from tests.step_factory import make_step

VOICE = make_step(StepKind.SEND_TEST, "voice", index=3)


def test_an_open_send_is_an_unknown_message(ledger: Ledger, clock: Clock) -> None:
    run_id, lease, plan = ready(ledger)
    ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, SWITCH)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, TEST)
    (message,) = ledger.messages.of_tenant(DOMAIN)
    assert (message.intent_id, message.delivery_method, message.evidence) == (number, "text", "unknown")
    assert (message.sent_at, message.settled, message.run_id) == (clock.now, False, run_id)
    assert ledger.messages.unknown(DOMAIN, "text") == message
    assert ledger.messages.unknown(DOMAIN, "voice") is None
    assert ledger.messages.unknown(OTHER, "text") is None
    assert ledger.runs.record(run_id).messages == (message,)


def test_a_sent_message_has_the_last_evidence(ledger: Ledger, clock: Clock) -> None:
    run_id, lease, plan = ready(ledger)
    sent_at = clock.now
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, VOICE)
    ledger.steps.settle(number, "done", attempts=1)
    (message,) = ledger.messages.of_tenant(DOMAIN)
    assert (message.to, message.sent_at, message.evidence) == ("+*********06", sent_at, "none")
    assert ledger.messages.unknown(DOMAIN, "voice") is None
    ledger.messages.add_evidence(number, "none")
    seen_at = clock.advance(3)
    ledger.messages.add_evidence(number, "delivered", log_id="log-1", log_type="gd_send_sms", seen_at=seen_at)
    (message,) = ledger.messages.of_tenant(DOMAIN)
    assert (message.evidence, message.log_id, message.log_type) == ("delivered", "log-1", "gd_send_sms")
    assert message.seen_at == seen_at


def test_an_unknown_send_counts_until_a_later_send(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, VOICE)
    ledger.steps.settle(number, "unknown", detail="the answer was lost")
    unknown = ledger.messages.unknown(DOMAIN, "voice")
    assert unknown is not None
    assert (unknown.settled, unknown.evidence, unknown.to) == (True, "unknown", "+*********06")
    second = start(ledger)
    again = ledger.steps.intend(lease, second, DOMAIN, plan.checksum, VOICE)
    ledger.steps.settle(again, "failed", detail="400")
    assert ledger.messages.unknown(DOMAIN, "voice") == unknown, "a refused send sends nothing"
    third = ledger.steps.intend(lease, second, DOMAIN, plan.checksum, VOICE)
    ledger.steps.settle(third, "done")
    assert ledger.messages.unknown(DOMAIN, "voice") is None
    assert [message.intent_id for message in ledger.messages.of_tenant(DOMAIN)] == [number, third]
    assert [message.intent_id for message in ledger.runs.record(second).messages] == [third]


def test_evidence_settles_an_unknown_send(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, TEST)
    ledger.steps.settle(number, "unknown")
    ledger.messages.add_evidence(number, "delivered", log_id="log-1")
    assert ledger.messages.unknown(DOMAIN, "text") is None


def test_a_send_that_never_arrived_is_no_message(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, TEST)
    ledger.steps.settle(number, "not_applied")
    assert ledger.messages.of_tenant(DOMAIN) == []
    assert ledger.messages.unknown(DOMAIN, "text") is None


def test_a_failed_send_with_evidence_is_a_message(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, TEST)
    ledger.messages.add_evidence(number, "failed", log_id="log-2", log_type="gd_send_sms_failure")
    ledger.steps.settle(number, "failed")
    assert [message.evidence for message in ledger.messages.of_tenant(DOMAIN)] == ["failed"]


def test_a_mark_is_no_message(ledger: Ledger) -> None:
    run_id, lease, plan = ready(ledger)
    ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, TEST, operation=Operation.MARK)
    assert ledger.messages.of_tenant(DOMAIN) == []


def test_evidence_needs_an_intent(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="refers to something that is not"):
        ledger.messages.add_evidence(99, "delivered")


@given(st.text("+0123456789 -()", max_size=20))
def test_a_masked_number_shows_two_digits(number: str) -> None:
    once = mask_number(number)
    digits = [c for c in number if c.isdigit()]
    assert [c for c in once if c.isdigit()] == digits[-2:]
    assert len(once) == len(number)
    assert mask_number(once) == once
