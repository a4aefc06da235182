"""`ledger` and `audit`: copy, verify, and adopt a fleet's ledger."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from configs import load_fleet
from flows.cli import audit_commands, ledger_copies
from phonefleet.errors import LedgerDamaged, LedgerError
from phonefleet.ledger.location import KNOWN_FILE, open_ledger
from phonefleet.model.audit import AuditAction
from phonefleet.model.exit_codes import ExitCode
from tests.configs.fleet_texts import fleet_text
from tests.ledger.factories import start

run = CliRunner()


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fleet file, and a ledger with a run."""
    monkeypatch.setenv("SECRET", "in-the-environment-1")
    path = tmp_path / "fleet.yaml"
    path.write_text(fleet_text(rest="state_dir: state\n"))
    with open_ledger(load_fleet(path)) as ledger:
        start(ledger)
    return path


def test_a_copy_is_a_whole_ledger(fleet: Path, tmp_path: Path) -> None:
    copy, ledger = tmp_path / "copy.sqlite", tmp_path / "state" / "ledger.sqlite"
    with open_ledger(load_fleet(fleet)) as writing:
        start(writing)
        done = run.invoke(ledger_copies.app, ["backup", str(copy), "--fleet", str(fleet)])
    assert (done.exit_code, copy.stat().st_mode & 0o777) == (0, 0o600), done.output
    with open_ledger(load_fleet(fleet)) as writing:
        start(writing)
    shutil.copy(copy, ledger)
    with pytest.raises(LedgerDamaged, match="ledger verify --adopt"):
        open_ledger(load_fleet(fleet))
    adopted = run.invoke(ledger_copies.app, ["verify", "--adopt", "--fleet", str(fleet)])
    assert adopted.exit_code == 0, adopted.output
    with open_ledger(load_fleet(fleet)) as again:
        assert len(again.runs.recent()) == 2
        assert again.audit.entries()[-1].action is AuditAction.LEDGER_ADOPTED


def test_a_copy_replaces_nothing(fleet: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("mine")
    done = run.invoke(ledger_copies.app, ["backup", str(tmp_path / "copy"), "--fleet", str(fleet)])
    assert isinstance(done.exception, LedgerError)
    assert (tmp_path / "copy").read_text() == "mine"


def test_a_new_record_begins_only_when_asked_for(fleet: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "ledger.sqlite").unlink()
    with pytest.raises(LedgerDamaged, match=f"is missing.*remove .*{KNOWN_FILE}"):
        open_ledger(load_fleet(fleet))
    (tmp_path / "state" / KNOWN_FILE).unlink()
    with open_ledger(load_fleet(fleet)) as ledger:
        assert ledger.runs.recent() == []


def test_verify_names_what_is_wrong(fleet: Path, tmp_path: Path) -> None:
    place = tmp_path / "state" / "ledger.sqlite"
    assert run.invoke(audit_commands.app, ["verify", "--fleet", str(fleet)]).exit_code == 0
    assert "started" in run.invoke(audit_commands.app, ["list", "--json", "--fleet", str(fleet)]).output
    with closing(sqlite3.connect(place, isolation_level=None)) as db:
        guard = db.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_entries_no_update'").fetchone()[
            0
        ]
        db.execute("DROP TRIGGER audit_entries_no_update")
        db.execute("UPDATE audit_entries SET by = 'eve'")
        db.execute(guard)
    (tmp_path / "state" / KNOWN_FILE).unlink()
    for app in (audit_commands.app, ledger_copies.app):
        done = run.invoke(app, ["verify", "--fleet", str(fleet)])
        assert done.exit_code == ExitCode.LEDGER, done.output
