"""A test message of which nobody knows whether it was sent: settled by the tenant's logs, or left to the operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from phonefleet.attempts import counting
from phonefleet.auth0.management import ManagementApi
from phonefleet.errors import ApiRefused, StepFailed, TenantError
from phonefleet.fate import Doubt, Fate, fate
from phonefleet.journal import Journal
from phonefleet.ledger import Result
from phonefleet.plan import Step
from phonefleet.steps.provider import find_provider
from phonefleet.vocabulary import MARK, ReasonCode

RESULTS = {Fate.TAKEN: Result.DONE, Fate.NEVER_ARRIVED: Result.NOT_APPLIED, Fate.UNKNOWN: Result.UNKNOWN}
SAID = {
    Fate.TAKEN: "the tenant's log shows that it was taken",
    Fate.NEVER_ARRIVED: "the tenant's log shows later writes and not this one: it never arrived",
    Fate.UNKNOWN: "the tenant's log doesn't tell",
}


async def fate_of(
    api: ManagementApi, journal: Journal, step: Step, since: datetime, deadline: timedelta
) -> Fate:
    """What the tenant's logs say about a test message that was intended at `since`.

    Raises:
        Unreachable: they could not be read; the intent stays open and is settled when the phase is repeated.
    """
    after: Any = step.after
    doubt = Doubt(api.client_id, after["delivery_method"], after["to"], since, await journal.evidence())
    try:
        return await fate(api, doubt, lambda: _mark(api, journal, step), deadline=deadline)
    except ApiRefused:
        return Fate.UNKNOWN


async def _mark(api: ManagementApi, journal: Journal, step: Step) -> bool:
    """Set the provider's `disabled` to what it is: a write that changes nothing and is logged."""
    provider = await find_provider(api)
    if provider is None:
        return False
    intent = await journal.intend(step, f"{MARK}{step.kind}")
    with counting() as attempts:
        try:
            await api.update_phone_provider(provider["id"], {"disabled": provider["disabled"]})
        except TenantError as error:
            await journal.settle(intent, Result.UNKNOWN, attempts.count, str(error))
            raise
    await journal.settle(intent, Result.DONE, attempts.count, "for the tenant's log: it changes nothing")
    return True


def unknown_fate(domain: str, step: Step) -> StepFailed:
    """The error for a test message that may or may not have been sent."""
    after: Any = step.after
    return StepFailed(
        domain,
        ReasonCode.TEST_FATE_UNKNOWN,
        f"whether the test message by {after['delivery_method']} was sent is not known, so it is not sent again: look "
        "at the phone, then repeat with --resend-tests",
    )
