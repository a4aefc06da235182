"""Propose the plan of a tenant that only decisions block, for a person to approve.

An approval is bound to the plan's checksum, so it lapses when the tenant, its target or phonefleet's own judgement
leads to another plan. `target.approve` in the fleet file accepts a reason permanently; an approval accepts one plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from configs import TenantRef
from phonefleet.assessment.verdict import classify
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.plan import Plan
from phonefleet.model.reasons import REASONS
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
        return set(self.codes) <= _accepted(approvals)


def propose(assessed: Assessed, ref: TenantRef) -> Proposal | None:
    """Return the proposal for a tenant; None when it is not blocked, or not only by decisions. Reads nothing."""
    judgement = assessed.judgement
    if judgement.assessment.verdict is not Verdict.BLOCKED:
        return None
    codes = tuple(dict.fromkeys(r.code for r in judgement.blockers if REASONS[r.code].plan_may_be_approved))
    if not codes:
        return None
    accepted = classify(assessed.snapshot, _accept(ref, codes).target, assessed.own)
    if accepted.assessment.verdict is not Verdict.ELIGIBLE:
        return None
    plan = make_plan(assessed.snapshot, accepted, numbers_of(ref))
    return Proposal(codes, Assessed(assessed.snapshot, accepted, plan, assessed.own), plan)


def accepting(ref: TenantRef, approvals: Iterable[Approval]) -> TenantRef:
    """Return the tenant with a target that accepts what these approvals of one plan accept."""
    return _accept(ref, _accepted(approvals))


def _accepted(approvals: Iterable[Approval]) -> set[ReasonCode]:
    return {code for approval in approvals for code in approval.reasons}


def _accept(ref: TenantRef, codes: Iterable[ReasonCode]) -> TenantRef:
    approve = ref.target.approve | {str(code) for code in codes}
    return ref.model_copy(update={"target": ref.target.model_copy(update={"approve": approve})})
