"""Running one program over messages: as the original on legacy events, as the translation on new ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phonefleet.actions.model import LEGACY_HANDLER, NEW_HANDLER
from phonefleet.actions.prover.answers import plan_as_job
from phonefleet.actions.prover.corpus import Message
from phonefleet.actions.prover.events import OTHER_TYPES, legacy_event, new_event
from phonefleet.actions.prover.pool import POOL, ProgramRun

COLD = (1, 2, 4, 6, 9, 12)
"""Events that are run once more with the program loaded afresh, as a new container of Auth0's does."""
_SHIFT_MS = 11 * 3_600_000 + 7 * 60_000 + 13_001
_SHIFT_SEED = 0x2545F491


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a program meets beside the messages: the secrets, and another clock and other chance if ``shifted``."""

    secrets: tuple[tuple[str, str], ...]
    shifted: bool = False

    def scenario(self, event: dict[str, Any], message: Message, fresh: bool) -> dict[str, Any]:
        """One run as the runtime reads it."""
        return {
            "event": json.dumps(event, ensure_ascii=False),
            "start": message.start_ms + _SHIFT_MS * self.shifted,
            "seed": message.seed ^ (_SHIFT_SEED * self.shifted),
            "answers": plan_as_job(message.kind.answers),
            "fresh": fresh,
        }


def in_order(messages: Sequence[Message]) -> list[tuple[Message, bool]]:
    """All messages in one container after another, then some again, each in a new container."""
    return [(m, False) for m in messages] + [(messages[i], True) for i in COLD if i < len(messages)]


def run_original(code: str, messages: Sequence[Message], conditions: Conditions) -> ProgramRun:
    """Run a ``send-phone-message`` Action."""
    secrets = dict(conditions.secrets)
    scenarios = [
        conditions.scenario(legacy_event(message, secrets), message, fresh)
        for message, fresh in in_order(messages)
    ]
    return POOL.run(code, LEGACY_HANDLER, "legacy", scenarios)


def run_translation(code: str, messages: Sequence[Message], conditions: Conditions) -> ProgramRun:
    """Run a ``custom-phone-provider`` Action; the last runs are of the types that carry no one-time code."""
    secrets = dict(conditions.secrets)
    scenarios = [
        conditions.scenario(new_event(message, secrets), message, fresh)
        for message, fresh in in_order(messages)
    ]
    scenarios += [
        conditions.scenario(new_event(messages[0], secrets, other), messages[0], False)
        for other in OTHER_TYPES
    ]
    return POOL.run(code, NEW_HANDLER, "new", scenarios)


def run_on(
    code: str, runs: Sequence[tuple[Message, dict[str, Any], bool]], conditions: Conditions
) -> ProgramRun:
    """Run a ``custom-phone-provider`` Action on given events; True asks for a new container."""
    scenarios = [conditions.scenario(event, message, fresh) for message, event, fresh in runs]
    return POOL.run(code, NEW_HANDLER, "new", scenarios)
