"""What assessing a fleet costs the client: CPU a request, requests a tenant, 429s, memory, by size of fleet.

Run it from the checkout: `.venv/bin/python benchmarks/client_bench.py [--sizes 20,200] [--concurrency 100] [--check]`.
The simulator runs in a process of its own, with recorded latency. Reading, classifying and planning are those of
`phonefleet assess`, without Prefect, ledger and reports. `--check` fails when the CPU a request at the largest size is
more than `LIMIT` times that at the smallest, or when Auth0 refused a request of ours for its rate.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from configs import Fleet, TenantRef, load_fleet
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.tenant_client import open_tenant
from phonefleet.auth0.transport import RequestSeen
from phonefleet.errors import TenantError
from phonefleet.execution.phases import assess
from phonefleet.secrets.store import SecretStore
from simulator.serve import serve

LIMIT = 1.3
"""Times that a request may cost at the largest size what it costs at the smallest."""


@dataclass(frozen=True)
class Figures:
    """One measured run.

    Attributes:
        cpu: seconds of this process.
        wall: seconds.
        memory: the process's largest resident size so far, in MB.
    """

    tenants: int
    unreadable: int
    requests: int
    refused_for_rate: int
    cpu: float
    wall: float
    memory: float

    @property
    def cpu_a_request(self) -> float:
        """Return milliseconds of CPU a request."""
        return self.cpu / self.requests * 1000


def _simulate(tenants: int, folder: Path, to_parent: Connection) -> None:
    serve(
        tenants,
        1,
        latency=True,
        config_directory=folder,
        log_level="critical",
        ready=lambda _url, written: to_parent.send(str(written)),
    )


async def _assess(fleet: Fleet, concurrency: int) -> tuple[int, list[RequestSeen]]:
    """Assess every tenant; return how many could not be read, and every request."""
    seen: list[RequestSeen] = []
    secrets = SecretStore()
    gate = asyncio.Semaphore(concurrency)
    unreadable = 0
    connection = fleet.connection
    async with ClientPool(
        connection.connect_to, connection.ca_file, connection.timeout.total_seconds(), on_request=seen.append
    ) as clients:

        async def one(ref: TenantRef) -> None:
            nonlocal unreadable
            async with gate:
                try:
                    await assess(open_tenant(clients, ref, secrets.resolve), ref)
                except TenantError:
                    unreadable += 1

        await asyncio.gather(*(one(ref) for ref in fleet.tenants))
    return unreadable, seen


def measure(tenants: int, concurrency: int) -> Figures:
    """Assess a simulated fleet and return what it cost."""
    with tempfile.TemporaryDirectory() as scratch:
        here, there = multiprocessing.Pipe()
        peer = multiprocessing.get_context("spawn").Process(
            target=_simulate, args=(tenants, Path(scratch), there), daemon=True
        )
        peer.start()
        try:
            fleet_file = Path(here.recv())
            fleet = load_fleet(fleet_file)
            cpu, wall = time.process_time(), time.perf_counter()
            unreadable, seen = asyncio.run(_assess(fleet, concurrency))
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        finally:
            peer.terminate()
            peer.join()
    return Figures(
        len(fleet.tenants),
        unreadable,
        len(seen),
        sum(r.status == 429 for r in seen),
        cpu,
        wall,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def main() -> int:
    """Measure each size and print a table; with `--check` return 1 on a broken limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="20,200", help="tenants, separated by commas")
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--check", action="store_true", help="fail on a broken limit")
    arguments = parser.parse_args()
    measure(20, arguments.concurrency)  # Imports and caches are not what is measured.
    runs = [measure(int(size), arguments.concurrency) for size in arguments.sizes.split(",")]
    print(
        "| tenants | unreadable | requests | a tenant | 429s | CPU s | CPU ms a request | wall s | memory MB |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for run in runs:
        print(
            f"| {run.tenants} | {run.unreadable} | {run.requests} | {run.requests / run.tenants:.1f} "
            f"| {run.refused_for_rate} | {run.cpu:.1f} | {run.cpu_a_request:.2f} | {run.wall:.1f} | {run.memory:.0f} |"
        )
    ratio = runs[-1].cpu_a_request / runs[0].cpu_a_request
    print(f"CPU a request at {runs[-1].tenants} tenants: {ratio:.2f} times that at {runs[0].tenants}")
    return int(arguments.check and (ratio > LIMIT or any(run.refused_for_rate for run in runs)))


if __name__ == "__main__":
    sys.exit(main())
