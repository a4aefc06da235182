"""The process that runs Actions: nothing an Action does here can affect the caller.

V8 ends its whole process if a program requests too much memory at once, so programs run in a child process. It reads
jobs on its standard input and writes results to a descriptor of its own. Before the first job it gives up all other
descriptors, files, sockets and programs (`sandbox`); it inherits no environment. Each program has its own isolate.
The module uses the standard library, ``py_mini_racer``, `frames` and `sandbox` alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from py_mini_racer import (
    JSEvalException,
    JSFunction,
    JSOOMException,
    MiniRacer,
    init_mini_racer,
    mini_racer,
)

from phonefleet.actions.verify.frames import HEAD, MAX_ANSWER_BYTES
from phonefleet.actions.verify.sandbox import limit_cpu, restrict

FRAGMENTS = (
    "core",
    "text",
    "url",
    "web",
    "recorder",
    "node",
    "node_names",
    "lodash",
    "http",
    "providers",
    "driver",
    "integrity",
)
_ENTRY = "return drive;"
EVENT_SECONDS = 2.0
"""How much CPU time one event, or the loading of a program, may take."""
WATCH_SECONDS = 0.1
JOB_SECONDS = 60
"""How much CPU time a whole job may take before the kernel ends the process."""
STUCK = 3
HEAP_BYTES = 160 * 2**20
FLAGS = (
    "--single-threaded",
    "--stack-size=900",
    "--jitless",  # programs run for milliseconds; without a compiler no memory is both written and executed
    "--min-semi-space-size=16",
)


def runtime_source(folder: Path) -> str:
    """The fragments of the runtime as one program that returns its entry function."""
    body = "\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in FRAGMENTS)
    return f"(function () {{ 'use strict';\n{body}\n{_ENTRY}\n}})()"


@dataclass(slots=True)
class Job:
    """A request and what is known of its runs so far: ``about`` the program, and a line for each load and run."""

    identity: bytes
    about: dict[str, Any] = field(
        default_factory=lambda: {
            "notes": [],
            "changed": [],
            "added": False,
            "stopped": None,
            "place": "loading",
        }
    )
    lines: list[str] = field(default_factory=list)
    events: int = 0

    def add(self, answer: str) -> bool:
        """Keep what the runtime answered; return whether the job is done."""
        kind, _, lines = answer.partition("\n")
        if lines:
            self.lines.append(lines)
        if kind in ("l", "+"):
            self.events += kind == "+"
            self.about["place"] = f"event {self.events + 1}"
        if not kind.startswith("{"):
            return False
        self.about |= json.loads(kind)
        return True

    def answer(self) -> bytes:
        """The answer to the request."""
        return "\n".join([json.dumps(self.about), *self.lines]).encode("utf-8", "surrogatepass")


class Answers:
    """Where answers are written: by the main thread, or by the guard in its place."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._working = threading.Event()
        self._job: Job | None = None
        self._began = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def begin(self, job: Job) -> None:
        """Watch a job until it is answered."""
        self.begin_event()
        self._job = job
        self._working.set()

    def begin_event(self) -> None:
        """Count the CPU time of an event from now."""
        self._began = time.process_time()

    def write(self, identity: bytes, body: bytes) -> None:
        """Answer a request and watch it no more."""
        with self._lock:
            self._working.clear()
            if len(body) > MAX_ANSWER_BYTES:
                os._exit(STUCK)
            self._stream.write(HEAD.pack(identity, len(body)) + body)
            self._stream.flush()

    def _watch(self) -> None:
        """Answer for a job whose event takes too long, and end the process: not all loops of V8 can be interrupted.

        The limit is CPU time of this process, so that a loaded machine cannot reach it earlier.
        """
        while self._working.wait():
            time.sleep(WATCH_SECONDS)
            if time.process_time() - self._began < EVENT_SECONDS:
                continue
            with self._lock:
                job = self._job
                if self._working.is_set() and job is not None:
                    job.about["stopped"] = "timeout"
                    body = job.answer()
                    self._stream.write(HEAD.pack(job.identity, len(body)) + body)
                    self._stream.flush()
                    os._exit(STUCK)


class Isolate:
    """One V8 isolate with the runtime loaded, for one program."""

    def __init__(self, loop: asyncio.AbstractEventLoop, source: str) -> None:
        self._context: AbstractContextManager[MiniRacer] = mini_racer(loop)
        self._racer = self._context.__enter__()
        self._racer.set_hard_memory_limit(HEAP_BYTES)
        function = self._racer.eval(source)
        assert isinstance(function, JSFunction)
        self._call = function
        self._known: set[str] = set()

    def ask(self, command: str) -> str:
        """Run one command. V8 runs the callbacks of promises before the next."""
        answer = self._call(command)
        if self._racer.was_hard_memory_limit_reached():  # in promises V8 stops a program without an error
            raise JSOOMException
        assert isinstance(answer, str)
        return answer

    def why(self, error: JSEvalException) -> str:
        """What an error that ended a command means: ``memory`` or the engine's own words."""
        if isinstance(error, JSOOMException) or self._racer.was_hard_memory_limit_reached():
            return "memory"
        return f"engine: {str(error).splitlines()[0][:200]}"

    def load_batch(self, batch: str, scenarios: str) -> None:
        """Send the runtime the scenarios of a batch: once, or each time for a batch without a name."""
        if batch not in self._known:
            self.ask(f'{{"batch": {json.dumps(batch)}, "scenarios": {scenarios}}}')
            self._known |= {batch} - {""}

    def close(self) -> None:
        """Free the isolate."""
        with suppress(Exception):
            self._context.__exit__(None, None, None)


class Runner:
    """Runs jobs one after another; the runs of one program share an isolate unless it changed its built-ins."""

    def __init__(self, source: str, answers: Answers) -> None:
        self._source = source
        self._answers = answers
        self._loop = asyncio.get_running_loop()
        self._isolate: Isolate | None = None
        self._owner = ""
        self._batches: dict[str, str] = {}

    def prepare(self, owner: str) -> Isolate:
        """Return the isolate of a program: a new one if another program was run last."""
        if self._isolate is not None and owner == self._owner:
            return self._isolate
        self.drop()
        self._owner, self._isolate = owner, Isolate(self._loop, self._source)
        return self._isolate

    def drop(self) -> None:
        """Free the isolate. There is one at a time: V8 without threads of its own allows no more."""
        if self._isolate is not None:
            self._isolate.close()
        self._isolate = None

    def run(self, job: Job, request: dict[str, Any], scenarios: str) -> None:
        """Run one program; the job then holds what it did. A stopped program leaves an isolate that cannot be used."""
        batch = str(request["batch"])
        if scenarios:
            self._batches[batch] = scenarios
        isolate = self.prepare(str(request["owner"]))
        began = time.process_time()
        try:
            isolate.load_batch(batch, self._batches[batch])
            answer = isolate.ask(json.dumps({"job": request["job"], "batch": batch}))
            while not job.add(answer):
                if answer:
                    self._answers.begin_event()
                answer = isolate.ask("")
        except JSEvalException as error:
            job.about["stopped"] = isolate.why(error)
        if job.about["stopped"] or job.about["changed"] or job.about["added"]:
            self.drop()
        if not batch:
            self._batches.pop(batch, None)
        job.about["cpu"] = time.process_time() - began


def read_message(stream: IO[bytes]) -> tuple[bytes, bytes] | None:
    """The identity and the body of the next request, or None at the end of the stream."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    identity, size = HEAD.unpack(head)
    return identity, stream.read(size)


async def serve(requests: IO[bytes], stream: IO[bytes]) -> None:
    """Serve jobs until the requests end or a program is stopped; the engine needs a running event loop."""
    source = runtime_source(Path(__file__).with_name("runtime"))
    in_force = restrict()
    answers = Answers(stream)
    runner = Runner(source, answers)
    runner.prepare("")
    while (message := read_message(requests)) is not None:
        identity, body = message
        if not body:
            answers.write(identity, "\n".join(("ready", *in_force)).encode())
            continue
        limit_cpu(JOB_SECONDS)
        job = Job(identity)
        answers.begin(job)
        head, _, scenarios = body.decode("utf-8", "surrogatepass").partition("\n")
        runner.run(job, json.loads(head), scenarios)
        answers.write(identity, job.answer())
        if job.about["stopped"]:
            return


def main() -> None:
    """Keep two descriptors, start the engine and serve; the first argument is the descriptor for answers."""
    answers = os.fdopen(int(sys.argv[1]), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    init_mini_racer(flags=FLAGS)
    asyncio.run(serve(requests, answers))
