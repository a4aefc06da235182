"""How long read-backs and logs are waited for, and how often a write is repeated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from phonefleet.auth0.rate_limit_patience import DEFAULT_SECONDS
from phonefleet.auth0.retry import RetryLimits
from phonefleet.model.enums import StepKind
from phonefleet.polling import looks


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Time limits of one executor.

    Attributes:
        read_back: how long a read-back is repeated until it shows the write; Auth0 may lag.
        build: how long an Action's build may take before it is deployed, and then its deployment.
        first_pause: the pause after the first read-back; it doubles each time.
        longest_pause: the longest pause.
        logs: how long the tenant's logs may take to show a write.
        max_writes: how often a write is sent if it never arrived, or if no read can show whether it did.
        evidence_ttl: how long the work of another process of the same run counts where no read shows it: test messages
            and credentials.
        grace: how long a cancellation waits for a write in hand.
        in_flight: how long a request whose process ended may still be on its way, before Auth0 carries it out.
        repeated: how long after its intent the last attempt of a request may be sent: it waits for the rate limit, and
            is repeated.
    """

    read_back: timedelta = timedelta(seconds=10)
    build: timedelta = timedelta(minutes=2)
    first_pause: timedelta = timedelta(milliseconds=50)
    longest_pause: timedelta = timedelta(seconds=2)
    logs: timedelta = timedelta(seconds=60)
    max_writes: int = 3
    evidence_ttl: timedelta = timedelta(hours=1)
    grace: timedelta = timedelta(seconds=15)
    in_flight: timedelta = timedelta(seconds=35)
    repeated: timedelta = timedelta(seconds=DEFAULT_SECONDS + RetryLimits().seconds)

    def read_back_limit(self, kind: StepKind) -> timedelta:
        """Return the time limit for the read-back of a kind of step."""
        return self.build if kind is StepKind.DEPLOY_ACTION else self.read_back

    def may_arrive_for(self, age: timedelta) -> timedelta:
        """Return how long a write may still arrive whose intent has this age, and whose process may have ended now."""
        return max(timedelta(0), min(self.in_flight, self.repeated + self.in_flight - age))

    def reads(self, limit: timedelta) -> AsyncIterator[timedelta]:
        """Yield for each read of something that Auth0 is still doing: once, then until the limit."""
        return looks(limit, self.first_pause, self.longest_pause)
