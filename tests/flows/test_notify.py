"""Messages about a run: one for each event, by real SMTP and HTTP; a failed one stops nothing."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from phonefleet.model.enums import DecisionKind
from tests.flows.fleet_bench import FleetBench
from tests.flows.test_order import describe
from tests.flows.test_wave_approvals import approve
from tests.sinks import HttpSink, MailSink, http_sink, mail_sink

KINDS = {"a1": "twilio_sms", "a2": "twilio_sms", "b1": "twilio_sms"}
FAILS = {"name": "error rate", "command": [sys.executable, "-c", "raise SystemExit(1)"], "at": "after"}


@pytest.fixture
def http() -> Iterator[HttpSink]:
    with http_sink() as sink:
        yield sink


@pytest.fixture
def mail() -> Iterator[MailSink]:
    with mail_sink() as sink:
        yield sink


def recipient(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "address": f"env:{name.upper()}_ADDRESS", **more}


def add_secrets(fleet: FleetBench, **addresses: str) -> None:
    file = fleet.directory / "secrets.env"
    lines = [f'{name.upper()}_ADDRESS="{address}"\n' for name, address in addresses.items()]
    file.write_text(file.read_text() + "".join(lines))


def own(fleet: FleetBench, **owners: str) -> None:
    """Give tenants, by the first label of their domain, an owner."""
    for name, owner in owners.items():
        describe(fleet, name, owner=owner)


def test_each_event_of_a_run_has_one_message(make_fleet: Any, http: HttpSink, mail: MailSink) -> None:
    """With what happened, the numbers, the next step and the link; an owner reads of its own tenants only."""
    fleet: FleetBench = make_fleet(
        KINDS,
        waves=[
            {"name": "first", "match": {"domain": ["b*"]}},
            {"name": "second", "approval": "manual", "checks": [FAILS]},
        ],
    )
    add_secrets(fleet, ops=http.address("ops"), mail=mail.address, shop=http.address("shop"))
    own(fleet, a1="shop", a2="bank", b1="bank")
    fleet.change(
        notify={
            "report_link": "https://reports.example.com/{fleet}/{run}/report.html",
            "recipients": [
                recipient("ops"),
                recipient("mail", events="end"),
                recipient("shop", owner="shop"),
            ],
        }
    )
    run = fleet.run("migrate", "--yes", "--json").expect(3).document["run"]
    begin, wait = f"migrate {run} begins", f"migrate {run}, wave second waits for an approval"
    assert [title.partition(": ")[2] for title in http.titles("ops")] == [begin, wait]
    waits = http.text("ops", "waits for an approval")
    assert f"Next step: look at the plans, then phonefleet approve-wave {run} 'second'" in waits
    assert f"Report: https://reports.example.com/{fleet.record().fleet}/{run}/report.html" in waits
    assert "Tenants: 3 (1 migrated, 2 open)" in waits
    assert mail.mails == []

    fleet.run("migrate", "--yes", "--json").expect(3)
    assert len(http.titles("ops")) == 2, "a continued run repeats no message"
    fleet.ask("approve-wave", run, "second", "--yes").expect(0)
    fleet.run("migrate", "--yes", "--json").expect(3)
    endings = [title.partition(f"{run}")[2] for title in http.titles("ops")[2:]]
    assert endings == [", wave second has a failed gate", " has ended"]
    assert "error rate: failed, exit code 1" in http.text("ops", "has a failed gate")
    assert "Tenants: 3 (3 migrated)" in http.text("ops", "has ended")

    ((to, sent),) = mail.mails
    assert to == "ops@example.com"
    assert str(sent["Subject"]).endswith("has ended")
    digest = http.text("shop", "has ended")
    assert "Tenants of shop: 1 (1 migrated)" in digest
    for text in [document["message"] for path, document in http.messages if path == "/shop"]:
        assert "a2." not in text
        assert "b1." not in text
        assert "3 migrated" not in text
    notified = [d.kind for d in fleet.record(run).decisions if d.kind is DecisionKind.NOTIFIED]
    assert len(notified) == 4


def test_an_expired_approval_is_asked_for_again(make_fleet: Any, http: HttpSink) -> None:
    """By a message of its own; a run that is continued without any answer sends none."""
    waves = [{"name": "first", "match": {"domain": ["b*"]}}, {"name": "second wave", "approval": "manual"}]
    fleet: FleetBench = make_fleet(KINDS, waves=waves, rollout={"approval": {"expires": "1s"}})
    add_secrets(fleet, ops=http.address("ops"))
    fleet.change(notify={"recipients": [recipient("ops", events="approval")]})
    run = fleet.run("migrate", "--yes", "--json").expect(3).document["run"]
    approve(fleet, run, "ann")
    sent = []
    for _ in range(2):
        done = fleet.run("migrate", "--yes", "--json").expect(3)
        assert "its approval has expired" in done.err
        sent.append(len(http.titles("ops")))
    assert sent == [2, 2]
    assert "its approval has expired" in http.messages[-1][1]["message"]


def test_a_failed_message_is_a_warning(make_fleet: Any, http: HttpSink) -> None:
    """Whatever is wrong with an address: the run ends as without it, and the report has it without the address."""
    http.status = 500
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
    add_secrets(
        fleet,
        refused=http.address("secret-path-of-refused"),
        gone="json://127.0.0.1:9/secret-path-of-gone",
        wrong="no-address-at-all-7d1f9c",
    )
    names = ("refused", "gone", "wrong")
    fleet.change(notify={"recipients": [recipient(name, events="end") for name in names]})
    done = fleet.run("migrate", "--yes", "--json").expect(0)
    assert done.outcomes() == {"a1": "migrated"}
    assert "warning: messages about end: 0 of 3 sent" in done.err
    report = (
        fleet.directory / "phonefleet-reports" / done.document["run"] / "data" / "decisions.csv"
    ).read_text()
    assert "not_notified" in report
    for name in names:
        assert f"{name}: " in report
    for text in (report, done.err):
        assert "secret-path" not in text
        assert "no-address-at-all" not in text


def test_a_silent_mail_server_stops_nothing(make_fleet: Any) -> None:
    """It accepts the connection and says nothing: the run goes on after `notify.timeout`."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = MailSink(port=silent.getsockname()[1]).address
        fleet: FleetBench = make_fleet({"a1": "twilio_sms"}, waves=[{"name": "all"}])
        add_secrets(fleet, ops=address)
        fleet.change(notify={"timeout": "1s", "recipients": [recipient("ops", events="start end")]})
        began = time.monotonic()
        done = fleet.run("migrate", "--yes", "--json").expect(0)
    assert time.monotonic() - began < 90
    assert done.outcomes() == {"a1": "migrated"}
    for event in ("start", "end"):
        assert f"messages about {event}: 0 of 1 sent; ops: no answer within 1 s (notify.timeout)" in done.err


def test_drift_and_locked_out_tenants_are_reported(make_fleet: Any, http: HttpSink) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_sms"}, waves=[{"name": "all"}])
    add_secrets(fleet, ops=http.address("ops"), shop=http.address("shop"), bank=http.address("bank"))
    own(fleet, a1="shop", b1="bank")
    fleet.run("migrate", "--yes", "--json").expect(0)
    recipients = [recipient("ops"), recipient("shop", owner="shop"), recipient("bank", owner="bank")]
    fleet.change(notify={"recipients": recipients})
    fleet.change_tenant("a1", {"delete_provider": True})
    fleet.run("compliance", "--json").expect(6)
    endings = [title.rpartition(" found ")[2] for title in http.titles("ops")]
    assert endings == ["tenants whose users get no messages", "drift"]
    assert "- a1.eu.auth0.com: its users get no messages now" in http.text("ops", "no messages")
    assert "repair these tenants now" in http.text("ops", "no messages")
    assert len(http.titles("shop")) == 2
    assert http.titles("bank") == []


def test_a_test_message_reaches_every_recipient(make_fleet: Any, http: HttpSink, mail: MailSink) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms"})
    assert "no one gets messages" in fleet.run("notify-test").expect(0).err
    add_secrets(fleet, ops=http.address("ops"), mail=mail.address, gone="json://127.0.0.1:9/x")
    fleet.change(notify={"recipients": [recipient("ops"), recipient("mail")]})
    done = fleet.run("notify-test").expect(0)
    assert done.out.splitlines() == ["sent: ops", "sent: mail"]
    assert len(http.messages) == len(mail.mails) == 1
    fleet.change(notify={"recipients": [recipient("ops"), recipient("gone")]})
    failed = fleet.run("notify-test").expect(2)
    assert "not sent: gone: its server did not accept the message, or could not be reached" in failed.err
