from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from core_bench import QUICK_DOOR, Bench

from phonefleet.attempts import saw_request
from phonefleet.auth0.door import Door
from phonefleet.ledger import Ledger
from simulator.operations import Timing
from simulator.serve import Running, running


@pytest.fixture(scope="session")
def served() -> Iterator[Running]:
    with running(timing=Timing(log_lag=0.0)) as served:
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
) -> AsyncIterator[Bench]:
    place = Path(shutil.copy(empty_ledger, tmp_path / "ledger.sqlite"))
    async with (
        httpx.AsyncClient(base_url=served.url, trust_env=False, timeout=30) as control,
        Door(served.url, patience=QUICK_DOOR, on_request=saw_request) as door,
    ):
        with Ledger.open(place) as ledger:
            bench = Bench(
                control, door, ledger, monkeypatch.setenv, request.node.name, served.app.state.world
            )
            await bench.faults()
            yield bench
            await bench.faults()
