"""What stands in a tenant of all that was done to it, as the ledger tells: plans, their steps, their switches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phonefleet.execution.journal import applied_steps
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import LEFTOVERS, SWITCHES, Operation
from phonefleet.model.plan import Plan, Step
from phonefleet.model.run_record import IntentRecord, SnapshotMoment, StepResult
from phonefleet.model.snapshot import Snapshot
from phonefleet.planning.planner import basis_of


@dataclass(frozen=True, slots=True)
class AppliedPlan:
    """What stands of one plan.

    Attributes:
        plan: The plan.
        steps: Its steps that were done or found done, and not undone since, in the plan's order.
        thrown: Its switches that were thrown and not taken back since, those without a visible effect too: it may
            come late. One that Auth0 refused was never thrown.
    """

    plan: Plan
    steps: tuple[Step, ...]
    thrown: tuple[Step, ...]

    def __bool__(self) -> bool:
        return bool(self.steps or self.thrown)


def applied_plan(plan: Plan, taken: Iterable[IntentRecord]) -> AppliedPlan:
    """What stands of a plan.

    Args:
        plan: the plan.
        taken: the tenant's intents, oldest first; those of other plans are left out.
    """
    own = [record for record in taken if record.plan_checksum == plan.checksum]
    done, thrown = applied_steps(own), _thrown(own)
    return AppliedPlan(
        plan,
        steps=tuple(step for step in plan.steps if step.key in done),
        thrown=tuple(step for step in plan.steps if step.key in thrown),
    )


def _thrown(own: Iterable[IntentRecord]) -> set[str]:
    keys: set[str] = set()
    for record in own:
        if record.kind not in SWITCHES:
            continue
        if record.operation is Operation.APPLY and not _refused(record):
            keys.add(record.key)
        elif record.result in (StepResult.DONE, StepResult.ALREADY):
            keys.discard(record.key)
    return keys


def _refused(record: IntentRecord) -> bool:
    """Sent once and answered no. Of several tries an earlier one, whose answer was lost, may have been taken."""
    return record.result == StepResult.FAILED and record.attempts <= 1 and not record.accepted


def migration_plans(ledger: Ledger, taken: Iterable[IntentRecord]) -> list[Plan]:
    """The plans of which anything was ever begun on a tenant, the one last worked on first; no finalizations.

    Args:
        ledger: has the plans.
        taken: the tenant's intents, oldest first.
    """
    begun = [
        record.plan_checksum
        for record in taken
        if record.operation is Operation.APPLY and record.kind not in LEFTOVERS
    ]
    return [ledger.plans.get(checksum) for checksum in dict.fromkeys(reversed(begun))]


def applied_plans(ledger: Ledger, domain: str) -> list[Plan]:
    """The migrations of which anything stands in a tenant, the one last worked on first."""
    taken = ledger.steps.of_tenant(domain=domain)
    return [plan for plan in migration_plans(ledger, taken) if applied_plan(plan, taken)]


def snapshot_before(ledger: Ledger, plan: Plan) -> Snapshot | None:
    """The snapshot that a plan was made from: a continued run may have read the tenant again half changed."""
    kept = ledger.snapshots.of_tenant(plan.domain, moment=SnapshotMoment.BEFORE)
    return next((r.snapshot for r in reversed(kept) if basis_of(r.snapshot) == plan.basis), None)


def snapshot_before_migrations(ledger: Ledger, domain: str) -> Snapshot | None:
    """A tenant as it was before everything that stands in it; None where the ledger doesn't know."""
    plans = applied_plans(ledger, domain)
    return snapshot_before(ledger, plans[-1]) if plans else None
