"""Write frames as Parquet and CSV files, with all data and nothing shortened."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from reports.columns import FLAG, SECONDS, TEXT, TIME, WORD, Column
from reports.schema import BY_NAME
from reports.text import csv_cell, from_csv_cell

_PER_GROUP = 100_000


def write_parquet(name: str, frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet, with the meaning and unit of each column as metadata."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for place, column in enumerate(BY_NAME[name].columns):
        notes = {"meaning": column.meaning, "unit": column.unit}
        table = table.set_column(place, table.schema.field(place).with_metadata(notes), table.column(place))
    pq.write_table(table, path, compression="zstd", row_group_size=_PER_GROUP)


def as_csv_frame(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return every cell as its text in CSV: missing is empty, times are ISO 8601 in UTC."""
    return pd.DataFrame({column.name: _texts(column, frame[column.name]) for column in BY_NAME[name].columns})


def _texts(column: Column, values: pd.Series[Any]) -> pd.Series[Any]:
    match column.dtype:
        case dtype if dtype == TEXT:
            return values.map(csv_cell).astype("str")
        case dtype if dtype == TIME:
            return pd.Series(values.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")).fillna("").astype("str")
        case dtype if dtype == FLAG:
            return values.map({True: "true", False: "false"}).astype("str")
        case dtype if dtype == SECONDS:
            return values.map(lambda number: "" if pd.isna(number) else repr(float(number))).astype("str")
        case dtype if dtype == WORD:
            return values.astype("str").fillna("")
        case _:
            return values.astype("Int64").astype("str").fillna("")


def write_csv(name: str, frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV in UTF-8; `csv_cell` keeps text from becoming a formula."""
    texts = as_csv_frame(name, frame)
    with path.open("w", encoding="utf-8", newline="") as file:
        texts.to_csv(file, index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n")


def read_csv(name: str, path: Path) -> pd.DataFrame:
    """Read a frame from its CSV file, exactly as it was written."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    columns = dict(
        zip(rows[0], zip(*rows[1:], strict=True) if rows[1:] else ([] for _ in rows[0]), strict=True)
    )
    return BY_NAME[name].frame(
        {column.name: _values(column, columns[column.name]) for column in BY_NAME[name].columns}
    )


def _values(column: Column, texts: Any) -> list[Any]:
    if column.dtype == TEXT:
        return [from_csv_cell(text) for text in texts]
    if column.dtype == FLAG:
        return [text == "true" for text in texts]
    if column.dtype in (TIME, WORD):
        return [text or None for text in texts]
    number = float if column.dtype == SECONDS else int
    return [number(text) if text else None for text in texts]
