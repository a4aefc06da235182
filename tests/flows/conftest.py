"""One Prefect server for the session, simulated fleets, and the command line run against both."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from fleet_stand import PHONEFLEET, Stand, command_environ, forking

from flows.prefect_settings import prepare
from simulator.faults import FaultDocument
from simulator.operations import Timing
from simulator.serve import running
from tests.preloaded import Preloaded

HERE = Path(__file__).parent
IMPORTED = (
    *("altair", "great_expectations.expectations", "vl_convert", "xlsxwriter"),
    *(
        f"flows.{name}"
        for name in ("artifacts", "cli", "compliance", "finalize", "migrate", "orders", "rollback")
    ),
)
"""What commands import sooner or later."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that needs the server runs in the same xdist worker, so that there is one."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("prefect"))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _settings(state: Path) -> dict[str, str]:
    """What `flows.prefect_settings` would set, in an environment of its own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("PREFECT_")]:
            patch.delenv(name)
        before = set(os.environ)
        prepare(state)
        added = {name: value for name, value in os.environ.items() if name not in before}
        for name in added:
            patch.delenv(name)
    # Leaving the block puts back what was there before; what `prepare` added must go.
    for name in added:
        os.environ.pop(name, None)
    return added


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API address of a Prefect server that lives as long as the session."""
    state = tmp_path_factory.mktemp("prefect-server")
    port = _free_port()
    api = f"http://127.0.0.1:{port}/api"
    log = (state / "server.log").open("w")
    where = ["--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    server = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", *where],
        env=command_environ() | _settings(state),
        stdout=log,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )
    try:
        _await_health(server, api, state / "server.log")
        environ = command_environ() | _settings(state) | {"PREFECT_API_URL": api}
        forking[api] = Preloaded(PHONEFLEET, IMPORTED, environ)
        yield api
    finally:
        if api in forking:
            forking.pop(api).close()
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)
        log.close()


def _await_health(server: subprocess.Popen[bytes], api: str, log: Path) -> None:
    limit = time.monotonic() + 180
    while time.monotonic() < limit and server.poll() is None:
        try:
            if httpx.get(f"{api}/health", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    pytest.fail(f"Prefect's server did not come up:\n{log.read_text()[-3000:]}")


MakeStand = Callable[..., Stand]


@pytest.fixture
def stand(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeStand]:
    """Makes a simulated fleet with its fleet file; `kinds` puts tenants by hand, by the beginning of their domain."""
    with ExitStack() as stack:

        def make(
            kinds: dict[str, str] | None = None,
            *,
            tenants: int = 0,
            seed: int = 1,
            faults: dict[str, Any] | None = None,
            local_server: bool = False,
            directory: Path = tmp_path,
            **changes: Any,
        ) -> Stand:
            document = {"rate_limit": {"burst": 1000, "per_second": 1000}} | (faults or {})
            served = stack.enter_context(
                running(
                    tenants,
                    seed,
                    faults=FaultDocument.model_validate(document),
                    timing=Timing(log_lag=0.05),
                )
            )
            api = None if local_server else request.getfixturevalue("prefect_api")
            return Stand.build(directory, served, kinds or {}, api, changes)

        yield make
