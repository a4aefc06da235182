"""Everything that can go wrong with the place of a ledger: named, with what to do, before the next write."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from phonefleet.errors import LedgerError
from phonefleet.ledger import schema_upgrade
from phonefleet.ledger.database import Database
from phonefleet.ledger.faults import explain
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import Lease
from tests.ledger.factories import (
    DOMAIN,
    MINUTE,
    PROVIDER,
    execute,
    make_plan,
    new_database,
    ready,
    start,
    without_privileges,
)

SHORT = timedelta(seconds=0.3)


@pytest.fixture
def public_directory() -> Iterator[Path]:
    """A directory that other users can reach, unlike pytest's."""
    path = Path(tempfile.mkdtemp(prefix="phonefleet-public-"))
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


@pytest.fixture
def local(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    return path


def test_a_read_only_file_can_only_be_read(public_directory: Path) -> None:
    path = public_directory / "ledger.db"
    with Ledger.open(path) as owner:
        run_id, lease, plan = ready(owner)
        for file in (path, *public_directory.iterdir()):
            file.chmod(0o444)
        public_directory.chmod(0o777)
        with without_privileges(), Ledger.open(path) as ledger:
            assert ledger.runs.record("latest").run_id == run_id
            with pytest.raises(LedgerError, match=f"ledger {path}: read-only for user .* Make the file"):
                ledger.check_writable()
            with pytest.raises(LedgerError, match="nothing more may be written to Auth0"):
                ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)


def test_a_read_only_directory_is_refused(public_directory: Path) -> None:
    public_directory.chmod(0o555)
    path = public_directory / "ledger.db"
    with without_privileges(), pytest.raises(LedgerError, match=f"ledger {path}: cannot be opened by user"):
        Ledger.open(path)


def test_a_directory_that_cannot_be_made_is_refused(public_directory: Path) -> None:
    path = public_directory / "state" / "ledger.db"
    with (
        without_privileges(),
        pytest.raises(LedgerError, match=r"cannot be made by user .* .Permission denied"),
    ):
        Ledger.open(path)


def test_a_full_disk_leaves_the_ledger_intact(local: Path) -> None:
    with Ledger.open(local) as ledger:
        run_id, lease, plan = ready(ledger)
    with Ledger.open(local) as ledger:
        event.listen(ledger._database._engine, "checkout", _allow_no_more_pages)
        with pytest.raises(LedgerError, match=f"ledger {local}: the disk is full .*Free some space"):
            start(ledger, *(f"t{n}.eu.auth0.com" for n in range(5_000)))
        event.remove(ledger._database._engine, "checkout", _allow_no_more_pages)
    with Ledger.open(local) as ledger:
        assert [run.run_id for run in ledger.runs.recent()] == [run_id]
        with ledger._database.reading() as db:
            assert db.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER)


def _allow_no_more_pages(connection: sqlite3.Connection, *_: object) -> None:
    connection.execute("PRAGMA max_page_count=1")


def test_a_locked_ledger_is_refused_in_time(local: Path) -> None:
    other = sqlite3.connect(local, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with Ledger.open(local, lock_timeout=SHORT) as ledger:
        with pytest.raises(LedgerError, match=f"ledger {local}: locked by another program for 0.3 s.*fuser"):
            ledger.check_writable()
        other.execute("ROLLBACK")
        ledger.check_writable()
    other.close()


def test_a_locked_new_file_is_refused_in_time(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE theirs (id)")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match=r"locked by another program for 0.3 s"):
        Ledger.open(path, lock_timeout=SHORT)
    other.close()


def test_threads_behind_a_stuck_writer_time_out(local: Path) -> None:
    """A lock held elsewhere costs each thread the timeout once, not once per thread before it."""
    with Ledger.open(local, lock_timeout=SHORT) as ledger:
        inside, leave = threading.Event(), threading.Event()

        def stuck() -> None:
            with ledger._database.writing():
                inside.set()
                leave.wait()

        thread = threading.Thread(target=stuck)
        thread.start()
        inside.wait()
        with pytest.raises(LedgerError, match=r"locked by another program for 0.3 s"):
            ledger.check_writable()
        leave.set()
        thread.join()


@pytest.mark.parametrize(
    "content", [b"this is a text, not a database, and it is long enough to be looked at" * 9]
)
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=f"ledger {path}: damaged, or not a ledger .*restore a copy"):
        Ledger.open(path)
    assert path.read_bytes() == content


def test_a_damaged_file_is_noticed(local: Path) -> None:
    with Ledger.open(local) as ledger:
        start(ledger, *(f"t{n}.eu.auth0.com" for n in range(2_000)))
    content = bytearray(local.read_bytes())
    content[4096 * 20 :] = os.urandom(len(content) - 4096 * 20)
    local.write_bytes(content)
    with pytest.raises(LedgerError, match="damaged, or not a ledger"), Ledger.open(local) as ledger:
        ledger.runs.record("latest")


def test_an_unreachable_server_hides_its_password() -> None:
    with pytest.raises(LedgerError, match=r"ledger postgresql.*127\.0\.0\.1:1/fleet: unreachable") as refused:
        Ledger.open("postgresql://kim:hunter2@127.0.0.1:1/fleet", lock_timeout=SHORT)
    assert "hunter2" not in str(refused.value)


def test_a_wrong_password_is_explained(postgresql: str) -> None:
    execute(postgresql, "CREATE ROLE kim LOGIN PASSWORD 'right'")
    (hba,) = execute(postgresql, "SHOW hba_file")[0]
    before = Path(hba).read_text()
    Path(hba).write_text("local all kim scram-sha-256\n" + before)
    execute(postgresql, "SELECT pg_reload_conf()")
    try:
        with pytest.raises(LedgerError, match=r"wrong user or password .*Check the reference") as refused:
            Ledger.open(postgresql.replace("postgres:@", "kim:hunter2@"), lock_timeout=SHORT)
        assert "hunter2" not in str(refused.value)
        with pytest.raises(LedgerError, match="wrong user or password"):
            Ledger.open(postgresql.replace("postgres:@", "kim@"), lock_timeout=SHORT)
    finally:
        Path(hba).write_text(before)
        execute(postgresql, "SELECT pg_reload_conf()")


def test_a_missing_privilege_is_explained(postgresql: str) -> None:
    place = new_database(postgresql, template="template_ledger")
    execute(postgresql, "CREATE ROLE lee LOGIN")
    with pytest.raises(LedgerError, match="lacks a privilege"):
        Ledger.open(place.replace("postgres:@", "lee@"))


def test_a_missing_database_is_unreachable(postgresql: str) -> None:
    with pytest.raises(LedgerError, match=r'unreachable .*database "nowhere" does not exist'):
        Ledger.open(postgresql.replace("/postgres?", "/nowhere?"))


def test_a_read_only_server_is_explained(postgresql: str) -> None:
    place = new_database(postgresql, template="template_ledger")
    name = place.split("?")[0].rsplit("/", 1)[1]
    execute(postgresql, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with (
        Ledger.open(place) as ledger,
        pytest.raises(LedgerError, match=r"read-only .*Name the primary server"),
    ):
        ledger.check_writable()


def test_a_full_disk_of_the_server_is_explained(postgresql: str) -> None:
    place = new_database(postgresql, template="template_ledger")
    body = "BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file'; END"
    execute(place, f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    execute(place, "CREATE TRIGGER full_disk BEFORE INSERT ON checks EXECUTE FUNCTION full_disk()")
    with (
        Ledger.open(place) as ledger,
        pytest.raises(LedgerError, match=r"server's disk is full .could not extend"),
    ):
        ledger.check_writable()


def test_a_locked_table_is_refused_in_time(postgresql: str) -> None:
    place = new_database(postgresql, template="template_ledger")
    with psycopg.connect(place) as other, Ledger.open(place, lock_timeout=SHORT) as ledger:
        other.execute("LOCK TABLE checks IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LedgerError, match=r"locked by another program for 0.3 s .*pg_stat_activity"):
            ledger.check_writable()
        other.rollback()
        ledger.check_writable()


def test_a_server_that_restarted_is_found_again(postgresql: str) -> None:
    place = new_database(postgresql, template="template_ledger")
    with Ledger.open(place) as ledger:
        ledger.check_writable()
        execute(
            postgresql, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        ledger.check_writable()


def test_a_lost_connection_records_nothing(postgresql: str) -> None:
    place = new_database(postgresql, template="template_ledger")
    with Ledger.open(place) as ledger:
        with pytest.raises(LedgerError, match="unreachable"):
            _insert_twice_and_lose_the_connection_between(ledger, postgresql)
        with ledger._database.reading() as db:
            assert db.execute(text("SELECT count(*) FROM checks")).scalar() == 0


def _insert_twice_and_lose_the_connection_between(ledger: Ledger, postgresql: str) -> None:
    with ledger._database.writing() as db:
        db.execute(text("INSERT INTO checks (at) VALUES (now())"))
        pid = db.execute(text("SELECT pg_backend_pid()")).scalar_one()
        execute(postgresql, f"SELECT pg_terminate_backend({pid})")
        db.execute(text("INSERT INTO checks (at) VALUES (now())"))


def test_sqlite_refusals_are_explained(local: Path) -> None:
    with Ledger.open(local) as ledger:
        with pytest.raises(LedgerError, match=r"the fact was refused .FOREIGN KEY constraint failed"):
            ledger.tenants.mark_started("no-run", DOMAIN)
        with (
            pytest.raises(LedgerError, match=r"the database refused .no such table"),
            ledger._database.reading() as db,
        ):
            db.execute(text("SELECT * FROM nowhere"))


def test_postgresql_refusals_are_explained(postgresql: str) -> None:
    place = new_database(postgresql, template="template_ledger")
    with Ledger.open(place) as ledger:
        with pytest.raises(LedgerError, match=r"the fact was refused .*violates foreign key"):
            ledger.tenants.add_plan("no-run", DOMAIN, make_plan())
        with (
            pytest.raises(LedgerError, match=r"the database refused .*does not exist"),
            ledger._database.reading() as db,
        ):
            db.execute(text("SELECT * FROM nowhere"))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (sqlite3.SQLITE_IOERR | 1 << 8, "the disk failed (disk I/O error). Check the disk"),
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_LOCKED, "locked by another program for 0.3 s"),
    ],
)
def test_failures_of_the_disk_itself_are_explained(code: int, said: str) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    assert said in explain(error, "/state/ledger.db", SHORT)


def test_too_many_workers_are_explained() -> None:
    assert "Run fewer workers at once" in explain(PoolTimeout("QueuePool limit"), "/state/ledger.db", SHORT)


def test_a_locked_ledger_gives_no_lease(local: Path) -> None:
    other = sqlite3.connect(local, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Ledger.open(local, lock_timeout=SHORT) as ledger, pytest.raises(LedgerError, match="locked"):
        ledger.leases.acquire(DOMAIN, Holder("kim"), "run-1", MINUTE)
    other.close()


def test_a_file_system_without_wal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    engine = create_engine(f"sqlite:///file:{path}?vfs=unix-dotfile&uri=true")
    with pytest.raises(LedgerError, match=r"no write-ahead logging .mode delete.. Keep it on a local disk"):
        schema_upgrade.upgrade_schema(Database(engine, str(path), None, SHORT))
    engine.dispose()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB, where the system lets us mount one."""
    path = tmp_path / "tiny"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a file system")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def test_a_disk_that_fills_up_stops_the_next_intent(tiny_disk: Path) -> None:
    """Whatever was recorded before stays; the write that does not fit is refused before its request leaves."""
    with Ledger.open(tiny_disk / "ledger.db") as ledger:
        run_id, lease, plan = ready(ledger)
        ballast = tiny_disk / "ballast"
        with pytest.raises(OSError, match="No space left"):
            ballast.write_bytes(b"x" * 2_000_000)
        with pytest.raises(LedgerError, match="the disk is full"):
            _intend_for_ever(ledger, lease, run_id, plan)
        ballast.unlink()
        assert all(step.result == "done" for step in ledger.steps.of_tenant(run_id)[:-1])
        ledger.check_writable()


def _intend_for_ever(ledger: Ledger, lease: Lease, run_id: str, plan: Plan) -> None:
    while True:
        ledger.steps.settle(ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, PROVIDER), "done")
