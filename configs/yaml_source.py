"""Parse YAML text into a tree whose values have their lines.

The tree is built from the parser's events, not from PyYAML's nodes: 10,000 tenants take half a second, deep nesting
cannot exhaust the stack, and scalars stay text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from configs.bounded_files import FileRefused, read_bounded
from configs.budget import MAX_VALUES, Budget
from configs.problems import Origin, Problem
from configs.tree import Items, Node, Nothing, Table, Text

MAX_DEPTH: Final = 30
MAX_BYTES: Final = 16 * 1024 * 1024
"""10,000 tenants with all their keys take less than 10 MiB."""
MAX_ALIASES: Final = 50_000
MAX_KEYS: Final = 10_000
"""In one mapping."""
MAX_TEXT: Final = 65_536
"""Characters of one value or key."""
_STANDARD_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "map", "seq")
)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


class _RefusedError(Exception):
    """The file cannot be read any further."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def read_yaml(path: Path, problems: list[Problem], budget: Budget | None = None) -> Node | None:
    """Read the one document in a file.

    Args:
        path: A UTF-8 file.
        problems: Problems are added here, without quoting values.
        budget: What all files together may hold; by default the file has it alone.

    Returns:
        The tree, or None if the file cannot be read to its end.
    """
    try:
        content = read_bounded(path, MAX_BYTES)
    except FileRefused as refused:
        problems.append(Problem(path, 0, "", refused.fact, refused.advice))
        return None
    return parse_yaml(path, content, problems, budget)


def parse_yaml(
    path: Path, content: bytes, problems: list[Problem], budget: Budget | None = None
) -> Node | None:
    """Parse the one document in the content of a file; see `read_yaml`. JSON is YAML."""
    try:
        return _Builder(path, problems, budget or Budget()).build(content)
    except _RefusedError as refused:
        problems.append(refused.problem)
    except yaml.reader.ReaderError as error:
        fact = f"is not UTF-8 text at position {error.position}: {error.reason}"
        problems.append(Problem(path, 0, "", fact, "Save the file as UTF-8 without control characters"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        fact = f"is not valid YAML: {' '.join(filter(None, (error.context, error.problem)))}"
        advice = "Correct the indentation or quoting on this line or the one before"
        problems.append(Problem(path, mark.line + 1 if mark else 0, "", fact, advice))
    return None


@dataclass(slots=True)
class _Size:
    """How much a node holds, those of aliases counted each time.

    Attributes:
        values: Scalars and containers, itself included.
        levels: Containers inside each other, itself included.
    """

    values: int = 1
    levels: int = 0

    def add(self, inner: _Size) -> None:
        self.values += inner.values
        self.levels = max(self.levels, inner.levels + 1)


class _Builder:
    """One pass over the events, with the open containers on a stack."""

    def __init__(self, path: Path, problems: list[Problem], budget: Budget) -> None:
        self._budget = budget
        self._problems = problems
        self._path = path
        self._root: Node = Nothing(Origin(path, 0))
        self._open: list[Table | Items] = []
        self._keys: list[tuple[str, int] | None] = []
        self._anchors: dict[str, tuple[Node, _Size]] = {}
        self._sizes: list[_Size] = []
        self._aliases = 0
        self._documents = 0

    def build(self, text: bytes) -> Node:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    self._start(event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._end()
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        advice = "Keep one document a file, without a second `---`"
                        raise self._refused(event, "contains a second YAML document", advice)
        return self._root

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        """Add a value, or take a key of the innermost mapping."""
        line = _line(event)
        if len(event.value) > MAX_TEXT:
            raise self._refused(event, f"is longer than {MAX_TEXT} characters", "Write a shorter text")
        table = self._open[-1] if self._open else None
        if not isinstance(table, Table) or self._keys[-1] is not None:
            self._check_tag(event)
            origin = self._origin(line)
            null = event.implicit[0] and event.value in _NULLS
            node = Nothing(origin) if null else Text(event.value, origin)
            self._put(event, node, event.anchor, size := _Size())
            self._add_to_container(size)
            return
        if event.value == "<<" and event.implicit[0]:
            advice = "Put shared keys into `defaults` or `overrides`"
            raise self._refused(event, "uses a merge key `<<`", advice)
        if (before := table.get(event.value)) is not None:
            origin = Origin(self._path, line, table.origin, event.value)
            fact = f"this key occurs twice: first at {before.origin.place}"
            self._problems.append(Problem.at(origin, fact, "Keep one of the two"))
        if len(table) >= MAX_KEYS:
            raise self._refused(event, f"has more than {MAX_KEYS} keys", "Split it")
        self._keys[-1] = (event.value, line)

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self._check_tag(event)
        if len(self._open) >= MAX_DEPTH:
            raise self._too_deep(event)
        origin = self._origin(_line(event))
        node = Table(origin) if isinstance(event, yaml.MappingStartEvent) else Items(origin)
        size = _Size(levels=1)
        self._put(event, node, event.anchor, size)
        self._open.append(node)
        self._keys.append(None)
        self._sizes.append(size)

    def _end(self) -> None:
        """Close the innermost container and count its values in the one around it."""
        self._keys.pop()
        self._open.pop()
        self._add_to_container(self._sizes.pop())

    def _add_to_container(self, size: _Size) -> None:
        if self._sizes:
            self._sizes[-1].add(size)

    def _alias(self, event: yaml.AliasEvent) -> None:
        target = self._anchors.get(event.anchor or "")
        if target is None:
            raise self._refused(
                event, "uses an alias (`*`) of an anchor not seen before", "Quote the value if it is text"
            )
        node, size = target
        if any(node is container for container in self._open):
            raise self._refused(
                event, "contains a list or mapping that contains itself", "Write the values out"
            )
        if len(self._open) + size.levels > MAX_DEPTH:
            raise self._too_deep(event)
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            advice = f"Use `defaults` or `overrides` instead of the anchor of line {node.origin.line}"
            raise self._refused(event, f"has more than {MAX_ALIASES} aliases (`*`)", advice)
        self._put(event, node, None, size)
        self._add_to_container(size)

    def _put(self, event: yaml.Event, node: Node, anchor: str | None, size: _Size) -> None:
        if not self._budget.take(size.values):
            fact = f"goes beyond {MAX_VALUES} values in all files, those that aliases (`*`) repeat included"
            raise self._refused(event, fact, "Split the fleet, or use `defaults` and `overrides`")
        if anchor:
            self._anchors[anchor] = (node, size)
        if not self._open:
            self._root = node
            return
        match self._open[-1], self._keys[-1]:
            case Table() as table, (key, _):
                table[key] = node
                self._keys[-1] = None
            case Items() as items, _:
                items.append(node)
            case table, _:
                raise _RefusedError(
                    Problem.at(table.origin, "has a key that is not plain text", "Use a name as key")
                )

    def _origin(self, line: int) -> Origin:
        if not self._open:
            return Origin(self._path, line)
        container, key = self._open[-1], self._keys[-1]
        if key:
            return Origin(self._path, key[1], container.origin, key[0])
        return Origin(self._path, line, container.origin, len(container))

    def _check_tag(self, event: yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if event.tag and event.tag not in _STANDARD_TAGS and event.tag != "!":
            raise self._refused(
                event, "uses a YAML tag (`!`)", "Write the value without it, in quotes if it starts with !"
            )

    def _too_deep(self, event: yaml.Event) -> _RefusedError:
        fact = f"is nested deeper than {MAX_DEPTH} levels"
        return self._refused(event, fact, "Flatten it; no key needs this")

    def _refused(self, event: yaml.Event, fact: str, advice: str) -> _RefusedError:
        return _RefusedError(Problem.at(self._origin(_line(event)), fact, advice))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
