"""Whole runs against their bound: `phonefleet migrate` of a fleet, and `compliance` of what it migrated.

Run it from the checkout: `.venv/bin/python -m benchmarks.runs_bench [--tenants 200] [--concurrency 200]`. The simulator
runs in a process of its own, with recorded latency, and so does a kept Prefect server. All tenants are in one wave
that tolerates failures, without a soak.

What was requested, and when, comes from the simulator's log. The bound of the wall is that of `client_bench`: the
greatest of a tenant's longest chain of requests, its own token bucket, and all requests at 3 ms on all cores. Builds of
Actions and the lag of logs are not in it, nor are starts and reports.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from benchmarks.bench_results import Aim, Table, publish
from benchmarks.client_bench import (
    LATENCY_SEED,
    WALL_LIMIT,
    Bounds,
    Span,
    bucket_seconds,
    cpu_seconds_at_aim,
    longest_of,
)
from benchmarks.commands_bench import PHONEFLEET, kept_server
from benchmarks.simulated_fleet import Cost, cost_of, cpu_seconds, served
from configs import Tier
from phonefleet.auth0.rate_limits import API
from simulator.latency import recorded

_ALLOWED = frozenset((0, 3, 4, 6))
"""Exit codes of a run that was done: the fleet has tenants of every kind."""


@dataclass(frozen=True)
class Asked:
    """The requests of one tenant in one run, oldest first, and its tier."""

    domain: str
    tier: Tier
    requests: list[dict[str, Any]]

    @property
    def spans(self) -> list[Span]:
        """Return when each was on its way."""
        found = []
        for one in self.requests:
            began = datetime.fromisoformat(one["at"]).timestamp()
            latency = recorded(LATENCY_SEED, self.domain, one["method"], one["seq"])
            found.append(Span(began, began + latency, latency))
        return found


class SimulatorLog:
    """What a simulated fleet was asked since the last look."""

    def __init__(self, url: str, tiers: Mapping[str, Tier]) -> None:
        self._control = httpx.Client(base_url=url, trust_env=False, timeout=60)
        self._tiers = tiers
        self._seen = dict.fromkeys(tiers, 0)

    def since_last(self) -> list[Asked]:
        """Return every tenant's requests since the last call."""
        found = []
        for domain, tier in self._tiers.items():
            answer = self._control.get(f"/_simulator/tenants/{domain}/requests").raise_for_status()
            requests = answer.json()["requests"]
            found.append(Asked(domain, tier, requests[self._seen[domain] :]))
            self._seen[domain] = len(requests)
        return found


def bounds_of(asked: list[Asked]) -> Bounds:
    """Return what bounds a run that made these requests."""
    return Bounds(
        max(longest_of(each.spans) for each in asked),
        max(
            bucket_seconds(each.tier, [(one["method"], one["path"]) for one in each.requests])
            for each in asked
        ),
        cpu_seconds_at_aim(sum(len(each.requests) for each in asked)),
    )


def row(cost: Cost, server: float, asked: list[Asked]) -> dict[str, float]:
    """Return the figures of a run."""
    bounds = bounds_of(asked)
    requests = [one for each in asked for one in each.requests if one["path"].startswith(API)]
    return {
        "wall s": cost.wall,
        "chain s": bounds.path,
        "bucket s": bounds.bucket,
        "CPU bound s": bounds.cpu,
        "wall/bound": cost.wall / bounds.wall,
        "requests a tenant": len(requests) / len(asked),
        "own 429s": sum(one["status"] == httpx.codes.TOO_MANY_REQUESTS for one in requests),
        "client CPU s": cost.cpu,
        "server CPU s": server,
        "CPU ms a request": 1000 * cost.cpu / len(requests),
        "memory MB": cost.memory,
        "ms a tenant": 1000 * cost.wall / len(asked),
    }


def one_wave(file: Path, concurrency: int) -> dict[str, Tier]:
    """Let the whole fleet be one wave, and return the tenants' tiers."""
    document = yaml.safe_load(file.read_text())
    document["waves"] = [{"name": "all", "failure_tolerance": "100%", "inconclusive_limit": "100%"}]
    document["rollout"] |= {
        "max_change": "100%",
        "strict": False,
        "concurrency": concurrency,
        "min_healthy": "0",
    }
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return {tenant["domain"]: Tier(tenant["tier"]) for tenant in document["tenants"]}


def measure(tenants: int, concurrency: int) -> dict[str, dict[str, float]]:
    """Migrate a fleet and check its compliance; return the figures of both runs.

    Raises:
        RuntimeError: a run failed.
    """
    rows = {}
    with (
        tempfile.TemporaryDirectory(prefix="phonefleet-bench-") as scratch,
        kept_server(Path(scratch)) as (environ, server),
        served(tenants) as place,
    ):
        log = SimulatorLog(place.url, one_wave(place.file, concurrency))
        for verb, options in (("migrate", ["--yes"]), ("compliance", [])):
            before = cpu_seconds(server)
            cost = cost_of([*PHONEFLEET, verb, str(place.file), *options], environ, place.file.parent)
            if cost.code not in _ALLOWED:
                raise RuntimeError((place.file.parent / "command.log").read_text()[-3000:])
            rows[f"{verb} {tenants:,}"] = row(cost, cpu_seconds(server) - before, log.since_last())
    return rows


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write the table to this file too")
    given = parser.parse_args()
    rows = measure(given.tenants, given.concurrency)
    aims = [
        aim
        for name, figures in rows.items()
        for aim in (
            Aim(f"wall/bound of {name}", figures["wall/bound"], WALL_LIMIT),
            Aim(f"own 429s of {name}", figures["own 429s"], 0),
        )
    ]
    note = (
        "Whole commands with a kept Prefect server: their starts and reports are in the wall, and not in the bound. "
        "Builds of Actions and the lag of logs are not in the bound either."
    )
    command = f"python -m benchmarks.runs_bench --tenants {given.tenants} --concurrency {given.concurrency}"
    publish([Table("Whole runs", command, rows, aims, note)], given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
