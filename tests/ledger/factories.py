"""Factories and helpers for the ledger's tests."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.assessment import Assessment, Reason
from phonefleet.model.enums import ReasonCode, Reversibility, Route, StepKind, Verdict
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import Lease, TenantRecord
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.steps import Step
from tests.step_factory import make_step

DOMAIN = "acme-eu-1.eu.auth0.com"
OTHER = "acme-us-2.us.auth0.com"
START = datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Clock:
    """A clock that tests advance."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


PROVIDER = make_step()
SWITCH = make_step(StepKind.SWITCH_TENANT, index=1)
TEST = make_step(StepKind.SEND_TEST, "text", index=2)


def make_plan(
    domain: str = DOMAIN, basis: str = "facts", steps: Sequence[Step] = (PROVIDER, SWITCH, TEST)
) -> Plan:
    return Plan(
        domain=domain,
        route=Route.TWILIO,
        basis=basis,
        steps=tuple(steps),
        reversibility=Reversibility.REVERSIBLE,
    )


def make_assessment(domain: str = DOMAIN, verdict: Verdict = Verdict.ELIGIBLE) -> Assessment:
    reason = Reason(code=ReasonCode.MFA_TWILIO, message="MFA sends text messages through Twilio")
    return Assessment(domain=domain, verdict=verdict, route=Route.TWILIO, reasons=(reason,))


def make_snapshot(domain: str = DOMAIN, **more: Any) -> Snapshot:
    return Snapshot(domain=domain, taken_at=START, **more)


def start(ledger: Ledger, *domains: str, verb: str = "migrate", fleet: str = "acme", **more: Any) -> str:
    tenants = [TenantRecord(domain=domain) for domain in domains or (DOMAIN,)]
    more = {"options": {}, "started_by": "kim", "version": "0.1.0", **more}
    return ledger.runs.start(verb, fleet, tenants, **more)


def ready(ledger: Ledger, plan: Plan | None = None) -> tuple[str, Lease, Plan]:
    """A run with one tenant, its lease and its recorded plan."""
    plan = plan or make_plan()
    run_id = start(ledger, plan.domain)
    ledger.tenants.add_plan(run_id, plan.domain, plan)
    return run_id, ledger.leases.acquire(plan.domain, Holder("worker-1"), run_id, MINUTE), plan


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Another Python process that runs `code` with its arguments in `sys.argv`."""
    command = [sys.executable, "-c", code, *arguments]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=here)


def finished(process: subprocess.Popen[str]) -> str:
    """What the process printed; it must have ended well."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def in_database(url: str, name: str) -> str:
    """The URL of another database on the server of `url`."""
    return url.replace("/postgres?", f"/{name}?")


def execute(url: str, statement: str) -> list[Any]:
    """Runs a statement on a PostgreSQL, beside the ledger."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


NUMBERS = itertools.count()


def new_database(url: str, *, template: str = "template1") -> str:
    """The URL of a new database."""
    name = f"ledger_{next(NUMBERS)}"
    execute(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    return in_database(url, name)


NOBODY = 65534


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Root may write everywhere; as nobody it may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
