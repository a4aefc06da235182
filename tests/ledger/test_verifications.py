"""Results of verifications: only one that has its seal is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from phonefleet.ledger.ledger import Ledger
from phonefleet.secrets.known_values import KNOWN
from tests.ledger.factories import execute

KEY = "ab" * 32
RESULT = '{"result": "verified"}'


def change(place: str, statement: str) -> None:
    """Change rows as a program that switches the guards off can."""
    if place.startswith("postgresql"):
        execute(place, f"SET session_replication_role = replica; {statement}")
        return
    with sqlite3.connect(place) as db:
        triggers = dict(
            db.execute(
                "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'verifications' AND type = 'trigger'"
            )
        )
        for name in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(statement)
        for sql in triggers.values():
            db.execute(sql)


def test_a_kept_result_is_found_by_its_key(ledger: Ledger) -> None:
    assert ledger.verifications.find(KEY) is None
    ledger.verifications.keep(KEY, RESULT)
    assert ledger.verifications.find(KEY) == RESULT
    assert ledger.verifications.find("cd" * 32) is None
    assert ledger.verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE verifications SET result = \'{"result": "VERIFIED"}\'',
        f"UPDATE verifications SET key = '{'cd' * 32}'",
        "UPDATE verifications SET seal = ''",
        "UPDATE verifications SET seal = 'é'",
    ],
)
def test_a_changed_row_is_not_believed(
    place: str, open_ledger: Callable[..., Ledger], statement: str
) -> None:
    with open_ledger() as ledger:
        ledger.verifications.keep(KEY, RESULT)
    change(place, statement)
    ledger = open_ledger()
    assert ledger.verifications.find(KEY) is None
    assert ledger.verifications.find("cd" * 32) is None
    (fault,) = ledger.verify()
    assert "verification 1 does not have its seal" in fault
    ledger.verifications.keep(KEY, RESULT)
    assert ledger.verifications.find(KEY) == RESULT, "what is verified again is kept beside it"


@pytest.mark.parametrize("column", ["result", "seal", "key"])
def test_a_text_that_is_no_utf8_is_not_believed(tmp_path: Path, column: str) -> None:
    # PostgreSQL accepts no such text.
    place = tmp_path / "ledger.db"
    with Ledger.open(place) as ledger:
        ledger.verifications.keep(KEY, RESULT)
    change(str(place), f"UPDATE verifications SET {column} = CAST(x'80ff' AS TEXT)")
    with Ledger.open(place) as ledger:
        assert ledger.verifications.find(KEY) is None
        table, row = ledger.verify()
        assert "table verifications" in table
        assert "a recorded text is no UTF-8" in table
        assert "verification 1 does not have its seal" in row
        ledger.verifications.keep(KEY, RESULT)
        assert ledger.verifications.find(KEY) == RESULT


def test_a_row_of_another_ledger_is_not_believed(ledger: Ledger, place: str, tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "other.db") as other:
        other.verifications.keep(KEY, RESULT)
    with sqlite3.connect(tmp_path / "other.db") as db:
        (seal,) = db.execute("SELECT seal FROM verifications").fetchone()
    change(
        place,
        "INSERT INTO verifications (key, result, keyed, seal, at) "
        f"VALUES ('{KEY}', '{RESULT}', false, '{seal}', '2026-01-01 00:00:00')",
    )
    assert ledger.verifications.find(KEY) is None


def test_with_an_audit_key_only_its_seal_counts(open_ledger: Callable[..., Ledger]) -> None:
    with open_ledger() as ledger:
        ledger.verifications.keep(KEY, RESULT)
    keyed = open_ledger(audit_key=SecretStr("a key of the fleet"))
    assert keyed.verifications.find(KEY) is None
    assert keyed.verifications.faults() == [], "a seal of another key cannot be checked"
    keyed.verifications.keep(KEY, RESULT)
    assert keyed.verifications.find(KEY) == RESULT
    assert open_ledger(audit_key=SecretStr("another key")).verifications.find(KEY) is None


def test_a_result_with_a_secret_is_not_kept(ledger: Ledger) -> None:
    secret = "s3cr3t-of-this-process-" + "x" * 20
    KNOWN.add(secret)
    ledger.verifications.keep(KEY, f'{{"said": "{secret}"}}')
    assert ledger.verifications.find(KEY) is None
