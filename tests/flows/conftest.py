"""One Prefect server for the session, simulated fleets, and the command line run against both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.cli.main import Commands
from simulator.faults import FaultDocument
from simulator.serve import running
from tests.flows.fleet_bench import FleetBench, forking
from tests.pace import NO_WAITING, QUICK
from tests.postgresql_server import postgresql_server
from tests.prefect_server import clean_environ, prefect_server, prefect_settings
from tests.preloaded import AT_WORK, PHONEFLEET, Preloaded

IMPORTED = (
    *(
        "flows.cli.main",
        "flows.compliance",
        "flows.finalize",
        "flows.handover",
        "flows.migrate",
        "flows.plan",
        "flows.rollback",
    ),
    *sorted({source.module for source in Commands.sources.values()}),
    *AT_WORK,
    *("prefect.concurrency.v1.context", "prefect.flow_engine", "prefect.task_engine", "fastapi"),
    *("prefect.telemetry.run_telemetry", "prefect.utilities.visualization"),
    *("reports.charts", "reports.status_page", "altair", "great_expectations.expectations", "itables"),
    *("narwhals._pandas_like.namespace", "pyarrow.pandas_compat", "vl_convert", "xlsxwriter"),
)
"""What commands import at some point."""


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the API address of a Prefect server for the session."""
    state = tmp_path_factory.mktemp("prefect-server")
    with prefect_server(state) as api:
        environ = clean_environ() | prefect_settings(state) | {"PREFECT_API_URL": api}
        forking[api] = Preloaded(PHONEFLEET, IMPORTED, environ)
        try:
            yield api
        finally:
            forking.pop(api).close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    with postgresql_server() as url:
        yield url


MakeBench = Callable[..., FleetBench]


@pytest.fixture
def make_fleet(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[MakeBench]:
    """Yield a factory of simulated fleets; `kinds` gives the kind of each tenant by the first label of its domain."""
    with ExitStack() as stack:

        def make(
            kinds: dict[str, str] | None = None,
            *,
            tenants: int = 0,
            seed: int = 1,
            faults: dict[str, Any] | None = None,
            local_server: bool = False,
            directory: Path = tmp_path,
            tls: bool = False,
            overrides: dict[str, Any] | None = None,
            **changes: Any,
        ) -> FleetBench:
            document = {"rate_limit": NO_WAITING} | (faults or {})
            served = stack.enter_context(
                running(
                    tenants,
                    seed,
                    faults=FaultDocument.model_validate(document),
                    timing=replace(QUICK, log_lag=0.05),
                    **({"tls": True, "directory": directory} if tls else {}),
                )
            )
            api = None if local_server else request.getfixturevalue("prefect_api")
            return FleetBench.build(directory, served, kinds or {}, api, changes, overrides or {})

        yield make
