"""Opening everything a run needs, running its flow, and concluding it whatever happens."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from configs import Fleet
from flows.conclude import Concluded, RunNotDone, reports_dir
from flows.progress import RunProgress
from flows.version import VERSION
from phonefleet.execution.phases import DeliveryPolicy
from phonefleet.execution.session import Session
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import TenantRecord
from phonefleet.planning.approval import Proposal
from phonefleet.rollout.waves import assign
from tasks.desk import Desk, Wishes, at_desk

VerbFlow = Callable[[str, str], Awaitable[Concluded]]
"""A verb's Prefect flow: called with the run's id and the fleet's name."""


@dataclass(frozen=True)
class Order:
    """What the operator asked for: a verb over a fleet, and how.

    Attributes:
        verb: `assess`, `plan`, `migrate`, `rollback`, `finalize` or `compliance`.
        fleet: The fleet.
        flow: The verb's Prefect flow, called with the run's id and the fleet's name.
        wishes: What was asked of a migration.
        resume: The run to continue instead of starting one.
        plans: Plans to start from, by domain (rollback and finalize have theirs from the ledger).
        accepted: Names that the operator accepts.
        proposals: Filled by the run: plans of blocked tenants that wait for approval, by domain.
        resend_tests: Whether a test message of unknown fate may be sent again.
        out: Where reports go; None means below the state directory.
        options: What goes into the ledger about the order.
    """

    verb: str
    fleet: Fleet
    flow: VerbFlow
    wishes: Wishes = field(default_factory=Wishes)
    resume: str | None = None
    plans: Mapping[str, Plan] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    resend_tests: bool = False
    out: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def carry_out(order: Order, ledger: Ledger, progress: RunProgress) -> Concluded:
    """Run an order to its end.

    Raises:
        LedgerError: the ledger cannot be written; whatever was begun can be continued with `--resume`.
        LeaseHeld: another process is at work on the run to continue.
    """
    return asyncio.run(carry_out_async(order, ledger, progress))


async def carry_out_async(order: Order, ledger: Ledger, progress: RunProgress) -> Concluded:
    """As `carry_out`, within a running event loop."""
    ledger.check_writable()
    run_id = order.resume or _started(order, ledger)
    async with Session.running(order.fleet, ledger, run_id, on_wait=progress.waiting) as session:
        if order.resume:
            await ledger.runs.resume.in_thread(run_id, getpass.getuser())
        desk = Desk(
            session=session,
            tenants={t.domain: t for t in order.fleet.tenants},
            policy=DeliveryPolicy(
                order.fleet.rollout.evidence_deadline,
                order.fleet.rollout.when_inconclusive,
                resend=order.resend_tests,
            ),
            progress=progress,
            reports_dir=order.out or reports_dir(order.fleet.state_dir, run_id),
            wishes=order.wishes,
            accepted=order.accepted,
            plans=dict(order.plans),
            proposals=order.proposals,
        )
        with at_desk(desk):
            try:
                return await order.flow(run_id, order.fleet.name)
            except RunNotDone as not_done:
                return not_done.concluded


def _started(order: Order, ledger: Ledger) -> str:
    return ledger.runs.start(
        order.verb,
        order.fleet.name,
        tenant_records(order.fleet),
        options=order.options,
        started_by=getpass.getuser(),
        version=VERSION,
    )


def tenant_records(fleet: Fleet) -> list[TenantRecord]:
    """The fleet's tenants as a run records them."""
    waves = assign(fleet.tenants, fleet.waves)
    return [
        TenantRecord(
            domain=t.domain,
            wave=waves[t.domain],
            environment=t.environment,
            region=t.region,
            tier=str(t.tier),
            owner=t.owner,
            labels=dict(t.labels),
        )
        for t in fleet.tenants
    ]
