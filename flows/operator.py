"""The question to a person at a terminal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Question = Callable[[str], Awaitable[bool]]

_question: ContextVar[Question | None] = ContextVar("phonefleet_question", default=None)


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
