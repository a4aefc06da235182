"""The client's token bucket against the simulated server's, beside a second client, on a clock of its own."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import pytest

from configs import Tier
from phonefleet.auth0.rate_limits import LIMITS, BucketState, RateLimit
from phonefleet.auth0.token_bucket import Bucket
from simulator.ratelimit import Bucket as ServersBucket
from simulator.ratelimit import Grant, Rate

MOST_SECONDS, MOST_REQUESTS = 60.0, 400
AT_ONCE = 8
EPOCH = 1_000.0
ROUND_TRIP = (0.03, 0.12)
"""Seconds. Requests of a batch reach the server in another order than they were sent."""


@dataclass
class Race:
    """Two clients of one tenant: ours, which sends whatever its bucket allows, and another at a fixed pace.

    Attributes:
        others_part: of the rate, what the other one sends.
        late: the most seconds that a request of ours needs to leave our process.
        counts: granted and refused (429) requests of ours and of the other.
    """

    limit: RateLimit
    others_part: float
    random: random.Random
    late: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._seconds = min(MOST_SECONDS, MOST_REQUESTS / self.limit.per_second)
        self._ours = Bucket(self.limit, 0)
        rate = Rate(self.limit.burst, self.limit.per_second)
        self._server = ServersBucket(rate, float(rate.burst), EPOCH)
        self._events: list[tuple[float, int, str, tuple[int, Grant | None]]] = []
        self._order = count()
        self._flying = 0

    def run(self) -> None:
        """Let both send until the time is over."""
        self._at(0, "try")
        if self.others_part:
            pause = 1 / (self.limit.per_second * self.others_part)
            for number in range(int(self._seconds / pause)):
                self._at(number * pause + self._half_trip(), "other")
        while self._events:
            now, _, what, (ticket, grant) = heapq.heappop(self._events)
            match what:
                case "try":
                    self._send(now)
                case "other":
                    self._count("other", self._server.take(EPOCH + now))
                case "ours":
                    grant = self._server.take(EPOCH + now)
                    self._count("ours", grant)
                    self._at(now + self._half_trip(), "answer", ticket, grant)
                case _:
                    self._flying -= 1
                    self._ours.record_answer(ticket, now, self._state(grant, now))
                    self._send(now)

    @property
    def used(self) -> float:
        """Return how much of burst and rate both used, in percent."""
        granted = self.counts["ours granted"] + self.counts["other granted"]
        return 100 * granted / (self.limit.burst + self.limit.per_second * self._seconds)

    def _send(self, now: float) -> None:
        while self._flying < AT_ONCE and now < self._seconds:
            ticket = self._ours.take(now)
            if ticket is None:
                self._at(now + self._ours.wait(now), "try")
                return
            self._flying += 1
            self._at(now + self.random.uniform(0, self.late) + self._half_trip(), "ours", ticket)

    def _at(self, when: float, what: str, ticket: int = 0, grant: Grant | None = None) -> None:
        heapq.heappush(self._events, (when, next(self._order), what, (ticket, grant)))

    def _half_trip(self) -> float:
        return self.random.uniform(*ROUND_TRIP) / 2

    def _count(self, who: str, grant: Grant) -> None:
        self.counts[f"{who} {'granted' if grant.allowed else 'refused'}"] += 1

    @staticmethod
    def _state(grant: Grant | None, now: float) -> BucketState | None:
        return grant and BucketState(grant.limit, grant.remaining, max(0.0, grant.reset - EPOCH - now))


TIERS = {
    f"{tier} {name}".strip(): limit
    for tier, limits in LIMITS.items()
    for name, limit in limits.items()
    if limit.burst > 2 and limit.per_second <= 50
}
"""Those that 8 requests at once can use whole, but for a burst of two."""


@pytest.mark.parametrize("others_part", [0, 0.5])
@pytest.mark.parametrize("tier", TIERS)
def test_nearly_all_of_a_rate_is_used_and_no_request_refused(tier: str, others_part: float) -> None:
    for seed in range(3):
        race = Race(TIERS[tier], others_part, random.Random(seed))
        race.run()
        assert race.counts["ours refused"] == 0
        # A minute of the slowest rate is 50 requests, of which what is left at the end is 4 %.
        assert race.used >= (95 if race.limit.per_second > 1 else 93)


def test_the_tier_free_has_one_request_for_us_and_one_for_others() -> None:
    """Of a burst of two, one is for others: alone, the client waits for a full bucket, which fills no further."""
    alone = Race(LIMITS[Tier.FREE][""], 0, random.Random(1))
    alone.run()
    assert alone.counts["ours refused"] == 0
    assert alone.used >= 80
    beside = Race(LIMITS[Tier.FREE][""], 0.5, random.Random(1))
    beside.run()
    assert beside.counts["ours refused"] == 0
    assert beside.used >= 95


@pytest.mark.parametrize("late", [0.5, 3, 20])
@pytest.mark.parametrize("limit", {limit for limits in LIMITS.values() for limit in limits.values()}, ids=str)
def test_no_request_is_refused_however_late_it_leaves(limit: RateLimit, late: float) -> None:
    """A busy process sends a request seconds after it was admitted, and several at one time."""
    for seed in range(6):
        race = Race(limit, 0, random.Random(seed), late)
        race.run()
        assert race.counts["ours granted"] > 0
        assert race.counts["ours refused"] == 0
