"""What an expression of an Action may be, as far as its meaning for a translation goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from phonefleet.actions.fields import Path
from phonefleet.actions.syntax import Node


@dataclass(frozen=True, slots=True)
class Event:
    """The value at ``path`` of the handler's event."""

    path: Path = ()


@dataclass(frozen=True, slots=True)
class Api:
    """The value at ``path`` of the handler's api."""

    path: Path = ()


@dataclass(frozen=True, slots=True)
class Local:
    """A function or an object literal of this program."""

    node: Node


@dataclass(frozen=True, slots=True)
class Module:
    """``module``, ``module.exports`` (``exports``) or what another module gave (``external``)."""

    name: str


Tag = Event | Api | Local | Module
Tags = frozenset[Tag]
NOTHING: Final[Tags] = frozenset()
EXPORTS: Final = Module("exports")
MODULE: Final = Module("module")
REMOTE: Final = Module("external")
