"""The right to switch: however many processes ask for it, a wave's limits hold."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from phonefleet.ledger.holders import Holder, this_holder
from phonefleet.ledger.lease_reader import run_lease
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.run_record import Lease, WaveRecord
from phonefleet.rollout.caps import CappedGroup
from phonefleet.rollout.switch_rights import SwitchLimits
from tests.ledger.factories import Clock, finished, python, start

WAVE = "all"
TTL = timedelta(minutes=5)
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
STRICT = SwitchLimits(concurrency=50, strict=True)
FREE = SwitchLimits(concurrency=50, strict=False)


def domains(count: int) -> list[str]:
    return [f"t{number}.eu.auth0.com" for number in range(count)]


def begun(ledger: Ledger, count: int, tolerated: int) -> tuple[str, dict[str, Lease]]:
    """A run whose tenants are in one started wave and leased by this process."""
    run_id = start(ledger, *domains(count))
    ledger.tenants.assign(run_id, dict.fromkeys(domains(count), (WAVE, 1)))
    ledger.waves.start(run_id, WAVE, 1, planned=count, failure_tolerance=tolerated)
    acquired, conflicts = ledger.leases.acquire_all(domains(count), Holder("kim"), run_id, TTL)
    assert not conflicts
    return run_id, {lease.domain: lease for lease in acquired}


def fences(leases: dict[str, Lease], *names: str) -> dict[str, int]:
    return {name: leases[name].fence for name in names or leases}


def fail(ledger: Ledger, run_id: str, domain: str) -> None:
    ledger.tenants.set_outcome(run_id, domain, OutcomeKind.FAILED, ReasonCode.API_REFUSED)


def test_failures_and_switches_fill_the_tolerance(ledger: Ledger) -> None:
    run_id, leases = begun(ledger, 6, tolerated=1)
    first = ledger.switches.take(run_id, WAVE, fences(leases), STRICT, NOW)
    assert first.now == tuple(domains(6)[:2])
    left = domains(6)[2:]
    assert ledger.switches.take(run_id, WAVE, fences(leases, *left), STRICT, NOW).now == ()
    ledger.tenants.set_outcome(run_id, first.now[0], OutcomeKind.MIGRATED)
    assert ledger.switches.take(run_id, WAVE, fences(leases, *left), STRICT, NOW).now == (left[0],)
    fail(ledger, run_id, left[0])
    assert ledger.switches.take(run_id, WAVE, fences(leases, *left[1:]), STRICT, NOW).now == ()
    fail(ledger, run_id, first.now[1])
    over = ledger.switches.take(run_id, WAVE, fences(leases, *left[1:]), STRICT, NOW)
    assert over.over
    assert over.now == ()
    assert ledger.switches.is_over(run_id, WAVE)


def test_another_waves_failures_do_not_count(ledger: Ledger) -> None:
    run_id, leases = begun(ledger, 3, tolerated=0)
    ledger.tenants.assign(run_id, {domains(3)[0]: ("before", 1)})
    with_both = ledger.switches.is_over(run_id, WAVE)
    fail(ledger, run_id, domains(3)[2])
    assert (with_both, ledger.switches.is_over(run_id, WAVE)) == (False, True)
    assert ledger.switches.take(run_id, WAVE, fences(leases, domains(3)[1]), STRICT, NOW).over


def test_a_right_ends_with_its_lease(ledger: Ledger, clock: Clock) -> None:
    """A process died in a switch: its place is free once its lease is, and not before."""
    run_id, leases = begun(ledger, 2, tolerated=0)
    one, two = domains(2)
    assert ledger.switches.take(run_id, WAVE, fences(leases, one), STRICT, NOW).now == (one,)
    clock.advance(TTL.total_seconds() - 1)
    ledger.leases.renew([leases[two]], TTL)
    assert ledger.switches.take(run_id, WAVE, fences(leases, two), STRICT, NOW).now == ()
    clock.advance(2)
    assert ledger.switches.take(run_id, WAVE, fences(leases, two), STRICT, NOW).now == (two,)
    taken, _ = ledger.leases.acquire_all([one], Holder("lee"), run_id, TTL)
    again = ledger.switches.take(run_id, WAVE, {one: taken[0].fence}, STRICT, NOW)
    assert again.now == (), "the other tenant has the only place"


def test_a_right_that_is_held_is_given_again(ledger: Ledger) -> None:
    run_id, leases = begun(ledger, 2, tolerated=0)
    one, _ = domains(2)
    for _ in range(2):
        assert ledger.switches.take(run_id, WAVE, fences(leases, one), STRICT, NOW).now == (one,)


def test_a_run_switches_no_more_than_its_limit(ledger: Ledger) -> None:
    run_id, leases = begun(ledger, 4, tolerated=4)
    limits = SwitchLimits(50, strict=False, max_change=2)
    given = ledger.switches.take(run_id, WAVE, fences(leases), limits, NOW)
    assert (given.now, given.refused) == (tuple(domains(4)[:2]), tuple(domains(4)[2:]))


def test_caps_hold_over_two_runs(ledger: Ledger) -> None:
    """At once and within a day; what a run that has ended switched counts too."""
    first, leases = begun(ledger, 4, tolerated=4)
    names = domains(4)
    shop = CappedGroup("owner", "shop", at_once=1, per_day=2)
    limits = SwitchLimits(50, strict=False, groups=dict.fromkeys(names, (shop,)))
    assert ledger.switches.take(first, WAVE, fences(leases), limits, NOW).now == (names[0],)
    second = start(ledger, *names)
    ledger.leases.release_all([leases[name] for name in names[1:]])
    taken, _ = ledger.leases.acquire_all(names[1:], Holder("lee"), second, TTL)
    held = {lease.domain: lease.fence for lease in taken}
    assert ledger.switches.take(second, WAVE, held, limits, NOW).now == ()
    ledger.tenants.set_outcome(first, names[0], OutcomeKind.MIGRATED)
    assert ledger.switches.take(second, WAVE, held, limits, NOW).now == (names[1],)
    ledger.tenants.set_outcome(second, names[1], OutcomeKind.MIGRATED)
    rest = {name: held[name] for name in names[2:]}
    soon = ledger.switches.take(second, WAVE, rest, limits, NOW + timedelta(hours=1))
    assert (soon.now, soon.later) == ((), tuple(names[2:]))
    assert ledger.switches.take(second, WAVE, rest, limits, NOW + timedelta(hours=25)).now == (names[2],)


def test_a_pause_gives_no_right(ledger: Ledger) -> None:
    run_id, leases = begun(ledger, 1, tolerated=0)
    ledger.runs.pause(run_id, "kim")
    assert ledger.switches.take(run_id, WAVE, fences(leases), STRICT, NOW).paused == "kim"
    ledger.runs.unpause(run_id, "kim")
    driver = ledger.leases.acquire(run_lease(run_id), this_holder(), run_id, TTL).fence
    ledger.runs.hold_up(run_id, "paused: /PAUSE exists")
    asked = (run_id, WAVE, fences(leases), STRICT, NOW)
    assert ledger.switches.take(*asked, driver).paused == "paused: /PAUSE exists"
    ledger.runs.hold_up(run_id, "")
    assert ledger.switches.take(*asked, driver).now == (domains(1)[0],)


def test_no_right_without_the_process_that_decides(ledger: Ledger) -> None:
    run_id, leases = begun(ledger, 1, tolerated=0)
    lease = ledger.leases.acquire(run_lease(run_id), Holder("kim"), run_id, TTL)
    ledger.leases.release(lease)
    asked = (run_id, WAVE, fences(leases), STRICT, NOW)
    assert ledger.switches.take(*asked, lease.fence).undriven
    again = ledger.leases.acquire(run_lease(run_id), Holder("kim"), run_id, TTL)
    assert ledger.switches.take(*asked, lease.fence).undriven
    assert ledger.switches.take(*asked, again.fence).now == (domains(1)[0],)


WORKER = """
import random, sys, time
from datetime import UTC, datetime, timedelta
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind
from phonefleet.rollout.switch_rights import SwitchLimits

place, run_id, seed, *names = sys.argv[1:]
chance = random.Random(seed)
limits = SwitchLimits(50, strict=True)
with Ledger.open(place) as ledger:
    taken, _ = ledger.leases.acquire_all(names, Holder(f"worker-{seed}"), run_id, timedelta(minutes=5))
    waiting = {lease.domain: lease.fence for lease in taken}
    until = time.monotonic() + 50
    while waiting and time.monotonic() < until:
        given = ledger.switches.take(run_id, "all", waiting, limits, datetime.now(UTC))
        if given.over:
            break
        for domain in given.now:
            waiting.pop(domain)
            time.sleep(chance.random() / 50)
            kind = OutcomeKind.FAILED if chance.random() < 0.4 else OutcomeKind.MIGRATED
            ledger.tenants.set_outcome(run_id, domain, kind)
        time.sleep(0.002)
"""


@pytest.mark.parametrize("tolerated", [0, 2])
def test_processes_never_exceed_the_tolerance(place: str, tolerated: int) -> None:
    """Four processes switch the tenants of one wave, and many fail."""
    with Ledger.open(place) as ledger:
        names = domains(24)
        run_id = start(ledger, *names)
        ledger.tenants.assign(run_id, dict.fromkeys(names, (WAVE, 1)))
        ledger.waves.plan(run_id, [WaveRecord(wave=WAVE, batch=1, planned=24, failure_tolerance=tolerated)])
        workers = [python(WORKER, place, run_id, str(n), *names[n::4]) for n in range(4)]
        for worker in workers:
            finished(worker)
        kinds = Counter(t.outcome for t in ledger.runs.record(run_id).tenants)
    assert kinds[OutcomeKind.FAILED] <= tolerated + 1
    assert kinds[OutcomeKind.FAILED] == tolerated + 1 or kinds[None] == 0


@pytest.mark.parametrize("seed", range(20))
def test_threads_never_exceed_the_tolerance(place: str, seed: int) -> None:
    """Twenty seeds: failures and switches under way are never together more than the tolerance plus one."""
    chance = random.Random(seed)
    tolerated = chance.randrange(4)
    with Ledger.open(place) as ledger:
        run_id, leases = begun(ledger, 16, tolerated)
        under_way, most, lock = Counter[str](), [0], threading.Lock()

        def work(mine: dict[str, int], chance: random.Random) -> None:
            while mine:
                given = ledger.switches.take(run_id, WAVE, mine, STRICT, NOW)
                if given.over:
                    return
                with lock:
                    under_way["now"] += len(given.now)
                    most[0] = max(most[0], under_way["now"] + under_way["failed"])
                for domain in given.now:
                    mine.pop(domain)
                    failed = chance.random() < 0.5
                    with lock:
                        under_way["now"] -= 1
                        under_way["failed"] += failed
                    kind = OutcomeKind.FAILED if failed else OutcomeKind.MIGRATED
                    ledger.tenants.set_outcome(run_id, domain, kind)

        parts = [fences(leases, *domains(16)[n::4]) for n in range(4)]
        threads = [
            threading.Thread(target=work, args=(part, random.Random(f"{seed}-{n}")))
            for n, part in enumerate(parts)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        failed = sum(t.outcome is OutcomeKind.FAILED for t in ledger.runs.record(run_id).tenants)
    assert failed <= tolerated + 1
    assert most[0] <= tolerated + 1
