"""Declare expectations as data, so that listing them does not import Great Expectations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class When:
    """The rows that a rule checks: `column` is in `values`, is known, or is not empty."""

    column: str
    test: Literal["in", "known", "filled"]
    values: Sequence[Any] = ()

    def rows(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Return for each row of a frame whether it is selected."""
        values = frame[self.column]
        match self.test:
            case "known":
                return values.notna()
            case "filled":
                return values.isna() | (values != "")
            case "in":
                return values.isin(list(self.values))


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation.

    Attributes:
        name: stable and unique over all frames.
        meaning: what must hold, as a sentence.
        kind: the class of Great Expectations that checks it.
        settings: the arguments of that class.
        when: the rows to check; all of them by default.
    """

    name: str
    meaning: str
    kind: str
    settings: Mapping[str, Any]
    when: When | None = None

    @property
    def expectation(self) -> str:
        """Return its type in Great Expectations."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.kind).lower()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns whose values it checks; none if it is about the frame as a whole."""
        single = (self.settings[name] for name in ("column", "column_A", "column_B") if name in self.settings)
        return (*single, *self.settings.get("column_list", ()))

    def concerns(self, frame: pd.DataFrame) -> bool:
        """Return whether the rule could fail for a frame: it is about the frame as a whole, or about one of its rows.

        A column that is missing is left to Great Expectations, which says so.
        """
        asked = {*self.columns, *([self.when.column] if self.when else ())}
        if not self.columns or not asked <= {*frame.columns}:
            return True
        return bool(self.when.rows(frame).any()) if self.when else len(frame) > 0


def is_in(column: str, *values: Any) -> When:
    """Select the rows whose column is one of `values`."""
    return When(column, "in", [str(value) if isinstance(value, str) else value for value in values])


def within(name: str, meaning: str, column: str, allowed: Sequence[Any], when: When | None = None) -> Rule:
    """Expect only `allowed` values in the column."""
    return Rule(
        name, meaning, "ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(allowed)}, when
    )


def true(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """Expect that the column is true."""
    return within(name, meaning, column, [True], when)


def zero(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """Expect that the column is 0."""
    return within(name, meaning, column, [0], when)


def empty(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """Expect an empty text."""
    return within(name, meaning, column, [""], when)


def at_least(name: str, meaning: str, column: str, minimum: float, when: When | None = None) -> Rule:
    """Expect a number of at least `minimum`, or a missing one."""
    return Rule(
        name, meaning, "ExpectColumnValuesToBeBetween", {"column": column, "min_value": minimum}, when
    )


def filled(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """Expect a text that is not empty."""
    return Rule(
        name, meaning, "ExpectColumnValueLengthsToBeBetween", {"column": column, "min_value": 1}, when
    )


def known(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """Expect a value that is not missing."""
    return Rule(name, meaning, "ExpectColumnValuesToNotBeNull", {"column": column}, when)


def missing(name: str, meaning: str, column: str, when: When | None = None) -> Rule:
    """Expect a missing value."""
    return Rule(name, meaning, "ExpectColumnValuesToBeNull", {"column": column}, when)


def equal(name: str, meaning: str, column: str, other: str) -> Rule:
    """Expect two columns to be equal."""
    return Rule(name, meaning, "ExpectColumnPairValuesToBeEqual", {"column_A": column, "column_B": other})


def not_before(name: str, meaning: str, column: str, other: str) -> Rule:
    """Expect that one moment is not before another, where both are known."""
    settings = {
        "column_A": column,
        "column_B": other,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    return Rule(name, meaning, "ExpectColumnPairValuesAToBeGreaterThanB", settings)


def unique(name: str, meaning: str, key: Sequence[str]) -> Rule:
    """Expect that no two rows have the same key."""
    if len(key) == 1:
        return Rule(name, meaning, "ExpectColumnValuesToBeUnique", {"column": key[0]})
    settings = {"column_list": list(key), "ignore_row_if": "never"}
    return Rule(name, meaning, "ExpectCompoundColumnsToBeUnique", settings)


def matching(name: str, meaning: str, column: str, pattern: str) -> Rule:
    """Expect that the text matches a regular expression."""
    return Rule(name, meaning, "ExpectColumnValuesToMatchRegex", {"column": column, "regex": pattern})


def having(name: str, meaning: str, columns: Sequence[str]) -> Rule:
    """Expect at least these columns in the frame."""
    settings = {"column_set": list(columns), "exact_match": False}
    return Rule(name, meaning, "ExpectTableColumnsToMatchSet", settings)
