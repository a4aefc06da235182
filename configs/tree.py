"""Values that know where they were written.

Every scalar is text until a model says what it is: an unquoted `+15005550006` keeps its plus, a region
`no` is no boolean, `0123` is not octal, and a cell of a CSV file reads the same as a value in YAML.
"""

from __future__ import annotations

from typing import Self

from configs.problems import Origin


class Text(str):
    """A scalar."""

    __slots__ = ("origin",)
    origin: Origin

    def __new__(cls, value: str, origin: Origin) -> Self:
        """Create the text with its place."""
        self = super().__new__(cls, value)
        self.origin = origin
        return self


class Nothing:
    """A key without a value (`owner:` alone, `~` or `null`)."""

    __slots__ = ("origin",)

    def __init__(self, origin: Origin) -> None:
        self.origin = origin


class Items(list["Node"]):
    """A list."""

    __slots__ = ("origin",)

    def __init__(self, origin: Origin) -> None:
        super().__init__()
        self.origin = origin


class Table(dict[str, "Node"]):
    """A mapping."""

    __slots__ = ("origin",)

    def __init__(self, origin: Origin) -> None:
        super().__init__()
        self.origin = origin

    def without_nothing(self, keys: frozenset[str]) -> Table:
        """Return this table without those of `keys` that have no value."""
        empty = {key for key, value in self.items() if isinstance(value, Nothing)} & keys
        if not empty:
            return self
        kept = Table(self.origin)
        kept.update((key, value) for key, value in self.items() if key not in empty)
        return kept


Node = Text | Nothing | Items | Table


def merged(below: Table, above: Table) -> Table:
    """Merge two tables: mappings key by key; anything else in `above` replaces what is below.

    A key without a value does not replace one with a value. The result has the place of `above`.
    """
    result = Table(above.origin)
    result.update(below)
    for key, value in above.items():
        under = below.get(key)
        if isinstance(value, Table) and isinstance(under, Table):
            result[key] = merged(under, value)
        elif under is None or not isinstance(value, Nothing):
            result[key] = value
    return result
