"""Whether a plan that another process has begun may still be carried out: nobody else may have changed its tenant.

A run that died may be continued days later. What its plan writes is read again by each step; the rest of what the plan
was made from is held against the snapshot from before it, as long as no read shows a switch of its. After that the
tenant is in the middle, and to finish is safer than to stop.
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
from phonefleet.execution.steps import handler
from phonefleet.model.endpoints import PROVIDER_ACTION_NAME
from phonefleet.model.plan import Plan, Step
from phonefleet.model.snapshot import Snapshot
from phonefleet.planning.planner import basis_of

T = TypeVar("T")
_NAMES = {
    "twilio": "legacy Twilio settings",
    "selected_provider": "selected legacy provider",
    "enrollment_template": "legacy enrollment message",
    "verification_template": "legacy verification message",
    "identifiers": "phone identifiers",
}


async def check_continued(worker: StepExecutor, ref: TenantRef) -> None:
    """See that nothing but the plan itself has changed the tenant since the plan was made. Writes nothing.

    Raises:
        PlanRefused: something has; the message names it and says what to do.
        TenantError: the tenant could not be read.
    """
    ledger, plan = worker.ledger, worker.plan
    taken = await ledger.steps.of_tenant.in_thread(domain=plan.domain)
    if await _is_switched(worker, applied_plan(plan, taken).thrown):
        return
    before = await asyncio.to_thread(snapshot_before, ledger, plan)
    now = await read_tenant(worker.api, ref.client_id, datetime.now(UTC))
    changed = (
        tuple(foreign_changes(plan, before, now)) if before else ("the snapshot it was made from is gone",)
    )
    if changed:
        raise PlanRefused(
            f"{plan.domain}: plan {plan.checksum[:12]} was begun, nothing is switched yet, and the tenant changed "
            f"since: {'; '.join(changed)}. Run the same command again to plan it anew from what it is now, or take "
            f"back what was begun: phonefleet rollback --tenant {plan.domain}"
        )


async def _is_switched(worker: StepExecutor, thrown: Iterable[Step]) -> bool:
    """Whether a read shows one of these switches: the process may have died before its request left."""
    for step in thrown:
        hands = handler(step)
        if hands.holds(step, await hands.look(worker.api, step)):
            return True
    return False


def foreign_changes(plan: Plan, before: Snapshot, now: Snapshot) -> Iterator[str]:
    """What a plan was made from, doesn't write itself, and finds changed, in words; nothing when all is as it was."""
    others = now.model_copy(update=_own(plan, before, now))
    if basis_of(others) == plan.basis:
        return
    told = [str(difference) for difference in differences(before, others)]
    told += [
        f"{what} changed" for name, what in _NAMES.items() if getattr(before, name) != getattr(others, name)
    ]
    yield from told or ["facts it was made from"]


def _own(plan: Plan, before: Snapshot, now: Snapshot) -> dict[str, Any]:
    """The fields that the plan writes, with its own objects in them as they were before it."""
    keys = {step.key for step in plan.steps}
    templates = {key.removeprefix("template:") for key in keys if key.startswith("template:")}
    actions = {PROVIDER_ACTION_NAME} if "action" in keys else set()
    written: dict[str, Any] = {
        "templates": _joined(before.templates, now.templates, lambda t: t.type in templates),
        "custom_actions": _joined(before.custom_actions, now.custom_actions, lambda a: a.name in actions),
    }
    fields = {"provider": "providers", "factor:sms": "factor_enabled", "message_types": "message_types"}
    return written | {field: getattr(before, field) for key, field in fields.items() if key in keys}


def _joined(before: Iterable[T], now: Iterable[T], own: Callable[[T], bool]) -> tuple[T, ...]:
    """Those of before that are the plan's own, and what is there now of the others, in the order of before."""
    order = list(before)
    joined = [*(each for each in order if own(each)), *(each for each in now if not own(each))]
    return tuple(sorted(joined, key=lambda each: order.index(each) if each in order else len(order)))
