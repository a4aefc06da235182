"""What an expression of an Action may be, as far as its meaning for a translation goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from phonefleet.actions.parse.event_fields import Path
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
    """``module``, ``module.exports`` (``exports``) or what another module gave (``external``)."""

    name: str


Tag = EventTag | ApiTag | LocalTag | ModuleTag
Tags = frozenset[Tag]
NOTHING: Final[Tags] = frozenset()
EXPORTS: Final = ModuleTag("exports")
MODULE: Final = ModuleTag("module")
REMOTE: Final = ModuleTag("external")
