"""What the legacy event of a trigger version holds at a path, and where the new event keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from phonefleet.actions.parse.event_table import (
    EVENT_FIELDS,
    EventField,
    Holds,
    Path,
    TriggerVersion,
    split,
)

MESSAGE_FIELDS: Final = ("action", "code", "language", "message_type", "recipient", "text")
API_METHODS: Final = frozenset({("cache",), ("cache", "get"), ("cache", "set"), ("cache", "delete")})
"""What the legacy trigger's api offered."""


class Shape(StrEnum):
    """What the legacy event holds at a path."""

    LEAF = "leaf"
    RECORD = "record"
    FREE = "free"
    UNKNOWN = "unknown"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class NewPlace:
    """Where the new event keeps a legacy field, and what is different there."""

    path: str
    note: str = ""

    def __str__(self) -> str:
        """For people: the place with its note."""
        return f"{self.path} ({self.note})" if self.note else self.path


@dataclass(frozen=True, eq=False, slots=True)
class LegacyEvent:
    """The event of one version of the trigger ``send-phone-message``.

    ``fields`` has every field by its path; ``message`` is the path of the record with the message's own fields, which
    version 1 keeps in the event itself.
    """

    version: TriggerVersion
    fields: dict[Path, EventField] = field(default_factory=dict)
    records: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, version: TriggerVersion) -> LegacyEvent:
        """Build the event's tree from the table."""
        fields = {split(row.place(version)): row for row in EVENT_FIELDS if row.place(version)}
        records: dict[Path, tuple[str, ...]] = {(): ()}
        for path, row in fields.items():
            if row.holds is Holds.RECORD:
                records.setdefault(path, ())
            records[path[:-1]] = (*records.get(path[:-1], ()), path[-1])
        return cls(version, fields, records)

    @property
    def message(self) -> Path:
        """The path of the record with the message's own fields."""
        return () if self.version is TriggerVersion.V1 else ("message_options",)

    def message_field(self, path: Path) -> str | None:
        """The message's field that is kept at ``path``."""
        own = len(path) == len(self.message) + 1 and path[:-1] == self.message
        return path[-1] if own and path[-1] in MESSAGE_FIELDS else None

    def shape(self, path: Path) -> Shape:
        """What the event holds at ``path``; ``UNKNOWN`` if no source names such a field."""
        row = self._nearest(path)
        if row is not None and row[1].lost:
            return Shape.LOST
        if row is not None and row[1].holds is Holds.DICTIONARY:
            return Shape.FREE if row[0] == path else Shape.LEAF
        if path in self.records:
            return Shape.RECORD
        # A field of a record is a leaf; below a leaf are the methods of its value (``text.trim``).
        for end in range(len(path), 0, -1):
            names = self.records.get(path[: end - 1])
            if names is not None:
                return Shape.LEAF if path[end - 1] in names else Shape.UNKNOWN
        return Shape.UNKNOWN

    def open_ended(self, path: Path) -> bool:
        """Whether the event has known fields below ``path``; below all other paths are a value's own methods."""
        return self.shape(path) in (Shape.RECORD, Shape.FREE) or path == ("security_context",)

    def new_place(self, path: Path) -> NewPlace:
        """Where the new event keeps what the legacy event had at ``path``."""
        known = self._nearest(path)
        if known is None:
            return NewPlace(".".join(("event", *path)), "the same")
        at, row = known
        if row.lost:
            return NewPlace("nowhere", row.note or "the new event has no such field")
        moved = row.new != row.place(self.version)
        return NewPlace(
            ".".join(("event", row.new, *path[len(at) :])), row.note or ("" if moved else "the same")
        )

    def disputed(self) -> tuple[Path, ...]:
        """The fields on whose existence Auth0's sources disagree."""
        return tuple(path for path, row in self.fields.items() if self.version in row.disputed)

    def unlike(self) -> frozenset[Path]:
        """The fields that the new event may not have alike: lost, disputed, or optional only there."""
        return frozenset(
            path
            for path, row in self.fields.items()
            if row.lost or row.optional_new or self.version in row.disputed
        )

    def reordered(self, value: Any, path: Path = ()) -> Any:
        """An event, or its part at ``path``, with the fields of each record in the opposite order.

        The order of fields is not documented. Keys that a tenant chooses keep theirs.
        """
        if not isinstance(value, dict) or self.shape(path) not in (Shape.RECORD, Shape.LOST):
            return value
        return {key: self.reordered(part, (*path, key)) for key, part in reversed(value.items())}

    def table_path(self, path: Path) -> Path:
        """The place in version 2 of the field that is kept at ``path``; ``path`` itself if none is."""
        row = self.fields.get(path)
        return path if row is None else split(row.legacy)

    def lost_names(self) -> frozenset[str]:
        """The names of the fields without a counterpart."""
        return frozenset(path[-1] for path, row in self.fields.items() if row.lost)

    def _nearest(self, path: Path) -> tuple[Path, EventField] | None:
        """The deepest field on the way to ``path``."""
        for end in range(len(path), 0, -1):
            row = self.fields.get(path[:end])
            if row is not None:
                return path[:end], row
        return None


LEGACY_EVENTS: Final = {version: LegacyEvent.of(version) for version in TriggerVersion}
"""The event of each version."""
NEW_FIELDS: Final = frozenset(split(row.new) for row in EVENT_FIELDS if row.new)
"""The paths of the new event."""


def names_below(record: str) -> tuple[str, ...]:
    """The names of the record's fields that are the same in both events, in alphabetical order."""
    return tuple(
        sorted(
            path[-1]
            for path in map(split, (row.new for row in EVENT_FIELDS if row.legacy == row.new))
            if len(path) == 2 and path[0] == record
        )
    )
