"""Problems in the operator's files, and their places."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Origin(NamedTuple):
    """The place of a value: file, line (from 1; 0 is the whole file) and path of keys."""

    file: Path
    line: int
    parent: Origin | None = None
    key: str | int | None = None

    @property
    def path(self) -> str:
        """The path of keys, such as `tenants[3].target.provider`."""
        above = self.parent.path if self.parent else ""
        match self.key:
            case None:
                return above
            case int():
                return f"{above}[{self.key}]"
            case _:
                return f"{above}.{self.key}" if above else self.key

    @property
    def place(self) -> str:
        """File and line, such as `fleet.yaml:12`."""
        return f"{self.file}:{self.line}" if self.line else str(self.file)


class Problem(NamedTuple):
    """One thing to correct.

    Attributes:
        file: The file that it is in.
        line: Its line, from 1; 0 when it concerns the whole file.
        key: The path of keys, such as `tenants[3].target.provider`; may be empty.
        fact: What is wrong; never a value from a place where secrets belong.
        advice: What to do about it.
    """

    file: Path
    line: int
    key: str
    fact: str
    advice: str

    @classmethod
    def at(cls, origin: Origin, fact: str, advice: str, key: str | int | None = None) -> Problem:
        """Return a problem at `origin`, or at the `key` below it."""
        where = origin if key is None else Origin(origin.file, origin.line, origin, key)
        return cls(where.file, where.line, where.path, fact, advice)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        parts = [place, self.key, self.fact] if self.key else [place, self.fact]
        return f"{': '.join(parts)}. {self.advice}{'' if self.advice.endswith('?') else '.'}"


class ConfigError(Exception):
    """The configuration cannot be used; it has every problem found, in the order of the files.

    Attributes:
        problems: All of them, each once.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(self.problems)

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the configuration:"
        return "\n".join([head, *(f"  {problem}" for problem in self.problems)])
