"""Check that a switched tenant is healthy: its settings let it send, and it fails no more often than before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from phonefleet.assessment.silence import silent_uses
from phonefleet.auth0.concurrent_reads import read_together
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.part_reads import PartReads
from phonefleet.delivery.failure_rate import DEFAULT_FAILURE_RATE, MessageCount, fails_significantly_more
from phonefleet.delivery.log_entries import Entry, failure_reason, is_failure, is_phone_entry
from phonefleet.model import endpoints
from phonefleet.model.endpoints import MESSAGE_EVENTS, UPE_FLAG, any_of_types, message_events
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.snapshot_parts import SnapshotPart

BASELINE = timedelta(days=1)
"""Time before the switch whose failures are the baseline."""
RECENT = timedelta(days=1)
"""Time whose failures count for a tenant that was switched longer ago."""
_MESSAGES = any_of_types(*(name for method in MESSAGE_EVENTS for name in message_events(method)))
_LINES = 1000
_SENDING = frozenset({SnapshotPart.MESSAGE_TYPES, SnapshotPart.PROVIDERS, SnapshotPart.CUSTOM_ACTIONS})
"""What shows, beside the connections, whether something sends for all that is in use."""


@dataclass(frozen=True, slots=True)
class HealthProblem:
    """What is wrong with a switched tenant.

    Attributes:
        message: for people.
        in_settings: whether the tenant's settings show it, which decide its verdict; False for failing messages.
    """

    message: str
    in_settings: bool


async def health_problem(api: ManagementApi, client_id: str, since: datetime) -> HealthProblem | None:
    """Return what is wrong with a tenant that was switched at `since`; None when nothing is.

    Raises:
        TenantError: it cannot be read.
    """
    settings, failing = await read_together(_read_sending(api, client_id), failing_messages(api, since))
    if problem := _problem_in(settings):
        return HealthProblem(problem, in_settings=True)
    return HealthProblem(failing, in_settings=False) if failing else None


async def _read_sending(api: ManagementApi, client_id: str) -> Snapshot:
    reads = PartReads(api, client_id)
    await reads.begin()
    await reads.read(_SENDING)
    return reads.snapshot(datetime.now(UTC))


def _problem_in(settings: Snapshot) -> str:
    if settings.flag is False:
        return f"{UPE_FLAG} is false again: the tenant was switched back"
    if settings.provider is None or settings.provider.disabled:
        return "the tenant-level provider is missing or disabled"
    if silent := silent_uses(settings):
        return f"nothing sends for {', '.join(silent)}"
    return ""


async def failing_messages(api: ManagementApi, since: datetime) -> str:
    """Return how many more messages fail since the switch at `since` than before; empty when no more do.

    Counts the messages of MFA and of Passwordless, and failed Actions of the phone triggers. Compares those of the
    last day, or since the switch if that is later, with those of the day before the switch. Auth0 keeps logs for 1
    to 30 days, depending on the plan (Auth0 documentation, "Log Data Retention"), so the latter may no longer exist;
    a default failure rate then replaces them.

    Raises:
        TenantError: the logs cannot be read.
    """
    now = datetime.now(UTC)
    start = max(since, now - RECENT)
    entries, earlier = await read_together(
        _messages(api, start, None), _messages(api, since - BASELINE, since)
    )
    sent, before = count_messages(entries), count_messages(earlier)
    if not fails_significantly_more(sent, before):
        return ""
    when = "since the switch" if start == since else f"since {start:%Y-%m-%d %H:%M} UTC"
    against = (
        f"{before} in the day before the switch"
        if before.known
        else f"the failures before the switch are not known ({before} in its logs; "
        f"{float(DEFAULT_FAILURE_RATE):.0%} is assumed)"
    )
    return (
        f"{sent} messages failed {when}, {against}: more than chance explains{_most_frequent_error(entries)}"
    )


async def _messages(api: ManagementApi, since: datetime, until: datetime | None) -> list[dict[str, Any]]:
    """Read entries about messages from `since` to `until` (now where None); the latest, if a search returns not all."""
    entries = await api.logs(_MESSAGES, limit=_LINES, since=since, until=until)
    return [entry for entry in entries if is_phone_entry(entry)]


def count_messages(entries: Iterable[Entry]) -> MessageCount:
    """Count messages, of which one that failed may have several entries.

    `fn` may repeat a failure of MFA, which has its own entry; one of a connection does not. A failed Action is the
    failure of a message that may have an entry too. So of entries for the same messages only the larger number counts.
    """
    kinds = Counter(_kind_of(entry) for entry in entries)
    mfa = max(kinds[_Kind.MFA_FAILED], kinds[_Kind.NOTIFICATION_FAILED])
    failed = max(mfa + kinds[_Kind.PASSWORDLESS_FAILED], kinds[_Kind.ACTION_FAILED])
    return MessageCount(failed, failed + kinds[_Kind.SENT])


class _Kind(StrEnum):
    SENT = "sent"
    MFA_FAILED = "mfa_failed"
    PASSWORDLESS_FAILED = "passwordless_failed"
    NOTIFICATION_FAILED = "notification_failed"
    ACTION_FAILED = "action_failed"


def _kind_of(entry: Entry) -> _Kind:
    match entry["type"]:
        case endpoints.ACTION_FAILURE_EVENT:
            return _Kind.ACTION_FAILED
        case endpoints.FAILED_NOTIFICATION_EVENT:
            of_connection = entry.get("connection_id") or entry.get("connection")
            return _Kind.PASSWORDLESS_FAILED if of_connection else _Kind.NOTIFICATION_FAILED
        case _:
            return _Kind.MFA_FAILED if is_failure(entry) else _Kind.SENT


def _most_frequent_error(entries: Iterable[Entry]) -> str:
    """Return the provider's error code that most failures have, with what to do; empty when none has a known one."""
    errors = Counter(failure_reason(entry).error for entry in entries if is_failure(entry))
    del errors[None]
    return "".join(f". Most often {error}" for error, _ in errors.most_common(1))
