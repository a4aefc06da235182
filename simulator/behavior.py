"""Which behaviors are realistic, where the simulator also offers a simple one.

A client that was made for the simple behavior can be adapted one behavior at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from simulator.errors import BadControlRequestError


@dataclass(frozen=True, slots=True)
class Behavior:
    """Switches; off is the simple behavior.

    Attributes:
        runs_actions: an Action's code runs in a V8 isolate, with the 20 s that a trigger has; whether a message
            arrives is judged by what the Action does, and not by how its code looks.
        log_reasons: a failed message has its reason where Auth0 puts it (``details.provider_error``,
            ``details.failure_details``, ``details.error`` or the description, by tenant) and often no recipient.
        passwordless_logs: what Passwordless sent is in a tenant's past, as ``cs`` and ``fn``.
    """

    runs_actions: bool = False
    log_reasons: bool = False
    passwordless_logs: bool = False


SIMPLE = Behavior()
REALISTIC = Behavior(runs_actions=True, log_reasons=True, passwordless_logs=True)


def behavior_of(value: Any, base: Behavior = SIMPLE) -> Behavior:
    """Parse ``"realistic"``, ``"simple"``, or an object of switches over ``base``.

    Raises:
        BadControlRequestError: the value is none of these.
    """
    if value in ("realistic", "simple"):
        return REALISTIC if value == "realistic" else SIMPLE
    known = {item.name for item in fields(Behavior)}
    if (
        not isinstance(value, dict)
        or not set(value) <= known
        or not all(type(v) is bool for v in value.values())
    ):
        raise BadControlRequestError(
            f'behavior: "true", "simple" or an object of booleans: {", ".join(sorted(known))}'
        )
    return replace(base, **value)
