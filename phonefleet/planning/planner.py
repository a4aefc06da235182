"""From a judgement to a plan: the steps in the order that keeps a tenant sending at every moment.

What adds comes first (Action, provider, templates), then the test messages, then the switch. Factors that are given up
are changed before the switch. New factors come after it, because the legacy side may have nothing to send them through.
A migration removes nothing legacy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from configs import DeliveryMethod, TenantRef
from phonefleet.assessment.action_examination import OwnActions
from phonefleet.assessment.dependents import find_broken
from phonefleet.assessment.factors import enabled_factors
from phonefleet.assessment.planning_input import DesiredState, Judgement
from phonefleet.model.action_content import content_checksum
from phonefleet.model.canonical import checksum
from phonefleet.model.enums import Change, Reversibility, Route
from phonefleet.model.fact import ActionState
from phonefleet.model.plan import KeptAction, Plan
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.steps import Step, numbered
from phonefleet.planning.step_builders import (
    action_step,
    deploy_step,
    enable_factor_step,
    message_steps,
    message_types_step,
    provider_step,
    switch_connection_steps,
    switch_tenant_step,
    template_step,
)

_NOT_BASIS: Mapping[str, Any] = {
    **dict.fromkeys(
        ("taken_at", "usage", "writes", "unread", "access", "policies", "scopes", "client_id"), True
    ),
    "providers": {"__all__": {"updated_at"}},
    "custom_actions": {"__all__": {"version", "version_id"}},
    "legacy_actions": {"__all__": {"version"}},
}
"""What may change between planning and applying without changing what would be written."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """The result of assessing a tenant: the facts, their meaning, and a plan if it is eligible.

    Attributes:
        own: what the ledger says about the tenant's Action.
    """

    snapshot: Snapshot
    judgement: Judgement
    plan: Plan | None
    own: OwnActions = field(default_factory=OwnActions)


def numbers_of(ref: TenantRef) -> dict[DeliveryMethod, str]:
    """Return the recipients of test messages by delivery method."""
    numbers = {method: ref.target.test_numbers.of(method) for method in DeliveryMethod}
    return {method: number for method, number in numbers.items() if number}


def make_plan(snapshot: Snapshot, judgement: Judgement, numbers: Mapping[DeliveryMethod, str]) -> Plan:
    """Make the plan of an eligible tenant.

    Args:
        snapshot: what was read.
        judgement: its meaning; the verdict must be `eligible`.
        numbers: the recipients of the test messages by delivery method.

    Raises:
        NotRead: the tenant was not read whole.
    """
    snapshot.require()
    assessment, desired = judgement.assessment, judgement.desired
    reversibility = assessment.reversibility
    return Plan(
        domain=snapshot.domain,
        route=assessment.route or Route.TWILIO,
        basis=basis_of(snapshot),
        steps=numbered(_steps(snapshot, desired, numbers)),
        reversibility=reversibility.level if reversibility else Reversibility.UNKNOWN,
        breaks=tuple(d.qualified_id for d in find_broken(assessment.dependents, Change.ROLLBACK)),
        warnings=judgement.warnings,
        texts=assessment.texts,
        verification=desired.custom.verification if desired and desired.custom else None,
        kept=_kept(desired.kept) if desired and desired.kept else None,
    )


def _kept(action: ActionState) -> KeptAction:
    return KeptAction(id=action.id, name=action.name, content=content_checksum(action))


def basis_of(snapshot: Snapshot) -> str:
    """Compute the checksum of the facts that a plan is made from."""
    return checksum(snapshot.model_dump(mode="json", exclude=dict(_NOT_BASIS)))


def _steps(
    snapshot: Snapshot, desired: DesiredState | None, numbers: Mapping[DeliveryMethod, str]
) -> Iterator[Step]:
    if desired is None:
        # The tenant is on the Unified Phone Experience and some of its connections are not.
        sid = snapshot.provider.sid if snapshot.provider and snapshot.provider.name == "twilio" else ""
        yield from message_steps((DeliveryMethod.TEXT,), numbers, twilio_sid=sid)
        yield from _switches(snapshot)
        return
    if desired.custom:
        existing = next(iter(snapshot.custom_actions), None)
        yield action_step(existing, desired.adopted, desired.custom)
        yield deploy_step(existing, desired.adopted, desired.custom)
    yield provider_step(snapshot.provider, desired)
    templates = [step for t in desired.templates if (step := template_step(snapshot.templates, t))]
    yield from templates
    sid = desired.twilio.sid if desired.twilio else ""
    yield from message_steps(desired.methods, numbers, twilio_sid=sid, written=templates)
    adds_factors = not set(desired.factors) <= set(enabled_factors(snapshot))
    if not adds_factors:
        yield from _factors(snapshot, desired)
    yield from _switches(snapshot)
    if adds_factors:
        yield from _factors(snapshot, desired)


def _factors(snapshot: Snapshot, desired: DesiredState) -> Iterator[Step]:
    factors = tuple(sorted(desired.factors))
    if factors == enabled_factors(snapshot):
        return
    if not snapshot.factor_enabled:
        yield enable_factor_step()
    if factors != snapshot.message_types:
        yield message_types_step(snapshot.message_types, factors)


def _switches(snapshot: Snapshot) -> Iterator[Step]:
    if snapshot.flag is False:
        yield switch_tenant_step()
    yield from switch_connection_steps(snapshot.connections)
