"""Read one tenant and record what it is and what would be done to it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from prefect import task

from configs import TenantRef
from phonefleet.assessment.unseen_changes import is_unchanged
from phonefleet.assessment.verdict import unreachable
from phonefleet.auth0.tenant_reader import WHOLE, Enough
from phonefleet.errors import LeaseHeld, SecretError, StepFailed, TenantError
from phonefleet.execution.phases import FOR_VERDICT, assess
from phonefleet.execution.tenant_verification import with_silence
from phonefleet.model.assessment import Assessment, Reason
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.phase_end import PendingApproval
from phonefleet.model.run_record import Approval
from phonefleet.model.snapshot_parts import COMPARED_PARTS
from phonefleet.planning.approval import Proposal, propose
from phonefleet.planning.planner import Assessed
from tasks.options import tenant_task
from tasks.run_context import RunContext, run_context
from tasks.unexpected_errors import known_errors

COMPARES = "compliance"
"""The verb whose runs compare tenants with their recorded state."""
_PLANS = frozenset({"plan", "migrate"})
"""The verbs that use the plan of an eligible tenant."""


@dataclass(frozen=True, slots=True)
class TenantAssessed:
    """The result of assessing one tenant."""

    verdict: Verdict
    pending: PendingApproval | None = None


@task(**tenant_task("assess"))
async def assess_tenant(fleet: str, run_id: str, domain: str) -> TenantAssessed:
    """Read one tenant and record its snapshot, assessment and plan.

    Raises:
        TenantError: the tenant could not be read, or what was read may not be recorded. `unreachable` is recorded
            first.
    """
    with known_errors(domain):
        async with run_context(fleet, run_id) as context:
            ref = context.tenants[domain]
            try:
                with known_errors(domain):
                    await _settle_writes(context, ref)
                    read = await _read(context, ref)
                    found, pending = await _apply_approvals(context, ref, read)
                    found = await _with_silence(context, found)
                    await _record(context, domain, found)
            except (TenantError, SecretError) as error:
                missing = ReasonCode.CREDENTIAL_MISSING
                failure = error if isinstance(error, TenantError) else StepFailed(domain, missing, str(error))
                await context.ledger.tenants.add_assessment.in_thread(run_id, domain, unreachable(failure))
                raise
    return TenantAssessed(found.judgement.assessment.verdict, pending)


async def _read(context: RunContext, ref: TenantRef) -> Assessed:
    """Read and classify a tenant; whole where its users may get no messages although it seems to use none."""
    enough = await _enough(context, ref.domain)
    read = await assess(context.api(ref), ref, context.ledger, enough)
    if read.snapshot.covers(COMPARED_PARTS) or not await _silence(context, read):
        return read
    return await assess(context.api(ref), ref, context.ledger, WHOLE)


async def _silence(context: RunContext, read: Assessed) -> Assessment | None:
    """Return the assessment of a tenant whose users get nothing now and got messages before; None of any other."""
    found = read.judgement.assessment
    judged = await with_silence(found, read.snapshot, context.ledger)
    return judged if judged is not found else None


async def _with_silence(context: RunContext, read: Assessed) -> Assessed:
    """Judge a tenant as broken where users get nothing now who got messages before.

    A run that plans keeps the plan of such a tenant, and so its verdict: the migration may be what repairs it.
    """
    silent = await _silence(context, read)
    if silent is None:
        return read
    if read.plan and context.verb in _PLANS:
        silent = silent.model_copy(update={"verdict": read.judgement.assessment.verdict})
        return replace(read, judgement=replace(read.judgement, assessment=silent))
    return replace(read, judgement=replace(read.judgement, assessment=silent), plan=None)


async def _enough(context: RunContext, domain: str) -> Enough:
    """Return when the tenant need not be read further.

    All of what compliance compares is read. Who depends on the provider is read where the tenant has changed, or is not
    on the Unified Phone Experience.
    """
    if context.verb != COMPARES:
        return FOR_VERDICT
    if domain in context.options.accepted:
        return WHOLE
    kept = (await context.ledger.snapshots.latest.in_thread([domain])).get(domain)
    return Enough(on_upe=partial(is_unchanged, kept.snapshot)) if kept else FOR_VERDICT


async def _settle_writes(context: RunContext, ref: TenantRef) -> None:
    """Settle the writes of ended runs whose effect no read has shown. Reads only; nothing is written to the tenant.

    What cannot be settled now stays open, and `compliance` says so: a tenant that cannot be read is reported as such.
    """
    found = await context.ledger.steps.unsettled.in_thread(ref.domain)
    for intent in found.get(ref.domain, ()):
        plan = await context.ledger.plans.get.in_thread(intent.plan_checksum)
        with suppress(TenantError, LeaseHeld):
            async with context.executor(ref, plan) as executor:
                await executor.settle([intent])


async def _record(context: RunContext, domain: str, found: Assessed) -> None:
    """Record what was read, what it means and the plan: all of it, or nothing."""
    await context.ledger.tenants.add_reading.in_thread(
        context.run_id, domain, found.snapshot, found.judgement.assessment, found.plan
    )


async def _apply_approvals(
    context: RunContext, ref: TenantRef, found: Assessed
) -> tuple[Assessed, PendingApproval | None]:
    """Treat a blocked tenant as eligible if exactly the plan that it would have now was approved."""
    proposal = await asyncio.to_thread(propose, found, ref)
    if proposal is None:
        return found, None
    approvals = context.ledger.approvals
    if proposal.approved_by(await approvals.of_plan.in_thread(proposal.plan.checksum)):
        return proposal.assessed, None
    await context.ledger.plans.add.in_thread(proposal.plan)
    earlier = [each for each in await approvals.of_tenant.in_thread(ref.domain) if each.reasons]
    pending = PendingApproval(checksum=proposal.plan.checksum, codes=proposal.codes)
    return (_with_lapsed_approval(found, earlier[-1], proposal) if earlier else found), pending


def _with_lapsed_approval(found: Assessed, approval: Approval, proposal: Proposal) -> Assessed:
    """Add the reason that an approval has lapsed."""
    reason = Reason(
        code=ReasonCode.PLAN_CHANGED,
        message=f"the approval by {approval.by} of {approval.at:%Y-%m-%d %H:%M} UTC was for plan "
        f"{approval.checksum[:12]}, and the plan would now be {proposal.plan.checksum[:12]}: the approval has lapsed. "
        "Plan and approve again",
    )
    assessment = found.judgement.assessment
    changed = assessment.model_copy(update={"reasons": (*assessment.reasons, reason)})
    return replace(found, judgement=replace(found.judgement, assessment=changed))
