"""Opening a ledger: its schema, its guards, and many processes at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from phonefleet.errors import LedgerError
from phonefleet.ledger import ledger as ledger_module
from phonefleet.ledger import schema_upgrade, tables
from phonefleet.ledger.engine import parse, shown
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.migrations.versions import (
    v0001_facts,
    v0004_audit,
    v0005_forecasts,
    v0006_shards,
    v0007_verifications,
)
from phonefleet.ledger.schema_upgrade import HEAD
from tests.ledger.factories import PROVIDER, execute, finished, python, ready, start

OPEN = """
import sys
from phonefleet.ledger.ledger import Ledger
with Ledger.open(sys.argv[1]) as ledger:
    ledger.check_writable()
"""


def test_the_migrations_make_the_declared_tables(new_place: str) -> None:
    with Ledger.open(new_place) as ledger, ledger._database.reading() as db:
        context = MigrationContext.configure(
            db,
            opts={
                "version_table": schema_upgrade.VERSION_TABLE,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, tables.metadata) == []


def test_a_ledger_of_the_first_schema_is_upgraded(new_place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import command

    upgrade = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(schema_upgrade, "HEAD", "0001")
        patch.setattr(
            ledger_module, "check_structure", lambda _: None
        )  # the version of that schema had no check
        patch.setattr(command, "upgrade", lambda config, _head: upgrade(config, "0001"))
        with Ledger.open(new_place) as old, old._database.reading() as db:
            assert schema_upgrade.schema_version(db, new_place) == "0001"
    with Ledger.open(new_place) as ledger, ledger._database.reading() as db:
        assert schema_upgrade.schema_version(db, new_place) == schema_upgrade.HEAD
        assert {"receipt", "receipt_sid", "error_code"} <= {
            column["name"] for column in inspect(db).get_columns("message_evidence")
        }


def test_the_known_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema_upgrade.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == schema_upgrade.HEAD


def test_opening_again_finds_what_was_recorded(place: str) -> None:
    with Ledger.open(place) as first:
        run_id = start(first)
    with Ledger.open(place, create=False) as second:
        assert [run.run_id for run in second.runs.recent()] == [run_id]


def test_processes_can_open_a_new_ledger_at_once(new_place: str) -> None:
    others = [python(OPEN, new_place) for _ in range(3)]
    for other in others:
        finished(other)
    with Ledger.open(new_place) as ledger, ledger._database.reading() as db:
        assert db.execute(text("SELECT count(*) FROM checks")).scalar() == 3


def test_every_table_of_facts_is_guarded() -> None:
    made_by = (v0001_facts, v0004_audit, v0005_forecasts, v0006_shards, v0007_verifications)
    assert {name for each in made_by for name in each.FACTS} == {table.name for table in tables.FACTS}


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_facts_cannot_be_changed_or_removed(ledger: Ledger, change: str) -> None:
    run_id, lease, plan = ready(ledger)
    ledger.check_writable()
    ledger.steps.settle(ledger.steps.intend(lease, run_id, plan.domain, plan.checksum, PROVIDER), "done")
    for table in (tables.checks, tables.runs, tables.tenants, tables.plans, tables.intents, tables.results):
        column = next(iter(table.c)).name
        with (
            pytest.raises(LedgerError, match=f"facts in {table.name} are only added"),
            ledger._database.writing() as db,
        ):
            db.execute(text(change.format(table.name, column, column)))


def test_facts_cannot_be_truncated(postgresql: str, place: str) -> None:
    if place.startswith("postgresql"):
        with Ledger.open(place) as ledger:
            for table in tables.FACTS:
                with pytest.raises(LedgerError, match="only added"), ledger._database.writing() as db:
                    db.execute(text(f"TRUNCATE {table.name} CASCADE"))


@pytest.mark.parametrize(
    ("change", "said"),
    [("DELETE FROM leases", "never removed"), ("UPDATE leases SET fence = fence - 1", "a fence never falls")],
)
def test_a_lease_stays_and_its_fence_never_falls(ledger: Ledger, change: str, said: str) -> None:
    ready(ledger)
    with pytest.raises(LedgerError, match=said), ledger._database.writing() as db:
        db.execute(text(change))


def test_replacing_a_fact_is_removing_it(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        run_id = start(ledger)
        with pytest.raises(LedgerError, match="only added"), ledger._database.writing() as db:
            db.execute(text(f"INSERT OR REPLACE INTO runs SELECT * FROM runs WHERE id = '{run_id}'"))


def test_sqlite_commits_durably_and_ahead(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger, ledger._database.reading() as db:
        asked = ("journal_mode", "synchronous", "foreign_keys")
        assert [db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked] == ["wal", 2, 1]


def test_postgresql_commits_are_always_durable(postgresql: str, place: str) -> None:
    if place.startswith("postgresql"):
        with (
            Ledger.open(f"{place}&options=-c%20synchronous_commit%3Doff") as ledger,
            ledger._database.reading() as db,
        ):
            assert db.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_a_missing_ledger_is_only_made_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with pytest.raises(LedgerError, match=f"ledger {path}: it does not exist"):
        Ledger.open(path, create=False)
    assert not path.exists()


def test_a_ledger_of_a_newer_version_is_refused(new_place: str) -> None:
    with Ledger.open(new_place) as ledger, ledger._database.writing() as db:
        db.execute(text("UPDATE ledger_version SET version_num = '0009'"))
    with pytest.raises(
        LedgerError, match=rf"schema is 0009, newer than {HEAD}.*Install the version that wrote it"
    ):
        Ledger.open(new_place)


def test_another_programs_database_is_refused(new_place: str) -> None:
    url = make_url(new_place) if "://" in new_place else None
    if url is None:
        Path(new_place).parent.mkdir()
        with sqlite3.connect(new_place) as other:
            other.execute("CREATE TABLE runs (id)")
        other.close()
    else:
        execute(new_place, "CREATE TABLE runs (id int)")
    with pytest.raises(LedgerError, match="another program's database: it has tables runs"):
        Ledger.open(new_place)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("", "needs a file"),
        ("sqlite://", "needs a file"),
        (":memory:", "needs a file"),
        ("mysql://root:hunter2@db/x", "cannot be kept in 'mysql'"),
        ("postgresql://kim:hunter2@db:port/x", "URL cannot be read"),
    ],
)
def test_a_refused_place_is_not_repeated(place: str, said: str) -> None:
    with pytest.raises(LedgerError, match=said) as refused:
        Ledger.open(place)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kim:hunter2@db/fleet",
        "postgresql+psycopg://kim@db/fleet?password=hunter2&sslmode=require",
    ],
)
def test_a_url_is_shown_without_its_password(url: str) -> None:
    name = shown(parse(SecretStr(url)))
    assert "hunter2" not in name
    assert "kim" in name
    assert "@db/fleet" in name


def test_a_sqlite_url_and_a_path_name_the_same_file(tmp_path: Path) -> None:
    assert parse(f"sqlite:///{tmp_path}/ledger.db") == parse(tmp_path / "ledger.db")


def test_a_ledger_names_its_place_when_shown(open_ledger: Callable[..., Ledger], place: str) -> None:
    ledger = open_ledger()
    assert ledger.place in repr(ledger)
