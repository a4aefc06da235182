"""Remove what is left of the legacy side after the soak. Nothing here can be reverted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from configs import Rollout, TenantRef, Wave
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.delivery.health import failing_messages
from phonefleet.errors import StepFailed
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.scope_check import check_scopes
from phonefleet.execution.tenant_verification import verify_tenant
from phonefleet.model.api_scopes import APPLY
from phonefleet.model.assessment import DependentKind
from phonefleet.model.enums import LEFTOVERS, ReasonCode
from phonefleet.model.impact_name import ILL_HEALTH, UNTESTED_CREDENTIALS, ImpactName, parse_names
from phonefleet.model.plan import Plan
from phonefleet.model.snapshot import Experience, Snapshot


@dataclass(frozen=True, slots=True)
class LegacyRetention:
    """Since when a tenant has been switched, and how long its legacy side is kept after that."""

    since: datetime
    soak: timedelta

    @property
    def until(self) -> datetime:
        """The end of the soak."""
        return self.since + self.soak


def kept_for(wave: Wave, rollout: Rollout) -> timedelta:
    """Return how long a tenant keeps its legacy side: the fleet file's time, or its wave's soak if that is longer."""
    return max(wave.soak, rollout.finalize_after)


def unknown_names(accepted: Iterable[str]) -> list[str]:
    """Return what an operator accepts that a finalization does not know, sorted."""
    known = {ImpactName(kind) for kind in (*LEFTOVERS, ILL_HEALTH, UNTESTED_CREDENTIALS)}
    return sorted(
        str(name)
        for name in parse_names(accepted)
        if name not in known
        and not (name.kind in (DependentKind.CLIENT_IN_LOGS, DependentKind.OWNER) and name.id)
    )


async def finalize(
    executor: StepExecutor, ref: TenantRef, retention: LegacyRetention, accepted: frozenset[str]
) -> Snapshot:
    """Remove what a plan of `finalize_plan` names.

    Args:
        executor: works on the tenant.
        ref: the tenant.
        retention: since when it has been switched.
        accepted: what the operator accepts: kinds of steps, names of clients, and `ill_health` for a tenant whose
            messages fail more than before its switch.

    Raises:
        StepFailed: `soaking`, `finalize_not_accepted` or `verification_failed`, and nothing was written; or a
            read-back does not hold.
        InsufficientScope: a scope is missing, and nothing was written.
        TenantError: Auth0 refused or could not be reached.
    """
    names = parse_names(accepted)
    await executor.recover()
    if executor.plan.steps:
        _check_soak(ref.domain, retention)
        _check_accepted(ref.domain, executor.plan, names)
        if ImpactName(ILL_HEALTH) not in names:
            await _check_health(executor.api, retention)
        await check_scopes(executor.api, executor.plan.steps, APPLY, "finalization")
    for step in executor.plan.steps:
        await executor.apply(step)
    return await verify_tenant(executor.api, ref, executor.ledger)


def _check_soak(domain: str, retention: LegacyRetention) -> None:
    if datetime.now(UTC) < retention.until:
        raise StepFailed(
            domain,
            ReasonCode.SOAKING,
            f"switched at {retention.since:%Y-%m-%d %H:%M:%S} UTC and soaking for {retention.soak} until "
            f"{retention.until:%Y-%m-%d %H:%M:%S} UTC (rollout.finalize_after, or its wave's soak if longer): "
            "finalize it then",
        )


def _check_accepted(domain: str, plan: Plan, accepted: frozenset[ImpactName]) -> None:
    missing = [step for step in plan.steps if ImpactName(step.kind) not in accepted]
    if missing:
        titles = "; ".join(step.title for step in missing)
        options = " ".join(f"--accept {kind}" for kind in dict.fromkeys(step.kind for step in missing))
        raise StepFailed(
            domain,
            ReasonCode.FINALIZE_NOT_ACCEPTED,
            f"this cannot be reverted, no rollback is possible after it, and it was not accepted: {titles}. Repeat "
            f"with {options}",
        )


async def _check_health(api: ManagementApi, retention: LegacyRetention) -> None:
    """Check the messages; that the tenant is switched and has a provider follows from its verdict."""
    if problem := await failing_messages(api, retention.since):
        raise StepFailed(
            api.domain,
            ReasonCode.VERIFICATION_FAILED,
            f"{problem}. A rollback may still be needed, so nothing was removed: repair it, or accept it (--accept "
            f"{ILL_HEALTH})",
        )


def check_legacy_users(snapshot: Snapshot, since: datetime, accepted: frozenset[str]) -> None:
    """Check that no client called legacy endpoints after the switch, unless the operator accepts it by name.

    Raises:
        StepFailed: `finalize_breaks`, naming each.
    """
    names = [
        ImpactName(DependentKind.CLIENT_IN_LOGS, f"{use.client_id}/{use.experience}")
        for use in snapshot.usage
        if use.experience is Experience.LEGACY
        and use.last_seen > since
        and use.client_id != snapshot.client_id
    ]
    if not_accepted := [str(name) for name in names if name not in parse_names(accepted)]:
        raise StepFailed(
            snapshot.domain,
            ReasonCode.FINALIZE_BREAKS,
            f"{len(not_accepted)} client(s) called legacy phone endpoints after the switch: {', '.join(not_accepted)}. "
            "Find out what they do there, or accept each by name (--accept NAME)",
        )


def remaining_legacy(before: Snapshot | None) -> str:
    """Describe what of the legacy side no API removes; empty if the tenant is known to have nothing of it.

    Args:
        before: the tenant before its migration; None if that is not known.
    """
    twilio = before.twilio if before else None
    if before and not (twilio and (twilio.sid or twilio.has_token)):
        return ""
    account = f" of account {twilio.sid}" if twilio and twilio.sid else ""
    if_any = "" if before else ", if there are any,"
    return (
        f"Guardian's Twilio settings{account}{if_any} stay: since the switch the API answers 403 to every change of "
        "them. Change the AuthToken at Twilio, or ask Auth0 Support to remove them"
    )
