"""Read files that somebody else may have chosen: regular files only, and no more of them than a limit.

A FIFO never ends, a device may never end, and a file of gigabytes takes all memory. None of them is opened for long:
kind and size are checked before anything is read.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

MAX_PATH_BYTES: Final = 4096
MAX_NAME_BYTES: Final = 255
"""Linux's limits of a path and of each of its names (PATH_MAX, NAME_MAX)."""
_MEBIBYTE: Final = 1024 * 1024


class FileRefused(Exception):
    """A file cannot be read or used.

    Attributes:
        fact: What is wrong with it, without the file's name and without its content.
        advice: What to do about it.
    """

    def __init__(self, fact: str, advice: str) -> None:
        super().__init__(fact)
        self.fact = fact
        self.advice = advice


def read_bounded(path: Path, most: int) -> bytes:
    """Return the content of a regular file.

    Args:
        path: The file.
        most: The largest size that is accepted, in bytes.

    Raises:
        FileRefused: It is no regular file, is larger, or cannot be read.
    """
    try:
        # Opening some devices has effects, so the kind is checked before; a file may be exchanged, so also after.
        _check_kind(path.stat())
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            _check_kind(status)
            _check_size(status.st_size, most)
            content = stream.read(most + 1)
    except ValueError:
        raise FileRefused("has a NUL in its name", "Correct the path") from None
    except OSError as error:
        raise FileRefused(
            f"cannot be read: {error.strerror}", "Check the path and its permissions"
        ) from error
    _check_size(len(content), most)
    return content


def path_problem(written: str) -> tuple[str, str] | None:
    """Return why a path in the configuration can never be used and what to do about it, or None."""
    if "\0" in written:
        return "has a NUL in it", "Correct the path"
    if len(os.fsencode(written)) > MAX_PATH_BYTES:
        return f"is longer than {MAX_PATH_BYTES} bytes", "Write a shorter path"
    if any(len(os.fsencode(name)) > MAX_NAME_BYTES for name in written.split("/")):
        return f"has a name of more than {MAX_NAME_BYTES} bytes in it", "Write a shorter path"
    try:
        Path(written).expanduser()
    except RuntimeError:
        return "begins with the home folder of a user that this machine does not have", "Write the whole path"
    return None


def _check_kind(status: os.stat_result) -> None:
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    kind = next((name for is_kind, name in kinds if is_kind(mode)), "a device")
    raise FileRefused(f"is not a regular file but {kind}", "Name a regular file")


def _check_size(size: int, most: int) -> None:
    if size > most:
        shown = f"{most // _MEBIBYTE} MiB" if most >= _MEBIBYTE else f"{most} bytes"
        raise FileRefused(f"is larger than {shown}", "Check that it is the right file, or split it")
