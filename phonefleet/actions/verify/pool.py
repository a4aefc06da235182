"""The caller's side of the processes that run Actions: it cannot hang or crash, whatever an Action does."""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from phonefleet.actions.verify.traces import ProgramRun, parse_outcome
from phonefleet.errors import PhonefleetError

TIMEOUT_SECONDS = 30.0
"""How long a whole program may take before its process is ended from outside."""
BATCHES_A_PROCESS = 400
"""How many batches a process keeps, at about 0.3 MB each, before it is replaced."""
_STUCK = 3  # the exit status of isolate_worker.py when code could not be interrupted


@dataclass(frozen=True, slots=True)
class JobBatch:
    """Scenarios that programs are run over, as JSON; a process keeps those that have a name."""

    name: str
    scenarios: bytes


@dataclass(frozen=True, slots=True)
class PoolProgram:
    """An Action to run: ``handler`` is the export to call, ``api`` which trigger's api it gets."""

    code: str
    handler: str
    api: str


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    known: set[str] = field(default_factory=set)

    @classmethod
    def start(cls) -> _Worker:
        script = Path(__file__).with_name("isolate_worker.py")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "TZ": "UTC"}
        process = subprocess.Popen(  # noqa: S603  the interpreter and our own script
            [sys.executable, "-P", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        worker = cls(process)
        if worker.ask(b"") != b"ready":
            worker.close()
            raise PhonefleetError(
                f"the JavaScript engine does not start ({sys.executable} -P {script}); reinstall mini-racer"
            )
        return worker

    def run(self, program: PoolProgram, secrets: Mapping[str, str], batch: JobBatch) -> bytes | None:
        job = {"code": program.code, "handler": program.handler, "api": program.api, "secrets": dict(secrets)}
        sent = batch.name in self.known
        self.known |= {batch.name} - {""}
        # Not orjson, which refuses the lone surrogates that an Action's text may hold.
        head = json.dumps({"job": job, "batch": batch.name}).encode()
        return self.ask(head + b"\n" + (b"" if sent else batch.scenarios))

    def ask(self, body: bytes) -> bytes | None:
        """Send ``body`` and return the next message of the process, or None if it died or did not answer in time."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            if body:
                stdin.write(struct.pack(">I", len(body)) + body)
                stdin.flush()
            waiting = select.poll()
            waiting.register(stdout, select.POLLIN)
            if not waiting.poll(1000 * TIMEOUT_SECONDS):
                return None
            head = stdout.read(4)
            return stdout.read(struct.unpack(">I", head)[0]) if len(head) == 4 else None
        except OSError:
            return None

    def close(self) -> str:
        """End the process; return ``timeout`` if it had ended itself because a program was stuck, else ``crash``."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=0.2)
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        return "timeout" if self.process.wait() == _STUCK else "crash"


@dataclass(slots=True)
class Pool:
    """Idle processes; each caller takes one, so callers in several threads run in parallel."""

    _idle: list[_Worker] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, program: PoolProgram, secrets: Mapping[str, str], batch: JobBatch) -> ProgramRun:
        """Run one program over all scenarios of ``batch`` in order."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or _Worker.start()
        answer = worker.run(program, secrets, batch)
        if answer is None:
            return ProgramRun(frozenset(), (), worker.close(), "", (), ())
        if len(worker.known) < BATCHES_A_PROCESS:
            with self._lock:
                self._idle.append(worker)
        else:
            worker.close()
        return parse_outcome(answer)

    def pids(self) -> tuple[int, ...]:
        """The idle processes, by their ids."""
        with self._lock:
            return tuple(worker.process.pid for worker in self._idle)

    def forget(self) -> None:
        """Drop all idle processes without ending them: for a forked child, which must not use their pipes."""
        self._idle, self._lock = [], threading.Lock()

    def close(self) -> None:
        """End all idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


POOL = Pool()
atexit.register(POOL.close)
os.register_at_fork(after_in_child=POOL.forget)
