"""The temporary Prefect server of one command.

phonefleet starts it, not Prefect: a server that Prefect starts shares the terminal's process group, so Ctrl-C ends it
before the run could report anything to it; it inherits every secret of the environment; and it outlives a command that
is killed.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from phonefleet.errors import PhonefleetError

_START_SECONDS = 120.0
_STOP_SECONDS = 8.0
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_PYTHON_PREFIXES = ("LC_", "PYTHON", "COVERAGE_", "COV_")
_SERVER_SETTINGS = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
_CLIENT_ONLY = frozenset(("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"))
_LOG_SHOWN = 500


class LocalServer:
    """A Prefect server on a free port of the loopback address, in a session of its own, without our secrets.

    The port is taken at once, so that its address can be in the environment before Prefect is imported. The server
    runs from `start` until the process exits.

    Attributes:
        api_url: the value for `PREFECT_API_URL`.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.api_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/api"
        self._process: subprocess.Popen[bytes] | None = None
        # Registered before Prefect is imported, so it runs after Prefect has sent its last logs and events.
        atexit.register(self.stop)

    def start(self, log: Path) -> None:
        """Start it and wait until it answers.

        Args:
            log: the file that gets what the server prints.

        Raises:
            PhonefleetError: it did not answer in time.
        """
        descriptor = self._listener.fileno()
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            # -P: no module of the current folder is imported in place of one of ours.
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", "-m", "flows.local_server_process", str(descriptor)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=server_environment(os.environ),
                pass_fds=[descriptor],
                start_new_session=True,
            )
        # Only the server has the port from here on: a request after its death is refused and does not wait.
        self._listener.close()
        self._await_answer(self._process, log)

    def _await_answer(self, process: subprocess.Popen[bytes], log: Path) -> None:
        import httpx

        end = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            try:
                if httpx.get(f"{self.api_url}/health", timeout=1.0, trust_env=False).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        state = "is still starting" if process.poll() is None else f"ended with code {process.returncode}"
        words = log.read_text(encoding="utf-8", errors="replace").strip()[-_LOG_SHOWN:]
        raise PhonefleetError(
            f"the temporary Prefect server {state} after {_START_SECONDS:g} s at most, and no run was started: see "
            f"{log}, or set PREFECT_API_URL to a running server" + (f" ({words})" if words else "")
        )

    @property
    def has_ended(self) -> bool:
        """Whether it was started and its process has ended."""
        return self._process is not None and self._process.poll() is not None

    def kill(self) -> None:
        """End it at once, also one that hangs."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """Stop it and free its port; a second call does nothing."""
        self._listener.close()
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_reserved: list[LocalServer] = []
"""The one server of this process, once it is reserved."""


def reserve(environ: MutableMapping[str, str], kept: str | None = None) -> None:
    """Put the address of a server into the environment, unless one is configured there.

    Prefect reads its settings when it is imported, so this comes before.

    Args:
        environ: the environment.
        kept: the API address of the local server that stays; None reserves the address of a temporary one.
    """
    if environ.get("PREFECT_API_URL"):
        return
    if kept is None:
        _reserved.append(LocalServer())
        kept = _reserved[0].api_url
    environ["PREFECT_API_URL"] = kept


def reserved() -> LocalServer | None:
    """Return this process's temporary server; None where a server is configured."""
    return _reserved[0] if _reserved else None


def public_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what Python and other programs need of an environment, and nothing that may be a secret."""
    return {
        name: value
        for name, value in environ.items()
        if name in _INHERITED or name.startswith(_PYTHON_PREFIXES)
    }


def server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the server: what Python and Prefect need, and nothing that may be a secret."""
    ours = {
        name: value
        for name, value in environ.items()
        if name.startswith("PREFECT_") and name not in _CLIENT_ONLY
    }
    return public_environment(environ) | ours | _SERVER_SETTINGS
