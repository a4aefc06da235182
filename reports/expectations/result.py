"""The result of the checks of a run's data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and its result.

    Attributes:
        name: stable name, for example `migrated_is_switched`.
        frame: the frame that it checks.
        meaning: the expectation as a sentence.
        expectation: its type in Great Expectations.
        success: whether it holds.
        failing: number of failing rows; 1 where the frame as a whole fails.
        rows: the failing rows by key, for example `domain=a.auth0.com`; at most `MOST_ROWS` of them.
    """

    name: str
    frame: str
    meaning: str
    expectation: str
    success: bool
    failing: int = 0
    rows: tuple[str, ...] = ()


MOST_ROWS = 100
"""The most failing rows that are named per expectation; `failing` counts all of them."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation that does not hold, with the rows that fail it."""

    name: str
    frame: str
    meaning: str
    failing: int
    rows: tuple[str, ...]

    def __str__(self) -> str:
        more = f" and {self.failing - len(self.rows):,} more" if self.failing > len(self.rows) else ""
        return f"{self.frame}: {self.meaning} Fails for {self.failing:,}: {'; '.join(self.rows)}{more}"


@dataclass(frozen=True, slots=True)
class ExpectationsResult:
    """All checks; `success` is whether all of them hold."""

    success: bool
    failures: tuple[Failure, ...]
    checks: tuple[Check, ...] = ()


def result_of(checks: tuple[Check, ...]) -> ExpectationsResult:
    """Collect checks into a result."""
    failures = tuple(Failure(c.name, c.frame, c.meaning, c.failing, c.rows) for c in checks if not c.success)
    return ExpectationsResult(success=not failures, failures=failures, checks=checks)
