"""Read log entries about phone messages: sent or failed, by what method, to whom, and why.

MFA writes `gd_send_sms` and `gd_send_voice`, or the same with `_failure`. Passwordless writes `cs`. `fn` is a failed
notification of any kind, by e-mail too. `actions_execution_failed` is an Action that threw or ran out of time. A
failure has its reason in `details.provider_error`, `details.failure_details`, `details.error`,
`details.action_error` or in the description alone, and often names no recipient. Source: Auth0's schema of tenant
logs, and log entries that Auth0's support quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from phonefleet.delivery.provider_errors import ProviderError, find_provider_error
from phonefleet.model.endpoints import (
    ACTION_FAILURE_EVENT,
    FAILED_NOTIFICATION_EVENT,
    FAILURE_SUFFIX,
    LEGACY_TRIGGER,
    PROVIDER_TRIGGER,
)
from phonefleet.secrets.phone_numbers import mask_numbers

Entry = Mapping[str, Any]

_REASON_FIELDS = ("provider_error", "failure_details", "error", "action_error")
_CODE_FIELDS = ("errorCode", "error_code", "code")
_RECIPIENT_FIELDS = frozenset({"to", "recipient", "phone_number", "phone", "username"})
_SIGN_IN_FIELDS = ("user_id", "identity_user_id", "connection", "connection_id", "strategy")
_MASKS = frozenset("Xx*•#")
_TAIL = 4


class Addressee(StrEnum):
    """Whose message an entry is about."""

    OURS = "ours"
    ANOTHER = "another"
    UNKNOWN = "unknown"
    """It names no recipient, or too little of the number."""


@dataclass(frozen=True, slots=True)
class FailureReason:
    """Why a message failed.

    Attributes:
        text: the provider's or Auth0's own words, with numbers masked.
        error: the provider's error code, if it is known.
    """

    text: str
    error: ProviderError | None

    def __str__(self) -> str:
        return "; ".join(str(part) for part in (self.text, self.error) if part)


def entry_id(entry: Entry) -> str:
    """Return a log entry's id, which has one of two names."""
    return str(entry.get("log_id") or entry.get("_id") or "")


def is_failure(entry: Entry) -> bool:
    """Whether a log entry about a message says that it was not sent."""
    kind = str(entry["type"])
    return kind.endswith(FAILURE_SUFFIX) or kind in (FAILED_NOTIFICATION_EVENT, ACTION_FAILURE_EVENT)


def is_sign_in(entry: Entry) -> bool:
    """Whether an entry names a user or a connection: a sign-in, perhaps through the old sender; a test has neither.

    `user_id` is optional in Auth0's schema; entries of MFA also name the user's enrollment and authenticator.
    """
    if any(entry.get(field) for field in _SIGN_IN_FIELDS):
        return True
    factors = (_details(entry).get(name) for name in ("enrollment", "authenticator"))
    return any(each.get("user_id") or each.get("id") for each in factors if isinstance(each, Mapping))


def is_phone_entry(entry: Entry) -> bool:
    """Whether an entry is about phone messages; `cs`, `fn` and failed Actions may be about something else."""
    details = _details(entry)
    if entry["type"] == ACTION_FAILURE_EVENT:
        return details.get("trigger_id") in (None, "", PROVIDER_TRIGGER, LEGACY_TRIGGER)
    email = "email" in (entry.get("strategy"), details.get("notification_type"), details.get("channel"))
    return not email and not any("@" in name for name in _recipients(details))


def may_be_test(entry: Entry, method: str) -> bool:
    """Whether an entry may be about a test message by `text` or `voice`, to any recipient.

    A test message goes through the tenant-level provider, so an Action of the legacy trigger has not sent it.
    """
    details = _details(entry)
    legacy = entry["type"] == ACTION_FAILURE_EVENT and details.get("trigger_id") == LEGACY_TRIGGER
    return is_phone_entry(entry) and not legacy and details.get("delivery_method") in (None, "", method)


def addressee(entry: Entry, to: str) -> Addressee:
    """Say whether an entry is about a message to a number.

    The number may be masked but for its last digits. A message to a user is not a test message, which has none.

    Args:
        entry: the log entry.
        to: the number, E.164.
    """
    details = _details(entry)
    if any(_is_number(text, to) for text in _strings(details)) or _mentions(entry, to):
        return Addressee.OURS
    another = entry.get("user_id") or any(_contradicts(text, to) for text in _recipients(details))
    return Addressee.ANOTHER if another else Addressee.UNKNOWN


def failure_reason(entry: Entry) -> FailureReason:
    """Return why the message of an entry failed, from every place where an entry may say it."""
    fields = [details for name in _REASON_FIELDS if (details := _details(entry).get(name))]
    objects = [field for field in fields if isinstance(field, Mapping)]
    codes = [str(field[name]) for field in objects for name in _CODE_FIELDS if name in field]
    texts = [_text(field) for field in fields] + [str(entry.get("description") or "")]
    masked = [mask_numbers(text) for text in texts if text]
    return FailureReason(masked[0] if masked else "", find_provider_error(codes, masked))


def _text(field: Any) -> str:
    if not isinstance(field, Mapping):
        return str(field)
    return str(field.get("message") or next((field[name] for name in _CODE_FIELDS if field.get(name)), ""))


def _details(entry: Entry) -> Mapping[str, Any]:
    details = entry.get("details")
    return details if isinstance(details, Mapping) else {}


def _is_number(text: str, to: str) -> bool:
    bare = text.replace(" ", "").replace("-", "")
    masked = bare[:-_TAIL].lstrip("+")
    return bare == to or (bare[-_TAIL:] == to[-_TAIL:] and bool(masked) and set(masked) <= _MASKS)


def _mentions(entry: Entry, to: str) -> bool:
    """Whether a failure's own words repeat the complete number, as Twilio's do.

    Another number there may be the sender's, so it does not show that the message was another's.
    """
    reasons = [_details(entry).get(name) for name in _REASON_FIELDS]
    return any(to in text for text in _strings([*reasons, entry.get("description")]))


def _contradicts(text: str, to: str) -> bool:
    """Whether a recipient is another one: an e-mail address, or a number with another digit at some place."""
    if "@" in text:
        return True
    bare = [c for c in text if c.isdigit() or c in _MASKS]
    pairs = zip(reversed(bare), reversed(to.lstrip("+")), strict=False)
    return any(theirs.isdigit() and theirs != ours for theirs, ours in pairs)


def _recipients(value: Any) -> Iterator[str]:
    """Yield the texts of fields that name a recipient, at any depth."""
    match value:
        case Mapping():
            for name, item in value.items():
                if isinstance(item, str) and name in _RECIPIENT_FIELDS:
                    yield item
                else:
                    yield from _recipients(item)
        case list() | tuple():
            for item in value:
                yield from _recipients(item)


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from _strings(item)
        case list() | tuple():
            for item in value:
                yield from _strings(item)
