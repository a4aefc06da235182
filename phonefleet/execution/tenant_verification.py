"""Read a whole tenant after its switch and check that it can send."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from configs import TenantRef
from phonefleet.assessment.verdict import classify
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import StepFailed
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.snapshot import Snapshot


async def verify_tenant(api: ManagementApi, ref: TenantRef) -> Snapshot:
    """Read the tenant: it must be on the Unified Phone Experience and able to send everything in use.

    Raises:
        StepFailed: `verification_failed`, with the reasons.
    """
    after = await read_tenant(api, ref.client_id, datetime.now(UTC))
    assessment = (await asyncio.to_thread(classify, after, ref.target)).assessment
    if assessment.verdict is not Verdict.ALREADY_MIGRATED:
        why = "; ".join(r.message for r in assessment.reasons)
        raise StepFailed(
            ref.domain,
            ReasonCode.VERIFICATION_FAILED,
            f"after the switch the tenant is {assessment.verdict}: {why}",
        )
    return after
