"""Processes that need not import what they use: a process that has done so forks one for each start of a program.

Each is a whole process with its own signals, exit code, working directory and environment, and ends as any other
Python process does; what is saved is seconds of imports. Run as a program this is the process that forks: over its
socket it is told the arguments and given the standard streams, and tells the child's id and, later, its exit code.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import flows.cli

_LARGEST = 1 << 20
_ENDPOINTS = (
    *("actions", "actions.triggers", "actions.triggers.bindings", "client_grants", "clients", "connections"),
    *("branding", "branding.phone", "branding.phone.providers", "branding.phone.templates"),
    *("guardian", "guardian.factors", "guardian.factors.phone", "guardian.policies"),
    *("logs", "tenants", "tenants.settings"),
)
PHONEFLEET = str(Path(flows.cli.__file__).with_name("__main__.py"))
"""The program that the `phonefleet` command runs, of this checkout."""
AT_WORK = (
    "alembic.config",
    "anyio._backends._asyncio",
    *(f"auth0.management.{e}.client" for e in _ENDPOINTS),
)
"""What anything that works on tenants imports sooner or later."""


class Forked:
    """A forked program, in as much of the shape of `subprocess.Popen` as tests need."""

    def __init__(self, server: Preloaded, args: list[str], cwd: Path, environ: dict[str, str]) -> None:
        out, err = os.pipe(), os.pipe()
        self._server = server
        self.stdout: IO[str] = os.fdopen(out[0], encoding="utf-8")
        self.stderr: IO[str] = os.fdopen(err[0], encoding="utf-8")
        self.returncode: int | None = None
        self.pid: int = server.ask(
            {"program": server.program, "args": args, "cwd": str(cwd), "environ": environ}, [out[1], err[1]]
        )
        os.close(out[1])
        os.close(err[1])

    def poll(self) -> int | None:
        """Its exit code, or None while it runs; as with Popen a signal is a negative number."""
        if self.returncode is None:
            self.returncode = self._server.ask({"ended": self.pid}, [])
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it hasn't ended yet."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Everything that it still says, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it hasn't in this many seconds.
        """
        said: dict[str, str] = {}
        readers = [
            threading.Thread(
                target=lambda name=name, pipe=pipe: said.update({name: pipe.read()}), daemon=True
            )
            for name, pipe in (("out", self.stdout), ("err", self.stderr))
        ]
        until = time.monotonic() + (threading.TIMEOUT_MAX if timeout is None else timeout)
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(until - time.monotonic())
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(self._server.program, timeout or 0)
            time.sleep(0.01)
        self.stdout.close()
        self.stderr.close()
        return said["out"], said["err"]


class Preloaded:
    """The process that has imported everything, for one program.

    Args:
        program: the Python file that each forked process runs.
        modules: what is imported before.
        environ: the environment while that is imported.
    """

    def __init__(self, program: str, modules: Iterable[str], environ: dict[str, str]) -> None:
        self.program = program
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket = ours
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, str(theirs.fileno()), program, *modules],
            env=environ,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def ask(self, what: dict[str, Any], streams: list[int]) -> Any:
        """One question and its answer."""
        socket.send_fds(self._socket, [json.dumps(what).encode()], streams)
        return json.loads(self._socket.recv(_LARGEST))

    def start(self, *args: str, cwd: Path, environ: dict[str, str]) -> Forked:
        """Fork a process that runs the program with these arguments."""
        return Forked(self, list(args), cwd, environ)

    def close(self) -> None:
        """End it; programs that still run are not its concern."""
        self._socket.close()
        self._process.wait(20)


def _serve(asked: socket.socket) -> None:
    """Answer until the socket is closed; in a forked child this returns, and the child becomes the program."""
    ended: dict[int, int] = {}
    while True:
        message, streams, _, _ = socket.recv_fds(asked, _LARGEST, 2)
        if not message:
            raise SystemExit
        what = json.loads(message)
        if "ended" in what:
            pid = what["ended"]
            if pid not in ended:
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    ended[pid] = os.waitstatus_to_exitcode(status)
            asked.send(json.dumps(ended.get(pid)).encode())
            continue
        pid = os.fork()
        if not pid:
            asked.close()
            _become(what, *streams)
            return
        for stream in streams:
            os.close(stream)
        asked.send(json.dumps(pid).encode())


def _become(what: dict[str, Any], out: int, err: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for stream, number in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(what["cwd"])
    os.environ.clear()
    os.environ.update(what["environ"])
    sys.argv = [what["program"], *what["args"]]


if __name__ == "__main__":
    for module in sys.argv[3:]:
        import_module(module)
    program = sys.argv[2]
    # What was imported stays until the end: no child need look for garbage in it.
    gc.collect()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_path(program, run_name="__main__")
