"""Files that only their owner may read: the ledger, plans, reports, Prefect's files.

They hold phone configurations, tenants' code and who did what. `PHONEFLEET_UMASK` allows more, for example 027 for a
state directory that a group reads. A core file would hold the secrets as well: there is none.
"""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from phonefleet.errors import PhonefleetError

VARIABLE: Final = "PHONEFLEET_UMASK"
_PRIVATE: Final = 0o077
_NO_CORE: Final = 1
"""Bytes of a core file. With 0, Linux still pipes the memory to a program that collects core files (core(5)); with 1 it
makes none (fs/coredump.c)."""


def chosen_umask(environ: Mapping[str, str]) -> int:
    """Return which permissions new files lack: 077 unless the operator says otherwise.

    Raises:
        PhonefleetError: The variable is not an octal number from 000 to 077.
    """
    text = environ.get(VARIABLE, "") or f"{_PRIVATE:o}"
    if not re.fullmatch(r"0{0,2}[0-7]{1,2}", text):
        raise PhonefleetError(f"{VARIABLE} is {text[:20]!r}: write an octal number from 000 to 077")
    return int(text, 8)


def keep_private() -> None:
    """Give every file that this process and its children make from now on to its owner alone; make no core files.

    Raises:
        PhonefleetError: See `chosen_umask`.
    """
    os.umask(chosen_umask(os.environ))
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    limit = _NO_CORE if hard == resource.RLIM_INFINITY else min(_NO_CORE, hard)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def make_private_file(path: Path) -> None:
    """Create an empty file and its missing folders, whatever this process's umask; an existing file stays as it is.

    Raises:
        OSError: A folder or the file cannot be made.
        PhonefleetError: See `chosen_umask`.
    """
    mask = chosen_umask(os.environ)
    make_private_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666 & ~mask))


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing.

    Raises:
        OSError: One cannot be made.
        PhonefleetError: See `chosen_umask`.
    """
    mask = chosen_umask(os.environ)
    for each in reversed([folder, *folder.parents]):
        if not each.exists():
            each.mkdir(mode=0o777 & ~mask, exist_ok=True)
