"""Judge the Action of a custom provider on the Unified Phone Experience: does it send what users need?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from configs import MessageType
from phonefleet.assessment.action_decision import accepted, not_sending, not_verified, sends
from phonefleet.assessment.action_examination import Examination, OwnActions, examine_action, needs_of
from phonefleet.model.assessment import Reason
from phonefleet.model.custom_action_report import ActionOrigin, CustomActionReport
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ActionJudgement:
    """What the examination of every deployed Action on the trigger means.

    Attributes:
        examinations: which of several Actions Auth0 runs is not documented, so each is examined.
        is_used: whether anything in use sends through it.
    """

    examinations: tuple[Examination, ...] = ()
    is_used: bool = False

    @property
    def report(self) -> CustomActionReport | None:
        """The worst Action's report; None without a custom provider."""
        order = sorted(self.examinations, key=lambda e: (not e.failing, not e.unclear))
        return order[0].report if order else None

    @property
    def faults(self) -> tuple[Reason, ...]:
        """The messages that users need and do not get."""
        return tuple(not_sending(e) for e in self.examinations if e.failing and self.is_used)

    @property
    def unverified(self) -> tuple[Reason, ...]:
        """What waits for an approval by name. A plan that kept exactly this Action has had it."""
        return tuple(
            not_verified(e)
            for e in self.examinations
            if (e.unclear or e.failing) and e.report.origin is not ActionOrigin.KEPT_HERE
        )

    def notes(self, approved: Iterable[Reason]) -> tuple[Reason, ...]:
        """State what counts as the evidence that the Action sends.

        Args:
            approved: the reasons that the operator accepts by name.
        """
        by_name = any(reason.code is ReasonCode.CUSTOM_ACTION_NOT_VERIFIED for reason in approved)
        examined = [e for e in self.examinations if not (e.failing and self.is_used)]
        return tuple(
            sends(e) if not (e.unclear or e.failing) else accepted(e)
            for e in examined
            if by_name or not (e.unclear or e.failing) or e.report.origin is ActionOrigin.KEPT_HERE
        )


def judge_action(snapshot: Snapshot, factors: Iterable[MessageType], own: OwnActions) -> ActionJudgement:
    """Examine what a custom provider runs; nothing where the provider is not custom or nothing is deployed."""
    provider = snapshot.provider
    if provider is None or provider.name != "custom" or provider.disabled:
        return ActionJudgement()
    factors = tuple(factors)
    needs = needs_of(snapshot, factors, provider.delivery_methods)
    deployed = (action for action in snapshot.custom_actions if action.deployed)
    return ActionJudgement(
        tuple(examine_action(action, needs, own) for action in deployed),
        is_used=bool(needs_of(snapshot, factors)),
    )
