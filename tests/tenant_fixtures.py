"""Fixtures of every test that works on one simulated tenant."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from phonefleet.auth0.client_pool import ClientPool
from phonefleet.execution.write_counter import count_request
from phonefleet.ledger.ledger import Ledger
from simulator.serve import Running, running
from tests.pace import QUICK
from tests.tenant_bench import QUICK_API_RETRIES, TenantBench


@pytest.fixture(scope="session")
def served() -> Iterator[Running]:
    with running(timing=QUICK) as served:
        yield served


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("core") / "ledger.sqlite"
    Ledger.open(path).close()
    return path


@pytest.fixture
async def bench(
    served: Running,
    empty_ledger: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> AsyncIterator[TenantBench]:
    place = Path(shutil.copy(empty_ledger, tmp_path / "ledger.sqlite"))
    async with (
        httpx.AsyncClient(base_url=served.url, trust_env=False, timeout=30) as control,
        ClientPool(served.url, retry_limits=QUICK_API_RETRIES, on_request=count_request) as client_pool,
    ):
        with Ledger.open(place) as ledger:
            bench = TenantBench(
                control, client_pool, ledger, monkeypatch.setenv, request.node.name, served.app.state.world
            )
            await bench.faults()
            yield bench
            await bench.faults()
