"""What a person may approve: one plan of a tenant that waits for a decision alone, and no other plan."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from phonefleet.errors import PlanRefused
from phonefleet.execution.phases import check_plan
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.run_record import Approval
from phonefleet.planning.approval import Proposal, accepting, propose
from tests.tenant_bench import Tenant, TenantBench

NO_NUMBER = {"test_numbers": {}}


async def proposal_of(tenant: Tenant) -> Proposal | None:
    return propose(await tenant.assess(), tenant.ref)


def approval(proposal: Proposal, reasons: tuple[ReasonCode, ...] | None = None) -> Approval:
    reasons = proposal.codes if reasons is None else reasons
    return Approval(checksum=proposal.plan.checksum, by="ann", at=datetime.now(UTC), reasons=reasons)


async def test_a_tenant_that_waits_for_a_decision_alone_has_a_proposal(bench: TenantBench) -> None:
    """It is the plan that the fleet file's own acceptance of the reason would give."""
    tenant = await bench.tenant("twilio_sms", NO_NUMBER)
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.BLOCKED
    proposal = await proposal_of(tenant)
    assert proposal is not None
    assert proposal.codes == (ReasonCode.TEST_NUMBER_MISSING,)
    tenant.retarget(approve=[ReasonCode.TEST_NUMBER_MISSING])
    assert (await tenant.plan()).checksum == proposal.plan.checksum


@pytest.mark.parametrize(
    "kind", ["twilio_sms", "legacy_auth0", "not_configured", "already_migrated", "missing_scopes"]
)
async def test_nothing_else_has_one(bench: TenantBench, kind: str) -> None:
    """Not the eligible, not those that need something supplied, not those with nothing to migrate."""
    assert await proposal_of(await bench.tenant(kind)) is None


async def test_something_to_supply_beside_something_to_decide_cannot_be_approved(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms", {**NO_NUMBER, "twilio": None})
    assert await proposal_of(tenant) is None


async def test_an_approved_plan_passes_the_last_check_and_any_other_does_not(bench: TenantBench) -> None:
    """Before the first write the tenant is planned again: the approval must be of that very plan."""
    tenant = await bench.tenant("twilio_sms", NO_NUMBER)
    proposal = await proposal_of(tenant)
    assert proposal is not None
    ref = accepting(tenant.ref, [approval(proposal)])
    await check_plan(tenant.api, ref, proposal.plan)
    with pytest.raises(PlanRefused, match="blocked now"):
        await check_plan(tenant.api, accepting(tenant.ref, []), proposal.plan)
    await tenant.change(settings={"friendly_name": "Renamed"})
    with pytest.raises(PlanRefused, match="plan again"):
        await check_plan(tenant.api, ref, proposal.plan)
    again = await proposal_of(tenant)
    assert again is not None
    assert again.plan.checksum != proposal.plan.checksum


async def test_an_approval_accepts_what_it_names_and_nothing_more(bench: TenantBench) -> None:
    proposal = await proposal_of(await bench.tenant("twilio_sms", NO_NUMBER))
    assert proposal is not None
    assert proposal.approved_by([approval(proposal)])
    assert not proposal.approved_by([])
    assert not proposal.approved_by([approval(proposal, ())])
    assert not proposal.approved_by([approval(proposal, (ReasonCode.ACTION_NOT_VERIFIED,))])
