"""Who is recorded is the user that the process runs as, whatever the environment says."""

from __future__ import annotations

import os
import pwd
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.audit import AuditAction
from phonefleet.system_user import operating_system_user
from simulator.overrides import apply_overrides
from tests.flows.fleet_bench import Done, FleetBench, phonefleet
from tests.flows.test_approve import A1, VACUOUS

ANOTHER = "mallory"
SPOOFED = dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME"), ANOTHER)
"""What `getpass.getuser` asks."""
WAVES = [{"name": "first", "match": {"domain": "b*"}}, {"name": "second", "approval": "manual"}]


def test_no_variable_says_who_did_it(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "action_single", "b1": "twilio_sms"}, waves=WAVES)
    (action,) = fleet.tenant("a1").actions.values()
    for each in (action, *action.versions):
        each.code = VACUOUS

    def run(*args: str) -> Done:
        return phonefleet(*args, api=fleet.api, cwd=fleet.directory, **SPOOFED)

    def ask(*args: str) -> Done:
        return run(*args, "--fleet", str(fleet.file)).expect(0)

    run("plan", str(fleet.file), "--out", "plan.json").expect(0)
    ask("approve", "plan.json", "--tenant", A1, "--reason", "read both", "--yes")
    waits = run("migrate", str(fleet.file), "--yes", "--json").expect(3).document["run"]
    ask("pause", waits)
    ask("resume", waits)
    known = fleet.directory / ".state" / "ledger.known"
    with Ledger.open(fleet.ledger_file, create=False, known=known) as ledger:
        ledger.leases.acquire(A1, Holder("ann@otherhost pid 4711"), waits, timedelta(minutes=5))
    ask("unlock", A1, "--yes")
    ask("approve-wave", waits, "second", "--yes")
    # The Action of a1 sends nothing, so that its test message fails.
    done = run("migrate", str(fleet.file), "--yes", "--json").expect(2)
    assert done.document["run"] == waits
    apply_overrides(fleet.tenant("b1"), {"guardian": {"message_types": ["sms", "voice"]}})
    accepted = run("compliance", str(fleet.file), "--accept", "b1.eu.auth0.com", "--json")
    ask("ledger", "verify", "--adopt")

    user = operating_system_user()
    assert f"accepted as it is now by {user}" in accepted.out
    with fleet.ledger() as ledger:
        entries = ledger.audit.entries()
    asked = {AuditAction.APPROVED, AuditAction.RESUMED, AuditAction.UNLOCKED, AuditAction.WAVE_APPROVED}
    asked |= {AuditAction.LEDGER_ADOPTED, AuditAction.STARTED}
    assert asked <= {entry.action for entry in entries if entry.by == user}
    with closing(sqlite3.connect(fleet.ledger_file)) as db:
        assert ANOTHER not in "\n".join(db.iterdump())


def test_a_user_without_an_entry_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers often run as a user that the image does not name."""

    def nameless(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", nameless)
    for variable in SPOOFED:
        monkeypatch.delenv(variable, raising=False)
    assert operating_system_user() == f"uid {os.getuid()}"
