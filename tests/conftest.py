"""For the whole suite: property tests have no deadline, since a busy machine is no failure; who runs what."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.deploy_cli import install

# The verifier makes its messages with Hypothesis, so a property test that is the first to verify something nests.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.nested_given])
# A change must not fail for what another one left: CI tries the same inputs each time, and everyone else new ones.
settings.register_profile("same inputs", settings.get_profile("unhurried"), derandomize=True, database=None)
settings.load_profile("same inputs" if os.environ.get("SAME_INPUTS") else "unhurried")

pytest_plugins = ["tests.tenant_fixtures"]

TOGETHER = "tests/reports/"
"""Tests that share what takes long to make, a browser with its page: they have one executor."""

BY_FILE = "tests/flows/"
"""Tests that share a Prefect server: each executor starts one, and a file's tests also share what the file makes."""


@pytest.fixture(scope="session")
def a0deploy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Deploy CLI; the test is skipped where it cannot be installed."""
    return install(tmp_path_factory.mktemp("deploy-cli"))


@pytest.fixture(scope="module", autouse=True)
def _no_event_loop_is_left() -> Iterator[None]:
    """Name the file that leaves an event loop running: `asyncio.run()` would fail in every file after it."""
    yield
    assert asyncio._get_running_loop() is None, "an event loop still runs in the thread of the tests"


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays until the end: nobody need look for garbage in it again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Executors begin with what belongs together; every other test is run by whichever is free.

    Marks for `--dist loadgroup` would say the same, but pytest-xdist 3.8.0 loses them with pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(TOGETHER):
                return TOGETHER
            return nodeid.partition("::")[0] if nodeid.startswith(BY_FILE) else nodeid

    return Together(config, log)
