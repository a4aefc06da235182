"""A tenant's logs: visible after a lag, read by page, by search or from a checkpoint."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.clock import millis

Json = dict[str, Any]

_NO_VALUE = (
    "connection",
    "connection_id",
    "organization_id",
    "organization_name",
    "hostname",
    "user_id",
    "user_name",
    "audience",
    "strategy",
    "strategy_type",
    "location_info",
)


def log_id(epoch: float, number: int) -> str:
    """Return an id that sorts by time, then by order, in the recorded format."""
    moment = datetime.fromtimestamp(epoch, UTC)
    stamp = f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
    return f"900{stamp}{'23':0<14}1223372{number:015d}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored log and the moment (epoch seconds) from which readers see it."""

    visible_at: float
    log: Json


@dataclass(slots=True)
class LogBook:
    """Append-only; entries are kept in the order of their ids.

    Attributes:
        past: writes the history before the start of the simulator, on the first access.
    """

    entries: list[Entry] = field(default_factory=list)
    past: Callable[[LogBook], None] | None = None

    def _open(self) -> None:
        past, self.past = self.past, None
        if past is not None:
            past(self)

    def write(self, kind: str, at: float, visible_at: float, **fields: Any) -> Json:
        """Add one log of type ``kind`` at ``at`` (epoch seconds) and return it."""
        self._open()
        identity = log_id(at, len(self.entries) + 1)
        log: Json = {
            "_id": identity,
            "log_id": identity,
            "date": millis(at),
            "type": kind,
            "description": None,
        }
        log |= dict.fromkeys(_NO_VALUE) | {"client_id": None, "client_name": "", "ip": "203.0.113.7"}
        log |= {"user_agent": "Other 0.0.0 / Other 0.0.0", "isMobile": False, "details": {}} | fields
        position = bisect_right(self.entries, identity, key=lambda entry: entry.log["_id"])
        self.entries.insert(position, Entry(visible_at, log))
        return log

    def visible(self, now: float) -> list[Json]:
        """Return all logs that readers can see, oldest first."""
        self._open()
        return [entry.log for entry in self.entries if entry.visible_at <= now]

    def find(self, identity: str, now: float) -> Json | None:
        """Return the log with this id, once it is visible."""
        return next((log for log in self.visible(now) if log["log_id"] == identity), None)
