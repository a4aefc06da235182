"""The process that runs Actions: nothing an Action does here can affect the caller.

V8 ends its whole process if a program requests too much memory at once, so programs run in a child process, which
reads jobs on standard input and writes results on standard output: each a 4-byte length and lines of JSON. The module
uses the standard library and ``py_mini_racer`` alone: it is started by its path, without the package.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import struct
import sys
import threading
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import IO, Any

from py_mini_racer import (
    JSEvalException,
    JSFunction,
    JSOOMException,
    JSTimeoutException,
    MiniRacer,
    init_mini_racer,
    mini_racer,
)

FRAGMENTS = (
    "core",
    "text",
    "url",
    "web",
    "recorder",
    "node",
    "lodash",
    "http",
    "providers",
    "driver",
    "integrity",
)
_ENTRY = "return drive;"
EVENT_SECONDS = 2.0
GRACE_SECONDS = 0.3
STUCK = 3
HEAP_BYTES = 160 * 2**20
DATA_BYTES = 3 * 2**30
FLAGS = (
    "--single-threaded",
    "--allow-natives-syntax",
    "--stack-size=900",
    "--sparkplug",
    "--maglev",
    "--no-turbofan",  # programs run for milliseconds: optimising them fully costs more than it gains
    "--min-semi-space-size=16",
)


def runtime_source(folder: Path) -> str:
    """The fragments of the runtime as one program that returns its two functions."""
    body = "\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in FRAGMENTS)
    return f"(function () {{ 'use strict';\n{body}\n{_ENTRY}\n}})()"


class Guard:
    """End the process if a command does not end in time: some of V8's own loops cannot be interrupted."""

    def __init__(self) -> None:
        self._deadline = float("inf")
        threading.Thread(target=self._watch, daemon=True).start()

    def arm(self) -> None:
        """Start the time limit of a command."""
        self._deadline = time.monotonic() + EVENT_SECONDS + GRACE_SECONDS

    def disarm(self) -> None:
        """Clear the time limit."""
        self._deadline = float("inf")

    def _watch(self) -> None:
        while time.monotonic() < self._deadline:
            time.sleep(GRACE_SECONDS)
        os._exit(STUCK)


class Isolate:
    """One V8 isolate with the runtime loaded, good for as many programs as leave it unchanged."""

    def __init__(self, loop: asyncio.AbstractEventLoop, source: str, guard: Guard) -> None:
        self._guard = guard
        self._context: AbstractContextManager[MiniRacer] = mini_racer(loop)
        self._racer = self._context.__enter__()
        self._racer.set_hard_memory_limit(HEAP_BYTES)
        function = self._racer.eval(source)
        assert isinstance(function, JSFunction)
        self._call = function.cancelable()
        self._known: set[str] = set()

    async def ask(self, command: str) -> str:
        """Run one command within the time limit; code that cannot be interrupted ends the whole process."""
        self._guard.arm()
        try:
            answer = await asyncio.wait_for(self._call(command), EVENT_SECONDS)
        except TimeoutError as error:
            raise JSTimeoutException from error
        finally:
            self._guard.disarm()
        assert isinstance(answer, str)
        return answer

    def check_memory(self) -> None:
        """Raise if a program ran out of memory in its promises, where V8 stops it without an error."""
        if self._racer.was_hard_memory_limit_reached():
            raise JSOOMException

    def why(self, error: JSEvalException) -> str:
        """What an error that ended a command means: ``timeout``, ``memory`` or the engine's own words."""
        if isinstance(error, JSTimeoutException):
            return "timeout"
        if isinstance(error, JSOOMException) or self._racer.was_hard_memory_limit_reached():
            return "memory"
        return f"engine: {str(error).splitlines()[0][:200]}"

    async def load_batch(self, batch: str, scenarios: str) -> None:
        """Send the runtime the scenarios of a batch: once, or each time for a batch without a name."""
        if batch not in self._known:
            await self.ask(f'{{"batch": {json.dumps(batch)}, "scenarios": {scenarios}}}')
            self._known |= {batch} - {""}

    async def place(self) -> str:
        """Where a program was when it was stopped, if the isolate still answers."""
        with suppress(JSEvalException):
            return await self.ask("place")
        return ""

    def close(self) -> None:
        """Free the isolate."""
        with suppress(Exception):
            self._context.__exit__(None, None, None)


class Runner:
    """Runs jobs one after another, in a new isolate if the last program changed its built-ins."""

    def __init__(self, folder: Path) -> None:
        self._source = runtime_source(folder)
        self._loop = asyncio.get_running_loop()
        self._guard = Guard()
        self._isolate: Isolate | None = None
        self._batches: dict[str, str] = {}

    def prepare(self) -> Isolate:
        """Make an isolate now, so that a broken installation fails before the first job."""
        if self._isolate is None:
            self._isolate = Isolate(self._loop, self._source, self._guard)
        return self._isolate

    async def run(self, job: dict[str, Any], batch: str, scenarios: str) -> str:
        """Run one program; return a line about it as JSON, then a line for each load and each run."""
        if scenarios:
            self._batches[batch] = scenarios
        isolate = self.prepare()
        self._isolate = None
        about: dict[str, Any] = {"notes": [], "changed": [], "stopped": None, "place": ""}
        lines: list[str] = []
        try:
            await isolate.load_batch(batch, self._batches[batch])
            about |= await _drive(isolate, job, batch, lines)
            if not about["changed"] and not about["added"]:
                self._isolate = isolate
        except JSEvalException as error:
            about["stopped"] = isolate.why(error)
            about["place"], *done = (await isolate.place()).split("\n")
            lines += done
        finally:
            if self._isolate is None:
                isolate.close()
            if not batch:
                self._batches.pop(batch, None)
        return "\n".join([json.dumps(about), *lines])


async def _drive(isolate: Isolate, job: dict[str, Any], batch: str, lines: list[str]) -> dict[str, Any]:
    """Run the job in parts of a fifth of a second until it is done; return what is known of it."""
    command = json.dumps({"job": job, "batch": batch})
    notes: set[str] = set()
    while True:
        head, _, texts = (await isolate.ask(command)).partition("\n")
        isolate.check_memory()
        answer: dict[str, Any] = json.loads(head)
        notes.update(answer["notes"])
        if texts:
            lines.append(texts)
        if answer["done"]:
            return {**answer, "notes": sorted(notes)}
        command = "{}"


def read_message(stream: IO[bytes]) -> bytes | None:
    """The next message, or None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (size,) = struct.unpack(">I", head)
    return stream.read(size)


def write_message(stream: IO[bytes], body: bytes) -> None:
    """Write one message and flush it."""
    stream.write(struct.pack(">I", len(body)) + body)
    stream.flush()


async def serve() -> None:
    """Serve jobs until standard input ends; the engine's callbacks run on this event loop."""
    runner = Runner(Path(__file__).with_name("runtime"))
    runner.prepare()
    write_message(sys.stdout.buffer, b"ready")
    while (message := read_message(sys.stdin.buffer)) is not None:
        job, _, scenarios = message.decode("utf-8", "surrogatepass").partition("\n")
        request = json.loads(job)
        answer = await runner.run(request["job"], request["batch"], scenarios)
        write_message(sys.stdout.buffer, answer.encode("utf-8", "surrogatepass"))


def main() -> None:
    """Bound the process, start the engine and serve."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
    init_mini_racer(flags=FLAGS)
    asyncio.run(serve())


if __name__ == "__main__":
    main()
