"""Migrate a simulated fleet on several workers, once undisturbed and once with a worker killed in the middle.

`python -m benchmarks.scale_demo [--tenants 1000] [--workers 3] [--shard N] [--concurrency 60]` starts, on the loopback
address and in a temporary directory: a PostgreSQL cluster with one database for Prefect and one for each ledger, a
Prefect server on it, a simulator with recorded latency, and workers of one process pool, each with one shard at a time.
It prints tenants a second, each worker's share of the tenants, and the CPU of the Prefect server. It ends with 1 and
says why where a tenant has no outcome, or the simulator's log and the ledger do not agree write for write. Without
PostgreSQL it says so and ends with 3.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.postgresql_cluster import cluster, postgresql_folder
from benchmarks.simulated_fleet import (
    Served,
    change_fleet,
    clean_environ,
    cpu_seconds,
    descendants,
    served,
    started,
)
from benchmarks.write_check import problems
from flows.prefect_settings import default_settings
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import SWITCHES
from tests.prefect_server import free_port

POOL = "scale"
MISSING = 3
_SAMPLE_SECONDS = 0.5
_LARGEST_SHARD = 100
"""Tenants: what a shard's process costs at its start is little beside its work then."""
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
        """Start one more worker. It takes one shard at a time, so that each worker gets its share."""
        name = f"worker {len(self.workers) + 1}"
        command = ["-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", name]
        process = self.stack.enter_context(
            started([*command, "--limit", "1"], self.environ, self.home / f"{name}.log")
        )
        self.workers.append(Worker(name, process))

    def worker_of(self, holder: str) -> str:
        """Return the name of the worker whose process a holder is."""
        pid = int(holder.rpartition(" ")[2])
        return next((worker.name for worker in self.workers if pid in worker.shards), "an unknown process")


@dataclass
class Kill:
    """When a worker is to be killed, and whose switch was the last before."""

    due: threading.Event = field(default_factory=threading.Event)
    holder: str = ""


@dataclass(frozen=True)
class Demo:
    """What both runs of the demo share.

    Attributes:
        folder: of everything.
        place: the PostgreSQL cluster.
        api: the address of Prefect's API.
        server: the process id of Prefect's server.
    """

    asked: argparse.Namespace
    folder: Path
    place: str
    api: str
    server: int


@contextmanager
def prefect_server(folder: Path, place: str) -> Iterator[tuple[str, int]]:
    """Yield the API address of a Prefect server on PostgreSQL, and its process id."""
    port = free_port()
    database = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://{place}/prefect"}
    command = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with started(command, environ_in(folder) | database, folder / "server.log") as server:
        api = f"http://127.0.0.1:{port}/api"
        until = time.monotonic() + 300
        while not _answers(api):
            if time.monotonic() > until or server.poll() is not None:
                raise RuntimeError((folder / "server.log").read_text()[-2000:])
            time.sleep(0.5)
        yield api, server.pid


def _answers(api: str) -> bool:
    try:
        return httpx.get(f"{api}/health", timeout=5).is_success
    except httpx.TransportError:
        return False


def environ_in(home: Path) -> dict[str, str]:
    """Return the environment of the demo's processes, with their state below a folder."""
    return clean_environ(home) | default_settings(home, {})


def shard_size(tenants: int, workers: int) -> int:
    """Return the size of shards with which every worker has tenants to change, and as few processes start.

    About 70 % of a simulated fleet's tenants are changed.
    """
    changed = math.ceil(tenants * 3 / 4)
    rounds = math.ceil(changed / (workers * _LARGEST_SHARD))
    return math.ceil(changed / (workers * rounds))


def migrate(file: Path, environ: dict[str, str], pool: Pool, kill: Kill | None) -> float:
    """Migrate the fleet while the workers' processes are watched; return how many seconds it took."""
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(pool, ended, kill), daemon=True)
    watch.start()
    began = time.monotonic()
    command = ["-m", "flows.cli", "migrate", str(file), "--yes", "--json"]
    with started(command, environ, file.parent / "migrate.log") as run:
        run.wait()
    seconds = time.monotonic() - began
    ended.set()
    watch.join()
    return seconds


def _watch(pool: Pool, ended: threading.Event, kill: Kill | None) -> None:
    """Note each worker's processes; on request kill a switching worker with its shards and start another one."""
    while not ended.wait(_SAMPLE_SECONDS):
        for worker in pool.workers:
            worker.shards |= set(descendants(worker.process.pid))
        if kill is not None and kill.due.is_set():
            switching = pool.worker_of(kill.holder)
            victim = next((each for each in pool.workers if each.name == switching), pool.workers[0])
            for pid in (*reversed(descendants(victim.process.pid)), victim.process.pid):
                os.kill(pid, signal.SIGKILL)
            pool.start()
            print(f"{victim.name} was killed with its shards; {pool.workers[-1].name} started", flush=True)
            kill = None


def _kill_once_switching(place: str, switched: int, kill: Kill) -> None:
    """Let a worker be killed once so many tenants are switched: the one that switched the last."""
    with Ledger.open(place) as ledger:
        while len(holders := [i.holder for i in ledger.steps.of_tenant() if i.kind in SWITCHES]) < switched:
            time.sleep(_SAMPLE_SECONDS)
    kill.holder = holders[-1]
    kill.due.set()


def show(ledger: Ledger, pool: Pool, seconds: float, cpu: float) -> None:
    """Print the figures of the last run."""
    tenants = ledger.runs.record("latest").tenants
    intents = ledger.steps.of_tenant()
    outcomes = Counter(str(tenant.outcome) for tenant in tenants)
    done = len(tenants) - outcomes["None"]
    switched_by = {i.domain: pool.worker_of(i.holder) for i in intents if i.kind in SWITCHES}
    shares = Counter(switched_by.values())
    print(f"{done} of {len(tenants)} tenants in {seconds:.0f} s: {done / seconds:.2f} a second")
    print("outcomes: " + ", ".join(f"{count} {kind}" for kind, count in sorted(outcomes.items())))
    print("switched: " + ", ".join(f"{count} by {name}" for name, count in sorted(shares.items())))
    print(f"Prefect's server: {cpu:.0f} s of CPU", flush=True)


def main() -> int:
    """Run the demo twice, and return 0 if each tenant was worked on once, as both logs say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--shard", type=int, help="tenants of a shard; by default from tenants and workers")
    parser.add_argument("--concurrency", type=int, default=60)
    asked = parser.parse_args()
    tools = postgresql_folder()
    if tools is None:
        print(
            "PostgreSQL is not installed (apt-get install postgresql): nothing was started", file=sys.stderr
        )
        return MISSING
    times = []
    with tempfile.TemporaryDirectory(prefix="phonefleet-scale-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        (folder / "postgresql").mkdir()
        with (
            cluster(folder / "postgresql", tools, ("prefect", *_RUNS)) as place,
            prefect_server(folder, place) as (api, server),
        ):
            for name in _RUNS:
                found, seconds = run_once(Demo(asked, folder, place, api, server), name)
                if found:
                    print(f"{name}: {len(found)} problem(s)", *found[:20], sep="\n", file=sys.stderr)
                    print((folder / name / "migrate.log").read_text()[-3000:], file=sys.stderr)
                    return 1
                times.append(seconds)
    print(f"time lost by the killed worker: {times[1] - times[0]:.0f} s")
    return 0


def run_once(demo: Demo, name: str) -> tuple[list[str], float]:
    """Migrate a new simulated fleet; return what is wrong afterwards, and how many seconds it took."""
    asked, home = demo.asked, demo.folder / name
    ledger = f"postgresql://{demo.place}/{name}"
    with served(asked.tenants, folder=home) as fleet, ExitStack() as stack:
        shard = prepare_fleet(fleet, name, ledger, asked)
        print(f"{name}: {asked.tenants} tenants, {asked.workers} workers, shards of {shard}", flush=True)
        environ = environ_in(home) | {"PREFECT_API_URL": demo.api, "PREFECT_WORKER_QUERY_SECONDS": "2"}
        deploy = [sys.executable, "-m", "flows.cli", "deploy", str(fleet.file), "--pool", POOL]
        done = subprocess.run(deploy, cwd=home, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{json.dumps(deploy)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        pool = Pool(stack, environ, home)
        for _ in range(asked.workers):
            pool.start()
        kill = Kill() if name == "killed" else None
        if kill is not None:
            wait = (ledger, asked.tenants // 10, kill)
            threading.Thread(target=_kill_once_switching, args=wait, daemon=True).start()
        cpu = cpu_seconds(demo.server)
        seconds = migrate(fleet.file, environ, pool, kill)
        with Ledger.open(ledger, create=False) as opened:
            show(opened, pool, seconds, cpu_seconds(demo.server) - cpu)
            found = problems(fleet.url, opened)
        if kill is not None and not kill.due.is_set():
            found.append("no worker was killed: the run had ended before")
        print(f"{name}: the simulator's log and the ledger agree" if not found else f"{name}: FAILED")
        return found, seconds


def prepare_fleet(fleet: Served, name: str, ledger: str, asked: argparse.Namespace) -> int:
    """Give a simulated fleet its ledger, its pool and one wave without limits; return the size of its shards."""
    shard: int = asked.shard or shard_size(asked.tenants, asked.workers)
    change_fleet(
        fleet.file,
        fleet=name,
        ledger=ledger,
        execution={"pool": POOL, "shard": shard, "at_once": asked.workers},
        waves=[{"name": "all", "failure_tolerance": "100%", "inconclusive_limit": "100%"}],
        rollout={
            "max_change": "100%",
            "strict": False,
            "concurrency": asked.concurrency,
            "min_healthy": "0",
        },
    )
    return shard


if __name__ == "__main__":
    sys.exit(main())
