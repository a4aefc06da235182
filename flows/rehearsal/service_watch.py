"""Watch from outside which users of the twins get their messages, after each write and each pass of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flows.rehearsal.rehearsal_faults import FAILS
from simulator import routing
from simulator.state import Tenant
from simulator.world import World

_METHODS = {"sms": "text", "voice": "voice"}


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """From when on the users of one way of sending get their messages, or no longer do.

    Attributes:
        domain: the twin's domain in the simulator.
        use: `mfa by text`, `passwordless sms`, `phone identifier`.
        at: by the run's own clock, aware UTC.
        delivered: whether they arrive from then on.
        reason: why they do not.
    """

    domain: str
    use: str
    at: datetime
    delivered: bool
    reason: str = ""


@dataclass
class ServiceWatch:
    """Records the changes of every twin.

    Attributes:
        world: the simulator's world.
        fails_after_switch: domains whose provider fails from the switch on.
        kill_after: after so many writes `kill` is called, once; 0 for never.
        kill: ends the process that migrates.
        writes: how many writes were done so far.
        changes: what was seen, oldest first; the first of each use is its state at the start.
    """

    world: World
    fails_after_switch: frozenset[str] = frozenset()
    kill_after: int = 0
    kill: Callable[[], object] | None = None
    writes: int = 0
    changes: list[ServiceChange] = field(default_factory=list)
    _state: dict[tuple[str, str], bool] = field(default_factory=dict)

    def begin(self) -> None:
        """Record the state of every twin, and watch from now on."""
        for tenant in self.world.fleet.made():
            self.look(tenant)
        self.world.after_write = self._after_write

    def now(self) -> datetime:
        """Return the time by the run's clock, aware UTC."""
        return self.time_of(datetime.now(UTC))

    def time_of(self, real: datetime) -> datetime:
        """Return the run's own time of a moment that the ledger recorded."""
        passed = [total for at, total in self.world.passes if at <= real.timestamp()]
        return real + timedelta(seconds=passed[-1] if passed else 0.0)

    @property
    def passed(self) -> float:
        """By how many seconds the run's clock is ahead."""
        return self.world.passes[-1][1] if self.world.passes else 0.0

    def look(self, tenant: Tenant) -> None:
        """Record what has changed for the users of a twin."""
        now = self.now()
        for use, delivery in _uses(tenant):
            if self._state.get((tenant.domain, use)) != delivery.delivered:
                self._state[tenant.domain, use] = delivery.delivered
                change = ServiceChange(tenant.domain, use, now, delivery.delivered, delivery.reason)
                self.changes.append(change)

    def _after_write(self, tenant: Tenant) -> None:
        self.writes += 1
        if tenant.domain in self.fails_after_switch:
            tenant.hidden.outside_fails = FAILS if _is_switched(tenant) else ""
        self.look(tenant)
        if self.kill and self.writes == self.kill_after:
            self.kill()


def _is_switched(tenant: Tenant) -> bool:
    return tenant.flag or any(
        c["options"].get("use_phone_provider") is True
        for c in tenant.connections.values()
        if c["strategy"] == "sms"
    )


def _uses(tenant: Tenant) -> Iterator[tuple[str, routing.Delivery]]:
    """Yield each way in which users get messages, with its route now."""
    if tenant.guardian.factors["sms"]:
        for kind in tenant.guardian.message_types:
            yield f"mfa by {_METHODS[kind]}", routing.mfa(tenant, _METHODS[kind])
    for connection in tenant.connections.values():
        if connection["strategy"] == "sms" and connection["enabled_clients"]:
            yield f"passwordless {connection['name']}", routing.passwordless(tenant, connection["name"])
        elif _identifies_by_phone(connection) and connection["enabled_clients"]:
            yield f"phone identifier {connection['name']}", routing.phone_identifier(tenant, "text")


def _identifies_by_phone(connection: dict[str, object]) -> bool:
    options = connection.get("options")
    attributes = options.get("attributes") if isinstance(options, dict) else None
    return isinstance(attributes, dict) and "phone_number" in attributes
