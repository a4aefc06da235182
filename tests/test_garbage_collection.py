"""What stays loaded is not searched for cycles again and again."""

from __future__ import annotations

import subprocess
import sys

import pytest

PREPARE = """
import gc, sys
from phonefleet.garbage_collection import RARELY, leave_loaded_out, loading
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
