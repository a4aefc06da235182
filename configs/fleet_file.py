"""The sections of a fleet file and the sources of its tenants."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from pydantic import InstanceOf, model_validator

from configs.csv_source import read_csv
from configs.fleet import FileName, TenantRef
from configs.keys import column_fault
from configs.matching import Match
from configs.problems import Origin, Problem
from configs.tree import Items, Node, Nothing, Table
from configs.validate import validated
from configs.values import NonEmpty, Strict, wrong
from configs.yaml_source import read_yaml


class FleetFile(Strict):
    """The keys at the top of a fleet file; a section typed `Any` has a model of its own."""

    fleet: FileName
    secrets_file: NonEmpty | None = None
    state_dir: NonEmpty | None = None
    ledger: Any = None
    connection: Any = None
    defaults: Any = None
    overrides: Any = None
    tenants: Any = None
    tenants_from: Any = None
    waves: Any = None
    rollout: Any = None


class Override(Strict):
    """Tenant keys for the tenants that `match` selects."""

    empty_is_absent: ClassVar[bool] = False

    match: Match
    set: InstanceOf[Table]


class Source(Strict):
    """Further files that list tenants; exactly one of the two.

    Attributes:
        csv: A CSV file.
        files: A glob of YAML files, each one tenant or a list of them.
    """

    csv: NonEmpty | None = None
    files: NonEmpty | None = None

    @model_validator(mode="after")
    def _one(self) -> Source:
        if (self.csv is None) == (self.files is None):
            raise wrong("must name exactly one source", "Write either `csv: FILE` or `files: GLOB`")
        return self


def section_items(table: Table, key: str, problems: list[Problem]) -> list[Node]:
    """Return the members of a list section; empty if it is absent."""
    match table.get(key):
        case None | Nothing():
            return []
        case Items() as items:
            return list(items)
        case node:
            problems.append(Problem.at(node.origin, "must be a list", "Write one `- …` for each member"))
            return []


def as_table(node: Node, problems: list[Problem]) -> Table | None:
    """Return the node if it is a mapping; otherwise report it and return None."""
    if isinstance(node, Table):
        return node
    problems.append(Problem.at(node.origin, "must be a mapping", "Write `key: value` lines"))
    return None


def tenant_tables(table: Table, problems: list[Problem]) -> Iterator[Table]:
    """Yield every tenant as written: those of `tenants`, then those of `tenants_from` in order."""
    yield from _tables(section_items(table, "tenants", problems), problems)
    for node in section_items(table, "tenants_from", problems):
        source = validated(Source, node, {}, problems)
        if source and source.csv:
            path = node.origin.file.parent / Path(source.csv).expanduser()
            yield from read_csv(path, lambda column: column_fault(TenantRef, column), problems)
        elif source and source.files:
            yield from _tenants_in(source.files, node.origin, problems)


def _tenants_in(pattern: str, origin: Origin, problems: list[Problem]) -> Iterator[Table]:
    base = origin.file.parent
    paths = sorted(
        path
        for name in glob.glob(pattern, root_dir=base, recursive=True)  # noqa: PTH207 (Path.glob refuses absolute patterns)
        if (path := base / name).is_file()
    )
    if not paths:
        problems.append(
            Problem.at(origin, f"no file matches {pattern}", f"Correct the glob; it starts at {base}")
        )
    for path in paths:
        root = read_yaml(path, problems)
        yield from _tables(root if isinstance(root, Items) else [root] if root is not None else [], problems)


def _tables(nodes: list[Node], problems: list[Problem]) -> Iterator[Table]:
    return (table for node in nodes if (table := as_table(node, problems)) is not None)
