"""Whether a switched tenant is healthy: still switched, and its messages are not failing more than before."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from phonefleet.auth0.management import ManagementApi
from phonefleet.steps.provider import find_provider
from phonefleet.steps.switch import FLAG

BASELINE = timedelta(days=1)
"""How far back a tenant's own failures are counted for comparison."""
_SENT = "type:gd_send_sms OR type:gd_send_voice"
_FAILED = "type:gd_send_sms_failure OR type:gd_send_voice_failure"
_LINES = 1000


async def ill_health(api: ManagementApi, since: datetime) -> str:
    """What is wrong with a tenant that was switched at `since`; empty when nothing is.

    The share of failed messages since the switch is held against the tenant's own share in the day before it: one
    failure is no judgement, so at least two are needed.
    """
    settings, provider, now, before = await asyncio.gather(
        api.settings(),
        find_provider(api),
        _failures(api, since, None),
        _failures(api, since - BASELINE, since),
    )
    if settings.get(FLAG) is False:
        return f"{FLAG} is false again: somebody switched the tenant back"
    if provider is None or provider["disabled"]:
        return "the tenant-level provider is gone or disabled"
    failed, sent = now
    failed_before, sent_before = before
    # A tenant that sent nothing the day before has no failures to be held against either.
    all_before = max(1, sent_before + failed_before)
    if failed >= 2 and failed * all_before > failed_before * (sent + failed):
        return (
            f"{failed} of {sent + failed} messages failed since the switch, {failed_before} of "
            f"{sent_before + failed_before} in the day before"
        )
    return ""


async def _failures(api: ManagementApi, since: datetime, until: datetime | None) -> tuple[int, int]:
    """Failed and sent messages from `since` to `until` (now where None)."""
    entries = await api.logs(f"{_SENT} OR {_FAILED}", limit=_LINES, since=since, until=until)
    types = [str(entry["type"]) for entry in entries]
    failed = sum(1 for kind in types if kind.endswith("_failure"))
    return failed, len(types) - failed
