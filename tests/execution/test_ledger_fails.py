"""A ledger that can't be written stops a rollback and a finalization before the next write, wherever it fails."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import event

from phonefleet.errors import LedgerError
from phonefleet.execution.applied_steps import switched_at
from phonefleet.execution.finalize import LegacyRetention, finalize
from phonefleet.execution.finalize_plan import finalize_plan
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import LEFTOVERS
from tests.tenant_bench import TenantBench, settled


class Failing:
    """Makes a ledger read-only from its next connection on, or from the one after the check of a written intent."""

    def __init__(self, ledger: Ledger) -> None:
        self.on = self.after_intent = self._intended = False
        event.listen(ledger._database._engine, "checkout", self._set)
        event.listen(ledger._database._engine, "after_cursor_execute", self._seen)

    def _set(self, connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA query_only={int(self.on)}")

    def _seen(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        # The lease is checked once more right before the request.
        self.on = self.on or (self._intended and "FROM leases" in statement)
        self._intended = self.after_intent and (self._intended or statement.startswith("INSERT INTO intents"))


async def test_a_rollback_needs_a_writable_ledger(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    start = settled(await tenant.dump())
    of = await tenant.migrate()
    migrated, writes = settled(await tenant.dump()), await tenant.writes()
    failing = Failing(bench.ledger)
    failing.on = True
    with pytest.raises(LedgerError, match="read-only"):
        await of.roll_back()
    assert (settled(await tenant.dump()), await tenant.writes()) == (migrated, writes)
    failing.on = False
    await of.roll_back()
    assert settled(await tenant.dump()) == start


async def test_a_finalization_needs_a_writable_ledger(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant("action_single")
    await tenant.migrate()
    plan, _ = await finalize_plan(tenant.api, tenant.ref)
    executor = await tenant.executor(plan)
    since = switched_at(bench.ledger.steps.of_tenant(domain=tenant.domain))
    assert since is not None
    retention = LegacyRetention(since, timedelta(0))
    writes = await tenant.writes()
    failing = Failing(bench.ledger)
    failing.on = True
    with pytest.raises(LedgerError, match="read-only"):
        await finalize(executor, tenant.ref, retention, frozenset(LEFTOVERS))
    assert await tenant.writes() == writes
    failing.on = False
    await finalize(executor, tenant.ref, retention, frozenset(LEFTOVERS))
    assert len(await tenant.writes()) == len(writes) + 1


async def test_an_unrecorded_removal_is_settled_by_reading(bench: TenantBench) -> None:
    """The disk fills up between a write and its result: the next run finds it done and writes nothing twice."""
    tenant = await bench.tenant("action_single")
    await tenant.migrate()
    plan, _ = await finalize_plan(tenant.api, tenant.ref)
    executor = await tenant.executor(plan)
    (step,) = plan.steps
    failing = Failing(bench.ledger)
    failing.after_intent = True
    before = await tenant.writes()
    with pytest.raises(LedgerError, match="read-only"):
        await executor.apply(step)
    failing.on = failing.after_intent = False
    assert len(await tenant.writes()) == len(before) + 1
    writes = await tenant.writes()
    again, _ = await finalize_plan(tenant.api, tenant.ref)
    assert again.steps == ()
    await (await tenant.executor(again)).recover()
    assert await tenant.writes() == writes
    assert bench.ledger.steps.open_intents(None, tenant.domain) == []
