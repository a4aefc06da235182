"""Rows that record snapshots, assessments and plans of tenants, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from phonefleet.errors import LedgerError
from phonefleet.ledger import tables
from phonefleet.ledger.database import insert_missing
from phonefleet.ledger.secret_guard import refuse_keys, refuse_secrets, text_of
from phonefleet.model.assessment import Assessment
from phonefleet.model.canonical import canonical
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import SnapshotMoment
from phonefleet.model.snapshot import Snapshot

_KEYS_ACCEPTED = frozenset((ReasonCode.KEY_IN_CODE, ReasonCode.KEY_IN_GATEWAY_URL))
"""Reasons by which the operator has accepted what looks like a key in a plan."""

Row = dict[str, Any]


def plan_row(domain: str, plan: Plan, at: datetime) -> Row:
    """Make a row of `plans`.

    Raises:
        LedgerError: The plan is another tenant's.
        NotRecorded: It holds a secret.
    """
    if plan.domain != domain:
        raise LedgerError(
            f"{domain}: the plan {plan.checksum[:12]} is of {plan.domain}; plan this tenant itself"
        )
    content = plan.model_dump(mode="json")
    where = f"plan {plan.checksum[:12]}"
    refuse_secrets(content, where, domain)
    if not any(warning.code in _KEYS_ACCEPTED for warning in plan.warnings):
        refuse_keys(content, where, domain)
    return {"checksum": plan.checksum, "domain": domain, "plan": canonical(content).decode(), "at": at}


def insert_snapshot(
    db: Connection, run_id: str, domain: str, moment: SnapshotMoment, snapshot: Snapshot, at: datetime
) -> None:
    """Insert a tenant's snapshot in a run; raises `NotRecorded` if its code or a URL holds a key."""
    text = text_of(snapshot, f"snapshot {moment}", domain)
    row = {"run_id": run_id, "domain": domain, "moment": moment.value, "snapshot": text, "at": at}
    db.execute(insert(tables.snapshots), [row])


def insert_plans(db: Connection, run_id: str, plans: Mapping[str, Plan], at: datetime) -> None:
    """Insert tenants' plans of a run; each plan is kept once, by its checksum."""
    if not plans:
        return
    insert_missing(db, tables.plans, [plan_row(domain, plan, at) for domain, plan in plans.items()])
    rows = [
        {"run_id": run_id, "domain": domain, "plan_checksum": plan.checksum, "at": at}
        for domain, plan in plans.items()
    ]
    db.execute(insert(tables.plannings), rows)


def insert_assessments(
    db: Connection, run_id: str, assessments: Mapping[str, Assessment], at: datetime
) -> None:
    """Insert tenants' assessments in a run."""
    rows = [
        {
            "run_id": run_id,
            "domain": domain,
            "verdict": each.verdict,
            "assessment": text_of(each, "assessment", domain),
            "at": at,
        }
        for domain, each in assessments.items()
    ]
    if rows:
        db.execute(insert(tables.assessments), rows)
