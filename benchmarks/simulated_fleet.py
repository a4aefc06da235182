"""A simulated fleet in a process of its own, with recorded latency, and what processes cost."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

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
def served(tenants: int, *, tls: bool = False) -> Iterator[Served]:
    """Serve a fleet until the block ends."""
    with tempfile.TemporaryDirectory(prefix="phonefleet-bench-") as scratch:
        here, there = multiprocessing.Pipe()
        peer = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(tenants, Path(scratch), tls, there), daemon=True
        )
        peer.start()
        there.close()  # If it dies, the wait for its address ends.
        try:
            url, file = here.recv()
            yield Served(url, Path(file))
        finally:
            peer.terminate()
            peer.join()


def _serve(tenants: int, folder: Path, tls: bool, to_parent: Connection) -> None:
    serve(
        tenants,
        SEED,
        latency=True,
        tls=tls,
        config_directory=folder,
        log_level="critical",
        ready=lambda url, written: to_parent.send((url, str(written))),
    )


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


def cpu_seconds(pid: int) -> float:
    """Return what a process, its children and theirs have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(int(field) for field in fields[11:15]) / _TICK
    return own + sum(cpu_seconds(child) for child in _children(pid))


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
