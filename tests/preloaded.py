"""A process that has imported everything and forks a child for each start of a program, which saves seconds each.

A child is a complete process with its own signals, exit code, working directory and environment, and ends as any other
Python process does. Run as a program, this file is the process that forks: over its socket it receives the arguments
and the standard streams, and sends the child's id and, later, its exit code.
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

_LARGEST = 1 << 20
_ENDPOINTS = (
    *("actions", "actions.triggers", "actions.triggers.bindings", "client_grants", "clients", "connections"),
    *("branding", "branding.phone", "branding.phone.providers", "branding.phone.templates"),
    *("guardian", "guardian.factors", "guardian.factors.phone", "guardian.policies"),
    *("logs", "tenants", "tenants.settings"),
)
PHONEFLEET = str(Path(__file__).parents[1] / "flows" / "cli" / "__main__.py")
"""The program that the `phonefleet` command runs, of this checkout."""
AT_WORK = (
    "alembic.config",
    "anyio._backends._asyncio",
    *(f"auth0.management.{e}.client" for e in _ENDPOINTS),
)
"""What any program that works on tenants imports at some point."""


class Forked:
    """A forked program, with the part of the interface of `subprocess.Popen` that tests need."""

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
        """Return its exit code, or None while it runs; a signal is a negative number, as with Popen."""
        if self.returncode is None:
            self.returncode = self._server.ask({"ended": self.pid}, [])
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Return the rest of its output, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not ended within this many seconds.
        """
        output: dict[str, str] = {}
        readers = [
            threading.Thread(
                target=lambda name=name, pipe=pipe: output.update({name: pipe.read()}), daemon=True
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
        return output["out"], output["err"]


class Preloaded:
    """A process that has imported everything, for one program.

    Args:
        program: the Python file that each forked process runs.
        modules: the modules to import.
        environ: the environment while they are imported.
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

    def ask(self, request: dict[str, Any], streams: list[int]) -> Any:
        """Send a request and return its answer."""
        socket.send_fds(self._socket, [json.dumps(request).encode()], streams)
        return json.loads(self._socket.recv(_LARGEST))

    def start(self, *args: str, cwd: Path, environ: dict[str, str]) -> Forked:
        """Fork a process that runs the program with these arguments."""
        return Forked(self, list(args), cwd, environ)

    def close(self) -> None:
        """End it; programs that still run go on."""
        self._socket.close()
        self._process.wait(20)


def _serve(requests: socket.socket) -> None:
    """Answer until the socket is closed; in a forked child this returns, and the child becomes the program."""
    ended: dict[int, int] = {}
    while True:
        message, streams, _, _ = socket.recv_fds(requests, _LARGEST, 2)
        if not message:
            raise SystemExit
        request = json.loads(message)
        if "ended" in request:
            pid = request["ended"]
            if pid not in ended:
                found, status = os.waitpid(pid, os.WNOHANG)
                if found:
                    ended[pid] = os.waitstatus_to_exitcode(status)
            requests.send(json.dumps(ended.get(pid)).encode())
            continue
        pid = os.fork()
        if not pid:
            requests.close()
            _become(request, *streams)
            return
        for stream in streams:
            os.close(stream)
        # The system gives a number again once all others were given, within one run of the suite.
        ended.pop(pid, None)
        requests.send(json.dumps(pid).encode())


def _become(request: dict[str, Any], out: int, err: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for stream, number in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.argv = [request["program"], *request["args"]]


if __name__ == "__main__":
    for module in sys.argv[3:]:
        import_module(module)
    program = sys.argv[2]
    # What was imported stays until the end, so no child needs to collect it.
    gc.collect()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_path(program, run_name="__main__")
