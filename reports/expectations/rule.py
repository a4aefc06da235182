"""How an expectation is declared: as data, so that it can be listed without importing Great Expectations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class When:
    """The rows that a rule looks at: those whose `column` is one of `values`, is known, or is not empty."""

    column: str
    test: Literal["in", "known", "filled"]
    values: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation.

    Attributes:
        name: stable and unique over all frames.
        meaning: what must hold, as a sentence.
        kind: the class of Great Expectations that checks it.
        settings: its arguments.
        when: the rows it looks at; all of them by default.
    """

    name: str
    meaning: str
    kind: str
    settings: Mapping[str, Any]
    when: When | None = None


def is_in(column: str, *values: Any) -> When:
    """Rows whose column is one of `values`."""
    return When(column, "in", [str(value) if isinstance(value, str) else value for value in values])


def within(name: str, meaning: str, column: str, allowed: Sequence[Any], when: When | None = None) -> Rule:
    """The column holds nothing but `allowed` values."""
    return Rule(
        name, meaning, "ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(allowed)}, when
    )


def true(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """The column is true."""
    return within(name, meaning, column, [True], when)


def zero(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """The column is 0."""
    return within(name, meaning, column, [0], when)


def empty(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """The text is empty."""
    return within(name, meaning, column, [""], when)


def at_least(name: str, meaning: str, column: str, least: float, when: When | None = None) -> Rule:
    """The number is `least` or more, or missing."""
    return Rule(name, meaning, "ExpectColumnValuesToBeBetween", {"column": column, "min_value": least}, when)


def filled(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """The text is not empty."""
    return Rule(
        name, meaning, "ExpectColumnValueLengthsToBeBetween", {"column": column, "min_value": 1}, when
    )


def known(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """The value is not missing."""
    return Rule(name, meaning, "ExpectColumnValuesToNotBeNull", {"column": column}, when)


def missing(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """The value is missing."""
    return Rule(name, meaning, "ExpectColumnValuesToBeNull", {"column": column}, when)


def equal(name: str, meaning: str, column: str, other: str) -> Rule:
    """Two columns are equal."""
    return Rule(name, meaning, "ExpectColumnPairValuesToBeEqual", {"column_A": column, "column_B": other})


def not_before(name: str, meaning: str, column: str, other: str) -> Rule:
    """One moment is not before another, where both are known."""
    settings = {
        "column_A": column,
        "column_B": other,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    return Rule(name, meaning, "ExpectColumnPairValuesAToBeGreaterThanB", settings)


def unique(name: str, meaning: str, key: Sequence[str]) -> Rule:
    """No two rows have the same key."""
    if len(key) == 1:
        return Rule(name, meaning, "ExpectColumnValuesToBeUnique", {"column": key[0]})
    settings = {"column_list": list(key), "ignore_row_if": "never"}
    return Rule(name, meaning, "ExpectCompoundColumnsToBeUnique", settings)


def matching(name: str, meaning: str, column: str, pattern: str) -> Rule:
    """The text matches a regular expression."""
    return Rule(name, meaning, "ExpectColumnValuesToMatchRegex", {"column": column, "regex": pattern})


def having(name: str, meaning: str, columns: Sequence[str]) -> Rule:
    """The frame has at least these columns."""
    settings = {"column_set": list(columns), "exact_match": False}
    return Rule(name, meaning, "ExpectTableColumnsToMatchSet", settings)
