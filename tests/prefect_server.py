"""A Prefect server for tests, and the environment in which tests start programs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from flows.prefect_settings import default_settings

_SERVER_SETTINGS = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_FINAL": "1"}
_OURS = ("PREFECT_", "PHONEFLEET_", "COV_")


def clean_environ(*, measured: bool = False) -> dict[str, str]:
    """Return this process's environment without what other tests or Prefect put into it.

    Tracing makes programs almost twice as slow, so coverage is measured in a few of them.
    """
    ours = _OURS if measured else (*_OURS, "COVERAGE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    # A local server that the developer keeps is not for tests.
    return kept | {"XDG_STATE_HOME": str(Path(tempfile.gettempdir()) / "phonefleet-tests-without-state")}


def prefect_settings(state: Path) -> dict[str, str]:
    """Return phonefleet's settings for Prefect, with Prefect's files below `state`."""
    settings = default_settings(state, {n: v for n, v in os.environ.items() if not n.startswith("PREFECT_")})
    Path(settings["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
    return settings


@contextmanager
def prefect_server(state: Path) -> Iterator[str]:
    """Yield the API address of a Prefect server that keeps its files below `state` and ends with the block.

    The program is that of `phonefleet server`: under Prefect's own the server may answer nothing for a minute.
    """
    log = state / "server.log"
    with log.open("w") as output, socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        api = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
        server = subprocess.Popen(
            [sys.executable, "-m", "flows.local_server_process", str(listener.fileno()), "--stay"],
            env=clean_environ() | prefect_settings(state) | _SERVER_SETTINGS,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
        listener.close()
        try:
            _await_health(server, api, log)
            yield api
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(10)


def free_port() -> int:
    """Return a port of the loopback address that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _await_health(server: subprocess.Popen[bytes], api: str, log: Path) -> None:
    limit = time.monotonic() + 180
    while time.monotonic() < limit and server.poll() is None:
        try:
            if httpx.get(f"{api}/health", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    pytest.fail(f"Prefect's server did not come up:\n{log.read_text()[-3000:]}")
