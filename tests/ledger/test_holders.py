"""Holders: a process is only called dead when it surely is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from phonefleet.ledger import holders
from phonefleet.ledger.holders import Holder, has_ended, this_holder
from phonefleet.ledger.secret_guard import refuse_secrets
from tests.ledger.factories import python

NAME = """
from dataclasses import astuple
from phonefleet.ledger.holders import this_holder
print(*astuple(this_holder()), sep=chr(9), flush=True)
input()
"""


def test_this_process_has_not_ended() -> None:
    assert f"pid {os.getpid()}" in str(this_holder())
    assert not has_ended(this_holder())


def test_another_process_has_ended_once_it_is_killed() -> None:
    process = python(NAME)
    assert process.stdout
    name, machine, pid, started = process.stdout.readline().rstrip("\n").split("\t")
    holder = Holder(name, machine, int(pid), started)
    assert not has_ended(holder)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert has_ended(holder), "it is a zombie"
    process.communicate()
    assert has_ended(holder)


def test_a_reused_pid_does_not_keep_a_process_alive() -> None:
    assert has_ended(replace(this_holder(), started=f"{this_holder().started}1"))


@pytest.mark.parametrize("field", ["machine", "started"])
def test_a_process_without_identity_may_still_run(field: str) -> None:
    assert not has_ended(replace(this_holder(), pid=2**22 + 1, **{field: ""}))


def test_a_process_of_another_machine_may_still_run() -> None:
    assert not has_ended(replace(this_holder(), machine="another", pid=2**22 + 1))


def test_a_hidden_process_is_probed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where /proc shows nothing of another user's process, it still counts as running."""
    machine = holders._machine()
    monkeypatch.setattr(holders, "_machine", lambda: machine)
    monkeypatch.setattr(holders, "PROC", tmp_path)
    assert not has_ended(Holder("kim@alpha", machine, os.getpid(), "1"))
    assert has_ended(Holder("kim@alpha", machine, 2**22 + 1, "1"))


def test_a_process_that_may_not_be_signalled_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert holders._exists(os.getpid())


def test_without_proc_a_holder_is_just_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(holders, "PROC", tmp_path)
    assert this_holder().name.endswith(f"pid {os.getpid()}")
    assert not has_ended(this_holder())


@pytest.mark.parametrize(
    "value",
    [
        {"auth_token": {"$secret": "env:TOKEN"}},
        {"auth_token": "env:TOKEN", "client_secret": "file:token"},
        {"nested": [{"secret": "***"}, {"password": ""}, {"twilio_token": "[REDACTED]"}]},
        {"auth_token": None, "has_token": True, "secret_names": ["KEY"]},
        "text",
        7,
    ],
)
def test_references_and_masks_may_be_recorded(value: object) -> None:
    refuse_secrets(value, "here")
