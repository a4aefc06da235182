"""Check whether a plan that another process has begun may be continued: no one else may have changed its tenant.

A run that died may be continued days later. Each step reads again what the plan itself writes. Everything else that the
plan was made from is compared with the snapshot before it, as long as no read shows one of its switches. After the
first switch the plan is finished: that is safer than to stop between the two experiences.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from configs import TenantRef
from phonefleet.assessment.drift import differences
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import PlanRefused
from phonefleet.execution.applied_plans import applied_plan, snapshot_before
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.steps.registry import handler_for
from phonefleet.model.plan import Plan
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.steps import (
    AdoptActionStep,
    CreateActionStep,
    CreateTemplateStep,
    Step,
    UpdateActionStep,
    UpdateTemplateStep,
)
from phonefleet.planning.planner import basis_of

T = TypeVar("T")
_FIELD_NAMES = {
    "twilio": "legacy Twilio settings",
    "selected_provider": "selected legacy provider",
    "enrollment_template": "legacy enrollment message",
    "verification_template": "legacy verification message",
    "identifiers": "phone identifiers",
}


async def check_continued(executor: StepExecutor, ref: TenantRef) -> None:
    """Check that nothing but the plan itself has changed the tenant since the plan was made. Writes nothing.

    Raises:
        PlanRefused: something has; the message names it and says what to do.
        TenantError: the tenant could not be read.
    """
    ledger, plan = executor.ledger, executor.plan
    records = await ledger.steps.of_tenant.in_thread(domain=plan.domain)
    begun = applied_plan(plan, records).switched
    if await _is_switched(executor, begun):
        return
    before = await asyncio.to_thread(snapshot_before, ledger, plan)
    now = await read_tenant(executor.api, ref.client_id, datetime.now(UTC))
    changed = (
        tuple(foreign_changes(plan, before, now)) if before else ("the snapshot it was made from is gone",)
    )
    # A late request may have been carried out during this reading, which then shows its effects.
    if changed and not await _is_switched(executor, begun):
        raise PlanRefused(
            f"{plan.domain}: plan {plan.checksum[:12]} was begun, nothing is switched yet, and the tenant changed "
            f"since: {'; '.join(changed)}. Run the same command again to make a new plan, or revert what was begun: "
            f"phonefleet rollback --tenant {plan.domain}"
        )


async def _is_switched(executor: StepExecutor, switches: Iterable[Step]) -> bool:
    """Whether a read shows one of these switches: the process may have died before its request was sent."""
    for step in switches:
        handler = handler_for(step)
        if handler.is_applied(await handler.read(executor.api)):
            return True
    return False


def foreign_changes(plan: Plan, before: Snapshot, now: Snapshot) -> Iterator[str]:
    """Describe what a plan was made from, does not write itself, and finds changed; nothing if all is as it was."""
    others = now.model_copy(update=_with_own_parts_restored(plan, before, now))
    if basis_of(others) == plan.basis:
        return
    changes = [str(difference) for difference in differences(before, others)]
    changes += [
        f"{what} changed"
        for name, what in _FIELD_NAMES.items()
        if getattr(before, name) != getattr(others, name)
    ]
    yield from changes or ["facts it was made from"]


def _with_own_parts_restored(plan: Plan, before: Snapshot, now: Snapshot) -> dict[str, Any]:
    """Return the fields that the plan writes, with its own objects in them as they were before it."""
    templates = {s.target for s in plan.steps if isinstance(s, CreateTemplateStep | UpdateTemplateStep)}
    actions = {_action_name(step) for step in plan.steps}
    fields = {step.snapshot_field for step in plan.steps if step.snapshot_field}
    return {field: getattr(before, field) for field in fields} | {
        "templates": _restored(before.templates, now.templates, lambda t: t.type in templates),
        "custom_actions": _restored(before.custom_actions, now.custom_actions, lambda a: a.name in actions),
    }


def _action_name(step: Step) -> str:
    """Return the name of the Action that a step writes; empty if it writes none."""
    match step:
        case CreateActionStep():
            return step.after.name
        case UpdateActionStep() | AdoptActionStep():
            return step.before.name
        case _:
            return ""


def _restored(before: Iterable[T], now: Iterable[T], is_own: Callable[[T], bool]) -> tuple[T, ...]:
    """Join the plan's own objects of before with the others of now, in the order of before."""
    order = list(before)
    joined = [*(each for each in order if is_own(each)), *(each for each in now if not is_own(each))]
    return tuple(sorted(joined, key=lambda each: order.index(each) if each in order else len(order)))
