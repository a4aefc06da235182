"""An entry is evidence only if it is from the time at which Auth0 may have sent the message."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from phonefleet.errors import StepFailed
from phonefleet.execution.phases import prepare
from phonefleet.ledger.ledger import Ledger
from tests.delivery.test_lost_answer import OTHER, at_test, log_of
from tests.execution.test_receipts import LOST, prepare_with_receipts
from tests.tenant_bench import NUMBER, Tenant, TenantBench, policy

SILENT = {"path": "/api/v2/logs", "effect": "status", "status": 200, "body": {"logs": []}}
"""The tenant's log shows nothing."""


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


@dataclass
class Past:
    """A ledger's clock that is behind until it is set right: by hand, or by the first test message of a tenant."""

    behind: timedelta
    until_sent_by: Any = None

    def now(self) -> datetime:
        sent = self.until_sent_by and any(s.path.endswith("/try") for s in self.until_sent_by.requests)
        return datetime.now(UTC) - (timedelta() if sent else self.behind)


@pytest.fixture
def past(bench: TenantBench, tmp_path: Path) -> Iterator[Past]:
    """The clock of the bench's ledger."""
    clock = Past(timedelta())
    with Ledger.open(tmp_path / "past.sqlite", clock=clock.now) as bench.ledger:
        yield clock


async def test_a_request_may_wait_for_its_turn(bench: TenantBench, past: Past) -> None:
    """The earlier message was intended minutes ago, but a rate limit held it until seconds ago."""
    tenant = await bench.tenant("twilio_sms")
    past.behind, past.until_sent_by = timedelta(seconds=140), bench.world.fleet.get(tenant.domain)
    first = await tenant.executor()
    await first.apply(await at_test(first))
    again = await tenant.executor()
    await bench.faults(LOST)
    with pytest.raises(StepFailed, match="no log entry"):
        await prepare(again, policy(seconds=0.3))


async def test_a_waiting_request_has_a_receipt(bench: TenantBench, past: Past) -> None:
    tenant = await bench.tenant("twilio_sms")
    past.behind, past.until_sent_by = timedelta(seconds=140), bench.world.fleet.get(tenant.domain)
    await bench.faults(SILENT)
    assert await prepare_with_receipts(tenant, await tenant.executor(), seconds=0.3) is True


@pytest.mark.parametrize("waits", [True, False])
async def test_a_late_record_is_another_tests(bench: TenantBench, past: Past, waits: bool) -> None:
    """Auth0 handed an earlier message to Twilio right before ours, which was lost."""
    tenant = await bench.tenant("twilio_sms")
    past.behind = timedelta(seconds=140 if waits else 123)
    past.until_sent_by = bench.world.fleet.get(tenant.domain) if waits else None
    first = await tenant.executor()
    await first.apply(await at_test(first))
    past.behind = timedelta()
    again = await tenant.executor()
    await bench.faults(SILENT, LOST)
    with pytest.raises(StepFailed, match="ambiguous"):
        await prepare_with_receipts(tenant, again, seconds=0.3)
