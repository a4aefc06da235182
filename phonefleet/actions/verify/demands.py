"""What a field of the event must be for a condition to hold, and messages that have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import NoneType
from typing import Any, Final

from phonefleet.actions.parse.event_fields import LegacyEvent, Shape
from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.verify.regex_examples import MOST_TEXT, example_of
from phonefleet.actions.verify.sample_message import LEGACY_ACTION, LEGACY_METHOD, Message


class Wanted(StrEnum):
    """What is demanded of a value."""

    EQUALS = "equals"
    DIFFERS = "differs"
    STARTS = "starts"
    ENDS = "ends"
    HAS = "has"
    MATCHES = "matches"
    LENGTH = "length"
    LISTS = "lists"
    EXISTS = "exists"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Demand:
    """One field of the legacy event (or a secret) and what it must be."""

    path: Path
    need: Wanted
    value: Any = None


@dataclass(frozen=True, slots=True)
class FieldSource:
    """A value that comes from the event: a whole field, or a part of its text."""

    path: Path
    part: Wanted = Wanted.EQUALS
    skipped: int = 0

    def demand(self, value: Any) -> Demand:
        """What the field must be for this value to equal ``value``."""
        if self.part is Wanted.STARTS and isinstance(value, str):
            return Demand(self.path, Wanted.STARTS, "+" * self.skipped + value)
        return Demand(self.path, self.part, value)


Demands = tuple[Demand, ...]
"""Demands that must hold together."""
_REMOVED: Final = object()


def values_for(demands: Demands, current: Mapping[Path, Any]) -> dict[Path, Any] | None:
    """A value for each demanded path, or ``None`` where demands contradict each other in a way not handled here."""
    result: dict[Path, Any] = {}
    for path in dict.fromkeys(demand.path for demand in demands):
        own = [demand for demand in demands if demand.path == path]
        value = _value(own, current.get(path))
        if value is None:
            return None
        result[path] = value
    return result


def _value(demands: list[Demand], current: Any) -> Any:
    given = {demand.need: demand.value for demand in demands}
    if Wanted.ABSENT in given:
        return _REMOVED
    if Wanted.EQUALS in given:
        return given[Wanted.EQUALS]
    if Wanted.LISTS in given:
        return [demand.value for demand in demands if demand.need is Wanted.LISTS]
    if Wanted.MATCHES in given:
        pattern, _ = given[Wanted.MATCHES]
        text = example_of(pattern)
        return text if text is None or pattern.endswith("$") else text + "0" * max(0, 8 - len(text))
    length = given.get(Wanted.LENGTH)
    texts = [given.get(need, "") for need in (Wanted.STARTS, Wanted.HAS, Wanted.ENDS)]
    if not all(isinstance(text, str) for text in texts) or not isinstance(length, (int, NoneType)):
        return (
            None  # a comparison that is never true: a part of a text with a number, or a length with a text
        )
    if length is not None and length > MOST_TEXT:
        return None
    if any(texts) or length is not None:
        known = sum(map(len, texts))
        filler = "5550123456789"[: max(0, (12 if length is None else length) - known)]
        if length is not None:
            filler += "0" * (length - known - len(filler))
        return texts[0] + texts[1] + filler + texts[2]
    if Wanted.EXISTS in given:
        return current or "yes"
    refused = [demand.value for demand in demands if demand.need is Wanted.DIFFERS]
    return current if current is not None and current not in refused else "other"


def with_values(message: Message, values: Mapping[Path, Any], event: LegacyEvent) -> Message | None:
    """The message with those values; ``None`` if one of them is no field that a message of this event can have."""
    result: Message | None = message
    for path, value in values.items():
        if path[:1] != ("secrets",):
            result = None if result is None else _with_value(result, path, value, event)
    return result


def secrets_with(
    secrets: tuple[tuple[str, str], ...], values: Mapping[Path, Any]
) -> tuple[tuple[str, str], ...]:
    """The secrets with those values that are demanded of them."""
    changed: dict[str, Any] = dict(secrets)
    for path, value in values.items():
        if path[:1] == ("secrets",) and len(path) == 2:
            changed[path[1]] = value
    return tuple(sorted((name, str(value)) for name, value in changed.items() if value is not _REMOVED))


def described(demands: Iterable[Demand]) -> str:
    """The demands for people."""
    return " and ".join(
        f"{'.'.join(('event', *each.path))} {each.need}"
        + (f" {each.value!r}" if each.value is not None else "")
        for each in demands
    )


def _with_value(message: Message, path: Path, value: Any, event: LegacyEvent) -> Message | None:
    gone = value is _REMOVED
    if event.shape(path) in (Shape.UNKNOWN, Shape.LOST):
        return None  # the legacy event never has it
    name = event.message_field(path)
    match path if name is None else ("message_options", name):
        case ("message_options", "message_type"):
            method = next((key for key, name in LEGACY_METHOD.items() if name == value), None)
            return None if method is None else replace(message, kind=replace(message.kind, method=method))
        case ("message_options", "action"):
            purpose = next((key for key, name in LEGACY_ACTION.items() if name == value), None)
            return None if purpose is None else replace(message, kind=replace(message.kind, purpose=purpose))
        case ("message_options", "text") if isinstance(value, str):
            return replace(message, text=value, voice=f"Spoken: {value}")
        case ("message_options", "code") if isinstance(value, str):
            text = message.text.replace(message.code, value)
            return replace(message, code=value, text=text)
        case ("message_options", "recipient") if isinstance(value, str):
            return replace(message, recipient=value)
        case ("message_options", "language") if isinstance(value, str):
            return replace(message, locale=value)
        case ("request", "language"):
            return replace(message, language=None if gone else str(value))
        case ("request", "method"):
            return None if gone else replace(message, http_method=str(value))
        case ("request", *rest):
            return replace(message, request=_set(message.request, rest, value))
        case ("tenant", "id") if isinstance(value, str):
            return replace(message, tenant=value)
        case ("client",) if gone:
            return replace(message, client=None)
        case ("client", "client_metadata" | "metadata", *rest) if rest and message.client is not None:
            return replace(message, client=_set(message.client, ["metadata", *rest], value))
        case ("client", name) if message.client is not None and name in ("client_id", "name") and not gone:
            return replace(message, client=_set(message.client, [name], value))
        case ("custom_domain", "domain_metadata", *rest) if rest:
            return replace(message, domain_metadata=_set(message.domain_metadata, rest, value))
        case ("user", *rest) if rest:
            return replace(message, user=_set(message.user, rest, value))
        case ("configuration", *rest) if rest:
            return replace(message, configuration=_set(message.configuration, rest, value))
    return None


def _set(holder: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    """A copy of ``holder`` with ``value`` at ``path``."""
    name, *rest = path
    if rest:
        inner = holder.get(name)
        return {**holder, name: _set(inner if isinstance(inner, Mapping) else {}, rest, value)}
    copy = dict(holder)
    if value is _REMOVED:
        copy.pop(name, None)
    else:
        copy[name] = value
    return copy
