"""A simulated fleet in a process of its own, with recorded latency, and what processes cost."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

from simulator.serve import serve

SEED = 1
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    """Where a simulated fleet is.

    Attributes:
        file: its `fleet.yaml`, in a folder of its own.
    """

    url: str
    file: Path


@contextmanager
def served(
    tenants: int,
    *,
    seed: int = SEED,
    tls: bool = False,
    latency: bool = True,
    folder: Path | None = None,
) -> Iterator[Served]:
    """Serve a fleet until the block ends.

    Args:
        tenants: size of the fleet.
        seed: the same seed makes the same fleet.
        tls: serves https.
        latency: answers as late as Auth0 did when it was recorded; False answers at once.
        folder: where its `fleet.yaml` is written; None for a temporary folder.
    """
    with ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="phonefleet-bench-")))
        here, there = multiprocessing.Pipe()
        peer = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(tenants, seed, folder, tls, latency, there), daemon=True
        )
        peer.start()
        there.close()  # If it dies, the wait for its address ends.
        try:
            url, file = here.recv()
            yield Served(url, Path(file))
        finally:
            peer.terminate()
            peer.join()


def _serve(tenants: int, seed: int, folder: Path, tls: bool, latency: bool, to_parent: Connection) -> None:
    serve(
        tenants,
        seed,
        latency=latency,
        tls=tls,
        config_directory=folder,
        log_level="critical",
        ready=lambda url, written: to_parent.send((url, str(written))),
    )


def change_fleet(file: Path, **changed: Any) -> None:
    """Change a fleet file: an object replaces those of its values that are given, anything else the whole value."""
    document = yaml.safe_load(file.read_text())
    for name, value in changed.items():
        document[name] = document.get(name, {}) | value if isinstance(value, dict) else value
    file.write_text(yaml.safe_dump(document, sort_keys=False))


@dataclass(frozen=True)
class Cost:
    """What a command cost.

    Attributes:
        wall: seconds.
        cpu: seconds of the process and of its children that ended.
        memory: the largest resident size of the process or of one of these children, in MB.
        code: how it exited.
    """

    wall: float
    cpu: float
    memory: float
    code: int


def cost_of(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> Cost:
    """Run a command to its end; what it prints goes to `command.log` in the folder."""
    began = time.perf_counter()
    with (folder / "command.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=dict(environ), cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode)


@contextmanager
def started(arguments: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a Python process that ends with the block."""
    command = [sys.executable, *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=environ, cwd=log.parent, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    """Return what a process, its children and theirs have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(int(field) for field in fields[11:15]) / _TICK
    return own + sum(cpu_seconds(child) for child in _children(pid))


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have, the nearest first."""
    try:
        found = _children(pid)
    except OSError:
        return []
    return [*found, *(each for child in found for each in descendants(child))]


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def clean_environ(folder: Path) -> dict[str, str]:
    """Return the environment without settings of Prefect and phonefleet, and with state below a folder."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "PHONEFLEET_"))
    }
    root = str(Path(__file__).resolve().parent.parent)
    return kept | {
        "XDG_STATE_HOME": str(folder / "home"),
        "PYTHONPATH": root,
        "PHONEFLEET_STARTED_BY": "bench",
    }
