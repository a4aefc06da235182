"""Migrate a simulated fleet on several workers, once undisturbed and once with a worker killed in the middle.

`python benchmarks/scale_demo.py [--tenants 1000] [--workers 3] [--shard 50] [--concurrency 60]` starts, on the loopback
address and in a temporary directory: a PostgreSQL cluster with one database for Prefect and one for the ledger, a
Prefect server on it, a simulator with recorded latency, and workers of one process pool. It prints tenants a second,
each worker's share, and the CPU of the Prefect server, and checks that each tenant was switched once. Without
PostgreSQL it says so and ends with 3.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import yaml

from flows.prefect_settings import default_settings
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import SWITCHES
from simulator.serve import serve

POOL = "scale"
MISSING = 3
_ROOT = Path(__file__).resolve().parent.parent
_SAMPLE_SECONDS = 0.5
_RUNS = ("undisturbed", "killed")
"""Each has a ledger of its own."""


@dataclass
class Worker:
    """A worker process and the processes of the shards that it started.

    Attributes:
        name: such as `worker 1`.
        process: the worker.
        shards: process ids of everything that it started.
    """

    name: str
    process: subprocess.Popen[bytes]
    shards: set[int] = field(default_factory=set)


@dataclass
class Pool:
    """The workers of one run of the demo; they end with the stack."""

    stack: ExitStack
    environ: dict[str, str]
    home: Path
    workers: list[Worker] = field(default_factory=list)

    def start(self) -> None:
        """Start one more worker."""
        name = f"worker {len(self.workers) + 1}"
        command = ["-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", name]
        process = self.stack.enter_context(started(command, self.environ, self.home / f"{name}.log"))
        self.workers.append(Worker(name, process))


def postgresql_folder() -> Path | None:
    """Return the folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    on_path = shutil.which("initdb")
    if versions:
        return versions[-1]
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def cluster(folder: Path, tools: Path) -> Iterator[str]:
    """Yield the URL, without a database, of a new PostgreSQL cluster."""
    # PostgreSQL refuses to run as root; Debian's package has a user for it.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    data, port = folder / "data", _free_port()
    if as_user:
        shutil.chown(folder, "postgres")
    where = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections=300"
    _call([*as_user, str(tools / "initdb"), "-D", str(data), "-U", "phonefleet", "-A", "trust"], folder)
    control = [*as_user, str(tools / "pg_ctl"), "-D", str(data), "-w"]
    _call([*control, "-o", where, "-l", str(folder / "log"), "start"], folder)
    try:
        for name in ("prefect", *_RUNS):
            client = ["-h", "127.0.0.1", "-p", str(port), "-U", "phonefleet"]
            _call([str(tools / "createdb"), *client, name], folder)
        yield f"phonefleet@127.0.0.1:{port}"
    finally:
        _call([*control, "-m", "immediate", "stop"], folder)


@contextmanager
def prefect_server(folder: Path, place: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Yield the API address of a Prefect server on PostgreSQL, and its process."""
    port = _free_port()
    database = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://{place}/prefect"}
    command = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with started(command, _environ(folder) | database, folder / "server.log") as server:
        api = f"http://127.0.0.1:{port}/api"
        until = time.monotonic() + 300
        while not _answers(api):
            if time.monotonic() > until or server.poll() is not None:
                raise RuntimeError((folder / "server.log").read_text()[-2000:])
            time.sleep(0.5)
        yield api, server


@contextmanager
def started(arguments: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a Python process that ends with the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=environ,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
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


@contextmanager
def simulated(folder: Path, tenants: int, ledger: str, arguments: argparse.Namespace) -> Iterator[Path]:
    """Yield the fleet file of a simulated fleet in a process of its own, with its ledger and its pool."""
    here, there = multiprocessing.Pipe()
    peer = multiprocessing.get_context("spawn").Process(
        target=_simulate, args=(tenants, folder, there), daemon=True
    )
    peer.start()
    try:
        file = Path(here.recv())
        document = yaml.safe_load(file.read_text())
        at_once = 2 * arguments.workers
        document |= {
            "fleet": folder.name,
            "ledger": ledger,
            "execution": {"pool": POOL, "shard": arguments.shard, "at_once": at_once},
            "waves": [{"name": "all", "failure_tolerance": "100%", "inconclusive_limit": "100%"}],
        }
        document["rollout"] |= {
            "max_change": "100%",
            "strict": False,
            "concurrency": arguments.concurrency,
            "min_healthy": "0",
        }
        file.write_text(yaml.safe_dump(document, sort_keys=False))
        yield file
    finally:
        peer.terminate()
        peer.join()


def _simulate(tenants: int, folder: Path, to_parent: Connection) -> None:
    serve(
        tenants,
        1,
        latency=True,
        config_directory=folder,
        log_level="critical",
        ready=lambda _url, written: to_parent.send(str(written)),
    )


def migrate(file: Path, api: str, pool: Pool, kill: threading.Event | None) -> float:
    """Migrate the fleet while the workers' processes are watched; return how many seconds it took."""
    environ = _environ(file.parent) | {"PREFECT_API_URL": api}
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(pool, ended, kill), daemon=True)
    watch.start()
    began = time.monotonic()
    with started(
        ["-m", "flows.cli", "migrate", str(file), "--yes", "--json"], environ, file.parent / "migrate.log"
    ) as run:
        run.wait()
    seconds = time.monotonic() - began
    ended.set()
    watch.join()
    return seconds


def _watch(pool: Pool, ended: threading.Event, kill: threading.Event | None) -> None:
    """Note each worker's processes; on request kill the first worker with its shards and start another one."""
    while not ended.wait(_SAMPLE_SECONDS):
        for worker in pool.workers:
            worker.shards |= set(_children(worker.process.pid))
        if kill is not None and kill.is_set():
            victim = pool.workers[0]
            for pid in (*reversed(_children(victim.process.pid)), victim.process.pid):
                os.kill(pid, signal.SIGKILL)
            pool.start()
            print(f"{victim.name} was killed with its shards; {pool.workers[-1].name} started", flush=True)
            kill = None


def _kill_once_switching(place: str, switched: int, kill: threading.Event) -> None:
    """Set the event once so many tenants are switched."""
    with Ledger.open(place) as ledger:
        while sum(step.kind in SWITCHES for step in ledger.steps.of_tenant()) < switched:
            time.sleep(1)
    kill.set()


def show(place: str, workers: list[Worker], seconds: float, cpu: float) -> bool:
    """Print the figures of the last run, and return whether each tenant was switched at most once."""
    with Ledger.open(place, create=False) as ledger:
        record = ledger.runs.record("latest")
        steps = ledger.steps.of_tenant(record.run_id)
    outcomes = Counter(str(tenant.outcome) for tenant in record.tenants)
    done = sum(tenant.outcome is not None for tenant in record.tenants)
    shares = Counter(_worker_of(step.holder, workers) for step in steps if step.kind in SWITCHES)
    twice = Counter(s.key + s.domain for s in steps if s.kind in SWITCHES and s.result == "done")
    print(f"{done} of {len(record.tenants)} tenants in {seconds:.0f} s: {done / seconds:.2f} a second")
    print("outcomes: " + ", ".join(f"{count} {kind}" for kind, count in sorted(outcomes.items())))
    print("switches: " + ", ".join(f"{count} by {name}" for name, count in sorted(shares.items())))
    print(f"Prefect's server: {cpu:.0f} s of CPU")
    return done == len(record.tenants) and all(count == 1 for count in twice.values())


def _worker_of(holder: str, workers: list[Worker]) -> str:
    pid = int(holder.rpartition(" ")[2])
    return next((worker.name for worker in workers if pid in worker.shards), "an unknown process")


def main() -> int:
    """Run the demo twice, and return 0 if every tenant was worked on and none was switched twice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--shard", type=int, default=50)
    parser.add_argument("--concurrency", type=int, default=60)
    arguments = parser.parse_args()
    tools = postgresql_folder()
    if tools is None:
        print(
            "PostgreSQL is not installed (apt-get install postgresql): nothing was started", file=sys.stderr
        )
        return MISSING
    with tempfile.TemporaryDirectory(prefix="phonefleet-scale-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        (folder / "postgresql").mkdir()
        with (
            cluster(folder / "postgresql", tools) as place,
            prefect_server(folder, place) as (api, server),
        ):
            times = [_once(folder, place, api, server, arguments, killed=killed) for killed in (False, True)]
    print(f"time lost by the killed worker: {times[1] - times[0]:.0f} s")
    return 0


def _once(
    folder: Path,
    place: str,
    api: str,
    server: subprocess.Popen[bytes],
    arguments: argparse.Namespace,
    *,
    killed: bool,
) -> float:
    home = folder / _RUNS[killed]
    ledger = f"postgresql://{place}/{home.name}"
    print(f"{home.name}: {arguments.tenants} tenants, {arguments.workers} workers", flush=True)
    with simulated(home, arguments.tenants, ledger, arguments) as file:
        environ = _environ(home) | {"PREFECT_API_URL": api, "PREFECT_WORKER_QUERY_SECONDS": "2"}
        _call([sys.executable, "-m", "flows.cli", "deploy", str(file), "--pool", POOL], home, environ)
        with ExitStack() as stack:
            pool = Pool(stack, environ, home)
            for _ in range(arguments.workers):
                pool.start()
            kill = threading.Event() if killed else None
            if kill is not None:
                threading.Thread(
                    target=_kill_once_switching, args=(ledger, arguments.tenants // 10, kill), daemon=True
                ).start()
            cpu = _cpu_seconds(server.pid)
            seconds = migrate(file, api, pool, kill)
            if not show(ledger, pool.workers, seconds, _cpu_seconds(server.pid) - cpu):
                raise RuntimeError((home / "migrate.log").read_text()[-3000:])
    return seconds


def _environ(home: Path) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "PHONEFLEET_"))
    }
    return kept | default_settings(home, kept) | {"PYTHONPATH": str(_ROOT)}


def _call(command: list[str], home: Path, environ: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=home, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{json.dumps(command)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")


def _answers(api: str) -> bool:
    try:
        return httpx.get(f"{api}/health", timeout=5).is_success
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _children(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have, the nearest first."""
    try:
        found = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*found, *(each for child in found for each in _children(child))]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
