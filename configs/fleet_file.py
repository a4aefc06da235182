"""The sections of a fleet file and the sources of its tenants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

from pydantic import InstanceOf, model_validator

from configs.bounded_files import FileRefused
from configs.budget import MAX_TENANTS, Budget
from configs.csv_source import read_csv
from configs.fleet import FileName, TenantRef
from configs.keys import column_fault
from configs.matching import Match
from configs.problems import Origin, Problem
from configs.source_files import matching_files
from configs.tree import Items, Node, Nothing, Table
from configs.validate import validated
from configs.values import Strict, WrittenPath, wrong
from configs.yaml_source import read_yaml


class FleetFile(Strict):
    """The keys at the top of a fleet file; a section typed `Any` has a model of its own."""

    fleet: FileName
    secrets_file: WrittenPath | None = None
    row_secrets: Any = None
    state_dir: WrittenPath | None = None
    ledger: Any = None
    connection: Any = None
    execution: Any = None
    defaults: Any = None
    overrides: Any = None
    tenants: Any = None
    tenants_from: Any = None
    waves: Any = None
    rollout: Any = None
    notify: Any = None


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

    csv: WrittenPath | None = None
    files: WrittenPath | None = None

    @model_validator(mode="after")
    def _one(self) -> Source:
        if (self.csv is None) == (self.files is None):
            raise wrong("must name exactly one source", "Write either `csv: FILE` or `files: GLOB`")
        return self


_MAX_MEMBERS: Final = {"waves": 200, "overrides": 1_000, "tenants_from": 1_000}


def section_items(table: Table, key: str, problems: list[Problem]) -> list[Node]:
    """Return the members of a list section; empty if it is absent."""
    match table.get(key):
        case None | Nothing():
            return []
        case Items() as items if len(items) > (most := _MAX_MEMBERS.get(key, MAX_TENANTS)):
            fact = f"has {len(items)} members, more than {most}"
            problems.append(Problem.at(items.origin, fact, "Merge some, or split the fleet"))
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


def tenant_tables(table: Table, problems: list[Problem], budget: Budget) -> Iterator[Table]:
    """Yield every tenant as written: those of `tenants`, then those of `tenants_from` in order.

    The files end where the budget does, which is a problem.
    """
    yield from _tables(section_items(table, "tenants", problems), problems)
    reader = _SourceReader(problems, budget)
    for node in section_items(table, "tenants_from", problems):
        if source := validated(Source, node, {}, problems):
            yield from reader.tenants(source, node.origin)


class _SourceReader:
    """Reads the files of `tenants_from`, each once."""

    def __init__(self, problems: list[Problem], budget: Budget) -> None:
        self._problems = problems
        self._budget = budget
        self._first: dict[Path, Origin] = {}

    def tenants(self, source: Source, origin: Origin) -> Iterator[Table]:
        base = origin.file.parent
        if source.csv:
            path = base / Path(source.csv).expanduser()
            if self._is_new(path, origin):
                yield from read_csv(
                    path, lambda column: column_fault(TenantRef, column), self._problems, self._budget
                )
        elif source.files:
            yield from self._in_files(source.files, base, origin)

    def _in_files(self, pattern: str, base: Path, origin: Origin) -> Iterator[Table]:
        try:
            paths = matching_files(pattern, base)
        except FileRefused as refused:
            self._problems.append(Problem.at(origin, refused.fact, refused.advice))
            return
        if not paths:
            advice = f"Correct the glob; it starts at {base}"
            self._problems.append(Problem.at(origin, f"no file matches {pattern}", advice))
        for path in paths:
            if self._budget.is_late:
                return
            if not self._is_new(path, origin):
                continue
            root = read_yaml(path, self._problems, self._budget)
            nodes: list[Node] = list(root) if isinstance(root, Items) else [root] if root is not None else []
            yield from _tables(nodes, self._problems)

    def _is_new(self, path: Path, origin: Origin) -> bool:
        """Report a file that an earlier source has read, under whatever name."""
        real = path.resolve()
        first = self._first.setdefault(real, origin)
        if first is not origin:
            fact = f"{path} is read already by {first.path} at {first.place}"
            self._problems.append(Problem.at(origin, fact, "Name each file once"))
        return first is origin


def _tables(nodes: list[Node], problems: list[Problem]) -> Iterator[Table]:
    return (table for node in nodes if (table := as_table(node, problems)) is not None)
