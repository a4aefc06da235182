"""Removing what is left of the legacy side after the soak. Nothing here can be undone.

Guardian's Twilio settings stay: Auth0 answers 403 to every change of them once a tenant is on the Unified Phone
Experience (Auth0 documentation, "Unified Phone Experience", list of Guardian endpoints), so they are named and left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from configs import Rollout, TenantRef, Wave
from phonefleet.assessment.connection_switch import uses_tenant_provider
from phonefleet.assessment.eligibility import classify
from phonefleet.auth0.answer_parser import parse_connection
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.delivery.health import failing_messages
from phonefleet.errors import StepFailed
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import verify
from phonefleet.execution.steps.leftover_steps import CREDENTIALS
from phonefleet.model.enums import (
    LEFTOVERS,
    SWITCHES,
    Operation,
    ReasonCode,
    Reversibility,
    Route,
    StepKind,
    Verdict,
)
from phonefleet.model.plan import Plan, Step
from phonefleet.model.run_record import IntentRecord, StepResult
from phonefleet.model.snapshot import Experience, Snapshot
from phonefleet.planning.planner import basis_of

IN_LOGS = "client_in_logs:"
"""What the name of a client begins with that still calls legacy endpoints."""
ILL_HEALTH = "ill_health"
"""The name by which an operator accepts that messages fail more than before the switch."""
_WORDS = {
    StepKind.CLEAR_GATEWAY_SECRET: "remove the gateway's secret from connection",
    StepKind.CLEAR_CONNECTION_TWILIO: "remove the Twilio credentials from connection",
}


@dataclass(frozen=True, slots=True)
class LegacyRetention:
    """Since when a tenant has been switched, and how long it must have been before anything legacy may go."""

    since: datetime
    soak: timedelta

    @property
    def until(self) -> datetime:
        """The end of the soak."""
        return self.since + self.soak


def kept_for(wave: Wave, rollout: Rollout) -> timedelta:
    """How long after its switch a tenant keeps its legacy side: as the fleet file says, and through its wave's soak."""
    return max(wave.soak, rollout.finalize_after)


def switched_at(taken: Iterable[IntentRecord]) -> datetime | None:
    """When a tenant was last switched, as the ledger knows it; None when it never was, or was switched back since.

    Args:
        taken: every step of the tenant with its result, oldest first.
    """
    at: datetime | None = None
    for record in taken:
        if record.kind in SWITCHES and record.result in (StepResult.DONE, StepResult.ALREADY):
            at = record.ended_at if record.operation is Operation.APPLY else None
    return at


async def finalize_plan(api: ManagementApi, ref: TenantRef) -> tuple[Plan, Snapshot]:
    """What would be removed for good, and the tenant as it was read for it.

    Raises:
        StepFailed: the tenant isn't migrated and working, so nothing of the old side may go.
        TenantError: it can't be read.
    """
    snapshot = await read_tenant(api, ref.client_id, datetime.now(UTC))
    assessment = classify(snapshot, ref.target).assessment
    if assessment.verdict is not Verdict.ALREADY_MIGRATED:
        why = assessment.reasons[0].message if assessment.reasons else ""
        raise StepFailed(
            ref.domain,
            ReasonCode.VERIFICATION_FAILED,
            f"the tenant is {assessment.verdict} ({why}), so nothing of its legacy side may be removed: "
            "migrate it first",
        )
    provider = snapshot.provider
    steps = [*_bindings(snapshot), *_credentials(await api.connections("sms"))]
    plan = Plan(
        domain=ref.domain,
        route=Route.TWILIO if provider and provider.name == "twilio" else Route.CUSTOM_ACTION,
        basis=basis_of(snapshot),
        steps=tuple(step.model_copy(update={"index": n}) for n, step in enumerate(steps)),
        reversibility=Reversibility.ONE_WAY,
    )
    return plan, snapshot


def _bindings(snapshot: Snapshot) -> Iterator[Step]:
    """An Action of several triggers stays, deployed and bound to the others; it leaves this one flow."""
    bound = sorted((a for a in snapshot.legacy_actions if a.bound), key=lambda a: a.id)
    if bound:
        yield Step(
            index=0,
            kind=StepKind.UNBIND_ACTION,
            key="legacy_flow",
            title=f"take {', '.join(a.name for a in bound)} out of the send-phone-message flow",
            before={"bound": [a.id for a in bound]},
            after={"bound": []},
        )


def _credentials(connections: Iterable[Any]) -> Iterator[Step]:
    """Of connections that send through the tenant-level provider; one that sends on its own needs its credentials."""
    for raw in connections:
        options: dict[str, Any] = raw.get("options") or {}
        if not uses_tenant_provider(parse_connection(raw, ())):
            continue
        for kind, keys in CREDENTIALS.items():
            if left := sorted(key for key in keys if options.get(key)):
                yield Step(
                    index=0,
                    kind=kind,
                    key=f"{kind}:{raw['id']}",
                    title=f"{_WORDS[kind]} {raw['name']}",
                    before={"left": left},
                    after={"left": []},
                )


async def finalize(
    worker: StepExecutor, ref: TenantRef, standing: LegacyRetention, accepted: frozenset[str]
) -> Snapshot:
    """Remove the leftovers of a plan made by `finalize_plan`.

    Args:
        worker: at work on the tenant.
        ref: the tenant.
        standing: since when it has been switched.
        accepted: the kinds of steps, and the names of clients, that the operator accepts; `health_problem` for a tenant
            whose messages fail more than before its switch.

    Raises:
        StepFailed: `soaking`, `verification_failed`, `finalize_breaks` or `finalize_not_accepted`, and nothing was
            written; or a read-back doesn't hold.
        TenantError: Auth0 refused or could not be reached.
    """
    await worker.recover()
    if worker.plan.steps:
        _refuse_before(ref.domain, standing)
        _refuse_unaccepted(ref.domain, worker.plan, accepted)
        await _refuse_ill(worker.api, standing, accepted)
    for step in worker.plan.steps:
        await worker.apply(step)
    return await verify(worker.api, ref)


def _refuse_before(domain: str, standing: LegacyRetention) -> None:
    now = datetime.now(UTC)
    if now < standing.until:
        raise StepFailed(
            domain,
            ReasonCode.SOAKING,
            f"switched at {standing.since:%Y-%m-%d %H:%M:%S} UTC and soaking for {standing.soak} until "
            f"{standing.until:%Y-%m-%d %H:%M:%S} UTC (rollout.finalize_after, or its wave's soak if longer): "
            "finalize it then",
        )


def _refuse_unaccepted(domain: str, plan: Plan, accepted: frozenset[str]) -> None:
    missing = [step for step in plan.steps if step.kind not in accepted]
    if missing:
        titles = "; ".join(step.title for step in missing)
        names = " ".join(f"--accept {kind}" for kind in dict.fromkeys(str(step.kind) for step in missing))
        raise StepFailed(
            domain,
            ReasonCode.FINALIZE_NOT_ACCEPTED,
            f"this can't be undone, there is no way back after it, and it was not accepted: {titles}. "
            f"Repeat with {names}",
        )


async def _refuse_ill(api: ManagementApi, standing: LegacyRetention, accepted: frozenset[str]) -> None:
    """That it is switched and has a provider is known by its verdict."""
    if ILL_HEALTH in accepted:
        return
    if ill := await failing_messages(api, standing.since):
        raise StepFailed(
            api.domain,
            ReasonCode.VERIFICATION_FAILED,
            f"{ill}. The way back may still be needed, so nothing was removed: mend it, or accept it (--accept "
            f"{ILL_HEALTH})",
        )


def refuse_legacy_users(snapshot: Snapshot, since: datetime, accepted: frozenset[str]) -> None:
    """Whoever still reaches legacy endpoints after the switch is a sign that something is not as it seems.

    Raises:
        StepFailed: `finalize_breaks`, naming each.
    """
    found = [
        f"{IN_LOGS}{use.client_id}/{use.experience}"
        for use in snapshot.usage
        if use.experience is Experience.LEGACY
        and use.last_seen > since
        and use.client_id != snapshot.client_id
    ]
    if names := [name for name in found if name not in accepted]:
        raise StepFailed(
            snapshot.domain,
            ReasonCode.FINALIZE_BREAKS,
            f"{len(names)} client(s) called legacy phone endpoints after the switch: {', '.join(names)}. Find out what "
            "they do there, or accept each by name (--accept NAME)",
        )


def removed_by(taken: Iterable[IntentRecord]) -> list[IntentRecord]:
    """The leftovers that were removed, by whichever run, oldest first."""
    return [r for r in taken if r.kind in LEFTOVERS and r.result == StepResult.DONE]


def what_stays(before: Snapshot | None) -> str:
    """What of the legacy side no API removes; empty when nothing is known to be there.

    Args:
        before: the tenant before its migration; None where it isn't known.
    """
    if before is not None and (before.twilio is None or not (before.twilio.sid or before.twilio.has_token)):
        return ""
    account = f" of account {before.twilio.sid}" if before and before.twilio and before.twilio.sid else ""
    there = "" if before else ", if there are any,"
    return (
        f"Guardian's Twilio settings{account}{there} stay: since the switch the API answers 403 to every change of "
        "them. Change the AuthToken at Twilio, or ask Auth0 Support to remove them"
    )
