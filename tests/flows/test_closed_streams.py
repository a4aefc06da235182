"""A reader that is gone decides nothing: not whether a run goes on, and not its exit code unless its result is lost."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from flows.cli.main import app
from flows.cli.outlets import Outlet
from tests.flows.fleet_bench import FleetBench
from tests.prefect_server import clean_environ
from tests.preloaded import PHONEFLEET

LOST = "standard output: the result could not be written"


def ended(*args: str, cwd: Path, **streams: Any) -> tuple[int, str]:
    """Run a command with these streams, and return its exit code and what it says on standard error."""
    done = subprocess.run(
        [sys.executable, "-P", PHONEFLEET, *args],
        cwd=cwd,
        check=False,
        **{
            "env": clean_environ(),
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.PIPE,
        }
        | streams,
    )
    return done.returncode, (done.stderr or b"").decode()


def gone() -> int:
    """A pipe whose reader has ended."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_a_result_that_is_lost_is_an_error_and_never_drift(tmp_path: Path) -> None:
    code, said = ended("--version", cwd=tmp_path, stdout=gone())
    assert (code, said.strip()) == (2, f"{LOST} (Broken pipe)")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("args", [["--version"], ["schema"], ["--help"]])
def test_a_full_disk_is_named(tmp_path: Path, args: list[str]) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        code, said = ended(*args, cwd=tmp_path, stdout=full)
    assert (code, said.strip()) == (2, f"{LOST} (No space left on device)")


@pytest.mark.parametrize(("args", "code"), [(["--version"], 0), (["nonsense"], 2), (["status"], 2)])
def test_a_closed_standard_error_changes_no_exit_code(tmp_path: Path, args: list[str], code: int) -> None:
    assert ended(*args, cwd=tmp_path, stderr=gone())[0] == code


@pytest.mark.parametrize(("closed", "code"), [("0<&-", 0), ("1>&-", 2), ("2>&-", 0), ("0<&- 1>&- 2>&-", 2)])
def test_a_stream_that_is_closed_from_the_start_is_no_defect(tmp_path: Path, closed: str, code: int) -> None:
    command = f"'{sys.executable}' -P '{PHONEFLEET}' --version {closed}"
    done = subprocess.run(
        ["sh", "-c", command], env=clean_environ(), cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [(typer.Abort(), 130), (BrokenPipeError(errno.EPIPE, "Broken pipe"), 2), (EOFError("no more"), 2)],
)
def test_what_typer_ends_with_1_has_a_code_of_ours(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C where a person is asked, and a pipe to another process that has ended."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(TyperGroup, "invoke", fail)
    with pytest.raises(SystemExit) as ended:
        app(["runs"])
    assert ended.value.code == code


def test_a_descriptor_that_takes_nothing_now_is_waited_for() -> None:
    """As a terminal that another program made non-blocking."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    outlet, sent = Outlet(writer), bytes(100_000)
    count = outlet.write(sent)
    child = os.fork()
    if not child:
        os.close(writer)
        while os.read(reader, 65536):
            pass
        os._exit(0)
    os.close(reader)
    while count < len(sent):
        count += outlet.write(sent[count:])
    os.close(writer)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert outlet.failure is None


@pytest.mark.parametrize("lost", ["stdout", "stderr"])
def test_compliance_without_a_reader(make_fleet: Any, lost: str) -> None:
    """In sync, and not drift; what is lost on standard output is an error."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    settings = {"env": clean_environ() | {"PREFECT_API_URL": fleet.api}}
    code, _ = ended("compliance", str(fleet.file), cwd=fleet.directory, **{lost: gone()}, **settings)
    assert code == (2 if lost == "stdout" else 0)


def test_a_migration_goes_on_without_a_reader(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "action_single"}, waves=[{"name": "all"}])
    settings = {"env": clean_environ() | {"PREFECT_API_URL": fleet.api}}
    streams = {"stdout": gone(), "stderr": gone()}
    code, _ = ended("migrate", str(fleet.file), "--yes", cwd=fleet.directory, **streams, **settings)
    assert code == 2
    assert {t.outcome for t in fleet.record().tenants} == {"migrated"}
    assert fleet.record().exit_code == 0
