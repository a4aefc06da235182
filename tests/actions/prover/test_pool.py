"""The engine's processes serve threads, running event loops and forked children, and end with their owner."""

import asyncio
import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from phonefleet.actions.model import ProofResult
from phonefleet.actions.prover import pool, programs, prove
from phonefleet.actions.prover.corpus import corpus
from phonefleet.errors import PhonefleetError

from .pairs import BODIES, legacy, new


def _proved(name="fetch"):
    return prove(legacy(BODIES[name]), new(BODIES[name]), events=4).result is ProofResult.PROVED


def test_threads_prove_side_by_side():
    names = list(BODIES) * 2
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(_proved, names))
    pool.POOL.close()


async def test_proving_works_inside_a_running_event_loop():
    assert _proved()
    assert await asyncio.to_thread(_proved)


def _in_child(results):
    results.put(_proved("axios"))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_processes_of_its_own():
    assert _proved()
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_in_child, args=(results,))
    child.start()
    assert results.get(timeout=60)
    child.join()
    assert _proved()


def test_a_process_that_was_ended_from_outside_is_a_verdict_and_is_replaced():
    assert _proved()
    pool.POOL._idle[-1].process.kill()
    broken = prove(legacy(BODIES["got"]), new(BODIES["got"]), events=4)
    assert broken.result is ProofResult.NOT_PROVABLE
    assert broken.reasons[0].startswith("crash:")
    assert _proved("undici")


def test_a_process_that_remembers_much_makes_room_for_another(monkeypatch):
    monkeypatch.setattr(pool, "BATCHES_A_PROCESS", 2)
    own = pool.Pool()
    monkeypatch.setattr(programs, "POOL", own)
    idle = []
    for count in (5, 6, 7):
        run = programs.run_again(legacy(BODIES["fetch"]), corpus(20)[:count], programs.Conditions(()))
        assert len(run.raw) >= count
        idle.append(own.pids())
    own.close()
    assert [len(pids) for pids in idle] == [1, 0, 1]
    assert idle[0] != idle[2]


def test_an_engine_that_does_not_start_is_an_error_with_a_next_step(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(PhonefleetError, match="reinstall mini-racer"):
        pool.Pool().run(pool.Program("", "x", "new"), {}, pool.Batch("", b"[]"))


def test_nothing_is_left_running_when_the_owner_ends():
    code = (
        "from phonefleet.actions.prover import prove, pool; prove('', '');"
        "prove('exports.onExecuteSendPhoneMessage = () => {};', 'x'); print(pool.POOL._idle[0].process.pid)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert subprocess.run(["ps", "-p", done.stdout.strip()], capture_output=True, check=False).returncode == 1
