"""The state of a whole fleet at one moment: each wave's tenants by what is left to do, and what changed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from phonefleet.model.enums import ReasonCode
from phonefleet.model.tenant_facts import FleetFacts, ProgressPoint
from phonefleet.model.wave_forecast import WaveForecast
from phonefleet.rollout.completion_forecast import LEFT, CompletionForecast, forecast_completion
from phonefleet.rollout.tenant_state import (
    NextCommand,
    TenantPlace,
    TenantPosition,
    TenantState,
    positions,
)


class Direction(StrEnum):
    """Whether a tenant's new state is better or worse than the one before."""

    BETTER = "better"
    WORSE = "worse"
    NEITHER = "neither"
    """Something became known, or another wave's turn came: nothing about the tenant became worse."""


@dataclass(frozen=True, slots=True)
class PlannedWave:
    """A wave as the fleet file plans it; without times where it sets none."""

    name: str
    not_before: datetime | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaveTally:
    """One wave of the fleet now.

    Attributes:
        wave: Its name and planned times.
        counts: Its tenants by state; every state has a number.
        started_at: When its first batch started, in any run; None before.
        ended_at: When its last batch ended; None while one goes on or before.
        took: How long its ended batches took, their soak included; None without one.
        forecast: What was foreseen of it last before it started; None where nothing was.
    """

    wave: PlannedWave
    counts: Mapping[TenantState, int]
    started_at: datetime | None = None
    ended_at: datetime | None = None
    took: timedelta | None = None
    forecast: WaveForecast | None = None

    @property
    def tenants(self) -> int:
        """All its tenants."""
        return sum(self.counts.values())

    @property
    def to_migrate(self) -> int:
        """Its tenants without those that have nothing to do: what the plan is."""
        return self.tenants - self.counts[TenantState.NOTHING_TO_DO]


@dataclass(frozen=True, slots=True)
class StateChange:
    """A tenant whose state differs from the one at the earlier moment."""

    domain: str
    wave: str
    before: TenantState
    after: TenantState
    direction: Direction


@dataclass(frozen=True, slots=True)
class Baseline:
    """The earlier moment that a board is compared with: the end of a run.

    Attributes:
        run_id: The run.
        verb: Its verb.
        waves: The waves that it changed; empty for a run that changed none.
        at: When it ended.
    """

    run_id: str
    verb: str
    waves: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenDecision:
    """Tenants that wait for the same thing, in the order of the fleet file.

    Attributes:
        reason: Why; None for tenants that an operator rolled back.
        command: The next command.
        state: `failing` or `waiting_for_you`.
        run_id: The run that the command is about.
        verb: That run's verb.
        tenants: The tenants, at least one.
    """

    reason: ReasonCode | None
    command: NextCommand | None
    state: TenantState
    run_id: str
    verb: str
    tenants: tuple[TenantPosition, ...]


@dataclass(frozen=True, slots=True)
class FleetBoard:
    """The state of a fleet.

    Attributes:
        fleet: Its name.
        file: The path of its file, as commands name it.
        at: The moment, aware UTC.
        tenants: Where each tenant is, in the order of the fleet file.
        waves: Every wave in order.
        forecast: When the rest is done.
        since: What it is compared with; None without an earlier moment.
        changes: The tenants whose state differs since then.
        progress: How many tenants were migrated after each run.
        continuations: The command that continues each run at which a tenant was left half changed, by the run's id.
    """

    fleet: str
    file: str
    at: datetime
    tenants: tuple[TenantPosition, ...]
    waves: tuple[WaveTally, ...]
    forecast: CompletionForecast
    since: Baseline | None = None
    changes: tuple[StateChange, ...] = ()
    progress: tuple[ProgressPoint, ...] = ()
    continuations: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> Mapping[TenantState, int]:
        """All tenants by state; every state has a number."""
        return _counted(self.tenants)

    @property
    def to_migrate(self) -> int:
        """The tenants of all waves without those that have nothing to do."""
        return sum(wave.to_migrate for wave in self.waves)

    @property
    def uncertain(self) -> tuple[TenantPosition, ...]:
        """Tenants that were changed, and nothing confirms since that their messages go out."""
        return tuple(each for each in self.tenants if each.is_uncertain)

    @property
    def unread(self) -> tuple[TenantPosition, ...]:
        """Tenants that could not be read at the last attempt."""
        return tuple(each for each in self.tenants if each.is_unread)

    @property
    def next_wave(self) -> WaveTally | None:
        """The first wave with tenants that the next migration changes."""
        return next((wave for wave in self.waves if wave.counts[TenantState.READY]), None)

    @property
    def decisions(self) -> tuple[OpenDecision, ...]:
        """What waits for a person: failing tenants first, then the most tenants first."""
        groups: dict[tuple[object, ...], list[TenantPosition]] = {}
        for each in self.tenants:
            if each.state in (TenantState.FAILING, TenantState.WAITING_FOR_YOU):
                key = (each.state, each.reason, each.command, each.run_id, each.verb)
                groups.setdefault(key, []).append(each)
        found = [
            OpenDecision(one.reason, one.command, one.state, one.run_id, one.verb, tuple(members))
            for members in groups.values()
            for one in members[:1]
        ]
        return tuple(sorted(found, key=lambda one: (one.state is not TenantState.FAILING, -len(one.tenants))))

    def moved(self, direction: Direction) -> tuple[StateChange, ...]:
        """Return the changes in one direction."""
        return tuple(each for each in self.changes if each.direction is direction)


def make_board(
    fleet: str,
    file: str,
    waves: Sequence[PlannedWave],
    places: Sequence[TenantPlace],
    facts: FleetFacts,
    earlier: tuple[Baseline, FleetFacts] | None = None,
) -> FleetBoard:
    """Make the board of a fleet.

    Args:
        fleet: Its name.
        file: The path of its file.
        waves: Its waves in the order in which they run.
        places: Every tenant once, in the order of the fleet file.
        facts: What the ledger has now.
        earlier: The moment to compare with, and what the ledger had then.
    """
    order = {wave.name: number for number, wave in enumerate(waves)}
    ranked = sorted(places, key=lambda place: order[place.wave])
    now = _by_domain(ranked, facts)
    found = tuple(now[place.domain] for place in places)
    deadlines = [wave.deadline for wave in waves if wave.deadline]
    tallies = tuple(_tally(wave, found, facts) for wave in waves)
    left = [wave.forecast for wave in tallies if any(wave.counts[state] for state in LEFT)]
    return FleetBoard(
        fleet=fleet,
        file=file,
        at=facts.at,
        tenants=found,
        waves=tallies,
        forecast=forecast_completion(facts.at, found, facts.batches, left, max(deadlines, default=None)),
        since=earlier[0] if earlier else None,
        changes=tuple(_changes(found, _by_domain(ranked, earlier[1]))) if earlier else (),
        progress=facts.progress,
    )


def direction(before: TenantState, after: TenantState) -> Direction:
    """Return whether a tenant's state became better or worse.

    Worse is only what a manager would call worse: users get no messages now, or a tenant that was done or could go on
    waits for a person. What becomes known about a tenant that was not read before is neither, nor is it that another
    wave comes first.
    """
    s = TenantState
    if before is after or before is s.NOT_READ:
        return Direction.NEITHER
    if after is s.FAILING or (before is s.DONE and after is not s.NOTHING_TO_DO):
        return Direction.WORSE
    if after is s.DONE or before in (s.FAILING, s.WAITING_FOR_YOU):
        return Direction.BETTER
    if after is s.WAITING_FOR_YOU:
        return Direction.WORSE
    is_its_turn = before is s.WAITING_FOR_WAVE and after is s.READY
    return Direction.BETTER if is_its_turn else Direction.NEITHER


def _by_domain(ranked: Sequence[TenantPlace], facts: FleetFacts) -> dict[str, TenantPosition]:
    known = {each.domain: each for each in facts.tenants}
    return {each.domain: each for each in positions(ranked, known)}


def _counted(found: Iterable[TenantPosition]) -> Mapping[TenantState, int]:
    counts = Counter(each.state for each in found)
    return {state: counts[state] for state in TenantState}


def _tally(wave: PlannedWave, found: Sequence[TenantPosition], facts: FleetFacts) -> WaveTally:
    own = [batch for batch in facts.batches if batch.wave == wave.name]
    times = [(batch.started_at, batch.ended_at) for batch in own if batch.ended_at]
    started = min((batch.started_at for batch in own), default=None)
    made = [each for each in facts.forecasts if each.forecast.wave == wave.name]
    before = [each.forecast for each in made if started is None or each.at <= started]
    return WaveTally(
        wave,
        _counted(each for each in found if each.wave == wave.name),
        started,
        max(end for _, end in times) if times and len(times) == len(own) else None,
        sum((end - start for start, end in times), timedelta()) if times else None,
        before[-1] if before else None,
    )


def _changes(found: Iterable[TenantPosition], before: Mapping[str, TenantPosition]) -> Iterable[StateChange]:
    for now in found:
        was = before[now.domain].state
        if was is not now.state:
            yield StateChange(now.domain, now.wave, was, now.state, direction(was, now.state))
