"""A ledger that fails during a migration: a clear error, and no write to the tenant after it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.crash_bench import (
    CrashBench,
    Ended,
    await_stopped,
    check_nothing_lost_and_nothing_twice,
    end,
    go_on,
    simulated,
)
from tests.write_log import kind_of

KINDS = pytest.mark.parametrize(
    "kind", ["create_provider", pytest.param("switch_tenant", marks=pytest.mark.slow)]
)
ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=2m none "$0"
code=0
"$@" || code=$?
rm -f "$0/filler"
cp -a "$0/." "$0.kept"
exit $code
"""
OWN_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")


def stopped_by(ended: Ended, bench: CrashBench, domain: str, kind: str, message: str) -> None:
    """The error came from the intent, so the write that it was for never left."""
    assert ended.code == 1, (ended.out, ended.err)
    assert f"LedgerError: ledger {bench.place}: {message}" in ended.err, ended.err
    assert "nothing more may be written to Auth0" in ended.err
    assert kind not in {kind_of(seen) for seen in bench.writes(domain)}


def goes_on(run: str, bench: CrashBench, domain: str) -> None:
    """Once the ledger is repaired, the same run continues to its end."""
    again = bench.work(run)
    assert again.endings() == {domain: ("migrated", "")}, (again.out, again.err)
    check_nothing_lost_and_nothing_twice(bench, domain)


@KINDS
def test_a_full_disk_stops_before_the_next_write(kind: str, tmp_path: Path) -> None:
    """A real one: the file system that the ledger lies on has no byte left."""
    can = (
        shutil.which("unshare") and subprocess.run([*OWN_MOUNTS, "true"], capture_output=True).returncode == 0
    )
    if not can:
        pytest.skip("this user may not mount a file system of its own")
    with simulated(tmp_path) as bench:
        domain = bench.put("full", "twilio_sms")
        bench.write()
        state = tmp_path / ".state"
        state.mkdir()
        state.with_name(".state.kept").mkdir()
        within = (*OWN_MOUNTS, "sh", "-c", ON_A_SMALL_DISK, str(state))
        ended = end(bench.start(within=within, point="before_intent", kind=kind, act="full"))
        state.rmdir()
        state.with_name(".state.kept").rename(state)
        stopped_by(ended, bench, domain, kind, "the disk is full")
        goes_on(ended.run, bench, domain)


@KINDS
def test_a_read_only_ledger_stops_the_next_write(kind: str, tmp_path: Path) -> None:
    """As when the system mounts a failing disk again without the right to write."""
    with simulated(tmp_path) as bench:
        domain = bench.put("readonly", "twilio_sms")
        bench.write()
        ended = bench.work(point="before_intent", kind=kind, act="readonly")
        stopped_by(ended, bench, domain, kind, "read-only for user")
        goes_on(ended.run, bench, domain)


@KINDS
def test_a_locked_ledger_stops_before_the_next_write(kind: str, tmp_path: Path) -> None:
    """The other program holds SQLite's write lock for longer than is waited."""
    with simulated(tmp_path) as bench:
        domain = bench.put("locked", "twilio_sms")
        bench.write()
        process = bench.start(point="before_intent", kind=kind, act="stop", patience="0.5")
        await_stopped(process)
        with closing(sqlite3.connect(bench.place, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            ended = go_on(process)
        stopped_by(ended, bench, domain, kind, "locked by another program for 0.5 s")
        goes_on(ended.run, bench, domain)


@pytest.mark.parametrize("point", ["before_outcome", pytest.param("after_outcome", marks=pytest.mark.slow)])
def test_a_newer_ledger_is_refused(point: str, tmp_path: Path) -> None:
    """Another machine upgraded it while the run lay dead: the older version writes nothing more."""
    with simulated(tmp_path) as bench:
        domain = bench.put("newer", "twilio_sms")
        bench.write()
        first = bench.work(point=point, kind="create_provider")
        assert first.code == -9
        written = len(bench.writes(domain))
        own = set_version(bench.place, "9999")
        refused = bench.work(first.run)
        assert refused.code == 1
        assert f"its schema is 9999, newer than {own}" in refused.err, refused.err
        assert len(bench.writes(domain)) == written
        set_version(bench.place, own)
        assert bench.work(first.run).endings() == {domain: ("migrated", "")}
        check_nothing_lost_and_nothing_twice(bench, domain)


def set_version(place: str, version: str) -> str:
    """Set the version of a ledger's schema, and return the one before."""
    with closing(sqlite3.connect(place, isolation_level=None)) as ledger:
        (before,) = ledger.execute("SELECT version_num FROM ledger_version").fetchone()
        ledger.execute("UPDATE ledger_version SET version_num = ?", (version,))
        return str(before)
