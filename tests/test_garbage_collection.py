"""What stays loaded is not searched for cycles again and again, and an event loop does not wait for what is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PREPARE = """
import gc, sys
from phonefleet.garbage_collection import RARELY, collect_apart, leave_loaded_out, loading
"""


def said(code: str) -> list[int]:
    """Run code in a Python of its own, where nothing else has changed its collection, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + code], capture_output=True, text=True, timeout=120, check=True
    )
    return [int(word) for word in done.stdout.split()]


def test_a_commands_modules_are_left_out_of_a_search() -> None:
    searched, left_out, enabled = said(
        "from flows.cli.main import Commands\n"
        "Commands.sources['assess'].load('assess')\n"
        "print(len(gc.get_objects()), gc.get_freeze_count(), +gc.isenabled())\n"
    )
    assert left_out > 100_000
    assert searched < left_out / 20
    assert enabled


def test_nothing_is_searched_while_modules_are_loaded() -> None:
    searches, threshold, wanted = said(
        "from collections import Counter\n"
        "seen = Counter()\n"
        "gc.set_threshold(10)\n"
        "gc.callbacks.append(lambda phase, info: seen.update([phase]))\n"
        "with loading():\n"
        # A search may begin before this line: how soon depends on how many objects this Python has made.
        "    seen.clear()\n"
        "    import email.mime.text, http.client\n"
        "print(seen['start'], gc.get_threshold()[0], RARELY[0])\n"
    )
    assert searches == 0
    assert threshold == wanted


@pytest.mark.parametrize("fails", [False, True])
def test_where_nothing_was_loaded_nothing_is_left_out(fails: bool) -> None:
    """What is left out is never released, also in a process that runs many commands."""
    body = "raise ValueError" if fails else "pass"
    before, after, enabled = said(
        "before = gc.get_freeze_count()\n"
        "try:\n"
        "    with loading():\n"
        f"        {body}\n"
        "except ValueError:\n"
        "    pass\n"
        "print(before, gc.get_freeze_count(), +gc.isenabled())\n"
    )
    assert after == before
    assert enabled


def test_a_process_leaves_its_modules_out_once() -> None:
    first, second = said(
        "leave_loaded_out()\n"
        "first = gc.get_freeze_count()\n"
        "kept = [[] for _ in range(1000)]\n"
        "leave_loaded_out()\n"
        "print(first, gc.get_freeze_count())\n"
    )
    assert first > 0
    assert second == first


LOCKED = """
import sqlite3, threading, time, weakref

class Held:
    pass

has_lock, waits = (
    sqlite3.connect({file!r}, check_same_thread=False, isolation_level=None, timeout=6) for _ in range(2)
)
has_lock.execute("CREATE TABLE numbers (number)")
has_lock.execute("BEGIN IMMEDIATE")
ended = []

def write():
    try:
        waits.execute("INSERT INTO numbers VALUES (1)")
        ended.append(1)
    except sqlite3.OperationalError:
        ended.append(0)

cycle = Held()
cycle.itself, cycle.cursor = cycle, waits.execute("VALUES (1), (2)")
found = []
reference = weakref.ref(cycle, found.append)
writer = threading.Thread(target=write)
writer.start()
time.sleep(0.5)
{prepare}
del cycle
until = time.monotonic() + 20
while not found:
    assert time.monotonic() < until
    kept = [[] for _ in range(1000)]
has_lock.execute("COMMIT")
writer.join()
print(*ended)
"""
"""A thread waits for a lock that the main thread has, with a cursor of the waiting connection to be released."""


@pytest.mark.parametrize(("prepare", "was_written"), [("", 0), ("collect_apart()", 1)])
def test_a_released_cursor_stops_no_thread_that_has_the_lock(
    tmp_path: Path, prepare: str, was_written: int
) -> None:
    """With Python's own way the main thread waits for the thread that waits for it."""
    assert said(LOCKED.format(file=str(tmp_path / "locked.db"), prepare=prepare)) == [was_written]
