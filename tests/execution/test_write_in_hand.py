"""A cancellation waits for a write in hand, but not for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from phonefleet.execution.retry_policy import RetryPolicy
from phonefleet.execution.write_in_hand import finish_before_cancel

LONG = timedelta(seconds=30)


async def write(done: list[str], seconds: float, error: Exception | None = None) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        done.append("cut off")
        raise
    done.append("written")
    if error:
        raise error
    return "result"


async def test_without_a_cancellation_it_returns_the_result() -> None:
    done: list[str] = []
    assert await finish_before_cancel(write(done, 0.0), LONG) == "result"


async def test_without_a_cancellation_it_raises_the_error() -> None:
    with pytest.raises(KeyError):
        await finish_before_cancel(write([], 0.0, KeyError("x")), LONG)


@pytest.mark.parametrize("error", [None, KeyError("x")])
async def test_a_cancelled_write_is_finished_first(error: Exception | None) -> None:
    done: list[str] = []
    task = asyncio.create_task(finish_before_cancel(write(done, 0.1, error), LONG))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["written"]


async def test_a_write_beyond_the_grace_is_cut_off() -> None:
    done: list[str] = []
    task = asyncio.create_task(finish_before_cancel(write(done, 30.0), timedelta(seconds=0.05)))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["cut off"]


async def test_a_second_cancellation_cuts_it_off() -> None:
    done: list[str] = []
    task = asyncio.create_task(finish_before_cancel(write(done, 30.0), LONG))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["cut off"]


def test_a_write_may_arrive_as_long_as_it_may_have_been_repeated() -> None:
    """It may have waited for the rate limit until a moment ago, minutes after its intent."""
    limits = RetryPolicy()
    for minutes in (0, 5, 10, 12):
        assert limits.may_arrive_for(timedelta(minutes=minutes)) == limits.in_flight
    assert limits.may_arrive_for(limits.repeated + limits.in_flight) == timedelta(0)
