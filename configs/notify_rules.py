"""Who gets messages about runs, and about what."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from configs.references import SecretRef
from configs.values import EachOnce, NonEmpty, PositiveDuration, Strict, Words, wrong


class NotifyEvent(StrEnum):
    """What a message is about."""

    START = "start"
    """A run that changes tenants begins."""
    APPROVAL = "approval"
    """A wave waits for its approval."""
    WINDOW_OPENED = "window_opened"
    """A wave goes on after the wait for its window."""
    WINDOW_MISSED = "window_missed"
    """Tenants may not start any more."""
    GATE_STOPPED = "gate_stopped"
    """A gate of a wave failed."""
    LOCKED_OUT = "locked_out"
    """Users of tenants get no messages now."""
    DRIFT = "drift"
    """Tenants differ from their recorded state."""
    END = "end"
    """A run that changes tenants has ended."""


def _link(data: str) -> str:
    names = set(re.findall(r"\{([^{}]*)\}", data))
    if not re.match(r"(https?|file)://\S+$", data) or names - {"run", "fleet"} or "{run}" not in data:
        raise wrong(
            "is not an address of reports",
            "Write an address with {run}, such as https://HOST/{run}/report.html",
        )
    return data


class Recipient(Strict):
    """One address that gets messages.

    Attributes:
        name: What people read.
        address: Reference to an address as Apprise writes it, such as `mailto://…`; it has credentials.
        events: What its messages are about.
        owner: Only this owner's tenants are named and counted, and only messages that concern one of them are sent.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten owner would show every tenant

    name: NonEmpty
    address: SecretRef
    events: Annotated[tuple[NotifyEvent, ...], Words, EachOnce] = tuple(NotifyEvent)
    owner: NonEmpty | None = None


class Notify(Strict):
    """Messages about runs.

    Attributes:
        recipients: Who gets messages.
        report_link: The address of a run's report, with `{run}`; None for its path on the machine of the run.
        timeout: How long one message may take.
    """

    recipients: Annotated[tuple[Recipient, ...], Field(max_length=200)] = ()
    report_link: Annotated[NonEmpty, AfterValidator(_link)] | None = None
    timeout: PositiveDuration = timedelta(seconds=20)
