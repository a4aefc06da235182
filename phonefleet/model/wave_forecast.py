"""What a run foresees of a wave before anything is changed, and what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from phonefleet.model.fact import Fact


class WaveForecast(Fact):
    """A wave before it runs. Times are UTC."""

    wave: str
    tenants: int
    """To migrate."""
    batches: int
    requests: int
    """To the Management API of all its tenants."""
    messages: dict[str, int]
    """Test messages by masked number."""
    one_way: int
    """Tenants that cannot be taken back once they are switched."""
    no_opening: int = 0
    """Tenants for which no window opens before their deadline or within 400 days."""
    active: timedelta
    """Time in which tenants are worked on, without soaks and without waiting for windows."""
    soak: timedelta
    starts_at: datetime
    earliest_end: datetime
    """At the pace that was measured or assumed."""
    latest_end: datetime
    """If every tenant takes as long as `rollout.time_per_tenant` allows."""
    measured: bool
    """Whether the pace was measured in this run; else it is assumed."""
