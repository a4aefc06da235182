"""Find the plans whose steps are applied to a tenant, as the ledger records them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phonefleet.execution.applied_steps import steps_in_place, switched_keys
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import LEFTOVERS, Operation, StepKind
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import IntentRecord, SnapshotMoment
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.steps import Step
from phonefleet.planning.planner import basis_of


@dataclass(frozen=True, slots=True)
class AppliedPlan:
    """What is applied of one plan. False if nothing is.

    Attributes:
        plan: The plan.
        steps: Its steps that may be in effect, in the plan's order; see `steps_in_place`.
        switched: Its switches that may be in effect and were not reverted since; see `switched_keys`.
    """

    plan: Plan
    steps: tuple[Step, ...]
    switched: tuple[Step, ...]

    def __bool__(self) -> bool:
        return bool(self.steps or self.switched)


def applied_plan(plan: Plan, records: Iterable[IntentRecord]) -> AppliedPlan:
    """Return what is applied of a plan.

    Args:
        plan: the plan.
        records: the tenant's intents, oldest first; those of other plans are ignored.
    """
    own = [record for record in records if record.plan_checksum == plan.checksum]
    in_place, switched = steps_in_place(own), switched_keys(own)
    return AppliedPlan(
        plan,
        steps=tuple(step for step in plan.steps if step.key in in_place),
        switched=tuple(step for step in plan.steps if step.key in switched),
    )


def migration_plans(ledger: Ledger, records: Iterable[IntentRecord]) -> list[Plan]:
    """Return the migration plans that were begun on a tenant, the last one first.

    Finalizations, and plans that only test, are none.

    Args:
        ledger: has the plans.
        records: the tenant's intents, oldest first.
    """
    begun = [
        record.plan_checksum
        for record in records
        if record.operation is Operation.APPLY and record.kind not in LEFTOVERS
    ]
    plans = (ledger.plans.get(checksum) for checksum in dict.fromkeys(reversed(begun)))
    return [plan for plan in plans if any(step.kind is not StepKind.SEND_TEST for step in plan.steps)]


def applied_plans(ledger: Ledger, domain: str) -> list[Plan]:
    """Return the migration plans of which anything is applied to a tenant, the last one first."""
    records = ledger.steps.of_tenant(domain=domain)
    return [plan for plan in migration_plans(ledger, records) if applied_plan(plan, records)]


def snapshot_before(ledger: Ledger, plan: Plan) -> Snapshot | None:
    """Return the snapshot that a plan was made from; None if the ledger does not have it.

    A continued run may have read the tenant again in between, so the latest snapshot need not be the one.
    """
    kept = ledger.snapshots.of_tenant(plan.domain, moment=SnapshotMoment.BEFORE)
    return next((r.snapshot for r in reversed(kept) if basis_of(r.snapshot) == plan.basis), None)


def snapshot_before_migrations(ledger: Ledger, domain: str) -> Snapshot | None:
    """Return a tenant as it was before all migrations that are applied; None if the ledger does not know."""
    plans = applied_plans(ledger, domain)
    return snapshot_before(ledger, plans[-1]) if plans else None
