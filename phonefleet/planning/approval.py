"""What a person may approve: the plan of a tenant whose only obstacles are things to decide.

An approval is bound to that plan's checksum, so it is void as soon as the tenant, its target or our own judgement
gives another plan. `target.approve` in the fleet file accepts a reason for good; this accepts one plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from configs import TenantRef
from phonefleet.assessment.desired_state import APPROVABLE
from phonefleet.assessment.eligibility import classify
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import Approval
from phonefleet.planning.planner import Assessed, make_plan, numbers_of


@dataclass(frozen=True, slots=True)
class Proposal:
    """The plan that a blocked tenant would have if these reasons were accepted."""

    codes: tuple[ReasonCode, ...]
    assessed: Assessed
    plan: Plan

    def approved_by(self, approvals: Iterable[Approval]) -> bool:
        """Whether these approvals of its plan accept every one of its reasons."""
        return set(self.codes) <= {code for each in approvals for code in each.reasons}


def propose(found: Assessed, ref: TenantRef) -> Proposal | None:
    """The proposal for a tenant; None when it isn't blocked, or not by things to decide alone. Reads nothing."""
    if found.judgement.assessment.verdict is not Verdict.BLOCKED:
        return None
    codes = tuple(dict.fromkeys(r.code for r in found.judgement.blockers if r.code in APPROVABLE))
    if not codes:
        return None
    judgement = classify(found.snapshot, _accepting(ref, codes).target)
    if judgement.assessment.verdict is not Verdict.ELIGIBLE:
        return None
    plan = make_plan(found.snapshot, judgement, numbers_of(ref))
    return Proposal(codes, Assessed(found.snapshot, judgement, plan), plan)


def accepting(ref: TenantRef, approvals: Iterable[Approval]) -> TenantRef:
    """The tenant with a target that accepts what these approvals of one plan accept."""
    return _accepting(ref, [code for each in approvals for code in each.reasons])


def _accepting(ref: TenantRef, codes: Iterable[ReasonCode]) -> TenantRef:
    approve = ref.target.approve | {str(code) for code in codes}
    return ref.model_copy(update={"target": ref.target.model_copy(update={"approve": approve})})
