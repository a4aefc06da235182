"""What the benchmarks compute from what they measure: bounds, limits, aims, ratios."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.bench_results import Aim, Table, aims_markdown, read_tables, write_tables
from benchmarks.client_bench import (
    LATENCY_SEED,
    LIMIT,
    REQUESTS,
    Attempt,
    Bounds,
    Figures,
    broken,
    bucket_seconds,
    longest_chain,
)
from benchmarks.compare import ratios
from benchmarks.runs_bench import Asked, bounds_of
from configs import Tier
from phonefleet.auth0.transport import RequestSeen
from simulator.latency import recorded

DOMAIN = "acme.eu.auth0.com"
RUN = Figures(20, 0, 300, 0, 0.6, 10.0, 150.0, 130.0, Bounds(8.0, 4.0, 0.5))


def attempt(began: float, ended: float, path: str = "/api/v2/logs") -> Attempt:
    return Attempt(RequestSeen(DOMAIN, "GET", path, 200, ended - began), ended)


def test_a_chain_is_of_requests_one_after_the_other() -> None:
    latencies = [recorded(LATENCY_SEED, DOMAIN, "GET", number) for number in (1, 2, 3)]
    alone = [attempt(0, 1), attempt(2, 3), attempt(4, 5)]
    assert longest_chain(alone) == pytest.approx(sum(latencies))
    together = [attempt(0, 10), attempt(1, 9), attempt(2, 8)]
    assert longest_chain(together) == pytest.approx(max(latencies))


def test_a_bucket_bounds_what_is_beyond_its_burst() -> None:
    assert bucket_seconds(Tier.FREE, [("GET", "/api/v2/logs")] * 18) == 8.0
    assert bucket_seconds(Tier.FREE, [("POST", "/oauth/token")] * 18) == 0.0
    assert bucket_seconds(Tier.ENTERPRISE_PRODUCTION, [("GET", "/api/v2/logs")] * 18) == 0.0


def test_a_run_is_bound_by_its_slowest_tenant() -> None:
    """The simulator's log says when a request began; its latency depends on the tenant's own number of it."""

    def asked(domain: str, tier: Tier, numbers: range) -> Asked:
        requests = [
            {"seq": n, "at": f"2026-11-29T10:00:{n:02}+00:00", "method": "GET", "path": "/api/v2/logs"}
            for n in numbers
        ]
        return Asked(domain, tier, requests)

    bounds = bounds_of([asked("free", Tier.FREE, range(1, 19)), asked(DOMAIN, Tier.UNKNOWN, range(7, 9))])
    assert bounds.bucket == 8
    assert bounds.cpu == pytest.approx(20 * 0.003 / (os.cpu_count() or 1))
    assert bounds.path == pytest.approx(sum(recorded(LATENCY_SEED, "free", "GET", n) for n in range(1, 19)))


def test_each_broken_limit_of_the_check_is_named() -> None:
    assert broken([RUN, RUN]) == []
    (ratio,) = broken([RUN, replace(RUN, tenants=200, cpu=RUN.cpu * LIMIT * 1.1, requests=RUN.requests)])
    assert "CPU a request at 200" in ratio
    (requests,) = broken([replace(RUN, requests=int(20 * REQUESTS) + 1)])
    assert "requests a tenant" in requests
    (refused,) = broken([replace(RUN, refused_for_rate=1)])
    assert "refused 1 requests" in refused


def test_a_missed_aim_is_listed_as_missed() -> None:
    table = Table("a", "b", {}, [Aim("low", 2, 1), Aim("high", 2, 1, at_least=True), Aim("even", 1, 1)])
    lines = aims_markdown([table]).splitlines()[2:]
    assert [line.split("|")[-2].strip() for line in lines] == ["**missed**", "met", "met"]


def test_ratios_are_of_figures_that_both_runs_have(tmp_path: Path) -> None:
    old = Table("client", "c", {"20 tenants": {"CPU s": 2.0, "gone": 1.0}, "40 tenants": {"CPU s": 1.0}})
    new = Table("client", "c", {"20 tenants": {"CPU s": 1.0, "added": 1.0}}, [Aim("CPU s", 1, 2)])
    write_tables([new], tmp_path / "state" / "new.json", {"date": "today"})
    read, about = read_tables(tmp_path / "state" / "new.json")
    assert (read, about) == ([new], {"date": "today"})
    assert list(ratios([old], read)) == [("client", "20 tenants", "CPU s", 2.0, 1.0)]
