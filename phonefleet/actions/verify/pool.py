"""The caller's side of the processes that run Actions: it cannot hang or crash, whatever an Action does."""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from phonefleet.actions.verify.frames import HEAD, MAX_ANSWER_BYTES
from phonefleet.actions.verify.last_results import LastResults
from phonefleet.actions.verify.traces import ProgramRun, parse_outcome
from phonefleet.errors import PhonefleetError

IDLE_SECONDS = 120
"""How long a process may sleep, without using CPU time, before it is ended: programs only compute."""
JOBS_A_PROCESS = 4000
BATCHES_A_PROCESS = 400
"""How many batches a process keeps, at about 0.3 MB each, before it is replaced."""
_STOPPED_JOBS = 500
"""How many jobs that were stopped a process remembers."""
_STUCK = 3  # the exit status of isolate_worker.py when code could not be interrupted
_START = "import sys; sys.path[:0] = sys.argv[2:]; from phonefleet.actions.verify.isolate_worker import main; main()"


@dataclass(frozen=True, slots=True)
class JobBatch:
    """Scenarios that programs are run over, as JSON; a process keeps those that have a name."""

    name: str
    scenarios: bytes


@dataclass(frozen=True, slots=True)
class PoolProgram:
    """An Action to run: ``handler`` is the export to call, ``api`` which trigger's api it gets.

    ``counts`` is the program of which ``code`` is a copy that counts what ran.
    """

    code: str
    handler: str
    api: str
    counts: str | None = None

    @property
    def owner(self) -> str:
        """What an isolate belongs to: a program and its counting copy, and no other."""
        code = self.code if self.counts is None else self.counts
        return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=1)
def _import_folders() -> tuple[str, ...]:
    """The folders from which a worker imports this package and the engine; it gets no other path."""
    engine = importlib.util.find_spec("py_mini_racer")
    if engine is None or engine.origin is None:
        raise PhonefleetError("the JavaScript engine is not installed; install mini-racer")
    return (str(Path(__file__).parents[3]), str(Path(engine.origin).parents[1]))


def _environment() -> dict[str, str]:
    """The environment of a worker: no variable of ours, because ours hold the fleet's secrets."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"TZ": "UTC", "LC_ALL": "C.UTF-8", **kept}


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    answers: int
    in_force: tuple[str, ...] = ()
    known: set[str] = field(default_factory=set)
    jobs: int = 0

    @classmethod
    def start(cls) -> _Worker:
        answers, given = os.pipe()
        command = [sys.executable, "-I", "-c", _START, str(given), *_import_folders()]
        try:
            process = subprocess.Popen(  # noqa: S603  the interpreter and our own code
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                pass_fds=(given,),
            )
        finally:
            os.close(given)
        worker = cls(process, answers)
        ready = worker.ask(b"")
        if ready is None or not ready.startswith(b"ready"):
            worker.close()
            raise PhonefleetError(
                f"the JavaScript engine does not start ({sys.executable}); reinstall mini-racer"
            )
        worker.in_force = tuple(ready.decode().split("\n")[1:])
        return worker

    def run(self, program: PoolProgram, job: Mapping[str, Any], batch: JobBatch) -> bytes | None:
        sent = batch.name in self.known
        self.known |= {batch.name} - {""}
        self.jobs += 1
        # Not orjson, which refuses the lone surrogates that an Action's text may hold.
        head = json.dumps({"job": job, "batch": batch.name, "owner": program.owner}).encode()
        return self.ask(head + b"\n" + (b"" if sent else batch.scenarios))

    def ask(self, body: bytes) -> bytes | None:
        """Send a request; return its answer, or None if the process died, hung or answered anything else."""
        identity = os.urandom(16)
        stdin = self.process.stdin
        assert stdin is not None
        try:
            stdin.write(HEAD.pack(identity, len(body)) + body)
            stdin.flush()
            head = self._read(HEAD.size)
            if head is None:
                return None
            answered, size = HEAD.unpack(head)
            if answered != identity or size > MAX_ANSWER_BYTES:
                return None
            return self._read(size)
        except OSError:
            return None

    def _read(self, size: int) -> bytes | None:
        """Read exactly ``size`` bytes of an answer, as long as the process works."""
        parts: list[bytes] = []
        waiting = select.poll()
        waiting.register(self.answers, select.POLLIN)
        idle, used = 0, 0.0
        while size > 0:
            if waiting.poll(1000):
                part = os.read(self.answers, min(size, 2**20))
                if not part:
                    return None
                parts.append(part)
                size -= len(part)
                continue
            # The kernel ends a process that computes for too long. One that sleeps is counted here: a machine
            # under load makes it wait for a core, which is not sleeping.
            before, (used, sleeps) = used, _activity(self.process.pid)
            idle = idle + 1 if sleeps and used == before else 0
            if idle >= IDLE_SECONDS:
                return None
        return b"".join(parts)

    @property
    def worn(self) -> bool:
        """Whether the process has run so much that it is replaced."""
        return len(self.known) >= BATCHES_A_PROCESS or self.jobs >= JOBS_A_PROCESS

    def close(self) -> str:
        """End the process; return ``timeout`` if it had been ended because a program was stuck, else ``crash``."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=0.2)
        self.process.kill()
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()
        with suppress(OSError):
            os.close(self.answers)
        return "timeout" if self.process.wait() in (_STUCK, -signal.SIGXCPU) else "crash"


def _activity(pid: int) -> tuple[float, bool]:
    """How much CPU time a process has used, and whether it sleeps."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return float(rest[10]) + float(rest[11]), state not in "RD"
    except (OSError, ValueError, IndexError):
        return time.monotonic() // IDLE_SECONDS, True


def _parsed(answer: bytes | None) -> ProgramRun | None:
    """Return an answer as a run; None where there is none, or none of a worker."""
    if answer is None:
        return None
    try:
        return parse_outcome(answer)
    except (ValueError, TypeError, KeyError):
        return None


def _digest_of(job: Mapping[str, Any], scenarios: bytes) -> bytes:
    """Return the SHA-256 of everything that the run of a job depends on."""
    digest = hashlib.sha256(json.dumps(job, sort_keys=True).encode())
    digest.update(scenarios)
    return digest.digest()


def _stopped_jobs() -> LastResults[bytes, ProgramRun]:
    """Return a memory of jobs that had to be stopped: none of them is tried again."""
    return LastResults(_STOPPED_JOBS)


@dataclass(slots=True)
class Pool:
    """Idle processes; each caller takes one, so callers in several threads run in parallel."""

    _idle: list[_Worker] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: LastResults[bytes, ProgramRun] = field(default_factory=_stopped_jobs)

    def run(self, program: PoolProgram, secrets: Mapping[str, str], batch: JobBatch) -> ProgramRun:
        """Run one program over all scenarios of ``batch`` in order; one that was stopped is not tried again.

        A crash is one of the program: two processes ended, and the second had run nothing else.
        """
        job = {
            "code": program.code,
            "handler": program.handler,
            "api": program.api,
            "covers": program.counts is not None,
            "secrets": dict(secrets),
        }
        key = _digest_of(job, batch.scenarios)
        if (stopped := self._stopped.find(key)) is not None:
            return stopped
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        run = self._run_in(worker or _Worker.start(), program, job, batch)
        if run.stopped == "crash":
            # The machine may have ended the process, maybe while it was idle. A new one shows whether the program does.
            run = self._run_in(_Worker.start(), program, job, batch)
        if run.stopped is not None:
            self._stopped.add(key, run)
        return run

    def _run_in(
        self, worker: _Worker, program: PoolProgram, job: Mapping[str, Any], batch: JobBatch
    ) -> ProgramRun:
        run = _parsed(worker.run(program, job, batch))
        if run is None:
            return ProgramRun(frozenset(), (), worker.close(), "", (), ())
        if run.stopped is not None or worker.worn:
            worker.close()
        else:
            with self._lock:
                self._idle.append(worker)
        return run

    def pids(self) -> tuple[int, ...]:
        """The idle processes, by their ids."""
        with self._lock:
            return tuple(worker.process.pid for worker in self._idle)

    def forget(self) -> None:
        """Drop all idle processes without ending them: for a forked child, which must not use their pipes."""
        self._idle, self._lock, self._stopped = [], threading.Lock(), _stopped_jobs()

    def close(self) -> None:
        """End all idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


POOL = Pool()
atexit.register(POOL.close)
os.register_at_fork(after_in_child=POOL.forget)
