"""Classify a tenant with what the ledger knows, and check after its switch that it can send."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from configs import Target, TenantRef
from phonefleet.actions.verify.kept_results import results_kept_in
from phonefleet.assessment.action_examination import OwnActions
from phonefleet.assessment.planning_input import Judgement
from phonefleet.assessment.silence import judge_silence, silent_uses
from phonefleet.assessment.verdict import classify
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import StepFailed
from phonefleet.execution.own_actions import own_actions_of
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.snapshot import Snapshot


async def judge(snapshot: Snapshot, target: Target, ledger: Ledger | None) -> tuple[Judgement, OwnActions]:
    """Classify a tenant in a thread, and return what the ledger says of its Action too.

    Results of verifications are taken from the ledger, and kept in it.

    Raises:
        LedgerError: the ledger cannot be read or written.
    """
    own = await own_actions_of(snapshot, ledger)

    def judged() -> Judgement:
        with results_kept_in(ledger.verifications if ledger else None):
            return classify(snapshot, target, own)

    return await asyncio.to_thread(judged), own


async def with_silence(assessment: Assessment, snapshot: Snapshot, ledger: Ledger) -> Assessment:
    """Return the assessment, as `broken` if users get nothing now who got messages in the recorded state.

    The ledger is only asked where something in use has nothing to send through.

    Args:
        assessment: what the tenant is by itself.
        snapshot: what it was made of.
        ledger: has the state that the last change of the tenant left.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    if not silent_uses(snapshot):
        return assessment
    recorded = (await ledger.snapshots.latest.in_thread([snapshot.domain])).get(snapshot.domain)
    return judge_silence(assessment, recorded.snapshot, snapshot) if recorded else assessment


async def verify_tenant(api: ManagementApi, ref: TenantRef, ledger: Ledger | None = None) -> Snapshot:
    """Read the tenant: it must be on the Unified Phone Experience and able to send everything in use.

    The Action of a custom provider must be what a plan of the ledger deployed or kept; any other is examined.

    Raises:
        StepFailed: `cannot_send` where users get no messages now, else `verification_failed`; with the reasons.
    """
    after = await read_tenant(api, ref.client_id, datetime.now(UTC))
    judgement, _ = await judge(after, ref.target, ledger)
    assessment = judgement.assessment
    if assessment.verdict is not Verdict.ALREADY_MIGRATED:
        why = "; ".join(r.message for r in assessment.reasons)
        is_broken = assessment.verdict is Verdict.BROKEN
        raise StepFailed(
            ref.domain,
            ReasonCode.CANNOT_SEND if is_broken else ReasonCode.VERIFICATION_FAILED,
            f"after the switch the tenant is {assessment.verdict}: {why}",
        )
    return after
