"""Whether a wave's approvals let it start, and for which of its tenants. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from configs import ApprovalRules
from phonefleet.model.canonical import checksum
from phonefleet.model.run_record import ApprovalChannel, WaveApproval


def wave_checksum(plans: Mapping[str, str]) -> str:
    """Return the checksum that an approval of a wave is bound to: of its tenants' plans, by domain."""
    return checksum(dict(plans))


class NotApproved(StrEnum):
    """Why a wave may not start."""

    NEVER = "it has no approval"
    EXPIRED = "its approval has expired"
    OWN = "its approval is by the person who started the run (rollout.approval.by_other)"
    UNKNOWN_PERSON = "its approval is by a person whom Prefect does not know (rollout.approval.by_other)"
    OTHER_PLANS = "its approval is for other plans than its tenants have now"


@dataclass(frozen=True, slots=True)
class ApprovalState:
    """What the approvals of a wave say.

    Attributes:
        approval: the one that lets it start; None where none does.
        why_not: why none does; None where one does.
        void: the tenants that it does not cover, because their plan is another one now.
    """

    approval: WaveApproval | None = None
    why_not: NotApproved | None = None
    void: tuple[str, ...] = ()


def approval_state(
    approvals: Iterable[WaveApproval],
    plans: Mapping[str, str],
    now: datetime,
    rules: ApprovalRules,
    starters: Iterable[str],
) -> ApprovalState:
    """Return whether a wave may start, and for which tenants not: the newest approval that counts decides.

    Args:
        approvals: those of the wave in this run, oldest first.
        plans: the checksum of each tenant's plan now, by domain.
        now: the ledger's time, aware.
        rules: what approvals must be.
        starters: the names of the person who started the run.
    """
    why = NotApproved.NEVER
    names = set(starters)
    for approval in reversed(list(approvals)):
        refused = _refusal(approval, now, rules, names)
        if refused is not None:
            why = refused if why is NotApproved.NEVER else why
            continue
        void = tuple(domain for domain, plan in plans.items() if approval.plans.get(domain) != plan)
        if plans and len(void) == len(plans):
            return ApprovalState(why_not=NotApproved.OTHER_PLANS, void=void)
        return ApprovalState(approval, void=void)
    return ApprovalState(why_not=why)


def _refusal(
    approval: WaveApproval, now: datetime, rules: ApprovalRules, starters: set[str]
) -> NotApproved | None:
    if now >= approval.at + rules.expires:
        return NotApproved.EXPIRED
    if not rules.by_other:
        return None
    if approval.channel is ApprovalChannel.PREFECT:
        # Its open-source server knows no users: a person types the name.
        return NotApproved.UNKNOWN_PERSON
    return NotApproved.OWN if {approval.os_user, approval.by} & starters else None
