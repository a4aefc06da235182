"""How the process of a command ends: as Python ends, or at once where that would wait for a server without end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

_before: list[Callable[[], None]] = []
"""What is to be done before an end at once; empty for an ordinary one."""


def end_at_once(first: Callable[[], None]) -> None:
    """Do not wait for what libraries still have to send when the command has ended, and call `first` before."""
    _before.append(first)


def ends_at_once() -> bool:
    """Whether the process is to end so."""
    return bool(_before)


def end(code: int) -> NoReturn:
    """End the process."""
    if not _before:
        sys.exit(code)
    for each in _before:
        each()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)
