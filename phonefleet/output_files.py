"""Write files at places that a user names: whole or not at all, and never over what is not a regular file."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path


class NotARegularFile(OSError):
    """What is at the place must not be replaced: a device, a pipe, a socket or a folder."""

    def __init__(self, path: Path, kind: str) -> None:
        super().__init__(f"is {kind}, which is never replaced by a file")
        self.path = path

    @property
    def fact(self) -> str:
        """What is there, in words."""
        return str(self)


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


def check_replaceable(path: Path) -> Path:
    """Return the file that writing to a place would create or replace: the target of a symbolic link.

    Raises:
        NotARegularFile: something else is there.
        OSError: it cannot be looked at.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if not stat.S_ISREG(mode):
        kind = next((words for test, words in _KINDS if test(mode)), "no regular file")
        raise NotARegularFile(path, kind)
    return target


def replace_file(path: Path, write: Callable[[Path], object], *, mode: int = 0o600) -> None:
    """Write a file under a temporary name beside its place, then rename it.

    A file that is there keeps its permissions, and a symbolic link stays one.

    Args:
        path: where the file goes; its folder exists.
        write: writes the content to the path that it is given.
        mode: the permissions of a new file.

    Raises:
        NotARegularFile: something else is there; it is left as it is.
        OSError: it cannot be written; what is there is left as it is.
    """
    target = check_replaceable(path)
    kept = stat.S_IMODE(target.stat().st_mode) if target.exists() else mode
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(kept)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
