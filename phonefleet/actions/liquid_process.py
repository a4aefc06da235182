"""Analyze and render Liquid in a child process with limits: a template cannot hang, exhaust or crash the caller."""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from phonefleet.errors import PhonefleetError

WALL_SECONDS: Final = 30.0
"""Real seconds after which a process is ended that used none of its CPU seconds (see `liquid_worker`)."""
START_SECONDS: Final = 60.0


class TemplateUnrenderableError(Exception):
    """A template has no text. `costly`: it takes too long or too much memory, and is not merely invalid."""

    def __init__(self, message: str, *, costly: bool) -> None:
        super().__init__(message)
        self.message = message
        self.costly = costly


@dataclass(frozen=True, slots=True)
class TemplateParts:
    """What a template uses: tags, filters, and global variables by their keys and place."""

    tags: tuple[str, ...]
    filters: tuple[str, ...]
    variables: tuple[tuple[tuple[str, ...], int], ...]


@dataclass(slots=True)
class _LiquidProcess:
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls) -> _LiquidProcess:
        script = Path(__file__).with_name("liquid_worker.py")
        process = subprocess.Popen(  # noqa: S603  the interpreter and our own script
            [sys.executable, "-P", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Nothing of the caller's environment, which may hold secrets.
            env={"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONUTF8": "1"},
            start_new_session=True,
        )
        worker = cls(process)
        if not worker.wait(START_SECONDS) or process.stdout is None or process.stdout.read(5) != b"ready":
            worker.close()
            raise PhonefleetError(
                f"the Liquid engine does not start ({sys.executable} -P {script}); reinstall python-liquid"
            )
        return worker

    def wait(self, seconds: float) -> bool:
        waiting = select.poll()
        waiting.register(self.process.stdout or -1, select.POLLIN)
        return bool(waiting.poll(1000 * seconds))

    def ask(self, body: bytes) -> bytes | None:
        """Send a request and return the answer; None if the process ended or did not answer in time."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(struct.pack(">I", len(body)) + body)
            stdin.flush()
            if not self.wait(WALL_SECONDS):
                return None
            head = stdout.read(4)
            return stdout.read(struct.unpack(">I", head)[0]) if len(head) == 4 else None
        except OSError:
            return None

    def close(self) -> None:
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self.process.wait()


@dataclass(slots=True)
class LiquidPool:
    """Idle processes; each caller takes one, so callers in several threads run in parallel."""

    _idle: list[_LiquidProcess] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, request: Mapping[str, Any]) -> Any:
        """Return the answer to a request.

        Raises:
            TemplateUnrenderableError: the template is not valid, or exceeds a limit.
        """
        with self._lock:
            process = self._idle.pop() if self._idle else None
        # Not orjson, which refuses the lone surrogates that a template may hold.
        body = json.dumps(request).encode()
        found = self._ask(process or _LiquidProcess.start(), body)
        if found is None:
            # The machine may have ended the process, maybe while it was idle: a new one shows it.
            found = self._ask(_LiquidProcess.start(), body)
        if found is None:
            raise TemplateUnrenderableError("the template takes too long to render", costly=True)
        answer = json.loads(found)
        if "costly" in answer:
            raise TemplateUnrenderableError(
                f"the template takes too long to render ({answer['costly']})", costly=True
            )
        if "broken" in answer:
            raise TemplateUnrenderableError(answer["broken"], costly=False)
        return answer

    def _ask(self, process: _LiquidProcess, body: bytes) -> bytes | None:
        found = process.ask(body)
        if found is None:
            process.close()
        else:
            with self._lock:
                self._idle.append(process)
        return found

    def forget(self) -> None:
        """Drop all idle processes without ending them: for a forked child, which must not use their pipes."""
        self._idle, self._lock = [], threading.Lock()

    def close(self) -> None:
        """End all idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.close()


LIQUID_POOL = LiquidPool()
atexit.register(LIQUID_POOL.close)
os.register_at_fork(after_in_child=LIQUID_POOL.forget)


def analyze_template(template: str) -> TemplateParts:
    """Return what a template uses.

    Raises:
        TemplateUnrenderableError: it is not valid, or exceeds a limit.
    """
    found = _answer(template, None)
    variables = tuple((tuple(keys), index) for keys, index in found["variables"])
    return TemplateParts(tuple(found["tags"]), tuple(found["filters"]), variables)


def render_template(template: str, contexts: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return a template's text in each context.

    Raises:
        TemplateUnrenderableError: it is not valid, or exceeds a limit.
    """
    return tuple(_answer(template, json.dumps(contexts))["texts"])


def _answer(template: str, contexts: str | None) -> Any:
    found = _cached_answer(template, contexts)
    if isinstance(found, TemplateUnrenderableError):
        raise TemplateUnrenderableError(found.message, costly=found.costly)
    return found


@lru_cache(maxsize=512)
def _cached_answer(template: str, contexts: str | None) -> Any:
    """Return an answer, or the error itself: tenants share texts, and none is tried twice."""
    try:
        return LIQUID_POOL.ask(
            {"template": template, "contexts": json.loads(contexts) if contexts is not None else None}
        )
    except TemplateUnrenderableError as error:
        return error
