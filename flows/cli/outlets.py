"""Standard output and standard error that never end a command: what they cannot take is lost, and that is known.

The reader of a pipe ends, a terminal is closed, a disk is full. An error of a write would come up wherever something
is printed: in the middle of a migration, or in a library that ends the process with exit code 1, which means drift.
"""

from __future__ import annotations

import io
import os
import select
import sys
from pathlib import Path
from typing import TextIO

from typing_extensions import Buffer, override


class Outlet(io.FileIO):
    """A standard stream's file descriptor, which stays open.

    Attributes:
        failure: why something could not be written; None as long as everything was. Later writes are lost too.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.failure: OSError | None = None

    @override
    def write(self, data: Buffer, /) -> int:
        """Write what the descriptor takes; all of it counts as written once it takes nothing more."""
        if self.failure is None:
            try:
                # A file descriptor that another program made non-blocking takes nothing while its reader is slow.
                while (count := super().write(data)) is None:
                    select.select([], [self], [])
            except OSError as error:
                self.failure = error
            else:
                return count
        return memoryview(data).nbytes


def use_outlets() -> Outlet | None:
    """Let everything that this process prints go through outlets.

    Returns:
        That of standard output; None where it is no file.
    """
    if sys.stdin is None:
        # Closed from the start, as by `<&-`. What is opened now gets the lowest free number, which is its own.
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    sys.stdout, outlet = _through_outlet(sys.stdout, is_error=False)
    sys.stderr, _ = _through_outlet(sys.stderr, is_error=True)
    return outlet


def _through_outlet(stream: TextIO | None, *, is_error: bool) -> tuple[TextIO, Outlet | None]:
    if stream is None:
        # Opened for reading, a write to it fails, as it did to the closed one.
        outlet = Outlet(os.open(os.devnull, os.O_RDONLY))
        return io.TextIOWrapper(io.BufferedWriter(outlet), "utf-8", "replace"), outlet
    try:
        outlet = Outlet(stream.fileno())
    except OSError:
        return stream, None
    # A terminal that cannot show a character must not cost a report.
    errors = stream.errors if stream.encoding.lower() == "utf-8" else "replace"
    text = io.TextIOWrapper(
        io.BufferedWriter(outlet), stream.encoding, errors, line_buffering=is_error or stream.isatty()
    )
    return text, outlet
