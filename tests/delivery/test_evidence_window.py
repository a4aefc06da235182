"""An entry is evidence only if it is from the time at which Auth0 may have sent the message."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from phonefleet.errors import StepFailed
from phonefleet.execution.phases import prepare
from phonefleet.ledger.ledger import Ledger
from tests.delivery.test_lost_answer import OTHER, at_test, log_of
from tests.tenant_bench import NUMBER, Tenant, TenantBench, policy

LOST = {"effect": "test_message_lost", "path": "*/try"}


def log_later(tenant: Tenant, to: str, minutes: int, count: int = 1) -> None:
    """Entries that are dated so long after now, as those that a continued run finds."""
    now = time.time()
    for _ in range(count):
        log_of(tenant).write("gd_send_sms", now + 60 * minutes, now, details={"to": to})


async def test_a_later_entry_is_no_evidence(bench: TenantBench) -> None:
    """Somebody has sent a test message from the dashboard before the run was continued."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await bench.faults(LOST)
    log_later(tenant, NUMBER, minutes=3)
    with pytest.raises(StepFailed, match="no log entry"):
        await prepare(executor, policy(seconds=0.3))


async def test_later_entries_hide_no_evidence(bench: TenantBench) -> None:
    """A search returns the newest 1,000, and the run may be continued an hour later."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    log_later(tenant, OTHER, minutes=3, count=1_000)
    assert await prepare(executor, policy(seconds=0.3)) is True


async def test_a_request_may_wait_for_its_turn(bench: TenantBench, tmp_path: Path) -> None:
    """The earlier message was intended minutes ago, but a rate limit held it until seconds ago."""
    worlds: list[Any] = []

    def clock() -> datetime:
        waits = not any(seen.path.endswith("/try") for world in worlds for seen in world.requests)
        return datetime.now(UTC) - timedelta(seconds=140 if waits else 0)

    with Ledger.open(tmp_path / "waiting.sqlite", clock=clock) as bench.ledger:
        tenant = await bench.tenant("twilio_sms")
        worlds.append(bench.world.fleet.get(tenant.domain))
        first = await tenant.executor()
        await first.apply(await at_test(first))
        again = await tenant.executor()
        await bench.faults(LOST)
        with pytest.raises(StepFailed, match="no log entry"):
            await prepare(again, policy(seconds=0.3))
