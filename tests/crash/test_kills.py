"""A whole fleet whose worker is killed at random moments and started again each time."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from phonefleet.model.enums import Operation
from tests.crash.crash_bench import (
    CrashBench,
    Process,
    check_nothing_lost_and_nothing_twice,
    end,
    simulated,
)
from tests.write_log import kind_of

KINDS = ("twilio_sms", "twilio_both", "action_single", "passwordless_gateway")
AT_ONCE = 6
REQUESTS_EACH = 65
"""About what one tenant's migration takes; a process that is killed reads some of them again."""


def fleet(bench: CrashBench, size: int) -> list[str]:
    domains = [bench.put(f"t{n:03d}", KINDS[n % len(KINDS)]) for n in range(size)]
    bench.write()
    return domains


def kill_at(bench: CrashBench, process: Process, domains: list[str], requests: int) -> bool:
    """SIGKILL once so many requests have reached the fleet; False when the worker was done before."""
    while process.poll() is None:
        if bench.requests(domains) >= requests:
            process.kill()
            return True
        time.sleep(0.002)
    return False


def killed_again_and_again(bench: CrashBench, domains: list[str], kills: int, seed: int) -> str:
    """Kill and resume so many times, then let the last process finish; the run's id."""
    rng = random.Random(seed)
    moments = sorted(rng.sample(range(10, REQUESTS_EACH * len(domains)), kills))
    run, killed = "-", 0
    for moment in moments:
        process = bench.start(run, AT_ONCE)
        # The moment counts from where this process begins, so that no two kills fall on its start.
        first = process.stdout.readline().strip() if process.stdout else ""
        run = first or run
        killed += kill_at(bench, process, domains, max(moment, bench.requests(domains) + rng.randrange(90)))
        ended = end(process)
        assert ended.code in (-9, 0), (ended.out, ended.err)
    assert killed == kills, f"the fleet was done after {killed} kills"
    last = bench.work(run, AT_ONCE)
    assert last.code == 0, last.err
    return run


@pytest.mark.parametrize(
    ("size", "kills"),
    [pytest.param(24, 4, id="24-tenants"), pytest.param(200, 20, id="200-tenants", marks=pytest.mark.slow)],
)
def test_a_fleet_killed_at_random_ends_as_planned(size: int, kills: int, tmp_path: Path) -> None:
    """Every tenant is migrated, and every write has one intent."""
    seed = int(os.environ.get("CRASH_SEED", "20261124"))
    with simulated(tmp_path / "killed") as bench, simulated(tmp_path / "whole") as twin:
        domains = fleet(bench, size)
        run = killed_again_and_again(bench, domains, kills, seed)
        with bench.ledger() as ledger:
            outcomes = {t.domain: (t.outcome, t.outcome_reason) for t in ledger.runs.record(run).tenants}
            assert ledger.steps.open_intents() == []
        assert outcomes == dict.fromkeys(domains, ("migrated", None))
        fleet(twin, size)
        whole = twin.work(at_once=AT_ONCE) if size > 24 else None
        marks = 0
        for domain in domains:
            intents = check_nothing_lost_and_nothing_twice(bench, domain)
            marks += sum(i.operation is Operation.MARK for i in intents)
            assert bench.tenant(domain).flag
            assert "switch_tenant" in {kind_of(seen) for seen in bench.writes(domain)}
        if whole is not None:
            assert whole.code == 0, whole.err
            assert [bench.state(d) for d in domains] == [twin.state(d) for d in domains]
        writes = sum(len(bench.writes(d)) for d in domains)
        print(f"\n{size} tenants, {kills} kills: {writes} writes, {marks} of them for the log")
