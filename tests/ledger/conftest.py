"""The ledger's tests run on SQLite and on a real PostgreSQL that the session starts for itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from phonefleet.ledger import tables
from phonefleet.ledger.ledger import Ledger
from tests.ledger.factories import Clock, execute, new_database
from tests.postgresql_server import postgresql_server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server; its database `template_ledger` holds an empty ledger."""
    with postgresql_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger can be made, and none is yet."""
    if request.param == "sqlite":
        return str(tmp_path / "state" / "ledger.db")
    return new_database(request.getfixturevalue("postgresql"))


@pytest.fixture(scope="session")
def shared_database(postgresql: str) -> str:
    """A ledger that is emptied for each test, which is far quicker than making it."""
    return new_database(postgresql, template="template_ledger")


def emptied(url: str) -> str:
    """Only a superuser that switches the guards off can do this."""
    names = ", ".join(tables.metadata.tables.keys() - {"ledger_identity"})
    execute(url, f"SET session_replication_role = replica; TRUNCATE {names} RESTART IDENTITY")
    return url


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an empty ledger."""
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    Ledger.open(path).close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, template_file: Path) -> str:
    """Where an empty ledger is."""
    if request.param == "postgresql":
        return emptied(request.getfixturevalue("shared_database"))
    return str(shutil.copy(template_file, tmp_path / "ledger.db"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_ledger(place: str, clock: Clock) -> Iterator[Callable[..., Ledger]]:
    """Opens the test's ledger, as often as one likes, and closes it at the end."""
    opened: list[Ledger] = []

    def opener(**more: Any) -> Ledger:
        opened.append(Ledger.open(place, **{"clock": clock, **more}))
        return opened[-1]

    yield opener
    for each in opened:
        each.close()


@pytest.fixture
def ledger(open_ledger: Callable[..., Ledger]) -> Ledger:
    return open_ledger()
