"""Removing one migrated tenant's legacy leftovers for good."""

from __future__ import annotations

import asyncio

from prefect import task

from phonefleet.eligibility import classify
from phonefleet.finalize import finalize, finalize_plan
from phonefleet.ledger import SnapshotMoment
from tasks.desk import desk_of
from tasks.options import tenant_task


@task(**tenant_task("finalize"))
async def finalize_tenant(run_id: str, domain: str) -> list[str]:
    """Remove what the operator accepted by name.

    Returns:
        The titles of what was removed; empty when nothing was left.

    Raises:
        TenantError: something was not accepted, the tenant isn't migrated, or Auth0 refused.
    """
    desk = desk_of(run_id)
    ref, ledger = desk.tenants[domain], desk.session.ledger
    plan = await finalize_plan(desk.session.api(ref), ref)
    await asyncio.to_thread(ledger.planned, run_id, domain, plan)
    after = await finalize(desk.session.worker(ref, plan), ref, desk.accepted)
    await asyncio.to_thread(ledger.snapshot, run_id, domain, SnapshotMoment.after, after)
    assessment = classify(after, ref.target).assessment
    await asyncio.to_thread(ledger.assessed, run_id, domain, assessment)
    return [step.title for step in plan.steps]
