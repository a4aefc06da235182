"""Why a tenant is not taken back: asked before the first write, so that a refusal leaves it as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from phonefleet.assessment.dependents import find_broken, find_dependents
from phonefleet.assessment.reversibility import legacy_missing
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import StepFailed
from phonefleet.execution.applied_plans import AppliedPlan
from phonefleet.execution.finalize import removed_by
from phonefleet.execution.steps import handler
from phonefleet.model.assessment import DependentKind, Reason, ReversibilityResult
from phonefleet.model.enums import SWITCHES, Change, ReasonCode, Reversibility, StepKind
from phonefleet.model.plan import Step
from phonefleet.model.run_record import IntentRecord
from phonefleet.model.snapshot import SmsConnection, Snapshot

CHANGED = "changed:"
"""What the name of an object begins with that somebody changed or replaced since a migration wrote it."""


class RollbackImpossible(StepFailed):
    """What a rollback needs is gone from the tenant, for example since it was finalized.

    Attributes:
        now: The tenant as it was read.
        way: The verdict on its way back, for the report.
    """

    def __init__(self, now: Snapshot, way: ReversibilityResult, message: str) -> None:
        super().__init__(now.domain, ReasonCode.LEGACY_CONFIGURATION_MISSING, message)
        self.now = now
        self.way = way


def refuse_without_legacy(before: Snapshot, now: Snapshot, taken: list[IntentRecord]) -> None:
    """Nothing accepts this away: there is nothing to go back to.

    Args:
        before: the tenant before its migration.
        now: the tenant as it was just read.
        taken: its intents, which tell what was removed for good.

    Raises:
        OneWay: a part of the legacy configuration that was in use is gone.
    """
    missing = (*legacy_missing(before, now), *_credentials_missing(before, now))
    if not missing:
        return
    names = sorted(_lost_without_legacy(before, now))
    removed = removed_by(taken)
    finalized = (
        f"finalized by run {removed[-1].run_id} ({'; '.join(r.title for r in removed)}); " if removed else ""
    )
    broken = f"It would break {len(names)}: {', '.join(names)}. " if names else ""
    raise RollbackImpossible(
        now,
        ReversibilityResult(level=Reversibility.ONE_WAY, reasons=missing),
        f"{Reversibility.ONE_WAY}, cannot be rolled back: {finalized}{'; '.join(r.message for r in missing)}. {broken}"
        "Nothing was written",
    )


def _credentials_missing(before: Snapshot, now: Snapshot) -> Iterable[Reason]:
    """Of connections that nobody may use now, which `legacy_missing` leaves out: they would come back without."""
    remains = {c.id: c for c in now.connections}
    for connection in before.connections:
        left = remains.get(connection.id)
        if left is not None and not connection.enabled_clients and _has_lost(connection, left):
            yield Reason(
                code=ReasonCode.LEGACY_CONFIGURATION_MISSING,
                message=f"connection {connection.name} has lost its credentials: restore them before rolling back",
            )


def _has_lost(before: SmsConnection, now: SmsConnection) -> bool:
    had_token = before.twilio is not None and before.twilio.has_token
    had_secret = before.gateway is not None and before.gateway.has_secret
    has_token = now.twilio is not None and now.twilio.has_token
    has_secret = now.gateway is not None and now.gateway.has_secret
    return (had_token and not has_token) or (had_secret and not has_secret)


def _lost_without_legacy(before: Snapshot, now: Snapshot) -> frozenset[str]:
    """Names of what would have nothing to send through after a rollback: what uses the legacy parts that are gone."""
    mfa = legacy_missing(before.model_copy(update={"connections": ()}), now)
    alone = before.model_copy(update={"selected_provider": ""})
    lost = {
        c.id
        for c in before.connections
        if legacy_missing(alone.model_copy(update={"connections": (c,)}), now)
    }
    using = find_broken(find_dependents(now, legacy_remains=False), Change.ROLLBACK)
    return frozenset(
        d.qualified_id
        for d in using
        if (d.kind is DependentKind.PASSWORDLESS_CONNECTION and d.id in lost)
        or (mfa and d.kind in (DependentKind.MFA_FACTOR, DependentKind.MFA_POLICY))
    )


def refuse_foreign_switch(now: Snapshot, parts: Iterable[AppliedPlan]) -> None:
    """Whoever switched the tenant relies on what our plans prepared; only a switch of ours is taken back.

    Raises:
        StepFailed: `rollback_breaks`.
    """
    parts = list(parts)
    ours = any(step.kind is StepKind.SWITCH_TENANT for part in parts for step in part.thrown)
    at_stake = [step for part in parts for step in _to_undo(part)]
    if now.flag is True and not ours and at_stake:
        raise StepFailed(
            now.domain,
            ReasonCode.ROLLBACK_BREAKS,
            f"no run of this ledger switched it to the Unified Phone Experience, but it is there now, and a rollback "
            f"would take back {len(at_stake)} thing(s) it may send through ({'; '.join(s.title for s in at_stake)}). "
            "Nothing was written: find out who switched it, and switch it back in the dashboard first if it is to go "
            "back",
        )


def refuse_breakage(
    domain: str, born: frozenset[str], changed: frozenset[str], accepted: frozenset[str]
) -> None:
    """Refuse unless each name is accepted.

    Args:
        domain: the tenant.
        born: from `dependents_added_since`.
        changed: names from `changed_since`.
        accepted: names that the operator accepts.

    Raises:
        StepFailed: `rollback_breaks`.
    """
    broken, lost = sorted(born - accepted), sorted(changed - accepted)
    facts = [f"would break {len(broken)}: {', '.join(broken)}"] if broken else []
    facts += (
        [f"would undo {len(lost)} change(s) made since by somebody else: {', '.join(lost)}"] if lost else []
    )
    if facts:
        raise StepFailed(
            domain,
            ReasonCode.ROLLBACK_BREAKS,
            f"a rollback {'; it '.join(facts)}. Accept each by name (--accept-breakage NAME) or leave the tenant "
            "where it is",
        )


def dependents_added_since(
    parts: Iterable[AppliedPlan], before: Snapshot, now: Snapshot, *, in_use: bool = True
) -> frozenset[str]:
    """Names (`kind:id`) of what has come to depend on the Unified Phone Experience since the migration.

    What was there before gets back what it had.

    Args:
        parts: what stands.
        before: the tenant before it.
        now: the tenant as it was just read.
        in_use: whether the migration was left standing. A phone identifier has a provider only since then and is
            named even if it was there before; by a switch that has just failed it has come to have nothing.
    """
    born = {d.qualified_id for d in find_broken(find_dependents(now, legacy_remains=True), Change.ROLLBACK)}
    # A client known by its legacy scopes alone, which was granted the new ones since, is born since.
    known = {
        d.qualified_id
        for d in find_dependents(before, legacy_remains=True)
        if not (in_use and d.kind is DependentKind.PHONE_IDENTIFIER) and Change.DISABLE in d.breaks_on
    }
    ours = {
        f"{DependentKind.PHONE_TEMPLATE}:{step.subject}"
        for part in parts
        for step in part.plan.steps
        if step.key.startswith("template:")
    }
    return frozenset(born - known - ours)


async def changed_since(api: ManagementApi, parts: Iterable[AppliedPlan]) -> frozenset[str]:
    """Names (`changed:provider`) of what somebody changed, replaced or removed since a migration wrote it.

    A rollback would delete or overwrite it. Only the newest step on an object is held against it: what an older one
    wrote was changed by a migration.

    Args:
        api: the tenant's door.
        parts: what stands, newest plan first.
    """
    newest: dict[str, Step] = {}
    for part in parts:
        for step in _to_undo(part):
            newest.setdefault(step.key, step)
    return frozenset([f"{CHANGED}{s.key}" for s in newest.values() if await _is_changed(api, s)])


async def _is_changed(api: ManagementApi, step: Step) -> bool:
    hands = handler(step)
    seen = await hands.look(api, step)
    return not hands.holds(step, seen) and not hands.undone(step, seen)


def _to_undo(part: AppliedPlan) -> Iterator[Step]:
    return (s for s in reversed(part.steps) if s.kind not in SWITCHES and handler(s).undoable)
