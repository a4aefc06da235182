"""The messages that Actions are run on, each with the network's answers.

The kinds are fixed so that every answer is combined with text and voice, enrollment and verification, full and bare
events; the rest is random (`drawing`). The usual messages were drawn once and are stored in `messages.json`, so that
a verification is the same everywhere and needs no drawing.
"""

from __future__ import annotations

from functools import lru_cache

from phonefleet.actions.verify.sample_message import KINDS, Message, stored_messages


@lru_cache(maxsize=16)
def corpus(events: int, number: int = 0) -> tuple[Message, ...]:
    """The first ``events`` messages of the draw with this number; cached for each pair."""
    if number == 0 and events <= len(KINDS):
        return stored_messages()[: max(events, 1)]
    # Hypothesis takes a second to import, and tracks the process's random numbers while it draws.
    from phonefleet.actions.verify.drawing import draw_messages

    return draw_messages([KINDS[i % len(KINDS)] for i in range(max(events, 1))], number)
