"""One worker process that crashes itself at a chosen point of a migration; started by the tests.

`python runner.py FLEET_FILE RUN_ID|- AT_ONCE`: the phases of the product in the order of its tasks, without Prefect.
With CRASH_VERB `rollback` or `finalize` it takes migrated tenants back, or removes what is left of their legacy side.
Prints the run's id first, then each tenant's outcome. A ledger that cannot be written ends it with code 2.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event

from configs import Fleet, TenantRef, load_fleet
from phonefleet.errors import LedgerError, PhonefleetError
from phonefleet.execution.applied_steps import removed_leftovers, switched_at, unreported_removals
from phonefleet.execution.finalize import LegacyRetention, finalize
from phonefleet.execution.finalize_plan import finalize_plan
from phonefleet.execution.phases import DeliveryPolicy, assess, check_plan, prepare, switch
from phonefleet.execution.retry_policy import RetryPolicy
from phonefleet.execution.rollback import roll_back
from phonefleet.execution.write_counter import count_request
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Database
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import ledger_place
from phonefleet.ledger.step_store import StepStore
from phonefleet.model.enums import LEFTOVERS, Operation, OutcomeKind, ReasonCode
from phonefleet.model.outcome import Outcome, outcome_of_error, outcome_without_plan
from phonefleet.model.run_record import RunRecord, TenantRecord
from phonefleet.secrets.store import SecretStore
from tasks import run_context
from tasks.run_context import RunContext, open_run_context

POINT = os.environ.get("CRASH_POINT", "")
KIND = os.environ.get("CRASH_KIND", "")
ACT = os.environ.get("CRASH_ACT", "kill")
VERB = os.environ.get("CRASH_VERB", "migrate")
TTL = float(os.environ.get("CRASH_TTL", "300"))
IN_FLIGHT = timedelta(seconds=float(os.environ.get("CRASH_IN_FLIGHT", "0.5")))
"""Most tests kill a process whose request has arrived, or was never sent."""
PATIENCE = timedelta(seconds=float(os.environ.get("CRASH_PATIENCE", "10")))


def is_the_kind(step, operation) -> bool:
    """Whether something is to be done to the process at this step."""
    return (step.kind if operation is Operation.APPLY else f"{operation} {step.kind}") == KIND


class CrashingSteps(StepStore):
    """The real store of steps, with something done to the process before or after one intent or outcome."""

    doomed = 0
    done = False

    def reached(self, point: str) -> None:
        """What was asked for happens here, once."""
        if point != POINT or self.done:
            return
        self.done = True
        match ACT:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                # To this thread: sent to the process, another may get it and this one go on for a while.
                signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
            case "full":
                fill_disk(Path(self._database.place).parent / "filler")
            case "jump":
                set_clock_forward(timedelta(days=1))
            case "readonly":
                event.listen(self._database._engine, "checkout", allow_no_writes)

    @blocking
    def intend(self, lease, run_id, domain, plan_checksum, step, *, operation=Operation.APPLY):
        mine = is_the_kind(step, operation)
        if mine:
            self.reached("before_intent")
        intent = super().intend(lease, run_id, domain, plan_checksum, step, operation=operation)
        if mine:
            self.doomed = intent
            self.reached("after_intent")
        return intent

    @blocking
    def note(self, lease, run_id, domain, plan_checksum, step, *, operation=Operation.APPLY, detail):
        mine = is_the_kind(step, operation)
        if mine:
            self.reached("before_intent")
        super().note(lease, run_id, domain, plan_checksum, step, operation=operation, detail=detail)
        if mine:
            self.reached("after_outcome")

    @blocking
    def settle(self, intent_id, result, *, attempts=0, detail=""):
        mine = intent_id == self.doomed
        if mine:
            self.reached("before_outcome")
        super().settle(intent_id, result, attempts=attempts, detail=detail)
        if mine:
            self.reached("after_outcome")


class CrashingLedger(Ledger):
    """The real ledger, but for its store of steps."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.steps = CrashingSteps(database)


def fill_disk(filler: Path) -> None:
    """Take up all there is of the file system that the ledger lies on; the test made a small one for it."""
    with filler.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(1024))
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    return
                raise


def set_clock_forward(by: timedelta) -> None:
    """Set the clock forward that dates the records; time itself goes on as before."""
    now = Database.now
    Database.now = lambda database, db: now(database, db) + by


def allow_no_writes(connection: sqlite3.Connection, *_: object) -> None:
    """As on a file system that was mounted again read-only: the system does so when its disk fails."""
    connection.execute("PRAGMA query_only=1")


def on_request(seen) -> None:
    """The death of a process whose request is done while its answer is lost."""
    count_request(seen)
    if POINT == "answer_lost" and seen.method != "GET" and seen.status is None:
        os.kill(os.getpid(), signal.SIGKILL)


run_context.count_request = on_request


async def main(fleet_file: Path, run_id: str, at_once: int) -> None:
    """Work on every tenant of the run that has no outcome yet."""
    fleet = load_fleet(fleet_file)
    with CrashingLedger.open(ledger_place(fleet, SecretStore()), lock_timeout=PATIENCE) as ledger:
        ledger.check_writable()
        run_id = opened(ledger, fleet, run_id)
        print(run_id, flush=True)
        policy = RetryPolicy(logs=fleet.rollout.evidence_deadline, in_flight=IN_FLIGHT)
        async with open_run_context(
            fleet, ledger, run_id, lease_ttl=timedelta(seconds=TTL), retry_policy=policy
        ) as context:
            run = await ledger.runs.record.in_thread(run_id)
            await all_of(context, [t for t in run.tenants if t.outcome is None], run, at_once)


def opened(ledger: Ledger, fleet: Fleet, run_id: str) -> str:
    """The run that is asked for, started or taken up."""
    if run_id != "-":
        ledger.runs.resume(run_id, "crash")
        return run_id
    tenants = [TenantRecord(domain=t.domain) for t in fleet.tenants]
    return ledger.runs.start(VERB, fleet.name, tenants, options={}, started_by="crash", version="0")


async def all_of(context: RunContext, tenants: Sequence[TenantRecord], run: RunRecord, at_once: int) -> None:
    """So many tenants at once; the first error that is the ledger's ends all of them."""
    gate = asyncio.Semaphore(at_once)
    begun = {step.domain for step in run.steps}

    async def one(tenant: TenantRecord) -> None:
        async with gate:
            await work(context, tenant, continued=tenant.domain in begun)

    async with asyncio.TaskGroup() as group:
        for tenant in tenants:
            group.create_task(one(tenant))


async def work(context: RunContext, tenant: TenantRecord, *, continued: bool) -> None:
    """One tenant from its assessment to its outcome, under its lease."""
    ref = context.fleet.tenant(tenant.domain)
    assert ref is not None
    conflicts = await context.leases.acquire([ref.domain])
    try:
        if conflicts:
            ending = Outcome(OutcomeKind.HELD, ReasonCode.LEASED_ELSEWHERE, str(conflicts[0]))
        else:
            ending = await ended(context, ref, tenant, continued=continued)
        args = (context.run_id, ref.domain, ending.kind, ending.reason, ending.message)
        await context.ledger.tenants.set_outcome.in_thread(*args)
    finally:
        await context.leases.release([ref.domain])
    print(ref.domain, ending.kind, ending.reason or "", ending.message, flush=True)


async def ended(context: RunContext, ref: TenantRef, tenant: TenantRecord, *, continued: bool) -> Outcome:
    try:
        match VERB:
            case "rollback":
                return await take_back(context, ref)
            case "finalize":
                return await remove_leftovers(context, ref)
            case _:
                return await move(context, ref, tenant, continued=continued)
    except LedgerError:
        raise
    except PhonefleetError as error:
        return outcome_of_error(error)


async def move(context: RunContext, ref: TenantRef, tenant: TenantRecord, *, continued: bool) -> Outcome:
    """The phases; a plan of which something was begun is continued, any other is made anew."""
    ledger, run_id = context.ledger, context.run_id
    plan = tenant.plan
    if plan is None or not continued:
        found = await assess(context.api(ref), ref, context.ledger)
        assessment = found.judgement.assessment
        await ledger.tenants.add_reading.in_thread(run_id, ref.domain, found.snapshot, assessment, found.plan)
        if found.plan is None:
            return outcome_without_plan(assessment)
        plan = found.plan
    async with context.executor(ref, plan) as executor:
        await executor.recover()
        if not await executor.has_writes():
            await check_plan(executor.api, ref, plan, context.ledger)
        rollout = context.fleet.rollout
        await prepare(executor, DeliveryPolicy(rollout.evidence_deadline, rollout.when_inconclusive))
        await switch(executor, ref)
    return Outcome(OutcomeKind.MIGRATED)


async def take_back(context: RunContext, ref: TenantRef) -> Outcome:
    """The way back of the plan that was applied last."""
    ledger = context.ledger
    taken = await ledger.steps.of_tenant.in_thread(domain=ref.domain)
    last = [step for step in taken if step.operation is Operation.APPLY][-1]
    plan = await ledger.plans.get.in_thread(last.plan_checksum)
    async with context.executor(ref, plan) as executor:
        back = await roll_back(executor, ref, frozenset())
    return Outcome(OutcomeKind.ROLLED_BACK if back.changed else OutcomeKind.UNCHANGED)


async def remove_leftovers(context: RunContext, ref: TenantRef) -> Outcome:
    """Everything that is left, accepted."""
    ledger, run_id = context.ledger, context.run_id
    since = switched_at(await ledger.steps.of_tenant.in_thread(domain=ref.domain))
    assert since is not None
    plan, _ = await finalize_plan(context.api(ref), ref, context.ledger)
    await ledger.tenants.add_plan.in_thread(run_id, ref.domain, plan)
    async with context.executor(ref, plan) as executor:
        await finalize(executor, ref, LegacyRetention(since, timedelta(0)), frozenset(LEFTOVERS))
    removed = removed_leftovers(await ledger.steps.of_tenant.in_thread(domain=ref.domain))
    reported = await ledger.tenants.last_recorded.in_thread(ref.domain, OutcomeKind.FINALIZED)
    now = unreported_removals(removed, run_id, reported)
    return Outcome(OutcomeKind.FINALIZED if now else OutcomeKind.UNCHANGED)


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
    except* LedgerError as failed:
        sys.exit("\n".join(f"LedgerError: {error}" for error in failed.exceptions))
