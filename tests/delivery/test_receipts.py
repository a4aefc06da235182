"""What Twilio's records say of a test message, beside the tenant's logs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from phonefleet.delivery.evidence import NONE, DeliveryEvidence, combine, is_certain
from phonefleet.delivery.receipts import EARLIEST, LATEST, ReceiptFinding, Sibling, judge_records
from phonefleet.delivery.twilio_api import TwilioApi, TwilioRecord, TwilioRecords, TwilioUnread
from phonefleet.model.enums import Receipt

SENT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
STATUSES = st.sampled_from(
    [
        "delivered",
        "undelivered",
        "failed",
        "sent",
        "queued",
        "completed",
        "busy",
        "no-answer",
        "canceled",
        "new",
    ]
)
SID = "AC" + "0" * 32
TOKEN = "0123456789abcdef" * 2


def _record(status: str, seconds: float = 1, number: int = 1, code: int | None = None) -> TwilioRecord:
    return TwilioRecord(
        sid=f"SM{number}", status=status, error_code=code, date_created=SENT + timedelta(seconds=seconds)
    )


def _judge(*records: TwilioRecord, siblings: tuple[Sibling, ...] = (), **more: Any) -> ReceiptFinding:
    return judge_records(TwilioRecords(records, **more), SENT, siblings)


@pytest.mark.parametrize(
    ("status", "receipt"),
    [
        ("delivered", Receipt.DELIVERED),
        ("completed", Receipt.DELIVERED),
        ("undelivered", Receipt.FAILED),
        ("failed", Receipt.FAILED),
        ("canceled", Receipt.FAILED),
        ("busy", Receipt.UNANSWERED),
        ("no-answer", Receipt.UNANSWERED),
        ("accepted", Receipt.NOT_FINAL),
        ("queued", Receipt.NOT_FINAL),
        ("sending", Receipt.NOT_FINAL),
        ("sent", Receipt.NOT_FINAL),
        ("in-progress", Receipt.NOT_FINAL),
        ("a status of next year", Receipt.NOT_FINAL),
    ],
)
def test_each_status_has_one_meaning(status: str, receipt: Receipt) -> None:
    assert _judge(_record(status, code=30007)) == ReceiptFinding(receipt, sid="SM1", error_code="30007")


@pytest.mark.parametrize("seconds", [-3600, -6, 121, 3600])
def test_a_record_of_another_time_is_not_ours(seconds: float) -> None:
    assert _judge(_record("delivered", seconds)).receipt is Receipt.NOT_FOUND


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_a_skewed_clock_is_corrected(ahead: float) -> None:
    skew = timedelta(seconds=ahead)
    assert _judge(_record("failed", ahead + 1), clock_ahead=skew).receipt is Receipt.FAILED
    assert _judge(_record("failed", 1), clock_ahead=skew).receipt is Receipt.NOT_FOUND


def test_two_messages_and_one_test_are_ambiguous() -> None:
    both = _judge(_record("delivered"), _record("delivered", number=2))
    assert (both.receipt, both.may_have_failed) == (Receipt.AMBIGUOUS, False)
    mixed = _judge(_record("delivered"), _record("failed", number=2))
    assert (mixed.receipt, mixed.may_have_failed) == (Receipt.AMBIGUOUS, True)


def test_one_message_and_two_tests_are_ambiguous() -> None:
    assert _judge(_record("delivered"), siblings=(Sibling(SENT),)).receipt is Receipt.AMBIGUOUS


def test_as_many_messages_as_tests_decide() -> None:
    sibling = Sibling(SENT + timedelta(seconds=50))
    records = (_record("delivered"), _record("delivered", 51, 2))
    assert _judge(*records, siblings=(sibling,)) == ReceiptFinding(Receipt.DELIVERED)
    assert _judge(records[0], _record("failed", 51, 2), siblings=(sibling,)).receipt is Receipt.AMBIGUOUS


def test_a_known_record_is_another_tests() -> None:
    other = Sibling(SENT, sid="SM2")
    found = _judge(_record("failed"), _record("delivered", number=2), siblings=(other,))
    assert (found.receipt, found.sid) == (Receipt.FAILED, "SM1")


def test_a_list_that_goes_on_is_ambiguous() -> None:
    assert _judge(_record("delivered"), complete=False).receipt is Receipt.AMBIGUOUS
    older = _record("delivered", -7200, 2)
    assert _judge(_record("delivered"), older, complete=False).receipt is Receipt.DELIVERED


@given(
    st.lists(st.tuples(STATUSES, st.integers(-10, 140)), max_size=4),
    st.lists(st.integers(-120, 120), max_size=2),
)
def test_delivered_needs_every_message(listed: list[tuple[str, int]], others: list[int]) -> None:
    """Never decided while a record of the time has another end, or more or fewer records are there than tests."""
    records = [_record(status, seconds, number) for number, (status, seconds) in enumerate(listed)]
    siblings = tuple(Sibling(SENT + timedelta(seconds=s)) for s in others)
    found = judge_records(TwilioRecords(tuple(records)), SENT, siblings)
    if found.receipt in (Receipt.DELIVERED, Receipt.FAILED):
        begin = SENT + timedelta(seconds=min([0, *others])) - EARLIEST
        end = SENT + timedelta(seconds=max([0, *others])) + LATEST
        inside = [r.status for r in records if r.at and begin <= r.at <= end]
        assert len(inside) == 1 + len(others)
        good = {"delivered", "completed"}
        assert all((status in good) is (found.receipt is Receipt.DELIVERED) for status in inside)


LOGGED = DeliveryEvidence("delivered", "log-1", "gd_send_sms", seen_at=SENT)
REFUSED = DeliveryEvidence("failed", "log-2", "gd_send_sms_failure", "no", SENT)
NAMELESS = DeliveryEvidence("failed", "log-3", "fn", "no", SENT, names_recipient=False)


@pytest.mark.parametrize(
    ("logged", "receipt", "evidence", "certain"),
    [
        (NONE, Receipt.DELIVERED, "delivered", True),
        (NAMELESS, Receipt.DELIVERED, "delivered", True),
        (LOGGED, Receipt.FAILED, "failed", True),
        (NONE, Receipt.FAILED, "failed", True),
        (REFUSED, Receipt.DELIVERED, "failed", True),
        (LOGGED, Receipt.NOT_FINAL, "delivered", False),
        (LOGGED, Receipt.NOT_FOUND, "delivered", False),
        (LOGGED, Receipt.AMBIGUOUS, "delivered", False),
        (LOGGED, Receipt.REFUSED, "delivered", True),
        (LOGGED, Receipt.UNAVAILABLE, "delivered", True),
        (LOGGED, Receipt.UNANSWERED, "delivered", True),
        (LOGGED, Receipt.NOT_ASKED, "delivered", True),
        (NONE, Receipt.NOT_FINAL, "none", False),
        (NONE, Receipt.REFUSED, "none", False),
        (NAMELESS, Receipt.UNAVAILABLE, "failed", False),
    ],
)
def test_the_better_witness_decides(
    logged: DeliveryEvidence, receipt: Receipt, evidence: str, certain: bool
) -> None:
    found = combine(logged, ReceiptFinding(receipt), SENT)
    assert (found.evidence, is_certain(found)) == (evidence, certain)


def test_an_ambiguous_failure_counts_at_the_deadline() -> None:
    found = combine(LOGGED, ReceiptFinding(Receipt.AMBIGUOUS, may_have_failed=True), SENT)
    assert (found.evidence, found.names_recipient, is_certain(found)) == ("failed", False, False)


async def _read(answer: httpx.Response | Exception) -> TwilioRecords | TwilioUnread:
    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        answer.request = request
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        api = TwilioApi(http, "https://api.twilio.com", lambda: SecretStr(TOKEN))
        return await api.sent_to(SID, "+15005550006", "text", SENT, within=timedelta(seconds=5))


def _listed(*messages: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.Response(200, json={"messages": messages, "next_page_uri": None}, headers=headers)


async def test_the_shape_of_the_list_is_checked() -> None:
    for body in (
        {},
        {"messages": [{"sid": 1}]},
        {"messages": None},
        ["x"],
        {"messages": [{"status": "sent"}]},
    ):
        found = await _read(httpx.Response(200, json=body))
        assert isinstance(found, TwilioUnread)
        assert found.receipt is Receipt.UNAVAILABLE
    dated = {"sid": "SM1", "status": "sent", "direction": "outbound-api", "date_created": "yesterday"}
    assert isinstance(await _read(_listed(dated)), TwilioUnread)


async def test_only_sent_messages_count() -> None:
    """The recipient may be a number of the same account, which then lists the message as received, too."""
    moment = format_datetime(SENT)
    one = {
        "sid": "SM1",
        "status": "queued",
        "direction": "outbound-api",
        "date_created": moment,
        "date_sent": None,
    }
    found = await _read(_listed(one, one | {"sid": "SM2", "direction": "inbound"}))
    assert isinstance(found, TwilioRecords)
    assert [(r.sid, r.at) for r in found.records] == [("SM1", SENT)]


async def test_twilios_clock_is_that_of_its_answer() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    found = await _read(_listed(date=later))
    assert isinstance(found, TwilioRecords)
    assert abs(found.clock_ahead - timedelta(hours=1)) < timedelta(seconds=3)


@pytest.mark.parametrize(
    ("status", "receipt"),
    [(401, Receipt.REFUSED), (403, Receipt.REFUSED), (404, Receipt.REFUSED), (429, Receipt.UNAVAILABLE)],
)
async def test_what_twilio_refuses_is_said(status: int, receipt: Receipt) -> None:
    body = {"code": 20003, "message": f"Authenticate {TOKEN}", "status": status}
    found = await _read(httpx.Response(status, json=body))
    assert found == TwilioUnread(receipt, f"HTTP {status}, error 20003")
    page = await _read(httpx.Response(status, text="<html>"))
    assert page == TwilioUnread(receipt, f"HTTP {status}")


async def test_no_answer_is_unavailable() -> None:
    found = await _read(httpx.ConnectError("no route"))
    assert found == TwilioUnread(Receipt.UNAVAILABLE, "no route")
