"""A test message of which nobody knows whether it was sent: settled by the tenant's logs, or left to the operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.delivery.send_outcome import AmbiguousSend, SendOutcome, resolve_send
from phonefleet.errors import ApiRefused, StepFailed, TenantError
from phonefleet.execution.journal import Journal
from phonefleet.execution.write_counter import count_writes
from phonefleet.model.enums import Operation, ReasonCode
from phonefleet.model.plan import Step
from phonefleet.model.run_record import StepResult

RESULTS = {
    SendOutcome.TAKEN: StepResult.DONE,
    SendOutcome.NEVER_ARRIVED: StepResult.NOT_APPLIED,
    SendOutcome.UNKNOWN: StepResult.UNKNOWN,
}
EXPLANATIONS = {
    SendOutcome.TAKEN: "the tenant's log shows that it was taken",
    SendOutcome.NEVER_ARRIVED: "the tenant's log shows later writes and not this one: it never arrived",
    SendOutcome.UNKNOWN: "the tenant's log doesn't tell",
}


async def resolve_ambiguous_send(
    api: ManagementApi, journal: Journal, step: Step, since: datetime, deadline: timedelta
) -> SendOutcome:
    """What the tenant's logs say about a test message that was intended at `since`.

    Raises:
        Unreachable: they could not be read; the intent stays open and is settled when the phase is repeated.
    """
    after: Any = step.after
    doubt = AmbiguousSend(
        api.client_id, after["delivery_method"], after["to"], since, await journal.evidence()
    )
    try:
        return await resolve_send(api, doubt, lambda: _mark(api, journal, step), deadline=deadline)
    except ApiRefused:
        return SendOutcome.UNKNOWN


async def _mark(api: ManagementApi, journal: Journal, step: Step) -> bool:
    """Set the provider's `disabled` to what it is: a write that changes nothing and is logged."""
    provider = await find_provider(api)
    if provider is None:
        return False
    intent = await journal.intend(step, Operation.MARK)
    with count_writes() as attempts:
        try:
            await api.update_phone_provider(provider["id"], {"disabled": provider["disabled"]})
        except TenantError as error:
            await journal.settle(intent, StepResult.UNKNOWN, attempts.count, str(error))
            raise
    await journal.settle(intent, StepResult.DONE, attempts.count, "for the tenant's log: it changes nothing")
    return True


def unknown_send_outcome(domain: str, step: Step) -> StepFailed:
    """The error for a test message that may or may not have been sent."""
    after: Any = step.after
    return StepFailed(
        domain,
        ReasonCode.TEST_FATE_UNKNOWN,
        f"whether the test message by {after['delivery_method']} was sent is not known, so it is not sent again: look "
        "at the phone, then repeat with --resend-tests",
    )
