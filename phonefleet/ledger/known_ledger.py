"""What a fleet's state folder knows of its ledger: which one it is, how far it was, and what its file was.

A ledger that is missing, empty, another one, older or changed by another program is noticed. A user who can change
both the ledger and the state folder can deceive this check; the audit's key (`ledger.audit_key`) is against that.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from configs.bounded_files import FileRefused, read_bounded
from phonefleet.errors import LedgerDamaged, LedgerError
from phonefleet.output_files import replace_file
from phonefleet.private_files import chosen_umask, make_private_folder

MAX_DIGESTED_BYTES: Final = 256 * 1024 * 1024
"""Larger files are not read whole at each opening and closing."""
_MAX_RECORD_BYTES: Final = 4096
_BESIDE: Final = ("-wal", "-journal")


class LedgerMark(BaseModel):
    """A point in the life of a ledger.

    Attributes:
        identity: Which ledger; empty for one that is not known.
        generation: Grows with every fact.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    identity: str = ""
    generation: int = 0


class _Known(LedgerMark):
    """A mark, and the SHA-256 of the SQLite file when it was closed; empty while it is written to."""

    digest: str = ""


class KnownLedger:
    """The record of one ledger in a file of the state folder. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.Lock()
        self._mark: LedgerMark | None = None
        self._advanced = False
        self._change_expected = False

    def read(self) -> _Known | None:
        """Return what is known; None for a fleet that had no ledger yet.

        Raises:
            LedgerDamaged: The record cannot be read.
        """
        if not self.path.exists():
            return None
        try:
            return _Known.model_validate_json(read_bounded(self.path, _MAX_RECORD_BYTES))
        except (FileRefused, ValidationError):
            raise LedgerDamaged(
                f"{self.path}: what is known of the ledger cannot be read. Verify the ledger and record it again: "
                "phonefleet ledger verify --adopt"
            ) from None

    def check_before_opening(self, place: str, file: Path | None) -> bool:
        """Check the file of a ledger before it is opened.

        Returns:
            Whether the file is exactly the one that was closed last.

        Raises:
            LedgerDamaged: The fleet had a ledger and this file is missing, empty or changed.
        """
        known = self.read()
        if known is None or file is None:
            return False
        if not file.exists() or file.stat().st_size == 0:
            raise LedgerDamaged(
                f"ledger {place}: {'is empty' if file.exists() else 'is missing'}, and this fleet had one with "
                f"{known.generation} facts. {self._advice()}"
            )
        if any(_beside(file)) or not known.digest or file.stat().st_size > MAX_DIGESTED_BYTES:
            return False
        if _digest(file) != known.digest:
            if self.read() != known:
                return False  # Another process uses the ledger, and has just changed file and record.
            raise LedgerDamaged(
                f"ledger {place}: was changed by another program since phonefleet closed it, at "
                f"{known.generation} facts. {self._advice()}"
            )
        return True

    def check_opened(self, place: str, read_mark: Callable[[], LedgerMark]) -> LedgerMark:
        """Check an open ledger, and know it from now on.

        Args:
            place: The ledger, for people.
            read_mark: Reads which ledger it is and how far it is.

        Returns:
            What was read.

        Raises:
            LedgerDamaged: It is another one than the fleet had, or an older state of it.
        """
        # First the record, which follows each commit: read after the ledger, it may be ahead of what was read there.
        known = self.read()
        found = read_mark()
        if known is None:
            self._store(_Known(**found.model_dump()))
        elif known.identity != found.identity:
            raise LedgerDamaged(
                f"ledger {place}: is another ledger ({found.identity[:8]}) than this fleet had "
                f"({known.identity[:8]}, {known.generation} facts). {self._advice()}"
            )
        elif known.generation > found.generation:
            raise LedgerDamaged(
                f"ledger {place}: is older than this fleet's ledger was: it has {found.generation} facts and had "
                f"{known.generation}. A file beside it (-wal) may have been removed. {self._advice()}"
            )
        self._mark = found
        return found

    def refuse_new(self, place: str) -> None:
        """Check that no ledger is made where the fleet had one.

        Raises:
            LedgerDamaged: It had one.
        """
        if known := self.read():
            raise LedgerDamaged(
                f"ledger {place}: is new, and this fleet had one with {known.generation} facts. {self._advice()}"
            )

    def expect_change(self) -> None:
        """Record, before this process's first commit, that the ledger's file is about to change.

        A process that ends between a commit and `advance` would otherwise leave the digest of the file before. Call
        it within the transaction: another process that closes the ledger sees then that it is open. Later calls
        do nothing.

        Raises:
            LedgerDamaged: The record cannot be read.
            LedgerError: It cannot be written.
        """
        with self._turn:
            if self._change_expected:
                return
            if self.path.exists():
                with self._one_process():
                    if known := self.read():
                        self._store(known.model_copy(update={"digest": ""}))
                self._change_expected = True
            self._advanced = True

    def advance(self, found: LedgerMark) -> None:
        """Record how far the ledger is, after a commit.

        Raises:
            LedgerError: It cannot be recorded.
        """
        with self._turn:
            self._advanced = True
            if self._mark is None or found.generation >= self._mark.generation:
                self._mark = found
                self._store(_Known(**found.model_dump()))

    def adopt(self, found: LedgerMark) -> None:
        """Know this ledger from now on, whatever was known before."""
        self._mark = found
        self._store(_Known(**found.model_dump()))

    @contextmanager
    def closing(self, file: Path | None) -> Iterator[None]:
        """Close the ledger in the block; record what its file is then, if no other process has it open."""
        if file is None or self._mark is None or not os.access(self.path.parent, os.W_OK):
            yield
            return
        with _locked(self.path):
            yield
            known = self.read()
            if known is None or known.identity != self._mark.identity or not file.exists():
                return
            # Who wrote nothing leaves the digest of the one before. Who wrote may find one that another process
            # recorded between its commit and now: it is of the file before that commit.
            if known.digest and not self._advanced:
                return
            if _is_open(file) or any(_beside(file)) or file.stat().st_size > MAX_DIGESTED_BYTES:
                return
            digest = _digest(file)
            if not _is_open(file):
                generation = max(known.generation, self._mark.generation)
                self._store(known.model_copy(update={"digest": digest, "generation": generation}))

    @contextmanager
    def _one_process(self) -> Iterator[None]:
        try:
            with _locked(self.path):
                yield
        except OSError as error:
            raise self._not_recorded(error) from error

    def _store(self, known: _Known) -> None:
        content = known.model_dump_json().encode()
        try:
            make_private_folder(self.path.parent)
            replace_file(
                self.path, lambda path: path.write_bytes(content), mode=0o666 & ~chosen_umask(os.environ)
            )
        except OSError as error:
            raise self._not_recorded(error) from error

    def _not_recorded(self, error: OSError) -> LedgerError:
        return LedgerError(
            f"{self.path}: what is known of the ledger cannot be recorded ({error.strerror or error}). Make the folder "
            "writable, then repeat"
        )

    def _advice(self) -> str:
        return (
            "Restore it with the files beside it. If it is what you want to go on with: phonefleet ledger verify "
            f"--adopt. To begin a new record, remove {self.path}"
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time close a ledger: two would change the file under each other's hands."""
    lock = path.with_name(f".{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666 & ~chosen_umask(os.environ))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _beside(file: Path) -> Iterator[Path]:
    """Yield the files with commits that the ledger's own file does not have yet."""
    for ending in _BESIDE:
        path = file.with_name(file.name + ending)
        if path.exists() and path.stat().st_size:
            yield path


def _is_open(file: Path) -> bool:
    """Whether a process has the ledger open: the last one that closes it removes the write-ahead log."""
    return file.with_name(file.name + "-wal").exists()


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
