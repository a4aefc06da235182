"""The caller's side of the processes that run Actions: jobs in, results out, and no way to hang or die of it."""

from __future__ import annotations

import atexit
import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phonefleet.actions.prover.traces import Trace, parse_trace
from phonefleet.errors import PhonefleetError

PATIENCE_SECONDS = 30.0
"""How long a whole program may take before its process is ended from outside: the last line of defence."""


@dataclass(frozen=True, slots=True)
class Load:
    """What happened while a program was loaded: ``error`` is ``(kind, name, message)`` if it could not be."""

    error: tuple[str, str, str] | None
    trace: Trace | None


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """All runs of one program.

    ``notes`` name what it used that a proof must know of; ``changed`` the built-in things it replaced;
    ``stopped`` is ``timeout``, ``memory``, ``crash`` or ``engine: …`` when it was ended from outside.
    """

    loads: tuple[Load, ...]
    traces: tuple[Trace, ...]
    notes: frozenset[str]
    changed: tuple[str, ...]
    stopped: str | None

    def notes_of(self, kind: str) -> tuple[str, ...]:
        """The notes of one kind, without their prefix, in alphabetical order."""
        return tuple(sorted(n.removeprefix(kind + ":") for n in self.notes if n.startswith(kind + ":")))


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls) -> _Worker:
        script = Path(__file__).with_name("worker.py")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "TZ": "UTC"}
        process = subprocess.Popen(  # noqa: S603  the interpreter and our own script
            [sys.executable, "-P", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        made = cls(process)
        if made.ask(b"") != b"ready":
            made.close()
            raise PhonefleetError(
                f"the JavaScript engine does not start ({sys.executable} -P {script}); reinstall mini-racer"
            )
        return made

    def ask(self, body: bytes) -> bytes | None:
        """The next message of the process after ``body``, or None when it died or had to be ended."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        watchdog = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        watchdog.start()
        try:
            if body:
                stdin.write(struct.pack(">I", len(body)) + body)
                stdin.flush()
            head = stdout.read(4)
            return stdout.read(struct.unpack(">I", head)[0]) if len(head) == 4 else None
        except OSError:
            return None
        finally:
            watchdog.cancel()

    def close(self) -> None:
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self.process.wait()


@dataclass(slots=True)
class Pool:
    """Idle processes; each caller takes one, so callers in several threads run side by side."""

    _idle: list[_Worker] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, code: str, handler: str, api: str, scenarios: Sequence[dict[str, Any]]) -> ProgramRun:
        """Run one program over ``scenarios`` in order."""
        job = {"code": code, "handler": handler, "api": api, "scenarios": list(scenarios)}
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or _Worker.start()
        answer = worker.ask(json.dumps(job).encode("utf-8", "surrogatepass"))
        if answer is None:
            worker.close()
            return ProgramRun((), (), frozenset(), (), "crash")
        with self._lock:
            self._idle.append(worker)
        return _read_result(json.loads(answer))

    def close(self) -> None:
        """End all idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


def _read_result(data: dict[str, Any]) -> ProgramRun:
    loads: list[Load] = []
    traces: list[Trace] = []
    for entry in data["runs"]:
        if "load" in entry:
            loads.append(_read_load(entry["load"]))
        else:
            traces.append(parse_trace(entry))
    return ProgramRun(
        tuple(loads), tuple(traces), frozenset(data["notes"]), tuple(data["changed"]), data["stopped"]
    )


def _read_load(data: dict[str, Any]) -> Load:
    trace = parse_trace(json.loads(data["trace"])) if "trace" in data else None
    if "kind" not in data:
        return Load(None, trace)
    name, message = data["error"]
    return Load((data["kind"], str(name), str(message)), trace)


POOL = Pool()
atexit.register(POOL.close)
