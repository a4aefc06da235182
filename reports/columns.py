"""Declare frames: columns with dtype, unit and meaning, and the cast of plain data to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from phonefleet.model.enums import Severity

TEXT: Final = "str"
WORD: Final = "category"
FLAG: Final = "bool"
COUNT: Final = "int64"
MAYBE: Final = "Int64"
SECONDS: Final = "float64"
TIME: Final = "datetime64[us, UTC]"
WORST_FIRST: tuple[str, ...] = tuple(str(severity) for severity in Severity)


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: the name in the frame and in every file.
        dtype: pandas dtype; a `category` column contains one of `words` or is missing.
        meaning: a sentence.
        unit: the unit of a number or the format of a text; empty without one.
        words: the vocabulary; empty without one.
    """

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameSchema:
    """One frame: what one `row` is, and the columns of its unique `key`."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Return the names of the columns, in order."""
        return [column.name for column in self.columns]

    def frame(self, data: pd.DataFrame | Mapping[str, Sequence[Any] | pd.Series[Any]]) -> pd.DataFrame:
        """Cast columns to their dtypes; those of a frame keep its index.

        Raises:
            ValueError: a column is missing, is not in the schema, or contains a word outside its vocabulary.
        """
        given = {str(name) for name in data}
        if given != set(self.names):
            raise ValueError(
                f"frame {self.name}: columns differ from its schema: {sorted(given ^ set(self.names))}"
            )
        return pd.DataFrame({column.name: self._series(column, data[column.name]) for column in self.columns})

    def _series(self, column: Column, values: Sequence[Any] | pd.Series[Any]) -> pd.Series[Any]:
        if column.dtype == TIME:
            return times(values)
        if column.dtype != WORD:
            return pd.Series(values, dtype=column.dtype)
        objects = pd.Series(values, dtype=object)
        unknown = int((~objects.isin(column.words) & objects.notna()).sum())
        if unknown:
            raise ValueError(
                f"frame {self.name}, column {column.name}: {unknown} values outside {column.words}"
            )
        return pd.Series(pd.Categorical(objects, list(column.words), ordered=column.words == WORST_FIRST))


def times(values: Sequence[Any] | pd.Series[Any]) -> pd.Series[Any]:
    """Return moments in UTC with microseconds; None becomes a missing value."""
    if isinstance(values, pd.Series) and isinstance(values.dtype, pd.DatetimeTZDtype):
        moments: pd.Series[Any] = values.dt.tz_convert("UTC").astype(TIME)
        return moments
    return pd.Series(pd.to_datetime(list(values), utc=True)).astype(TIME)
