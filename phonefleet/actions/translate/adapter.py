"""The safe translation: the legacy code is kept byte for byte and called with a legacy event."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from phonefleet.actions.parse.event_fields import names_below
from phonefleet.actions.parse.event_table import TriggerVersion
from phonefleet.actions.translate.code_assembly import comment_text, fill, literal, part

DROP: Final = "drop"


class OnError(StrEnum):
    """What the adapter does with an error that the legacy code throws."""

    DROP = "drop"
    RETRY_UNSENT = "retry_unsent"


_RECORDS: Final = ("client", "custom_domain", "request", "tenant", "transaction", "user")
_MESSAGE: Final = {TriggerVersion.V1: "...message,", TriggerVersion.V2: "message_options: message,"}
_ERROR_PARTS: Final = {OnError.DROP: "drop_failed", OnError.RETRY_UNSENT: "retry_unsent"}


def adapter_code(
    name: str,
    code: str,
    *,
    version: TriggerVersion = TriggerVersion.V2,
    other_types: str = DROP,
    on_error: OnError = OnError.DROP,
) -> str:
    """The source of a custom-phone-provider Action around unchanged legacy ``code``.

    Args:
        name: the Action's name, for the comment at the top.
        code: the legacy source, syntactically valid CommonJS.
        version: the version of the legacy trigger, which decides the form of the event.
        other_types: ``drop``, or the source of a JavaScript function ``(event, api) => …`` that handles the
            notification types without a legacy counterpart.
        on_error: ``RETRY_UNSENT`` is only right for code that makes at most one outbound call.
    """
    holes = {
        "TITLE": comment_text(literal(name)),
        "LEGACY": legacy_module(code),
        "PARTS": "\n\n".join((event_parts(version), other_part(other_types), failure_part(on_error))),
    }
    return fill(part("adapter"), holes)


def legacy_module(code: str) -> str:
    """The legacy code as a module of its own inside the new Action, loaded once, unchanged."""
    return fill(part("legacy_module"), {"CODE": code}).rstrip()


def event_parts(version: TriggerVersion, excluded_secrets: tuple[str, ...] = ()) -> str:
    """The functions that build the legacy event and api, without ``excluded_secrets``."""
    secrets = "event.secrets"
    if excluded_secrets:
        names = f"Object.keys(event.secrets).filter((name) => !{literal(excluded_secrets)}.includes(name))"
        secrets = f"phonefleetPick(event.secrets, {names})"
    fields = {f"{record.upper()}_FIELDS": literal(names_below(record)) for record in _RECORDS}
    return fill(part("adapter_parts"), {**fields, "MESSAGE": _MESSAGE[version], "SECRETS": secrets}).rstrip()


def other_part(other_types: str) -> str:
    """The function for the types without a legacy counterpart."""
    if other_types == DROP:
        return part("drop_other").rstrip()
    return f"function phonefleetOther(event, api) {{\n  return ({other_types})(event, api);\n}}"


def failure_part(on_error: OnError) -> str:
    """The function that drops or retries a notification after an error."""
    return part(_ERROR_PARTS[on_error]).rstrip()
