"""Reading a tenant and writing down what it means."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from prefect import task

from configs import TenantRef
from phonefleet.assessment.eligibility import unreachable
from phonefleet.errors import PhonefleetError, TenantError
from phonefleet.execution.phases import assess
from phonefleet.model.assessment import Reason
from phonefleet.model.enums import ReasonCode
from phonefleet.model.run_record import Approval, SnapshotMoment
from phonefleet.planning.approval import Proposal, propose
from phonefleet.planning.planner import Assessed
from phonefleet.secrets.store import SecretError
from tasks.desk import Desk, desk_of
from tasks.options import tenant_task


@task(**tenant_task("assess"))
async def assess_tenant(run_id: str, domain: str) -> str:
    """Read one tenant, record its snapshot, assessment and plan, and return its verdict.

    Raises:
        TenantError: it could not be read, or what was read may not be kept; `unreachable` is recorded first.
    """
    desk = desk_of(run_id)
    ref = desk.tenants[domain]
    try:
        found = await _as_approved(desk, ref, await assess(desk.session.api(ref), ref))
        await _keep(desk, domain, found)
    except (TenantError, SecretError) as error:
        await _unread(desk, domain, error)
        raise
    except PhonefleetError:
        raise
    except Exception as error:
        # Only the type: the message of such an error may repeat what Auth0 answered.
        told = f"{domain}: phonefleet does not understand what was read ({type(error).__name__}): report it"
        await _unread(desk, domain, TenantError(domain, told))
        raise
    return str(found.judgement.assessment.verdict)


async def _keep(desk: Desk, domain: str, found: Assessed) -> None:
    """Record what was read and what it means; nothing can be planned that was not kept."""
    ledger, run_id = desk.session.ledger, desk.session.run_id
    await ledger.snapshots.add.in_thread(run_id, domain, SnapshotMoment.BEFORE, found.snapshot)
    await ledger.tenants.add_assessment.in_thread(run_id, domain, found.judgement.assessment)
    if found.plan:
        await ledger.tenants.add_plan.in_thread(run_id, domain, found.plan)
        desk.plans[domain] = found.plan


async def _as_approved(desk: Desk, ref: TenantRef, found: Assessed) -> Assessed:
    """A blocked tenant counts as eligible when somebody approved the very plan that it would have now."""
    proposal = await asyncio.to_thread(propose, found, ref)
    if proposal is None:
        return found
    ledger = desk.session.ledger
    if proposal.approved_by(await ledger.approvals.of_plan.in_thread(proposal.plan.checksum)):
        return proposal.assessed
    desk.proposals[ref.domain] = proposal
    earlier = [a for a in await ledger.approvals.of_tenant.in_thread(ref.domain) if a.reasons]
    return _void(found, earlier[-1], proposal) if earlier else found


def _void(found: Assessed, approval: Approval, proposal: Proposal) -> Assessed:
    """The same with a word on the approval that no longer holds."""
    reason = Reason(
        code=ReasonCode.PLAN_CHANGED,
        message=f"the approval by {approval.by} of {approval.at:%Y-%m-%d %H:%M} UTC was for plan "
        f"{approval.checksum[:12]}, and the plan would be {proposal.plan.checksum[:12]} now: it is void, plan and "
        "approve again",
    )
    assessment = found.judgement.assessment
    told = assessment.model_copy(update={"reasons": (*assessment.reasons, reason)})
    return replace(found, judgement=replace(found.judgement, assessment=told))


async def _unread(desk: Desk, domain: str, error: PhonefleetError) -> None:
    failure = error if isinstance(error, TenantError) else TenantError(domain, str(error))
    assessment = unreachable(failure)
    await desk.session.ledger.tenants.add_assessment.in_thread(desk.session.run_id, domain, assessment)
