"""What one simulator holds, and one request in progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request

from simulator.clock import Clock
from simulator.faults import Effect, Faults, Rule
from simulator.fleet import Fleet
from simulator.operations import Operation, Timing
from simulator.ratelimit import Limiter
from simulator.state import Seen, Tenant


@dataclass(slots=True)
class World:
    """Everything one simulator holds.

    Attributes:
        every_scope: what a grant of all scopes gives.
        twilio: the limiters of Twilio's API, by account SID.
        passes: when time was let pass by the control plane, epoch seconds, and how many seconds in all until then.
        after_write: is called after a write to a tenant was done.
    """

    fleet: Fleet
    clock: Clock
    faults: Faults = field(default_factory=Faults)
    timing: Timing = field(default_factory=Timing)
    every_scope: tuple[str, ...] = ()
    twilio: dict[str, Limiter] = field(default_factory=dict)
    passes: list[tuple[float, float]] = field(default_factory=list)
    after_write: Callable[[Tenant], object] | None = None


@dataclass(slots=True)
class Exchange:
    """One request in progress.

    Attributes:
        operation: None for POST /oauth/token.
        raw: the request's body.
        seen: its entry in the tenant's request log.
        rules: the faults that hit it.
    """

    world: World
    tenant: Tenant
    operation: Operation | None
    request: Request
    raw: bytes
    seen: Seen
    rules: list[Rule]

    def has(self, effect: Effect) -> bool:
        """Whether a fault of this effect hits the request."""
        return any(rule.effect is effect for rule in self.rules)

    def first(self, effect: Effect) -> Rule | None:
        """Return the first fault of this effect, if any."""
        return next((rule for rule in self.rules if rule.effect is effect), None)


def loads(raw: bytes) -> Any:
    """Parse JSON; None for an empty body or one that is not JSON."""
    try:
        return orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        return None
