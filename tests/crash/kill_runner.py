"""One worker process on one tenant that kills itself at a chosen point; started by the crash matrix."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from configs import WhenInconclusive, load_fleet
from phonefleet.attempts import saw_request
from phonefleet.auth0.door import Door
from phonefleet.errors import PhonefleetError
from phonefleet.leasing import LeaseKeeper
from phonefleet.ledger import Ledger, SnapshotMoment, this_holder
from phonefleet.phases import TestPolicy, assess, check_plan, prepare, switch
from phonefleet.record import TenantRecord
from phonefleet.secrets import SecretStore
from phonefleet.session import Session
from phonefleet.verdicts import Ending, ending_of
from phonefleet.vocabulary import OutcomeKind
from phonefleet.worker import Patience

POINT = os.environ.get("KILL_POINT", "")
KIND = os.environ.get("KILL_KIND", "")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class KillingLedger(Ledger):
    """The real ledger, with a death before or after one intent or outcome."""

    doomed = 0

    def intend(self, lease, run_id, domain, plan_checksum, step, *, kind=None):
        mine = str(kind or step.kind) == KIND
        if mine and POINT == "before_intent":
            die()
        intent = super().intend(lease, run_id, domain, plan_checksum, step, kind=kind)
        if mine:
            type(self).doomed = intent
            if POINT == "after_intent":
                die()
        return intent

    def settle(self, intent_id, result, *, attempts=0, detail=""):
        mine = intent_id == self.doomed
        if mine and POINT == "before_outcome":
            die()
        super().settle(intent_id, result, attempts=attempts, detail=detail)
        if mine and POINT == "after_outcome":
            die()


def on_request(seen) -> None:
    saw_request(seen)
    if POINT == "answer_lost" and seen.method != "GET" and seen.status is None:
        die()


async def main(fleet_file: Path, run_id: str | None) -> None:
    fleet = load_fleet(fleet_file)
    ref = fleet.tenants[0]
    with KillingLedger.open(fleet.state_dir / "ledger.sqlite") as ledger:
        if run_id is None:
            run_id = ledger.start_run(
                "migrate",
                fleet.name,
                [TenantRecord(domain=ref.domain)],
                options={},
                started_by="t",
                version="0",
            )
        print(run_id, flush=True)
        leases = LeaseKeeper(ledger, this_holder(), run_id)
        door = Door(fleet.connection.connect_to, on_request=on_request)
        async with door, leases.renewing():
            session = Session(fleet, ledger, run_id, door, SecretStore(), leases, Patience())
            ending = await move(session, ref)
            ledger.outcome(run_id, ref.domain, ending.kind, ending.reason, ending.message)
            print(ending.kind, ending.reason or "", flush=True)


async def move(session: Session, ref) -> Ending:
    ledger, run_id = session.ledger, session.run_id
    plan = ledger.run(run_id).tenants[0].plan
    if plan is None:
        found = await assess(session.api(ref), ref)
        ledger.snapshot(run_id, ref.domain, SnapshotMoment.before, found.snapshot)
        ledger.assessed(run_id, ref.domain, found.judgement.assessment)
        assert found.plan, found.judgement.assessment
        ledger.planned(run_id, ref.domain, found.plan)
        plan = found.plan
    assert not await session.leases.acquire([ref.domain])
    worker = session.worker(ref, plan)
    try:
        await worker.recover()
        if not await worker.touched():
            await check_plan(worker.api, ref, plan)
        await prepare(worker, TestPolicy(timedelta(seconds=10), WhenInconclusive.HOLD))
        await switch(worker, ref)
    except PhonefleetError as error:
        return ending_of(error)
    return Ending(OutcomeKind.migrated)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
