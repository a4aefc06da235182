"""The audit: who decided what, chained so that a changed, removed, reordered or forged row is named."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from phonefleet.errors import LedgerDamaged
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.audit import AuditAction, AuditDamage
from phonefleet.model.enums import OutcomeKind, ReasonCode, RunVerdict
from phonefleet.model.run_record import ApprovalChannel
from tests.ledger.factories import DOMAIN, MINUTE, make_plan, ready, start

PLAN = make_plan()
KEY = SecretStr("key-of-the-audit")
COLUMNS = ("at", "action", "by", "run_id", "domain", "plan_checksum", "version", "detail", "previous", "hash")


def approve(ledger: Ledger, by: str = "ada") -> None:
    ledger.approvals.approve_plans([(PLAN, [ReasonCode.KEY_IN_CODE])], by, "seen")


def work(ledger: Ledger) -> str:
    """Do everything that leaves an entry."""
    run_id, lease, _ = ready(ledger, PLAN)
    approve(ledger)
    ledger.runs.resume(run_id, "lee", {"accepted": ["clear_gateway_secret"], "plan": PLAN.checksum})
    ledger.leases.unlock(lease.domain, "kim")
    ledger.tenants.set_outcome(run_id, DOMAIN, OutcomeKind.ROLLED_BACK, ReasonCode.INTERNAL_ERROR)
    ledger.runs.end(run_id, RunVerdict.FAILED, 2)
    return run_id


def test_every_decision_is_in_the_audit(ledger: Ledger) -> None:
    run_id = work(ledger)
    entries = ledger.audit.entries()
    assert [(entry.action, entry.by) for entry in entries] == [
        (AuditAction.STARTED, "kim"),
        (AuditAction.APPROVED, "ada"),
        (AuditAction.RESUMED, "lee"),
        (AuditAction.ACCEPTED, "lee"),
        (AuditAction.UNLOCKED, "kim"),
        (AuditAction.ROLLED_BACK, "lee"),
        (AuditAction.ENDED, "lee"),
    ]
    assert {entry.run_id for entry in entries if entry.action is not AuditAction.APPROVED} == {run_id}
    assert {entry.plan_checksum for entry in entries} == {"", PLAN.checksum}
    assert all(entry.version for entry in entries)
    assert ledger.audit.faults() == []


def tampered(path: Path, *statements: str) -> None:
    """Change the database beside phonefleet: its guards are removed before and restored after it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        guards = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        for _, sql in guards:
            db.execute(sql)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "ledger.db"
    with Ledger.open(made) as ledger:
        work(ledger)
    return made


def damages(path: Path) -> set[tuple[AuditDamage, int]]:
    with Ledger.open(path) as ledger:
        return {(fault.damage, fault.number) for fault in ledger.audit.faults()}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("number", [1, 2, 7])
def test_a_changed_row_is_named(path: Path, column: str, number: int) -> None:
    value = {"at": "'2020-01-01 00:00:00.000000'", "action": "'started'", "detail": "'{}'"}
    if (number, column) == (1, "action"):
        value["action"] = "'ended'"
    tampered(
        path, f"UPDATE audit_entries SET {column} = {value.get(column, chr(39) * 2)} WHERE number = {number}"
    )
    with Ledger.open(path) as ledger:
        before = [entry.computed_hash(None) == entry.hash for entry in ledger.audit.entries()]
    assert all(before) or (AuditDamage.CHANGED, number) in damages(path)
    if not all(before):
        with Ledger.open(path) as ledger, pytest.raises(LedgerDamaged, match=f"entry {number} "):
            ledger.approvals.of_plan(PLAN.checksum)


def test_a_removed_row_is_named(path: Path) -> None:
    tampered(path, "DELETE FROM audit_entries WHERE number IN (3, 4)")
    assert damages(path) == {(AuditDamage.REMOVED, 3)}
    with Ledger.open(path) as ledger, pytest.raises(LedgerDamaged, match="entries 3 to 4 are missing"):
        ledger.approvals.of_plan(PLAN.checksum)


def test_reordered_rows_are_named(path: Path) -> None:
    tampered(
        path,
        "UPDATE audit_entries SET number = 99 WHERE number = 3",
        "UPDATE audit_entries SET number = 3 WHERE number = 5",
        "UPDATE audit_entries SET number = 5 WHERE number = 99",
    )
    assert {(AuditDamage.REORDERED, 3), (AuditDamage.REORDERED, 5)} <= damages(path)


FORGED = (
    "INSERT INTO approvals (checksum, by, reasons, note, at) VALUES "
    f"('{PLAN.checksum}', 'ada', '[\"key_in_code\"]', 'forged', '2020-01-01 00:00:00.000000')"
)


def test_a_forged_approval_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.open(path) as ledger:
        ready(ledger, PLAN)
    tampered(path, FORGED)
    with Ledger.open(path) as ledger:
        assert ledger.approvals.of_plan(PLAN.checksum) == []
        assert ledger.approvals.of_tenant(DOMAIN) == []
        entry = next(e for e in ledger.history.of_tenant(DOMAIN) if e.what == "approval")
        assert "not in the audit, so it does not count" in entry.text
        (fault,) = ledger.audit.faults()
    assert fault.damage is AuditDamage.UNCHAINED
    assert "is not in the audit: it does not count" in fault.message


@pytest.mark.parametrize(
    "change", ["checksum = 'other'", "by = 'eve'", "at = '2020-01-01 00:00:00.000000'", "reasons = '[]'"]
)
def test_an_edited_approval_changes_nothing(path: Path, change: str) -> None:
    with Ledger.open(path) as ledger:
        before = ledger.approvals.of_plan(PLAN.checksum)
    tampered(path, f"UPDATE approvals SET {change}")
    with Ledger.open(path) as ledger:
        assert ledger.approvals.of_plan(PLAN.checksum) == before
        assert [fault.damage for fault in ledger.audit.faults()] == [AuditDamage.UNCHAINED]


def test_an_entry_without_its_hash_is_refused(path: Path) -> None:
    tampered(
        path,
        "INSERT INTO audit_entries SELECT number + 7, at, action, 'eve', run_id, domain, plan_checksum, version, "
        "detail, keyed, (SELECT hash FROM audit_entries WHERE number = 7), hash FROM audit_entries WHERE number = 2",
        "UPDATE audit_entries SET number = 8 WHERE number = 9",
    )
    assert (AuditDamage.CHANGED, 8) in damages(path)


def test_a_run_written_by_hand_is_named(path: Path) -> None:
    tampered(
        path,
        "INSERT INTO runs SELECT 'forged', verb, fleet, version, 'eve', options, started_at FROM runs LIMIT 1",
    )
    assert damages(path) == {(AuditDamage.UNCHAINED, 0)}


def test_with_a_key_only_keyed_approvals_count(place: str) -> None:
    """Who can write to the database can also compute hashes, but not those that need the key."""
    with Ledger.open(place) as without:
        ready(without, PLAN)
        approve(without, by="eve")
    with Ledger.open(place, audit_key=KEY) as ledger:
        assert ledger.approvals.of_plan(PLAN.checksum) == []
        approve(ledger)
        assert [approval.by for approval in ledger.approvals.of_plan(PLAN.checksum)] == ["ada"]
        assert ledger.audit.faults() == []
    for key in (None, SecretStr("another")):
        with (
            Ledger.open(place, audit_key=key) as other,
            pytest.raises(LedgerDamaged, match=r"entry 3 .* does not have its hash"),
        ):
            other.approvals.of_plan(PLAN.checksum)


def approve_wave(ledger: Ledger, run: str, **more: str) -> None:
    ledger.approvals.approve_wave(
        run, "canary", {"a.com": "1"}, os_user="ada", channel=ApprovalChannel.COMMAND, **more
    )


def test_a_waves_approval_lives_in_the_audit(place: str) -> None:
    """Another process reads it with everything that was recorded; a request is answered by it."""
    with Ledger.open(place) as ledger:
        run = work(ledger)
        ledger.approvals.ask_for_wave(run, "canary", {"a.com": "1"}, by="svc", flow_run="f", pause_key="k")
        approve_wave(ledger, run, prefect_user="Ann Lee", note="read it")
    with Ledger.open(place) as ledger:
        (given,) = ledger.audit.wave_approvals(run, "canary")
        asked = ledger.audit.approval_request(run, "canary")
        assert ledger.audit.wave_approvals(run, "rest") == []
        assert ledger.audit.wave_approvals("other", "canary") == []
        assert ledger.audit.faults() == []
    assert (given.by, given.os_user, given.prefect_user, given.note) == (
        "Ann Lee",
        "ada",
        "Ann Lee",
        "read it",
    )
    assert given.plans == {"a.com": "1"}
    assert asked
    assert (asked.flow_run, asked.pause_key, asked.answered) == ("f", "k", True)


def test_a_changed_wave_approval_counts_for_nothing(path: Path) -> None:
    with Ledger.open(path) as ledger:
        run = ledger.runs.record("latest").run_id
        approve_wave(ledger, run)
    tampered(path, "UPDATE audit_entries SET by = 'boss' WHERE action = 'wave_approved'")
    with Ledger.open(path) as ledger, pytest.raises(LedgerDamaged, match="wave_approved by boss"):
        ledger.audit.wave_approvals(run, "canary")


def test_approvals_of_other_processes_are_seen(place: str) -> None:
    with Ledger.open(place) as one, Ledger.open(place) as other:
        assert one.approvals.of_plan(PLAN.checksum) == []
        approve(other)
        assert [approval.by for approval in one.approvals.of_plan(PLAN.checksum)] == ["ada"]
        approve(other, by="bo")
        assert [approval.by for approval in one.approvals.of_plan(PLAN.checksum)] == ["ada", "bo"]


@pytest.mark.parametrize("seed", range(25))
def test_any_change_of_the_audit_is_noticed(path: Path, seed: int) -> None:
    """One byte of one value, whichever: an entry that differs from what was recorded is never read as valid."""
    chance = random.Random(seed)
    with Ledger.open(path) as ledger:
        before = ledger.audit.entries()
    column, number = chance.choice(COLUMNS), chance.randint(1, len(before))
    with closing(sqlite3.connect(path)) as db:
        value = str(db.execute(f"SELECT {column} FROM audit_entries WHERE number = {number}").fetchone()[0])
    place = chance.randrange(len(value) + 1)
    changed = (value[:place] + chance.choice("x0 }é\\") + value[place + 1 :]).replace("'", "''")
    tampered(path, f"UPDATE audit_entries SET {column} = '{changed}' WHERE number = {number}")
    with Ledger.open(path) as ledger:
        try:
            same = ledger.audit.entries() == before
            assert same or ledger.audit.faults()
        except LedgerDamaged as damaged:
            assert f"ledger {path}" in str(damaged)  # noqa: PT017 (either of both is right)


def test_concurrent_entries_form_one_chain(place: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with Ledger.open(place) as one, Ledger.open(place) as other, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: start((one, other)[n % 2]), range(24)))
        assert [entry.number for entry in one.audit.entries()] == list(range(1, 25))
        assert one.audit.faults() == []


def test_a_lease_released_by_its_holder_is_no_decision(ledger: Ledger) -> None:
    run_id, lease, _ = ready(ledger)
    ledger.leases.renew([lease], timedelta(minutes=2))
    ledger.leases.release(lease)
    ledger.leases.acquire(DOMAIN, Holder("worker-2"), run_id, MINUTE)
    assert [entry.action for entry in ledger.audit.entries()] == [AuditAction.STARTED]


def test_entries_cannot_be_changed(ledger: Ledger) -> None:
    start(ledger)
    for change in ("UPDATE audit_entries SET by = 'eve'", "DELETE FROM ledger_identity"):
        with pytest.raises(Exception, match="are only added"), ledger._database.writing() as db:
            db.execute(text(change))
