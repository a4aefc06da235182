"""Removing what is left of the legacy side after the soak. Nothing here can be undone.

Guardian's Twilio settings stay: Auth0 answers 403 to every change of them once a tenant is on the Unified Phone
Experience (Auth0 documentation, "Unified Phone Experience", list of Guardian endpoints), so they are named and left.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from configs import TenantRef
from phonefleet.auth0.management import ManagementApi
from phonefleet.eligibility import classify
from phonefleet.errors import StepFailed
from phonefleet.phases import verify
from phonefleet.plan import Plan, Step
from phonefleet.planner import basis_of
from phonefleet.reading import read_tenant
from phonefleet.snapshot import Snapshot
from phonefleet.vocabulary import ReasonCode, Reversibility, Route, StepKind, Verdict
from phonefleet.worker import Worker

GUARDIAN_STAYS = "Guardian's Twilio settings, if there are any, cannot be removed through the API and stay"


async def finalize_plan(api: ManagementApi, ref: TenantRef) -> Plan:
    """What would be removed for good.

    Raises:
        StepFailed: the tenant isn't migrated and working, so nothing of the old side may go.
        TenantError: it can't be read.
    """
    snapshot = await read_tenant(api, ref.client_id, datetime.now(UTC))
    assessment = classify(snapshot, ref.target).assessment
    if assessment.verdict is not Verdict.already_migrated:
        why = assessment.reasons[0].message if assessment.reasons else ""
        raise StepFailed(
            ref.domain,
            ReasonCode.verification_failed,
            f"the tenant is {assessment.verdict} ({why}), so nothing of its legacy side may be removed: "
            "migrate it first",
        )
    provider = snapshot.provider
    return Plan(
        domain=ref.domain,
        route=Route.twilio if provider and provider.name == "twilio" else Route.custom_action,
        basis=basis_of(snapshot),
        steps=tuple(
            Step(index=i, kind=kind, key=key, title=title)
            for i, (kind, key, title) in enumerate(_leftovers(snapshot))
        ),
        reversibility=Reversibility.one_way,
    )


def _leftovers(snapshot: Snapshot) -> Iterator[tuple[StepKind, str, str]]:
    bound = [a.name for a in snapshot.legacy_actions if a.bound]
    if bound:
        yield (
            StepKind.unbind_action,
            "legacy_flow",
            f"take {', '.join(bound)} out of the send-phone-message flow",
        )
    for connection in snapshot.connections:
        if connection.gateway and connection.gateway.has_secret:
            yield (
                StepKind.clear_gateway_secret,
                f"leftover:{connection.id}",
                f"remove the gateway's secret from connection {connection.name}",
            )
        elif connection.twilio and connection.twilio.has_token:
            yield (
                StepKind.clear_connection_twilio,
                f"leftover:{connection.id}",
                f"remove the Twilio credentials from connection {connection.name}",
            )


async def finalize(worker: Worker, ref: TenantRef, accepted: frozenset[str]) -> Snapshot:
    """Remove the leftovers of a plan made by `finalize_plan`.

    Args:
        worker: at work on the tenant.
        ref: the tenant.
        accepted: the kinds of steps that the operator accepts by name.

    Raises:
        StepFailed: a kind wasn't accepted (nothing was written), or a read-back doesn't hold.
        TenantError: Auth0 refused or could not be reached.
    """
    await worker.recover()
    missing = [step for step in worker.plan.steps if step.kind not in accepted]
    if missing:
        titles = "; ".join(step.title for step in missing)
        names = " ".join(f"--accept {kind}" for kind in dict.fromkeys(str(step.kind) for step in missing))
        raise StepFailed(
            ref.domain,
            ReasonCode.finalize_not_accepted,
            f"this can't be undone and was not accepted: {titles}. Repeat with {names}",
        )
    for step in worker.plan.steps:
        await worker.apply(step)
    return await verify(worker.api, ref)
