"""A real worker of a process work pool, and runs of deployments on it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.prefect_server import clean_environ, prefect_settings

ROOT = Path(__file__).parent.parent
FINAL = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
BUSY = 503
"""What Prefect's server answers while its SQLite file is locked."""
Json = dict[str, Any]


def worker_environ(api: str, home: Path) -> dict[str, str]:
    """Return a worker's environment: it looks for runs every second, and has this checkout's modules."""
    return (
        clean_environ()
        | prefect_settings(home)
        | {"PREFECT_API_URL": api, "PREFECT_WORKER_QUERY_SECONDS": "1", "PYTHONPATH": str(ROOT)}
    )


@contextmanager
def worker(api: str, pool: str, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a worker process; it is killed at the end of the block if it still runs."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "prefect", "worker", "start"),
                *("--pool", pool, "--type", "process"),
            ],
            env=worker_environ(api, home),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(10)


def start_run(api: str, deployment: str, **parameters: Any) -> str:
    """Start a run of a deployment and return the flow run's id."""
    found = answered("GET", f"{api}/deployments/name/{deployment}").json()
    body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
    return str(post(f"{api}/deployments/{found['id']}/create_flow_run", body)["id"])


def post(url: str, body: Any = None) -> Any:
    """Return what Prefect's API answers to a POST."""
    return answered("POST", url, body).json()


def answered(method: str, url: str, body: Any = None) -> httpx.Response:
    """Send a request to Prefect's API, again while its SQLite file is locked, as Prefect's own client does."""
    until = time.monotonic() + 60
    while (answer := httpx.request(method, url, json=body, timeout=60)).status_code == BUSY:
        if time.monotonic() > until:
            break
        time.sleep(0.5)
    return answer.raise_for_status()


def flow_run(api: str, identifier: str) -> Json:
    found: Json = answered("GET", f"{api}/flow_runs/{identifier}").json()
    return found


def cancel(api: str, identifier: str) -> None:
    """Cancel a flow run as Prefect's user interface does."""
    state = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    post(f"{api}/flow_runs/{identifier}/set_state", state)


def await_state(api: str, identifier: str, *, limit: float = 120, states: set[str] = FINAL) -> Json:
    """Return the flow run's state once it is one of these."""
    until = time.monotonic() + limit
    while True:
        run = flow_run(api, identifier)
        if run["state"]["type"] in states:
            found: Json = run["state"]
            return found
        if time.monotonic() > until:
            pytest.fail(f"{run['name']} is {run['state']['name']}\n{logs(api, identifier)}")
        time.sleep(0.2)


def await_condition(condition: Callable[[], bool], what: str, limit: float = 60) -> None:
    """Wait until a condition holds."""
    until = time.monotonic() + limit
    while not condition():
        if time.monotonic() > until:
            pytest.fail(what)
        time.sleep(0.1)


def logs(api: str, identifier: str, level: int = 20) -> list[str]:
    """Return the messages of a flow run's log from this level on."""
    wanted = {
        "logs": {"flow_run_id": {"any_": [identifier]}, "level": {"ge_": level}},
        "sort": "TIMESTAMP_ASC",
    }
    return [entry["message"] for entry in answered("POST", f"{api}/logs/filter", wanted).json()]


def artifacts(api: str, identifier: str) -> dict[str, Json]:
    """Return a flow run's artifacts by key."""
    wanted = {"artifacts": {"flow_run_id": {"any_": [identifier]}}, "sort": "CREATED_DESC"}
    found = answered("POST", f"{api}/artifacts/filter", wanted).json()
    return {each["key"]: each for each in found}
