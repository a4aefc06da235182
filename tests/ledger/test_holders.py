"""Holders: a process is only called dead when it surely is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from phonefleet.ledger import holders
from phonefleet.ledger.holders import gone, this_holder
from phonefleet.ledger.secret_guard import refuse_secrets
from tests.ledger.factories import python

NAME = (
    "import os, signal; from phonefleet.ledger import this_holder; print(this_holder(), flush=True); input()"
)


def test_this_process_is_not_gone() -> None:
    assert f"pid {os.getpid()}" in this_holder()
    assert not gone(this_holder())


def test_another_process_is_gone_once_it_has_ended() -> None:
    process = python(NAME)
    assert process.stdout
    holder = process.stdout.readline().strip()
    assert not gone(holder)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert gone(holder), "dead, though nobody has reaped it yet"
    process.communicate()
    assert gone(holder)


def test_a_number_given_to_another_process_does_not_keep_a_dead_one_alive() -> None:
    assert gone(this_holder() + "1")


@pytest.mark.parametrize(
    "holder", ["", "kim", "kim@alpha pid 1", "kim@alpha pid x of m since 1", "a of b since c"]
)
def test_a_holder_of_another_kind_is_never_called_dead(holder: str) -> None:
    assert not gone(holder)


def test_a_process_of_another_machine_is_never_called_dead() -> None:
    assert not gone(this_holder().replace(" of ", " of x"))


def test_a_hidden_process_is_found_by_asking_for_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where /proc shows nothing of another user's process, it still counts as alive."""
    machine = holders._machine()
    monkeypatch.setattr(holders, "_machine", lambda: machine)
    monkeypatch.setattr(holders, "PROC", tmp_path)
    assert not gone(f"kim@alpha pid {os.getpid()} of {machine} since 1")
    assert gone(f"kim@alpha pid {2**22 + 1} of {machine} since 1")


def test_a_process_that_may_not_be_signalled_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert holders._exists(os.getpid())


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr("getpass.getuser", nameless)
    assert this_holder().startswith(f"{os.geteuid()}@")


def test_without_proc_a_holder_is_just_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(holders, "PROC", tmp_path)
    assert this_holder().endswith(f"pid {os.getpid()}")
    assert not gone(this_holder())


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
