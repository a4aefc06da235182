"""What assessing a fleet costs the client: CPU a request, requests a tenant, 429s, memory, and the bound of its wall.

Run it from the checkout: `.venv/bin/python -m benchmarks.client_bench [--sizes 20,200] [--concurrency 100] [--check]`.
The simulator runs in a process of its own, with recorded latency. Reading, classifying and planning are those of
`phonefleet assess`, without Prefect and reports; a new ledger keeps the results of equal Actions. Each size has a
process of its own, after 20 tenants that load what is loaded once.

The bound of the wall is the greatest of: a tenant's longest chain of requests that followed each other, at the
simulator's latency; a tenant's requests against its own token bucket; all requests at `CPU_MS` on all cores.

`--check` fails when the CPU a request at the largest size is more than `LIMIT` times that at the smallest, when a
tenant is read with more than `REQUESTS` requests on average, or when Auth0 refused a request of ours for its rate.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import sys
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench_results import Aim, Table, publish
from benchmarks.simulated_fleet import served
from configs import Fleet, TenantRef, Tier, load_fleet
from phonefleet.auth0.capacity import allow_descriptors, capacity_for
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.rate_limits import LIMITS, bucket_name, reading_seconds
from phonefleet.auth0.tenant_client import open_tenant
from phonefleet.auth0.transport import RequestSeen
from phonefleet.errors import TenantError
from phonefleet.execution.phases import assess
from phonefleet.garbage_collection import leave_loaded_out
from phonefleet.ledger.ledger import Ledger
from phonefleet.secrets.store import SecretStore
from simulator.faults import FaultDocument
from simulator.latency import recorded

LIMIT = 1.3
"""Times that a request may cost at the largest size what it costs at the smallest."""
REQUESTS = 16.8
"""Requests that a tenant may need on average: a little more than was measured."""
CPU_MS = 3.0
"""The aim for a request, which the bound counts with."""
WALL_LIMIT = 1.25
LATENCY_SEED = FaultDocument().seed
"""The simulator draws its latencies with it."""


@dataclass(frozen=True)
class Attempt:
    """A request, with when it ended on this process's clock."""

    seen: RequestSeen
    ended: float

    @property
    def began(self) -> float:
        """When it was asked for."""
        return self.ended - self.seen.seconds


@dataclass(frozen=True)
class Span:
    """A request from asking to answer, and the simulator's part of it; seconds, on any clock."""

    began: float
    ended: float
    latency: float


@dataclass(frozen=True)
class Bounds:
    """What no client can be faster than, in seconds.

    Attributes:
        path: the longest chain of a tenant's requests.
        bucket: the longest wait for a tenant's own bucket.
        cpu: all requests at the aimed cost on all cores.
    """

    path: float
    bucket: float
    cpu: float

    @property
    def wall(self) -> float:
        """The greatest of them."""
        return max(self.path, self.bucket, self.cpu)


@dataclass(frozen=True)
class Figures:
    """One measured run.

    Attributes:
        cpu: seconds of this process.
        wall: seconds.
        memory: the process's largest resident size, in MB; `before`: when it had assessed 20 tenants.
    """

    tenants: int
    unreadable: int
    requests: int
    refused_for_rate: int
    cpu: float
    wall: float
    memory: float
    before: float
    bounds: Bounds

    @property
    def cpu_a_request(self) -> float:
        """Return milliseconds of CPU a request."""
        return self.cpu / self.requests * 1000

    def row(self) -> dict[str, float]:
        """Return the figures of a table's row."""
        return {
            "unreadable": self.unreadable,
            "requests a tenant": self.requests / self.tenants,
            "own 429s": self.refused_for_rate,
            "CPU s": self.cpu,
            "CPU ms a request": self.cpu_a_request,
            "wall s": self.wall,
            "chain s": self.bounds.path,
            "bucket s": self.bounds.bucket,
            "CPU bound s": self.bounds.cpu,
            "wall/bound": self.wall / self.bounds.wall,
            "ms a tenant": self.wall / self.tenants * 1000,
            "memory MB": self.memory,
            "KB a tenant": (self.memory - self.before) / self.tenants * 1024,
        }


async def assess_all(fleet: Fleet, concurrency: int, ledger: Ledger) -> tuple[int, list[Attempt]]:
    """Assess every tenant; return how many could not be read, and every request."""
    seen: list[Attempt] = []
    secrets = SecretStore()
    gate = asyncio.Semaphore(concurrency)
    unreadable = 0
    connection = fleet.connection
    async with ClientPool(
        connection.connect_to,
        connection.ca_file,
        connection.timeout.total_seconds(),
        on_request=lambda request: seen.append(Attempt(request, time.perf_counter())),
        capacity=capacity_for(concurrency, allow_descriptors(concurrency)),
    ) as clients:

        async def one(ref: TenantRef) -> None:
            nonlocal unreadable
            async with gate:
                try:
                    await assess(open_tenant(clients, ref, secrets.resolve), ref, ledger)
                except TenantError:
                    unreadable += 1

        await asyncio.gather(
            *(one(ref) for ref in sorted(fleet.tenants, key=lambda ref: -reading_seconds(ref.tier)))
        )
    return unreadable, seen


def bounds_of(fleet: Fleet, attempts: list[Attempt]) -> Bounds:
    """Return what bounds the wall of a run that made these requests."""
    of_tenant: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        of_tenant[attempt.seen.domain].append(attempt)
    tiers = {ref.domain: ref.tier for ref in fleet.tenants}
    return Bounds(
        max(longest_chain(each) for each in of_tenant.values()),
        max(
            bucket_seconds(tiers[domain], [(a.seen.method, a.seen.path) for a in each])
            for domain, each in of_tenant.items()
        ),
        cpu_seconds_at_aim(len(attempts)),
    )


def cpu_seconds_at_aim(requests: int) -> float:
    """Return how long requests take on all cores at the aimed cost."""
    return requests * CPU_MS / 1000 / (os.cpu_count() or 1)


def longest_chain(attempts: list[Attempt]) -> float:
    """Return the most latency, in seconds, of a tenant's requests that did not overlap."""
    by_start = sorted(attempts, key=lambda one: one.began)
    return longest_of(
        Span(one.began, one.ended, recorded(LATENCY_SEED, one.seen.domain, one.seen.method, number))
        for number, one in enumerate(by_start, 1)
    )


def longest_of(spans: Iterable[Span]) -> float:
    """Return the most latency, in seconds, of spans that did not overlap."""
    ends, best = [float("-inf")], [0.0]
    for one in sorted(spans, key=lambda one: one.ended):
        before = best[bisect_right(ends, one.began) - 1]
        ends.append(one.ended)
        best.append(max(best[-1], before + one.latency))
    return best[-1]


def bucket_seconds(tier: Tier, requests: Iterable[tuple[str, str]]) -> float:
    """Return how long the tenant's own limits make its requests, by method and path, take in seconds."""
    counts: defaultdict[str, int] = defaultdict(int)
    for method, path in requests:
        if (name := bucket_name(tier, method, path)) is not None:
            counts[name] += 1
    limits = LIMITS[tier]
    return max(
        (max(0.0, (n - limits[name].burst) / limits[name].per_second) for name, n in counts.items()),
        default=0.0,
    )


def peak_memory() -> float:
    """Return the largest resident size of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_once(tenants: int, concurrency: int) -> Figures:
    """Assess a simulated fleet in this process and return what it cost."""
    before = peak_memory()
    with served(tenants) as place, Ledger.open(place.file.parent / "bench.db") as ledger:
        fleet = load_fleet(place.file)
        leave_loaded_out()
        cpu, wall = time.process_time(), time.perf_counter()
        unreadable, seen = asyncio.run(assess_all(fleet, concurrency, ledger))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    refused = sum(one.seen.status == 429 for one in seen)
    return Figures(
        tenants, unreadable, len(seen), refused, cpu, wall, peak_memory(), before, bounds_of(fleet, seen)
    )


def _warm_run(tenants: int, concurrency: int) -> Figures:
    run_once(20, concurrency)
    return run_once(tenants, concurrency)


def measure(tenants: int, concurrency: int) -> Figures:
    """Return what a fleet costs, in a process of its own, so that its memory is its own."""
    # Not a daemon, which could not have a process for the simulator.
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_warm_run, tenants, concurrency).result()


def assess_table(runs: list[Figures], concurrency: int, command: str) -> Table:
    """Return the table of some sizes, with the aims that they are measured against."""
    first, last = runs[0], runs[-1]
    ratio = last.cpu_a_request / first.cpu_a_request
    at = f"at {last.tenants:,} tenants"
    aims = [
        Aim(f"CPU ms a request {at}", last.cpu_a_request, CPU_MS),
        Aim(f"wall/bound {at}", last.wall / last.bounds.wall, WALL_LIMIT),
        Aim("own 429s", sum(run.refused_for_rate for run in runs), 0),
    ]
    if last is not first:
        what = f"CPU a request {at}, times that at {first.tenants:,}"
        aims.append(Aim(what, ratio, 1.1))
    return Table(
        "Assess through the client",
        command,
        {f"{run.tenants:,} tenants": run.row() for run in runs},
        aims,
        f"Concurrency {concurrency}. The bound is the greatest of the tenant's chain of requests, its bucket, and "
        f"{CPU_MS:g} ms a request on {os.cpu_count()} cores. `KB a tenant`: what the process grew by after 20 tenants.",
    )


def broken(runs: list[Figures]) -> list[str]:
    """Return which limits of `--check` do not hold."""
    ratio = runs[-1].cpu_a_request / runs[0].cpu_a_request
    most = max(run.requests / run.tenants for run in runs)
    refused = sum(run.refused_for_rate for run in runs)
    found = []
    if ratio > LIMIT:
        found.append(
            f"CPU a request at {runs[-1].tenants} tenants is {ratio:.2f} times that at {runs[0].tenants}"
        )
    if most > REQUESTS:
        found.append(f"{most:.1f} requests a tenant, at most {REQUESTS} are allowed")
    if refused:
        found.append(f"Auth0 refused {refused} requests for their rate")
    return found


def main() -> int:
    """Measure each size and print a table; with `--check` return 1 on a broken limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="20,200", help="tenants, separated by commas")
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--check", action="store_true", help="fail on a broken limit")
    parser.add_argument("--json", type=Path, help="write the table to this file too")
    given = parser.parse_args()
    runs = [measure(int(size), given.concurrency) for size in given.sizes.split(",")]
    command = f"python -m benchmarks.client_bench --sizes {given.sizes} --concurrency {given.concurrency}"
    table = assess_table(runs, given.concurrency, command)
    publish([table], given.json)
    faults = broken(runs) if given.check else []
    for fault in faults:
        print(f"limit broken: {fault}", file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
