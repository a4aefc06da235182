"""Decide whether a tenant may be rolled back. All checks run before the first write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from phonefleet.assessment.dependents import find_broken, find_dependents
from phonefleet.assessment.reversibility import legacy_missing
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import OptionsNotShown, StepFailed
from phonefleet.execution.applied_plans import AppliedPlan
from phonefleet.execution.applied_steps import removed_leftovers
from phonefleet.execution.steps.registry import handler_for
from phonefleet.model.api_scopes import READ_OPTIONS
from phonefleet.model.assessment import Dependent, DependentKind, Reason, ReversibilityResult
from phonefleet.model.endpoints import DATABASE_CONNECTIONS
from phonefleet.model.enums import SWITCHES, Change, ReasonCode, Reversibility, StepKind
from phonefleet.model.impact_name import CHANGED, ImpactName
from phonefleet.model.run_record import IntentRecord
from phonefleet.model.snapshot import SmsConnection, Snapshot
from phonefleet.model.steps import CreateTemplateStep, Step, UpdateTemplateStep

_ANSWERED = 200
_MFA = frozenset({DependentKind.MFA_FACTOR, DependentKind.MFA_POLICY})


class RollbackImpossible(StepFailed):
    """Something that a rollback needs is gone from the tenant, for example since it was finalized.

    Attributes:
        now: The tenant as it was read.
        reversibility: The verdict, for the report.
        reason: `finalized_before` where a finalization removed it, which holds the tenant; otherwise
            `legacy_configuration_missing`, which fails it.
    """

    def __init__(
        self, now: Snapshot, reversibility: ReversibilityResult, message: str, *, finalized: bool
    ) -> None:
        missing = ReasonCode.LEGACY_CONFIGURATION_MISSING
        super().__init__(now.domain, ReasonCode.FINALIZED_BEFORE if finalized else missing, message)
        self.now = now
        self.reversibility = reversibility


def check_legacy_present(before: Snapshot, now: Snapshot, records: Iterable[IntentRecord]) -> None:
    """Check that the legacy configuration is still there. The operator cannot accept that it is not.

    Args:
        before: the tenant before its migration.
        now: the tenant as it was just read.
        records: its intents, which say what was removed for good.

    Raises:
        RollbackImpossible: a part of the legacy configuration that was in use is gone.
    """
    missing = (*legacy_missing(before, now), *_credentials_missing(before, now))
    if not missing:
        return
    names = sorted(_broken_without_legacy(before, now))
    removed = removed_leftovers(records)
    finalized = (
        f"finalized by run {removed[-1].run_id} ({'; '.join(r.title for r in removed)}); " if removed else ""
    )
    broken = f"It would break {len(names)}: {', '.join(map(str, names))}. " if names else ""
    raise RollbackImpossible(
        now,
        ReversibilityResult(level=Reversibility.ONE_WAY, reasons=missing),
        f"{Reversibility.ONE_WAY}, cannot be rolled back: {finalized}{'; '.join(r.message for r in missing)}. {broken}"
        "Nothing was written",
        finalized=bool(removed),
    )


def _credentials_missing(before: Snapshot, now: Snapshot) -> Iterable[Reason]:
    """Check the connections without clients, which `legacy_missing` leaves out: no one uses them at the moment."""
    remaining = {c.id: c for c in now.connections}
    for connection in before.connections:
        current = remaining.get(connection.id)
        if current is not None and not connection.enabled_clients and _lost_credentials(connection, current):
            yield Reason(
                code=ReasonCode.LEGACY_CONFIGURATION_MISSING,
                message=f"connection {connection.name} has lost its credentials: restore them before rolling back",
            )


def _lost_credentials(before: SmsConnection, now: SmsConnection) -> bool:
    had_token = before.twilio is not None and before.twilio.has_token
    had_secret = before.gateway is not None and before.gateway.has_secret
    has_token = now.twilio is not None and now.twilio.has_token
    has_secret = now.gateway is not None and now.gateway.has_secret
    return (had_token and not has_token) or (had_secret and not has_secret)


def _broken_without_legacy(before: Snapshot, now: Snapshot) -> set[ImpactName]:
    """Return what would have nothing to send through after a rollback: it uses the legacy parts that are gone."""
    mfa_lost = bool(legacy_missing(before.model_copy(update={"connections": ()}), now))
    without_mfa = before.model_copy(update={"selected_provider": ""})
    lost_connections = {
        connection.id
        for connection in before.connections
        if legacy_missing(without_mfa.model_copy(update={"connections": (connection,)}), now)
    }
    return {
        name
        for name in _broken_by_rollback(find_dependents(now, legacy_remains=False))
        if (name.kind == DependentKind.PASSWORDLESS_CONNECTION and name.id in lost_connections)
        or (mfa_lost and name.kind in _MFA)
    }


def _broken_by_rollback(dependents: Iterable[Dependent]) -> set[ImpactName]:
    return {ImpactName(d.kind, d.id) for d in find_broken(dependents, Change.ROLLBACK)}


def check_own_switch(now: Snapshot, parts: Sequence[AppliedPlan]) -> None:
    """Check that a switched tenant was switched by one of our plans; a switch by somebody else is not reverted.

    The person who switched it relies on what our plans prepared.

    Raises:
        StepFailed: `rollback_breaks`.
    """
    is_own = any(step.kind is StepKind.SWITCH_TENANT for part in parts for step in part.switched)
    would_revert = [step for part in parts for step in _revertible(part)]
    if now.flag is True and not is_own and would_revert:
        titles = "; ".join(step.title for step in would_revert)
        raise StepFailed(
            now.domain,
            ReasonCode.ROLLBACK_BREAKS,
            f"no run of this ledger switched it to the Unified Phone Experience, but it is there now, and a rollback "
            f"would revert {len(would_revert)} step(s) that it may send through ({titles}). Nothing was written: find "
            "out who switched it, and switch it back in the dashboard before the rollback",
        )


async def check_breakage(
    api: ManagementApi,
    parts: Sequence[AppliedPlan],
    before: Snapshot,
    now: Snapshot,
    accepted: frozenset[ImpactName],
    *,
    in_use: bool,
) -> None:
    """Check that the operator accepts everything that the rollback would break or overwrite.

    Args:
        api: the tenant's Management API.
        parts: what is applied, newest plan first.
        before: the tenant before it.
        now: the tenant as it was just read.
        accepted: what the operator accepts.
        in_use: whether the migration was completed. A phone identifier has had a provider only since then and is named
            even if it was there before; a switch that has just failed has given it nothing.

    Raises:
        StepFailed: `rollback_breaks`, naming each.
    """
    broken = sorted(_dependents_added_since(parts, before, now, in_use=in_use) - accepted)
    overwritten = sorted(await _changed_since(api, parts) - accepted)
    facts = [f"would break {len(broken)}: {', '.join(map(str, broken))}"] if broken else []
    if overwritten:
        names = ", ".join(map(str, overwritten))
        facts.append(f"would overwrite {len(overwritten)} change(s) made since by somebody else: {names}")
    if facts:
        raise StepFailed(
            now.domain,
            ReasonCode.ROLLBACK_BREAKS,
            f"a rollback {'; it '.join(facts)}. Accept each by name (--accept-breakage NAME), or do not roll the "
            "tenant back",
        )


def check_options_shown(before: Snapshot, now: Snapshot, *, in_use: bool) -> None:
    """Check that what a rollback restores and what it may break can be seen.

    Args:
        before: the tenant before its migration.
        now: the tenant as it was just read.
        in_use: whether the migration was completed; only then may a phone identifier have come to depend on it.

    Raises:
        OptionsNotShown: before anything is written.
    """
    known = {c.id for c in before.connections if not c.options_hidden}
    hidden = [f"connection {c.name}" for c in now.connections if c.options_hidden and c.id in known]
    unread = {r.endpoint for r in now.unread if r.status == _ANSWERED}
    if in_use and DATABASE_CONNECTIONS in unread:
        hidden.append("the database connections, whose phone identifiers a rollback may break")
    if hidden:
        raise OptionsNotShown(
            now.domain,
            f"a rollback needs the options of {' and '.join(hidden)}, and Auth0 does not show them: grant the "
            f"application {READ_OPTIONS} on the Auth0 Management API, then repeat the rollback. Nothing was written",
            scopes=(READ_OPTIONS,),
        )


def _dependents_added_since(
    parts: Iterable[AppliedPlan], before: Snapshot, now: Snapshot, *, in_use: bool
) -> set[ImpactName]:
    """Return what has come to depend on the Unified Phone Experience since the migration.

    Whatever was there before gets back what it had. Where only connections' own switches are reverted, the tenant
    stays on the Unified Phone Experience with its provider, and nothing loses it.
    """
    parts = tuple(parts)
    if all(s.kind is StepKind.SWITCH_CONNECTION for p in parts for s in (*p.switched, *_revertible(p))):
        return set()
    known = {
        ImpactName(d.kind, d.id)
        for d in find_dependents(before, legacy_remains=True)
        # A client that had only legacy scopes and was granted the new ones since counts as added.
        if Change.DISABLE in d.breaks_on and not (in_use and d.kind is DependentKind.PHONE_IDENTIFIER)
    }
    own = {
        ImpactName(DependentKind.PHONE_TEMPLATE, step.target)
        for part in parts
        for step in part.plan.steps
        if isinstance(step, CreateTemplateStep | UpdateTemplateStep)
    }
    return _broken_by_rollback(find_dependents(now, legacy_remains=True)) - known - own


async def _changed_since(api: ManagementApi, parts: Iterable[AppliedPlan]) -> set[ImpactName]:
    """Return what somebody changed, replaced or removed after a migration wrote it; a rollback would overwrite it.

    Only the newest step on an object is compared: what an older one wrote was changed by a migration.
    """
    newest: dict[str, Step] = {}
    for part in parts:
        for step in _revertible(part):
            newest.setdefault(step.key, step)
    return {ImpactName(CHANGED, step.key) for step in newest.values() if await _is_changed(api, step)}


async def _is_changed(api: ManagementApi, step: Step) -> bool:
    handler = handler_for(step)
    observed = await handler.read(api)
    return not handler.is_applied(observed) and not handler.is_reverted(observed)


def _revertible(part: AppliedPlan) -> Iterator[Step]:
    return (s for s in reversed(part.steps) if s.kind not in SWITCHES and handler_for(s).is_revertible)
