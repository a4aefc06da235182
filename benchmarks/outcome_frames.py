"""The outcomes of a demo as frames without what differs from run to run, and the file that keeps them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

Row: TypeAlias = dict[str, Any]

GIVEN = "<given>"
"""Stands for a value that is only compared for being there."""

VOLATILE = frozenset(
    {
        "run_id",  # made of the clock and chance
        "log_id",  # made of the clock
        "intent_id",  # a number of the whole ledger: tenants are worked on side by side, in an order of chance
        "attempts",  # retries depend on which of the calls made side by side met a rate limit
        "requests",  # likewise
        "started_by",  # who is logged in
        "phonefleet",  # the version
    }
)
_IN_TEXT = (
    # The simulator listens on any free port, and the logs of its fleet are as old as the run.
    (re.compile(r"(127\.0\.0\.1|localhost):\d+"), r"\1:PORT"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?"), "TIME"),
)
_ENTRY = "import sys; from {module} import {function}; sys.argv[0] = 'phonefleet'; sys.exit({function}())"


class NotDone(Exception):
    """The demo failed, or a file is not what it should be."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows of one frame.

    Attributes:
        columns: in their order.
        given_only: columns of which it is only kept whether there is a value.
        rows: sorted.
    """

    columns: list[str]
    given_only: list[str]
    rows: list[Row]


Frames: TypeAlias = dict[str, Frame]


def dump(checkout: Path, seed: int, tenants: int) -> Frames:
    """Run a checkout's demo and take up what it prints and writes.

    Raises:
        NotDone: the demo failed.
    """
    with tempfile.TemporaryDirectory(prefix="phonefleet-outcome-") as directory:
        code, document = _run_demo(checkout, seed, tenants, directory)
        tables = {path.stem: pq.read_table(path) for path in sorted(Path(directory).rglob("*.parquet"))}
        frames = {name: _frame_of(table, directory) for name, table in tables.items()}
        command = {"seed": seed, "tenants": tenants, "exit_code": code}
        return {"command": as_frame([command]), **_printed(document, tables, directory), **frames}


def _run_demo(checkout: Path, seed: int, tenants: int, directory: str) -> tuple[int, dict[str, Any]]:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["phonefleet"].partition(":")
    entry = _ENTRY.format(module=module, function=function)
    demo = ["demo", "--seed", str(seed), "--tenants", str(tenants), "--dir", directory, "--json"]
    ended = subprocess.run(
        [sys.executable, "-c", entry, *demo],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        text=True,
    )
    # 3: some tenants wait for a person; 6: one sends its users no messages. Such a fleet has both.
    if ended.returncode not in (0, 3, 6):
        raise NotDone(f"the demo in {checkout} ended with exit code {ended.returncode}")
    return ended.returncode, json.loads(ended.stdout)


def _printed(document: Mapping[str, Any], tables: Mapping[str, pa.Table], directory: str) -> Frames:
    """The outcome table that `--json` prints, with each tenant's batch, and the totals.

    What is nested in it is left out: the frame of findings holds it.
    """
    batches = dict(_batches(tables.values()))
    tenants = next(value for value in document.values() if isinstance(value, list))
    plain = ({name: cell for name, cell in tenant.items() if _is_plain(cell)} for tenant in tenants)
    totals = document.get("totals", {}).items()
    return {
        "json:tenants": as_frame([_row(tenant, directory) | _batch(tenant, batches) for tenant in plain]),
        "json:totals": as_frame([{"ending": ending, "count": count} for ending, count in totals]),
    }


def _is_plain(cell: object) -> bool:
    return not isinstance(cell, list | dict)


def _batch(tenant: Row, batches: Mapping[str, int | None]) -> Row:
    return {"batch": batches.get(tenant["domain"])}


def _batches(tables: Iterable[pa.Table]) -> Iterator[tuple[str, int | None]]:
    for table in tables:
        if {"domain", "batch"} <= set(table.column_names):
            yield from zip(table["domain"].to_pylist(), table["batch"].to_pylist(), strict=True)


def _frame_of(table: pa.Table, directory: str) -> Frame:
    """Moments and seconds differ from run to run: of those, only whether there is one."""
    volatile = {column.name for column in table.schema if _is_time(column.type)}
    return as_frame([_row(row, directory) for row in table.to_pylist()], table.column_names, volatile)


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_floating(kind))


def _row(row: Row, directory: str) -> Row:
    return {name: _cell(value, directory) for name, value in row.items()}


def _cell(value: Any, directory: str) -> Any:
    """A cell without what differs from run to run; JSON text is read, so that its words can be renamed."""
    if not isinstance(value, str):
        return value
    text = value.replace(directory, "DIRECTORY")
    for pattern, instead in _IN_TEXT:
        text = pattern.sub(instead, text)
    if text.startswith(("{", "[")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def as_frame(
    rows: Sequence[Row], columns: Sequence[str] = (), volatile: AbstractSet[str] = frozenset()
) -> Frame:
    """Rows as a frame, sorted, of volatile columns only whether there is a value."""
    names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    given_only = [name for name in names if name in volatile or name in VOLATILE]
    kept = [only_given(row, given_only) for row in rows]
    return Frame(names, given_only, sorted(kept, key=canonical))


def only_given(row: Row, names: Iterable[str]) -> Row:
    return row | {name: _whether_given(row.get(name)) for name in names}


def _whether_given(value: Any) -> str:
    return "" if value is None or value == "" else GIVEN


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def write_frames(frames: Frames, path: Path) -> None:
    """Write a dump, a row a line, so that `diff` can be of help."""
    parts = []
    for name, frame in frames.items():
        head = f'"columns": {canonical(frame.columns)},\n"given_only": {canonical(frame.given_only)}'
        rows = ",\n".join(map(canonical, frame.rows))
        parts.append(f'{canonical(name)}: {{\n{head},\n"rows": [\n{rows}\n]}}')
    path.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")


def read_frames(path: Path) -> Frames:
    """Read a dump."""
    return {name: Frame(**frame) for name, frame in read_json(path).items()}


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        NotDone: it cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotDone(f"{path}: cannot be read: {error}") from error
