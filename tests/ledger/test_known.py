"""A ledger that is missing, empty, exchanged, older, damaged or changed by others is named, never read as it is."""

from __future__ import annotations

import errno
import hashlib
import json
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from phonefleet.errors import LedgerDamaged, LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.known_ledger import KnownLedger, LedgerMark
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.migrations.versions import v0005_forecasts, v0006_shards, v0007_verifications
from phonefleet.model.enums import RunVerdict
from phonefleet.model.run_record import SnapshotMoment
from tests.ledger.factories import (
    DOMAIN,
    PROVIDER,
    TEST,
    make_assessment,
    make_snapshot,
    python,
    ready,
    start,
)

KILLED = """
import os, signal, sys
from pathlib import Path
from phonefleet.ledger.ledger import Ledger
ledger = Ledger.open(sys.argv[1], known=Path(sys.argv[2]))
for _ in range(3):
    ledger.check_writable()
os.kill(os.getpid(), signal.SIGKILL)
"""

KILLED_AT_THE_FIRST_COMMIT = """
import os, signal, sys
from pathlib import Path
from phonefleet.ledger.known_ledger import KnownLedger
from phonefleet.ledger.ledger import Ledger
KnownLedger.advance = lambda self, found: os.kill(os.getpid(), signal.SIGKILL)
Ledger.open(sys.argv[1], known=Path(sys.argv[2])).check_writable()
"""


@pytest.fixture
def known(tmp_path: Path) -> Path:
    return tmp_path / "ledger.known"


@pytest.fixture
def path(tmp_path: Path, known: Path) -> Path:
    """A closed ledger of a fleet, with a run."""
    made = tmp_path / "ledger.sqlite"
    with Ledger.open(made, known=known) as ledger:
        run_id, lease, plan = ready(ledger)
        ledger.snapshots.add(run_id, DOMAIN, SnapshotMoment.BEFORE, make_snapshot())
        ledger.tenants.add_assessment(run_id, DOMAIN, make_assessment())
        ledger.steps.settle(ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER), "done")
        ledger.steps.settle(ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, TEST), "done")
        ledger.runs.end(run_id, RunVerdict.COMPLETE, 0)
    return made


def everything(ledger: Ledger) -> Any:
    """What commands read of a ledger."""
    record = ledger.runs.record("latest")
    checksums = {tenant.plan.checksum for tenant in record.tenants if tenant.plan}
    return (
        record,
        ledger.runs.recent(),
        ledger.history.of_tenant(DOMAIN),
        [ledger.plans.get(checksum) for checksum in sorted(checksums)],
        ledger.snapshots.latest([DOMAIN]),
        ledger.audit.entries(),
        ledger.leases.in_force(),
    )


def kill_while_open(path: Path, known: Path, program: str = KILLED) -> None:
    """Kill a process that has written and has not closed the ledger."""
    process = python(program, str(path), str(known))
    _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, err[-2000:]


def refused(path: Path, known: Path, said: str) -> None:
    for create in (True, False):
        with pytest.raises(LedgerDamaged, match=said):
            Ledger.open(path, known=known, create=create)


def test_a_closed_ledger_opens_again(path: Path, known: Path) -> None:
    for _ in range(3):
        with Ledger.open(path, known=known) as ledger:
            ledger.check_writable()
    with Ledger.open(path, known=known) as ledger:
        assert ledger.verify() == []


def test_a_missing_ledger_is_not_made_again(path: Path, known: Path) -> None:
    path.unlink()
    refused(path, known, "is missing, and this fleet had one with [0-9]+ facts")
    assert not path.exists()


def test_an_empty_file_is_no_new_ledger(path: Path, known: Path) -> None:
    path.write_bytes(b"")
    refused(path, known, "is empty, and this fleet had one")


def test_an_empty_database_is_no_new_ledger(path: Path, known: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE other (id)")
        db.execute("DROP TABLE other")
        db.execute("VACUUM")
    refused(path, known, "was changed by another program")


def test_another_ledger_is_refused(path: Path, known: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with Ledger.open(other) as ledger:
        for _ in range(20):
            start(ledger)
    shutil.copy(other, path)
    refused(path, known, "was changed by another program")
    known.write_text(
        known.read_text().replace('"digest":"', '"digest":"').split('"digest"')[0] + '"digest":""}'
    )
    refused(path, known, "is another ledger")


def test_an_older_copy_is_refused(path: Path, known: Path, tmp_path: Path) -> None:
    copy = shutil.copy(path, tmp_path / "copy")
    with Ledger.open(path, known=known) as ledger:
        start(ledger)
        shutil.copy(copy, path.with_name("ledger.old"))
        mark = known.read_text()
    shutil.copy(copy, path)
    known.write_text(mark)
    refused(path, known, "is older than this fleet's ledger was: it has [0-9]+ facts and had")


def test_a_removed_wal_is_noticed(path: Path, known: Path) -> None:
    """A killed process leaves its last facts in the file beside the ledger's own."""
    kill_while_open(path, known)
    wal = path.with_name(path.name + "-wal")
    assert wal.stat().st_size
    kept = wal.read_bytes()
    wal.unlink()
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    refused(path, known, "is older than this fleet's ledger was.*-wal")
    path.with_name(path.name + "-wal").write_bytes(kept)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    with Ledger.open(path, known=known) as ledger:
        assert ledger.verify() == []


def test_a_killed_process_does_not_lock_others_out(path: Path, known: Path) -> None:
    kill_while_open(path, known)
    with Ledger.open(path, known=known) as ledger:
        ledger.check_writable()
    with Ledger.open(path, known=known):
        pass


def test_a_process_killed_between_commit_and_record_accuses_no_one(path: Path, known: Path) -> None:
    """The next opening moves the commit into the ledger's file; the one after must not take that for a change."""
    kill_while_open(path, known, KILLED_AT_THE_FIRST_COMMIT)
    for _ in range(3):
        with Ledger.open(path, known=known, create=False) as ledger:
            assert ledger.verify() == []
    assert json.loads(known.read_text())["digest"]


def test_a_record_that_cannot_be_written_leaves_the_ledger_as_it_is(
    path: Path, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk: nothing is committed whose record is missing afterwards."""
    ledger = Ledger.open(path, known=known)
    runs = len(ledger.runs.recent())

    def full(_self: KnownLedger, _known: object) -> None:
        raise LedgerError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(KnownLedger, "_store", full)
        with pytest.raises(LedgerError, match="No space left"):
            start(ledger)
        ledger.close()
    for _ in range(2):
        with Ledger.open(path, known=known, create=False) as again:
            assert len(again.runs.recent()) == runs


def test_who_closes_the_ledger_beside_a_writer_records_nothing_of_its_file(path: Path, known: Path) -> None:
    """A digest taken within the transaction of another process would be wrong after its commit."""
    writer = Ledger.open(path, known=known)
    with writer._database.writing() as db:
        KnownLedger(known).expect_change()
        db.execute(insert(tables.checks).values(at=writer._database.now(db)))
        with Ledger.open(path, known=known, create=False) as reader:
            assert reader.runs.recent()
        assert not json.loads(known.read_text())["digest"]
    writer.close()
    assert json.loads(known.read_text())["digest"]


def test_processes_at_once_do_not_accuse_each_other(path: Path, known: Path) -> None:
    many = KILLED.replace("ledger = ", "for _ in range(8):\n  ledger = ").replace(
        "for _ in range(3):\n    ledger.check_writable()\nos.kill(os.getpid(), signal.SIGKILL)",
        "  ledger.check_writable(); ledger.close()",
    )
    others = [python(many, str(path), str(known)) for _ in range(3)]
    for other in others:
        _, err = other.communicate(timeout=120)
        assert other.returncode == 0, err[-2000:]
    with Ledger.open(path, known=known) as ledger:
        assert ledger.verify() == []


def test_a_record_that_cannot_be_read_is_named(path: Path, known: Path) -> None:
    known.write_text("{}x")
    refused(path, known, f"{known}: what is known of the ledger cannot be read")


def test_dropped_guards_are_noticed(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TRIGGER intents_no_update")
    with pytest.raises(LedgerDamaged, match=r"1 of its guards are missing .intents_no_update"):
        Ledger.open(path)


def test_a_row_that_refers_to_nothing_is_noticed(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        guard = db.execute("SELECT sql FROM sqlite_master WHERE name = 'tenants_no_delete'").fetchone()[0]
        db.execute("DROP TRIGGER tenants_no_delete")
        db.execute("DELETE FROM tenants")
        db.execute(guard)
    with pytest.raises(LedgerDamaged, match="refers to one of tenants that is not there"):
        Ledger.open(path)


SEEDS = pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 60))]
)
Mutation = Callable[[Path, random.Random], None]


def bytes_changed(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 4, 64))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content)


def page_exchanged(path: Path, chance: random.Random) -> None:
    content, size = bytearray(path.read_bytes()), 4096
    source, place = (chance.randrange(len(content) // size) * size for _ in range(2))
    content[place : place + size] = content[source : source + size]
    path.write_bytes(content)


def cut_off(path: Path, chance: random.Random) -> None:
    with path.open("r+b") as file:
        file.truncate(chance.randrange(path.stat().st_size))


def row_changed(path: Path, chance: random.Random) -> None:
    """Change a value, remove a row or add one, with SQL, and put the guards back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        guards = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            db.execute(f"DROP TRIGGER {name}")
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = chance.choice([n for n in names if db.execute(f"SELECT count(*) FROM {n}").fetchone()[0]])
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        column = chance.choice(columns)
        value = chance.choice(
            ["''", "'{'", "NULL", "-1", "'2030-13-99'", "x'00ff'", "'migrated'", f"{column} || 'x'"]
        )
        change = chance.choice([f"UPDATE {table} SET {column} = {value}", f"DELETE FROM {table}"])
        try:
            db.execute(change)
        except sqlite3.IntegrityError:
            db.execute(f"DELETE FROM {table}")
        for _, statement in guards:
            db.execute(statement)


@SEEDS
@pytest.mark.parametrize("mutation", [bytes_changed, page_exchanged, cut_off, row_changed])
def test_any_change_beside_phonefleet_is_named(
    path: Path, known: Path, mutation: Mutation, seed: int
) -> None:
    """Whatever was changed: an error with the ledger's name, or exactly the facts that were recorded."""
    with Ledger.open(path, known=known) as ledger:
        before = everything(ledger)
    content = path.read_bytes()
    mutation(path, random.Random(seed))
    if path.read_bytes() == content:
        return
    refused(path, known, f"ledger {path}: (was changed by another program|is empty|is missing)")
    assert before


@SEEDS
@pytest.mark.parametrize("mutation", [bytes_changed, page_exchanged, cut_off, row_changed])
def test_damage_is_no_traceback(path: Path, mutation: Mutation, seed: int) -> None:
    """Also where nothing is known of the file, as after a crash: errors are ours, with the ledger's name."""
    mutation(path, random.Random(seed))
    try:
        with Ledger.open(path) as ledger:
            everything(ledger)
            ledger.verify()
            ledger.check_writable()
    except LedgerError as error:
        assert f"ledger {path}" in str(error) or "there is no run" in str(error) or "no runs" in str(error)  # noqa: PT017


def test_an_upgraded_schema_is_no_foreign_change(path: Path, known: Path) -> None:
    """A newer version of phonefleet changes the file before it adds a fact; later openings accept that."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP INDEX ix_outcomes_kind")
        for table in (*v0007_verifications.FACTS, *v0006_shards.FACTS, *v0005_forecasts.FACTS):
            db.execute(f"DROP TABLE {table}")
        db.execute("UPDATE ledger_version SET version_num = '0004'")
        db.commit()
    record = json.loads(known.read_text())
    record["digest"] = hashlib.sha256(path.read_bytes()).hexdigest()
    known.write_text(json.dumps(record))
    for _ in range(2):
        with Ledger.open(path, create=False, known=known) as ledger:
            assert len(ledger.runs.recent()) == 1


def test_a_record_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk is full: the record before stays, and no other file."""
    known = KnownLedger(tmp_path / "known.json")
    known.adopt(LedgerMark(identity="a", generation=1))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(LedgerError, match="No space left"):
        known.adopt(LedgerMark(identity="a", generation=2))
    assert [file.name for file in tmp_path.iterdir()] == ["known.json"]
    left = known.read()
    assert left is not None
    assert left.generation == 1
