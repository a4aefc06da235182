"""What a process measures of its own requests, for the forecast."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from phonefleet.auth0 import request_meter
from phonefleet.auth0.request_meter import RequestMeter
from phonefleet.auth0.transport import RequestSeen


def seen(
    domain: str, seconds: float, *, status: int | None = 200, path: str = "/api/v2/clients"
) -> RequestSeen:
    return RequestSeen(domain, "GET", path, status, seconds)


@pytest.fixture(autouse=True)
def _one_answer_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count(100)
    monkeypatch.setattr(request_meter.time, "perf_counter", lambda: float(next(seconds)))


def test_a_reading_lasts_from_first_request_to_last_answer() -> None:
    meter = RequestMeter()
    for each in (seen("a", 0.5), seen("b", 0.25), seen("a", 0.25), seen("a", 3)):
        meter.note(each)
    found = meter.readings(["a", "b", "never"])
    assert found == {"a": timedelta(seconds=3.5), "b": timedelta(seconds=0.25)}
    assert (meter.requests, meter.per_tenant(["a", "b", "never"])) == (4, 2)
    assert meter.latency == timedelta(seconds=0.375)


def test_tokens_and_lost_answers_do_not_count() -> None:
    meter = RequestMeter()
    meter.note(seen("a", 9, path="/oauth/token"))
    meter.note(seen("a", 9, status=None))
    assert (meter.requests, meter.readings(["a"]), meter.latency) == (0, {}, timedelta())
