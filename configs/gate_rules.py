"""What is checked before and after a wave, what a failed gate leads to, and who must approve a wave."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from configs.values import EachOnce, NonEmpty, PositiveDuration, Strict, Words, is_loopback, wrong


class OnGate(StrEnum):
    """What a failed gate of a wave leads to."""

    STOP = "stop"
    """Neither the rest of the wave nor a later wave starts."""
    ROLLBACK_WAVE = "rollback_wave"
    """The same, and the wave's tenants that this run switched are rolled back, where that loses nothing."""
    CONTINUE = "continue"
    """Later waves start. The rest of a wave that exceeded its limits does not."""


class GateMoment(StrEnum):
    """When a gate is asked."""

    BEFORE = "before"
    AFTER = "after"


class CheckAnswer(StrEnum):
    """How a check answers."""

    STATUS = "status"
    """A command by its exit code, an address by its HTTP status: 0 and 200 to 299 pass."""
    JSON = "json"
    """By a JSON object with `pass` (true or false) and, if it likes, `message`. The status must be good too."""


def _check_url(data: str) -> str:
    try:
        url = urlsplit(data)
        usable = url.scheme in {"http", "https"} and url.hostname and (url.port is None or url.port)
    except ValueError:
        usable = False
    if not usable or url.username or url.password or url.fragment:
        raise wrong("is not the address of a check", "Write https://HOST/PATH, without a user or a password")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise wrong("would ask another machine over plain HTTP", "Write https://")
    return data


CheckUrl = Annotated[NonEmpty, AfterValidator(_check_url)]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def _at_most_an_hour(duration: timedelta) -> timedelta:
    if duration > timedelta(hours=1):
        raise wrong("is longer than an hour", "Write at most 1h")
    return duration


class GateCheck(Strict):
    """A question to the outside, such as to a monitoring system.

    Attributes:
        name: What people read.
        url: An address that is asked by GET: https, or http on this machine.
        command: A program and its arguments; no shell interprets them.
        env: Variables that the command gets besides those that programs need.
        answer: How it answers.
        at: When it is asked.
        timeout: How long it may take.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten value would ask something else

    name: NonEmpty
    url: CheckUrl | None = None
    command: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    env: Annotated[tuple[EnvironmentName, ...], Words, Field(max_length=50)] = ()
    answer: CheckAnswer = CheckAnswer.STATUS
    at: Annotated[tuple[GateMoment, ...], Words, EachOnce] = tuple(GateMoment)
    timeout: Annotated[PositiveDuration, AfterValidator(_at_most_an_hour)] = timedelta(seconds=30)

    @model_validator(mode="after")
    def _one_kind(self) -> GateCheck:
        if (self.url is None) is not bool(self.command):
            raise wrong("must ask one thing", "Write either `url`, or `command: [PROGRAM, ARGUMENT]`")
        if self.command and not self.command[0].strip():
            raise wrong("names no program", "Write command: [PROGRAM, ARGUMENT]", key="command")
        if any("\0" in each for each in self.command):
            raise wrong("has a NUL character", "Remove it", key="command")
        if self.env and self.url:
            raise wrong("has variables, and an address gets none", "Remove `env`, or write a `command`")
        return self


class ApprovalMode(StrEnum):
    """Whether a person must approve a wave before it starts."""

    AUTO = "auto"
    MANUAL = "manual"


class ApprovalRules(Strict):
    """What approvals of waves must be.

    Attributes:
        by_other: Only a person other than the one who started the run may approve.
        expires: A wave that has not begun this long after its approval must be approved again.
    """

    empty_is_absent: ClassVar[bool] = False  # a forgotten `by_other` would let the starter approve

    by_other: bool = False
    expires: PositiveDuration = timedelta(days=7)


class WaveGates(Strict):
    """The keys that say what must hold before and after a wave.

    Attributes:
        approval: Whether a person must approve it.
        checks: Questions to the outside.
        on_gate: What a failed gate leads to.
    """

    approval: ApprovalMode = ApprovalMode.AUTO
    checks: Annotated[tuple[GateCheck, ...], Field(max_length=50)] = ()
    on_gate: OnGate = OnGate.STOP

    def checks_at(self, moment: GateMoment) -> tuple[GateCheck, ...]:
        """Return the checks that are asked then."""
        return tuple(check for check in self.checks if moment in check.at)
