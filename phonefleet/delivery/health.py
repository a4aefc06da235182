"""Check that a switched tenant is healthy: still switched, and not failing to send more often than before."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.delivery.evidence import is_failure
from phonefleet.delivery.failure_rate import DEFAULT_FAILURE_RATE, MessageCount, fails_significantly_more
from phonefleet.model.endpoints import MESSAGE_EVENTS, UPE_FLAG, any_of_types, message_events

BASELINE = timedelta(days=1)
"""Time before the switch whose failures are the baseline."""
RECENT = timedelta(days=1)
"""Time whose failures count for a tenant that was switched longer ago."""
_MESSAGES = any_of_types(*(name for method in MESSAGE_EVENTS for name in message_events(method)))
_LINES = 1000


async def health_problem(api: ManagementApi, since: datetime) -> str:
    """Return what is wrong with a tenant that was switched at `since`; empty when nothing is.

    Raises:
        TenantError: it cannot be read.
    """
    failing: str
    settings, provider, failing = await asyncio.gather(
        api.settings(), find_provider(api), failing_messages(api, since)
    )
    if settings.get(UPE_FLAG) is False:
        return f"{UPE_FLAG} is false again: the tenant was switched back"
    if provider is None or provider.disabled:
        return "the tenant-level provider is missing or disabled"
    return failing


async def failing_messages(api: ManagementApi, since: datetime) -> str:
    """Return how many more messages fail since the switch at `since` than before; empty when no more do.

    Compares the messages of the last day, or since the switch if that is later, with those of the day before the
    switch. Auth0 keeps logs for 1 to 30 days, depending on the plan (Auth0 documentation, "Log Data Retention"), so
    the latter may no longer exist; a default failure rate then replaces them.

    Raises:
        TenantError: the logs cannot be read.
    """
    now = datetime.now(UTC)
    start = max(since, now - RECENT)
    sent, before = await asyncio.gather(_messages(api, start, None), _messages(api, since - BASELINE, since))
    if not fails_significantly_more(sent, before):
        return ""
    when = "since the switch" if start == since else f"since {start:%Y-%m-%d %H:%M} UTC"
    against = (
        f"{before} in the day before the switch"
        if before.known
        else f"the failures before the switch are not known ({before} in its logs; "
        f"{float(DEFAULT_FAILURE_RATE):.0%} is assumed)"
    )
    return f"{sent} messages failed {when}, {against}: more than chance explains"


async def _messages(api: ManagementApi, since: datetime, until: datetime | None) -> MessageCount:
    """Count messages from `since` to `until` (now where None); of more than a search returns, the latest."""
    entries = await api.logs(_MESSAGES, limit=_LINES, since=since, until=until)
    return MessageCount(sum(map(is_failure, entries)), len(entries))
