"""When the tenants of a run may start: windows, freezes, deadlines, and how long a tenant takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flows.clock import current_clock
from flows.notify import EVENT_OF_DECISION, notify
from phonefleet.model.enums import DecisionKind, MigrationPhase, ShardPhase
from phonefleet.polling import Clock
from phonefleet.rollout.admission import Admission, admit, remaining_need
from phonefleet.rollout.caps import DAY, CapCounts, groups_of
from phonefleet.rollout.openings import TenantTimes, next_opening, times_of
from phonefleet.rollout.waves import assign
from tasks.run_context import RunContext


@dataclass
class Pace:
    """The rules of time of a run, and what its tenants have taken so far.

    Attributes:
        context: the run.
        clock: tells the time.
        times: when each tenant may be changed, by domain.
        waves: the wave of each tenant, by domain.
        caps: how many tenants of each owner and region are switched.
        longest: how long the slowest tenant has taken so far, from its first write to its verification.
        prepared: how long each tenant's preparation took.
        last_said: the last decision that concerns many tenants and was recorded once.
    """

    context: RunContext
    clock: Clock
    times: Mapping[str, TenantTimes]
    waves: Mapping[str, str]
    caps: CapCounts
    longest: timedelta = timedelta()
    prepared: dict[str, timedelta] = field(default_factory=dict)
    last_said: str = ""

    @classmethod
    def of_run(cls, context: RunContext) -> Pace:
        """Return the rules of a run's fleet."""
        fleet = context.fleet
        waves, places = {wave.name: wave for wave in fleet.waves}, assign(fleet.tenants, fleet.waves)
        times = {
            t.domain: times_of(t, waves[places[t.domain]], fleet.rollout, fleet.freezes)
            for t in fleet.tenants
        }
        caps = CapCounts({t.domain: groups_of(t, fleet.rollout.caps) for t in fleet.tenants})
        return cls(context, current_clock(), times, places, caps)

    @property
    def need(self) -> timedelta:
        """How long a tenant takes at most: as configured, or as long as the slowest one took."""
        return max(self.context.fleet.rollout.time_per_tenant, self.longest)

    async def admit(self, domains: Iterable[str], places: int) -> Admission:
        """Return which of these tenants may start now."""
        now = self.clock.now()
        if self.context.options.phase is MigrationPhase.PREPARE:
            return admit(domains, self.times, now, need=self.need, places=places)
        if self.caps.any_per_day:
            self.caps.switched = await self.context.ledger.switches.since.in_thread(now - DAY)
        return admit(domains, self.times, now, need=self.need, places=places, caps=self.caps)

    def may_prepare(self, domain: str) -> bool:
        """Return whether a tenant is finished before its opening closes, if it starts now."""
        return self._may(domain, self.need)

    def may_switch(self, domain: str) -> bool:
        """Return whether a prepared tenant is finished before its opening closes."""
        return self._may(domain, remaining_need(self.need, self.prepared.get(domain, timedelta())))

    def _may(self, domain: str, need: timedelta) -> bool:
        now = self.clock.now()
        opening = next_opening(self.times[domain], now, need)
        return opening is not None and opening.opens <= now

    def note(self, phase: ShardPhase, domain: str, took: timedelta) -> None:
        """Note how long a phase of a tenant took."""
        if phase is ShardPhase.SWITCH:
            self.longest = max(self.longest, took + self.prepared.get(domain, timedelta()))
        else:
            self.prepared[domain] = took

    async def restore(self) -> None:
        """Note how long the phases took that other processes recorded of this run."""
        for phase in (ShardPhase.PREPARE, ShardPhase.CHECK, ShardPhase.SWITCH):
            for end in await self.context.ledger.shards.ends.in_thread(self.context.run_id, phase):
                self.note(phase, end.domain, timedelta(seconds=end.seconds))

    async def decide(
        self, wave: str, batch: int, kind: DecisionKind, message: str, since: datetime | None = None
    ) -> None:
        """Record a decision about a batch, report it, and send messages about it, as `notify` does."""
        await self.context.ledger.waves.decide.in_thread(self.context.run_id, wave, batch, kind, message)
        self.context.progress.say(message)
        if event := EVENT_OF_DECISION.get(kind):
            await notify(self.context, event, wave=wave, detail=message, since=since)

    async def say_once(self, wave: str, batch: int, kind: DecisionKind, message: str) -> None:
        """Record a decision that several tenants meet at the same time."""
        if message != self.last_said:
            self.last_said = message
            await self.decide(wave, batch, kind, message)
