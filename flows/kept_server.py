"""A Prefect server of this machine that stays: `phonefleet server start` starts it, and later commands use it.

The server holds a lock on a file for its whole life. So a file that is locked means a server that runs, whatever has
become of the process that started it, and two starts at the same time start one server. No process id is trusted
without that lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version
from pathlib import Path

import platformdirs

from flows.local_server import server_environment
from flows.prefect_settings import default_settings
from phonefleet.errors import PhonefleetError
from phonefleet.output_files import replace_file

DEFAULT_PORT = 4214
"""Not Prefect's own default: a server of the operator may have that."""
_HOST = "127.0.0.1"
_RECORD = "server.json"
_START_SECONDS = 120.0
_STOP_SECONDS = 15.0
QUICK_ANSWER_SECONDS = 5.0
"""How long a server that is not busy may take to answer."""
_POLL_SECONDS = 0.05
_LOG_SHOWN = 500


class ServerNotStarted(PhonefleetError):
    """The local Prefect server could not be started or stopped."""


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """What is written down of the server that runs.

    Attributes:
        pid: its process.
        port: its port on the loopback address.
        prefect: the version of Prefect that it runs.
    """

    pid: int
    port: int
    prefect: str

    @property
    def api_url(self) -> str:
        """The value for `PREFECT_API_URL`."""
        return f"http://{_HOST}:{self.port}/api"

    @property
    def ui_url(self) -> str:
        """The address for a browser."""
        return f"http://{_HOST}:{self.port}"

    @property
    def fits(self) -> bool:
        """Whether it runs the version of Prefect that is installed."""
        return self.prefect == version("prefect")

    @property
    def silence(self) -> str:
        """What an operator is told while it does not answer; what follows from it comes after a colon."""
        return f"the local Prefect server (pid {self.pid}) does not answer"


def log_file(directory: Path) -> Path:
    """Return the file with what the server prints."""
    return directory / "server.log"


def server_dir() -> Path:
    """Return the server's directory. No fleet has it as its state directory: names of fleets begin with a letter."""
    return platformdirs.user_state_path("phonefleet") / ".server"


def running(directory: Path) -> ServerRecord | None:
    """Return the server that runs, though it may not answer; None if there is none, or its start has just begun."""
    with _lock(directory) as free:
        return _read(directory) if free is None else None


def find(directory: Path) -> ServerRecord | None:
    """Return the server that runs and answers; None if there is none, or it is still starting."""
    record = running(directory)
    return record if record and answers(record) else None


def answers(record: ServerRecord, patience: float = QUICK_ANSWER_SECONDS) -> bool:
    """Return whether Prefect's API answers there; nothing may be awaited for more than `patience` seconds."""
    connection = HTTPConnection(_HOST, record.port, timeout=patience)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def await_answer(directory: Path, record: ServerRecord, patience: float) -> bool:
    """Ask a silent server until it answers, ends, or `patience` seconds have passed; return whether it answers."""
    end = time.monotonic() + patience
    while (left := end - time.monotonic()) > 0 and running(directory) == record:
        if answers(record, left):
            return True
        time.sleep(_POLL_SECONDS)
    return False


def start(directory: Path, port: int | None = None) -> tuple[ServerRecord, bool]:
    """Start the server, unless it runs, and wait until it answers.

    Args:
        directory: its directory.
        port: its port; None for the port that it had before.

    Returns:
        The server, and whether this call started it.

    Raises:
        ServerNotStarted: it did not answer in time, or the port is in use.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        with _lock(directory) as free:
            if free is not None:
                return _start(directory, free, port, end), True
            record = _read(directory)
        # Another start may have the lock and its server may not answer yet.
        if record and answers(record):
            return record, False
        time.sleep(_POLL_SECONDS)
    raise ServerNotStarted(
        f"a local Prefect server holds {directory / 'lock'} and does not answer after {_START_SECONDS:g} s: see "
        f"{log_file(directory)}, or stop it (phonefleet server stop)"
    )


def stop(directory: Path) -> ServerRecord | None:
    """Stop the server and return it; None if none runs.

    Raises:
        ServerNotStarted: it is just starting, or it did not end.
    """
    with _lock(directory) as free:
        if free is not None:
            return None
        record = _read(directory)
    if record is None:
        raise ServerNotStarted("the local Prefect server is starting: repeat this in a few seconds")
    for number in (signal.SIGTERM, signal.SIGKILL):
        os.kill(record.pid, number)
        if _await_free(directory):
            return record
    raise ServerNotStarted(f"the local Prefect server (pid {record.pid}) did not end")


def _start(directory: Path, lock: int, port: int | None, end: float) -> ServerRecord:
    earlier = _read(directory)
    listener = _listen(port if port is not None else earlier.port if earlier else DEFAULT_PORT)
    descriptor, chosen = listener.fileno(), listener.getsockname()[1]
    # A process that finds the lock taken must not find the process of an earlier server.
    (directory / _RECORD).unlink(missing_ok=True)
    with log_file(directory).open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-m", "flows.local_server_process", str(descriptor), "--stay"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=_environment(directory, chosen, os.environ),
            # The server keeps the lock: it is of the open file, which both processes share.
            pass_fds=[descriptor, lock],
            start_new_session=True,
        )
    listener.close()
    record = ServerRecord(process.pid, chosen, version("prefect"))
    _write(directory, record)
    while process.poll() is None and time.monotonic() < end:
        if answers(record):
            return record
        time.sleep(_POLL_SECONDS)
    state = "is still starting" if process.poll() is None else f"ended with code {process.returncode}"
    words = log_file(directory).read_text(encoding="utf-8", errors="replace").strip()[-_LOG_SHOWN:]
    raise ServerNotStarted(
        f"the local Prefect server {state}: see {log_file(directory)}" + (f" ({words})" if words else "")
    )


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((_HOST, port), backlog=512)
    except OSError as error:
        raise ServerNotStarted(
            f"port {port} of {_HOST} cannot be used ({error.strerror}): choose another with --port"
        ) from error


def _environment(directory: Path, port: int, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the server's environment: no secrets, and an address for its user interface."""
    kept = server_environment(default_settings(directory, environ) | dict(environ))
    del kept["PREFECT__SERVER_EPHEMERAL"]
    return kept | {
        "PREFECT_HOME": str(directory),
        "PREFECT_UI_ENABLED": "1",
        "PREFECT_UI_API_URL": f"http://{_HOST}:{port}/api",
        "PREFECT_UI_STATIC_DIRECTORY": str(directory / "ui"),
        "PREFECT_SERVER_API_HOST": _HOST,
        "PREFECT_SERVER_API_PORT": str(port),
    }


@contextmanager
def _lock(directory: Path) -> Iterator[int | None]:
    """Yield the locked file's descriptor, or None while a server or another start holds the lock."""
    if not directory.is_dir():
        # Nothing was ever started: there is nothing to lock, and a command that only asks creates nothing.
        yield -1
        return
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield descriptor
    finally:
        os.close(descriptor)


def _await_free(directory: Path) -> bool:
    end = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < end:
        with _lock(directory) as free:
            if free is not None:
                return True
        time.sleep(_POLL_SECONDS)
    return False


def _read(directory: Path) -> ServerRecord | None:
    try:
        return ServerRecord(**json.loads((directory / _RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write(directory: Path, record: ServerRecord) -> None:
    content = json.dumps(asdict(record)).encode()
    replace_file(directory / _RECORD, lambda path: path.write_bytes(content))
