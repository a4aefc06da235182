"""Types of the data flow analysis: what an expression may be, and how the code uses the event and the api."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from phonefleet.actions.parse.event_table import Path
from phonefleet.actions.parse.syntax import Node


@dataclass(frozen=True, slots=True)
class EventTag:
    """The value at ``path`` of the handler's event."""

    path: Path = ()


@dataclass(frozen=True, slots=True)
class ApiTag:
    """The value at ``path`` of the handler's api."""

    path: Path = ()


@dataclass(frozen=True, slots=True)
class LocalTag:
    """A function or an object literal of this program."""

    node: Node


@dataclass(frozen=True, slots=True)
class ModuleTag:
    """``module``, ``module.exports`` (``exports``) or a value of another module (``external``)."""

    name: str


Tag = EventTag | ApiTag | LocalTag | ModuleTag
Tags = frozenset[Tag]
NOTHING: Final[Tags] = frozenset()
EXPORTS: Final = ModuleTag("exports")
MODULE: Final = ModuleTag("module")
REMOTE: Final = ModuleTag("external")


class AccessUse(StrEnum):
    """What the code does with a value of the event."""

    READ = "read"
    WHOLE = "whole"
    ENUMERATED = "enumerated"
    WRITTEN = "written"
    DYNAMIC = "dynamic"


WHOLE_USES: Final = frozenset({AccessUse.WHOLE, AccessUse.ENUMERATED, AccessUse.DYNAMIC})
"""Uses that may reach any field below."""


@dataclass(frozen=True, slots=True)
class Access:
    """One use of the event at ``path``; ``node`` is the expression, or the part of a pattern, that uses it."""

    path: Path
    use: AccessUse
    node: Node

    @property
    def line(self) -> int:
        """The line of the use, from 1."""
        return self.node.line

    @property
    def field(self) -> str:
        """The field as the source writes it: ``event.message_options.text``."""
        return ".".join(("event", *self.path))


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One use of the api at ``path``; ``guarded`` if an optional chain protects it from being absent."""

    path: Path
    node: Node
    guarded: bool


@dataclass(frozen=True, slots=True)
class Name:
    """Something named in the source (a module, a secret …) and the line where it first occurs."""

    name: str
    line: int
