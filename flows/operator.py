"""Who is at work: the user of the operating system, and the question to a person at a terminal."""

from __future__ import annotations

import getpass
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Question = Callable[[str], Awaitable[bool]]

_question: ContextVar[Question | None] = ContextVar("phonefleet_question", default=None)


def operating_system_user() -> str:
    """Return the user that this process runs as; no variable of the environment changes it where the system knows."""
    try:
        import pwd
    except ImportError:
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        # A container's user without an entry.
        return f"uid {os.getuid()}"


@contextmanager
def asked_by(question: Question | None) -> Iterator[None]:
    """Let flows that are called in this block ask a person with `question`; None where no one can answer."""
    token = _question.set(question)
    try:
        yield
    finally:
        _question.reset(token)


def current_question() -> Question | None:
    """Return how the flow run that is under way asks a person; None where no one can answer."""
    return _question.get()
