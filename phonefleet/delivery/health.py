"""Whether a switched tenant is healthy: still switched, and its messages are not failing more than before."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.delivery.failure_rate import DEFAULT_FAILURE_RATE, MessageCount, fails_significantly_more
from phonefleet.model.endpoints import UPE_FLAG

BASELINE = timedelta(days=1)
"""How far back a tenant's own failures are counted for comparison."""
RECENT = timedelta(days=1)
"""How far back a tenant's failures are counted that was switched long ago."""
_SENT = "type:gd_send_sms OR type:gd_send_voice"
_FAILED = "type:gd_send_sms_failure OR type:gd_send_voice_failure"
_LINES = 1000


async def health_problem(api: ManagementApi, since: datetime) -> str:
    """What is wrong with a tenant that was switched at `since`; empty when nothing is.

    Raises:
        TenantError: it can't be read.
    """
    failing: str
    settings, provider, failing = await asyncio.gather(
        api.settings(), find_provider(api), failing_messages(api, since)
    )
    if settings.get(UPE_FLAG) is False:
        return f"{UPE_FLAG} is false again: somebody switched the tenant back"
    if provider is None or provider.disabled:
        return "the tenant-level provider is gone or disabled"
    return failing


async def failing_messages(api: ManagementApi, since: datetime) -> str:
    """In numbers, that a tenant that was switched at `since` fails to send more than before; empty when it doesn't.

    Its messages of the last day, or since the switch if that is later, are held against those of the day before the
    switch. Auth0 keeps logs for 1 to 30 days, depending on the plan (Auth0 documentation, "Log Data Retention"), so
    the latter may be gone: then against a usual share.

    Raises:
        TenantError: the logs can't be read.
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
        else f"what failed before the switch is not known ({before} in its logs; "
        f"{float(DEFAULT_FAILURE_RATE):.0%} is usual)"
    )
    return f"{sent} messages failed {when}, {against}: more than chance"


async def _messages(api: ManagementApi, since: datetime, until: datetime | None) -> MessageCount:
    """Messages from `since` to `until` (now where None): of more than a search gives, the latest."""
    entries = await api.logs(f"{_SENT} OR {_FAILED}", limit=_LINES, since=since, until=until)
    failed = sum(1 for entry in entries if str(entry["type"]).endswith("_failure"))
    return MessageCount(failed, len(entries))
