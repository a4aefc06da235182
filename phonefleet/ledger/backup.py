"""Copy a SQLite ledger while runs go on."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from phonefleet.errors import LedgerDamaged, LedgerError
from phonefleet.ledger.ledger import Ledger
from phonefleet.private_files import chosen_umask


def back_up(source: Path, target: Path) -> int:
    """Copy a ledger with SQLite's online backup, verify the copy, and return its size in bytes.

    Args:
        source: The ledger's file.
        target: A file that does not exist yet.

    Raises:
        LedgerError: The target exists or cannot be written, or the source cannot be read.
        LedgerDamaged: The copy is damaged, so the ledger is.
    """
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 & ~chosen_umask(os.environ)))
    except OSError as error:
        raise LedgerError(
            f"{target}: cannot be made ({error.strerror}). Name a file that is not there yet"
        ) from None
    try:
        with closing(sqlite3.connect(source)) as ledger, closing(sqlite3.connect(target)) as copy:
            ledger.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        target.unlink()
        raise LedgerError(f"ledger {source}: cannot be copied ({error})") from error
    with Ledger.open(target, create=False) as opened:
        faults = opened.verify()
    if faults:
        raise LedgerDamaged(f"{target}: the copy has {len(faults)} faults, as the ledger has: {faults[0]}")
    return target.stat().st_size
