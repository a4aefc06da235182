"""Simpler messages, for a counterexample that a person can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from phonefleet.actions.parse.event_table import OPTIONAL_FIELDS
from phonefleet.actions.verify.sample_message import Detail, Message, Method, Purpose

_DETAILS = (Detail.BARE, Detail.SOME, Detail.FULL)
_NEEDED_OF_USER = ("user_id", "created_at", "updated_at", "email_verified")


def by_size(message: Message) -> tuple[bool, int, int]:
    """A sort key: messages answered ok first, then those with fewer fields."""
    return (message.kind.answers != "ok", _DETAILS.index(message.kind.detail), len(str(message.user)))


def simpler() -> Iterator[Callable[[Message], Message]]:
    """Steps that each remove something; a step is kept if the message still differs after it."""
    yield lambda m: replace(m, kind=replace(m.kind, answers="ok"))
    yield lambda m: replace(m, kind=replace(m.kind, method=Method.TEXT))
    yield lambda m: replace(m, kind=replace(m.kind, purpose=Purpose.VERIFY))
    yield lambda m: replace(m, identities=None)
    yield lambda m: replace(m, keeps_http_method=True)
    yield lambda m: replace(m, kind=replace(m.kind, detail=Detail.BARE))
    for part in dict.fromkeys(name.split(".")[0] for name in OPTIONAL_FIELDS):
        yield partial(_without, part)
    yield lambda m: replace(m, user=_only(m.user, *_NEEDED_OF_USER))
    yield lambda m: replace(m, recipient=m.recipient.replace("-", ""))
    yield lambda m: replace(m, configuration={})
    yield lambda m: replace(m, text=f"Your code is {m.code}", voice=f"Spoken: {' '.join(m.code)}")
    yield lambda m: replace(m, locale="en")


def _without(part: str, message: Message) -> Message:
    """The message without the optional fields in one part of the event."""
    return replace(
        message, absent=message.absent | {name for name in OPTIONAL_FIELDS if name.split(".")[0] == part}
    )


def _only(fields: Any, *names: str) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}
