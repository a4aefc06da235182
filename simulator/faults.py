"""Faults: random errors by rate, and rules that hit chosen requests.

Random faults depend on the seed, the tenant, the method, the path and how often that same
request was sent before: two runs that send the same requests get the same faults,
independent of concurrent requests.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.ids import draw
from simulator.ratelimit import Rate


class Effect(StrEnum):
    """What a rule does to a request that it hits."""

    STATUS = "status"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    LIE = "lie"
    DELAY = "delay"
    TEST_MESSAGE_LOST = "test_message_lost"
    TEST_MESSAGE_FAILS = "test_message_fails"
    BUILD_FAILS = "build_fails"
    PROVIDER_VANISHES = "provider_vanishes"
    MALFORMED_JSON = "malformed_json"
    TRUNCATED_BODY = "truncated_body"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RateOverride(_Strict):
    """One bucket for every tenant in place of the plans' own."""

    burst: int = Field(ge=1)
    per_second: float = Field(gt=0)


class Rule(_Strict):
    """Hits requests by tenant, method and path (globs; ``*`` also crosses slashes).

    Attributes:
        after: lets that many matching requests pass first.
        times: hits at most that many requests; None means every one.
        status: of effect ``status``.
        body: of effect ``status``; Auth0's own error JSON when None.
        applied: with effect ``status``: the work is done before the error is answered.
        seconds: of effect ``delay``.
    """

    domain: str = "*"
    method: str = "*"
    path: str = "*"
    times: int | None = Field(default=None, ge=0)
    after: int = Field(default=0, ge=0)
    effect: Effect
    status: int = Field(default=500, ge=100, le=599)
    body: Any = None
    applied: bool = False
    seconds: float = Field(default=1.0, ge=0)

    def matches(self, domain: str, method: str, path: str) -> bool:
        """Whether the rule is about this request; the path may be given with or without ``/api/v2``."""
        short = path.removeprefix("/api/v2")
        return (
            fnmatchcase(domain, self.domain.lower())
            and fnmatchcase(method, self.method.upper())
            and (fnmatchcase(path, self.path) or fnmatchcase(short, self.path))
        )


class FaultDocument(_Strict):
    """All faults. Rates are shares of all requests, 0 to 1."""

    seed: int = 0
    error_rate: float = Field(default=0.0, ge=0, le=1)
    drop_rate: float = Field(default=0.0, ge=0, le=1)
    rate_limit: RateOverride | None = None
    latency: Literal["recorded"] | None = None
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule, or a random fault as a rule, that hits this request."""

    rule: Rule
    drawn: bool = False


@dataclass(slots=True)
class Faults:
    """The current document and its counts."""

    document: FaultDocument = field(default_factory=FaultDocument)
    matched: list[int] = field(default_factory=list)
    seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def replace(self, document: FaultDocument) -> None:
        """Replace the document and reset the counts."""
        self.document = document
        self.matched = [0] * len(document.rules)
        self.seen.clear()

    @property
    def rate(self) -> Rate | None:
        """The bucket that replaces every plan's, if any."""
        limit = self.document.rate_limit
        return None if limit is None else Rate(limit.burst, limit.per_second)

    def match(self, domain: str, method: str, path: str) -> list[Hit]:
        """Return every fault that hits this request, rules first."""
        return [*self._by_rule(domain, method, path), *self._by_chance(domain, method, path)]

    def _by_rule(self, domain: str, method: str, path: str) -> list[Hit]:
        hits: list[Hit] = []
        for position, rule in enumerate(self.document.rules):
            if rule.matches(domain, method, path):
                self.matched[position] += 1
                turn = self.matched[position] - rule.after
                if turn >= 1 and (rule.times is None or turn <= rule.times):
                    hits.append(Hit(rule))
        return hits

    def _by_chance(self, domain: str, method: str, path: str) -> list[Hit]:
        document = self.document
        if not document.error_rate and not document.drop_rate:
            return []
        self.seen[domain, method, path] += 1
        chance = draw(document.seed, domain, method, path, self.seen[domain, method, path])
        if chance.random() < document.drop_rate:
            effect = chance.choice((Effect.DROP_BEFORE, Effect.DROP_AFTER))
            return [Hit(Rule(effect=effect), drawn=True)]
        if chance.random() < document.error_rate:
            return [Hit(Rule(effect=Effect.STATUS, status=chance.choice((500, 500, 502, 503))), drawn=True)]
        return []
