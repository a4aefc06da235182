"""A server's clock by the `Date` headers of its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from phonefleet.auth0.clock import ServerClock


def _answer(ahead: timedelta) -> httpx.Response:
    return httpx.Response(200, headers={"date": format_datetime(datetime.now(UTC) + ahead, usegmt=True)})


async def test_the_latest_time_counts() -> None:
    """An answer that was slow to arrive shows an earlier one."""
    clock = ServerClock()
    for seconds in (30, 40, 35):
        await clock.read(_answer(timedelta(seconds=seconds)))
    now = clock.now()
    assert now is not None
    assert timedelta(seconds=38) < now - datetime.now(UTC) < timedelta(seconds=41)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 0001 00:00:00 GMT"]
)
async def test_a_date_that_cannot_be_is_ignored(date: str) -> None:
    clock = ServerClock()
    await clock.read(httpx.Response(200, headers={"date": date}))
    assert clock.now() is None
