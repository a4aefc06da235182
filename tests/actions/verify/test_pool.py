"""The engine's processes serve threads, running event loops and forked children, and end with their owner."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from phonefleet.actions.translation_model import VerificationResult
from phonefleet.actions.verify import pool, programs
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.verifier import verify_translation
from phonefleet.errors import PhonefleetError

from .pairs import BODIES, legacy, new


def _verified(name="fetch"):
    return (
        verify_translation(legacy(BODIES[name]), new(BODIES[name]), events=4).result
        is VerificationResult.VERIFIED
    )


def test_threads_verify_side_by_side():
    names = list(BODIES) * 2
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(_verified, names))
    pool.POOL.close()


async def test_verifying_works_in_a_running_event_loop():
    assert _verified()
    assert await asyncio.to_thread(_verified)


def _in_child(results):
    results.put(_verified("axios"))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_processes_of_its_own():
    assert _verified()
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_in_child, args=(results,))
    child.start()
    assert results.get(timeout=60)
    child.join()
    assert _verified()


def test_a_killed_process_is_replaced():
    assert _verified()
    pool.POOL._idle[-1].process.kill()
    assert _verified("got")
    assert _verified("undici")


def test_a_process_with_many_batches_is_replaced(monkeypatch):
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


def test_an_engine_that_does_not_start_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(PhonefleetError, match="reinstall mini-racer"):
        pool.Pool().run(pool.PoolProgram("", "x", "new"), {}, pool.JobBatch("", b"[]"))


def test_nothing_is_left_running_when_the_owner_ends():
    code = (
        "from phonefleet.actions.verify import pool;"
        "from phonefleet.actions.verify.verifier import verify_translation as verify; verify('', '');"
        "verify('exports.onExecuteSendPhoneMessage = () => {};', 'x'); print(pool.POOL._idle[0].process.pid)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert subprocess.run(["ps", "-p", done.stdout.strip()], capture_output=True, check=False).returncode == 1


STOPPED = {
    "timeout": "for (;;) {}",
    "memory": "const all = []; for (;;) all.push(new Array(1e6).fill(all.length));",
}


@pytest.mark.parametrize("how", STOPPED)
def test_a_stopped_action_is_not_tried_again(monkeypatch, how):
    """Whatever ran meanwhile: a fleet has many Actions, and each tenant's is verified in several phases."""
    own, started = pool.Pool(), []
    monkeypatch.setattr(programs, "POOL", own)
    start = pool._Worker.start.__func__
    monkeypatch.setattr(pool._Worker, "start", classmethod(lambda cls: started.append(1) or start(cls)))
    code = legacy(STOPPED[how])
    first = programs.run_again(code, corpus(20)[:4], programs.Conditions(()))
    assert first.stopped == how
    assert programs.run_again(code, corpus(20)[:4], programs.Conditions(())) is first
    assert len(started) == 1
    assert own.pids() == ()
    assert (
        programs.run_again(legacy(BODIES["fetch"]), corpus(20)[:4], programs.Conditions(())).stopped is None
    )
    own.close()


def test_a_crash_is_tried_in_one_new_process_and_no_more(monkeypatch):
    """One crash may be the machine's fault, two are the Action's."""
    own, jobs = pool.Pool(), []
    program, batch = pool.PoolProgram("", "x", "new"), pool.JobBatch("", b"[]")

    def killed(worker, *asked):
        jobs.append(asked)
        worker.process.kill()

    monkeypatch.setattr(pool._Worker, "run", killed)
    assert [own.run(program, {}, batch).stopped for _ in range(4)] == ["crash"] * 4
    assert len(jobs) == 2
    assert own.run(program, {"OTHER": "secret"}, batch).stopped == "crash"
    assert len(jobs) == 4


def test_an_idle_process_that_the_machine_ended_decides_nothing():
    own, batch = pool.Pool(), pool.JobBatch("", b"[]")
    program = pool.PoolProgram("exports.x = async () => {};", "x", "new")
    for _ in range(3):
        assert own.run(program, {}, batch).stopped is None
        for pid in own.pids():
            os.kill(pid, signal.SIGKILL)
    assert own.run(program, {}, batch).stopped is None
    own.close()
