"""What a test message adds to a comparison, and what it never hides."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.comparison import Comparison
from phonefleet.assessment.drift import Difference
from phonefleet.model.assessment import Assessment, Reason
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.outcome import Outcome

KIND, CODE = OutcomeKind, ReasonCode
AT = datetime(2026, 11, 2, tzinfo=UTC)
TEXT = Difference("template otp_verify.text", "Code", "Call us")
TOKEN = Difference("provider credentials", "written then", "written now, so they may be others")
NO_EVIDENCE = Outcome(KIND.INCONCLUSIVE, CODE.NO_DELIVERY_EVIDENCE, "no log entry")
MIGRATED = Assessment(
    domain="a.example",
    verdict=Verdict.ALREADY_MIGRATED,
    reasons=(Reason(code=CODE.FLAG_ON, message="the tenant's flag is on"),),
)


def compared(*seen: Difference) -> Comparison:
    return Comparison("a.example", MIGRATED, AT, AT, seen, (TOKEN,))


@pytest.mark.parametrize(
    ("found", "kind", "reason"),
    [
        (None, KIND.DRIFTED, CODE.DRIFT_FOUND),
        (NO_EVIDENCE, KIND.DRIFTED, CODE.CREDENTIALS_UNCERTAIN),
        (Outcome(KIND.HELD, CODE.PAUSED, "the pause file exists"), KIND.DRIFTED, CODE.CREDENTIALS_UNCERTAIN),
        (Outcome(KIND.FAILED, CODE.TEST_MESSAGE_FAILED, "not sent"), KIND.FAILED, CODE.TEST_MESSAGE_FAILED),
    ],
)
def test_a_test_hides_no_difference(found: Outcome | None, kind: OutcomeKind, reason: ReasonCode) -> None:
    """A changed text stays a drift, and the message has every difference and the result of the test."""
    ended = compared(TEXT).after_test(found)
    assert (ended.kind, ended.reason) == (kind, reason)
    for said in (str(TEXT), str(TOKEN), found.message if found else "delivered"):
        assert said in ended.message


def test_only_a_delivered_message_settles_credentials() -> None:
    assert compared().after_test(None).kind is KIND.UNCHANGED
    ended = compared().after_test(NO_EVIDENCE)
    assert (ended.kind, ended.reason) == (NO_EVIDENCE.kind, NO_EVIDENCE.reason)
    assert str(TOKEN) in ended.message


def test_a_tenant_that_another_run_changes_is_not_judged() -> None:
    taken = Outcome(KIND.HELD, CODE.LEASED_ELSEWHERE, "run r7 works on it")
    assert compared(TEXT).after_test(taken) == taken


def test_credentials_outweigh_what_a_read_shows() -> None:
    """Until they are tested it is not known whether messages go out, and the reason says so."""
    assert compared(TEXT).outcome.reason is CODE.CREDENTIALS_UNCERTAIN
