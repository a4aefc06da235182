"""Reading a tenant and writing down what it means."""

from __future__ import annotations

import asyncio

from prefect import task

from phonefleet.eligibility import unreachable
from phonefleet.errors import PhonefleetError, TenantError
from phonefleet.ledger import SnapshotMoment
from phonefleet.phases import assess
from phonefleet.secrets import SecretError
from tasks.desk import Desk, desk_of
from tasks.options import tenant_task


@task(**tenant_task("assess"))
async def assess_tenant(run_id: str, domain: str) -> str:
    """Read one tenant, record its snapshot, assessment and plan, and return its verdict.

    Raises:
        TenantError: it could not be read; `unreachable` is recorded first.
    """
    desk = desk_of(run_id)
    ref, ledger = desk.tenants[domain], desk.session.ledger
    try:
        found = await assess(desk.session.api(ref), ref)
    except (TenantError, SecretError) as error:
        await _unread(desk, domain, error)
        raise
    await asyncio.to_thread(ledger.snapshot, run_id, domain, SnapshotMoment.before, found.snapshot)
    await asyncio.to_thread(ledger.assessed, run_id, domain, found.judgement.assessment)
    if found.plan:
        await asyncio.to_thread(ledger.planned, run_id, domain, found.plan)
        desk.plans[domain] = found.plan
    return str(found.judgement.assessment.verdict)


async def _unread(desk: Desk, domain: str, error: PhonefleetError) -> None:
    failure = error if isinstance(error, TenantError) else TenantError(domain, str(error))
    assessment = unreachable(failure)
    await asyncio.to_thread(desk.session.ledger.assessed, desk.session.run_id, domain, assessment)
