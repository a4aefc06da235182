"""Plan the removal of what is left of the legacy side of one tenant.

Guardian's Twilio settings stay: Auth0 answers 403 to every change of them once a tenant is on the Unified Phone
Experience (Auth0 documentation, "Unified Phone Experience", list of Guardian endpoints).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from configs import TenantRef
from phonefleet.auth0.connection_options import shown_options
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import StepFailed
from phonefleet.execution.steps.connection_lookup import flag_of
from phonefleet.execution.tenant_verification import judge
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import ReasonCode, Reversibility, Route, Verdict
from phonefleet.model.plan import Plan
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.steps import Step, numbered
from phonefleet.planning.planner import basis_of
from phonefleet.planning.step_builders import clear_connection_steps, unbind_step


async def finalize_plan(
    api: ManagementApi, ref: TenantRef, ledger: Ledger | None = None
) -> tuple[Plan, Snapshot]:
    """Read a tenant and plan what to remove from it for good.

    Returns:
        The plan, and the tenant as it was read.

    Raises:
        StepFailed: the tenant is not migrated and working, so nothing of its legacy side may be removed.
        TenantError: it cannot be read.
    """
    snapshot = await read_tenant(api, ref.client_id, datetime.now(UTC))
    judgement, _ = await judge(snapshot, ref.target, ledger)
    assessment = judgement.assessment
    if assessment.verdict is not Verdict.ALREADY_MIGRATED:
        why = assessment.reasons[0].message if assessment.reasons else ""
        raise StepFailed(
            ref.domain,
            ReasonCode.VERIFICATION_FAILED,
            f"the tenant is {assessment.verdict} ({why}), so nothing of its legacy side may be removed: "
            "migrate it first",
        )
    provider = snapshot.provider
    connections = await api.connections("sms")
    plan = Plan(
        domain=ref.domain,
        route=Route.TWILIO if provider and provider.name == "twilio" else Route.CUSTOM_ACTION,
        basis=basis_of(snapshot),
        steps=numbered(_steps(snapshot, connections)),
        reversibility=Reversibility.ONE_WAY,
    )
    return plan, snapshot


def _steps(snapshot: Snapshot, connections: Iterable[Mapping[str, Any]]) -> Iterator[Step]:
    if unbind := unbind_step(snapshot.legacy_actions):
        yield unbind
    for raw in connections:
        # A connection that sends on its own needs its credentials; one without the switch may.
        options = shown_options(raw)
        if options is not None and flag_of(options).is_on:
            yield from clear_connection_steps(raw["id"], raw["name"], options)
