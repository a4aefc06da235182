"""The history of one tenant, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, select

from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.ledger.message_reader import read_messages
from phonefleet.ledger.step_reader import read_steps
from phonefleet.model.assessment import Assessment
from phonefleet.model.audit import AuditAction
from phonefleet.model.enums import Receipt
from phonefleet.model.run_record import HistoryEntry, IntentRecord


class HistoryStore(Store):
    """Reads histories."""

    @blocking
    def of_tenant(self, domain: str) -> list[HistoryEntry]:
        """Read all runs, decisions, steps, messages, outcomes and approvals of a tenant, oldest first."""
        with self._database.reading() as db:
            query = select(tables.runs).join(tables.tenants).where(tables.tenants.c.domain == domain)
            verbs = {row.id: row.verb for row in db.execute(query)}
            entries = [entry for part in PARTS for entry in part(db, domain)]
        entries.sort(key=lambda entry: entry.at)
        return [entry.model_copy(update={"verb": verbs.get(entry.run_id, "")}) for entry in entries]


def _facts(db: Connection, table: Table, domain: str) -> Any:
    query = select(table).where(table.c.domain == domain)
    return db.execute(query.order_by(table.c.id) if "id" in table.c else query)


def _runs(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    query = select(tables.runs).join(tables.tenants).where(tables.tenants.c.domain == domain)
    for row in db.execute(query.order_by(tables.runs.c.started_at)):
        text = f"{row.verb} of fleet {row.fleet} started by {row.started_by or 'an unnamed user'}"
        yield HistoryEntry(at=row.started_at, run_id=row.id, what="run", text=text)


def _events(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    query = select(tables.run_events).join(
        tables.tenants, tables.tenants.c.run_id == tables.run_events.c.run_id
    )
    query = query.where(
        tables.tenants.c.domain == domain, tables.run_events.c.event.in_(("ended", "resumed"))
    ).order_by(tables.run_events.c.id)
    for row in db.execute(query):
        text = f"run ended: {row.verdict}" if row.event == "ended" else f"run resumed by {row.by}"
        yield HistoryEntry(at=row.at, run_id=row.run_id, what="run", text=text)


def _decisions(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    for row in _facts(db, tables.assessments, domain):
        assessment = Assessment.model_validate_json(row.assessment)
        yield HistoryEntry(
            at=row.at,
            run_id=row.run_id,
            what="assessed",
            text=assessment.verdict + (f", route {assessment.route}" if assessment.route else ""),
            detail="; ".join(reason.code for reason in assessment.reasons),
        )
    for row in _facts(db, tables.plannings, domain):
        yield HistoryEntry(at=row.at, run_id=row.run_id, what="planned", text=f"plan {row.plan_checksum}")


def _started(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    for row in _facts(db, tables.starts, domain):
        yield HistoryEntry(
            at=row.at, run_id=row.run_id, what="started", text="the run began to change the tenant"
        )


def _snapshots(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    for row in _facts(db, tables.snapshots, domain):
        yield HistoryEntry(
            at=row.at, run_id=row.run_id, what="snapshot", text=f"snapshot recorded: {row.moment}"
        )


def _steps(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    for step in read_steps(db, domain=domain):
        yield HistoryEntry(
            at=step.intended_at,
            run_id=step.run_id,
            what="intent",
            text=_named(step),
            detail=f"by {step.holder}",
        )
        if step.ended_at is not None:
            text = f"{_named(step)}: {step.result}, {step.attempts} request(s)"
            yield HistoryEntry(
                at=step.ended_at, run_id=step.run_id, what="result", text=text, detail=step.detail
            )


def _named(step: IntentRecord) -> str:
    return f"#{step.intent_id} {step.operation} {step.kind} {step.key} ({step.title})"


def _messages(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    for message in read_messages(db, tables.intents.c.domain == domain):
        text = f"test message by {message.delivery_method} to {message.to or 'a number'}"
        yield HistoryEntry(
            at=message.sent_at,
            run_id=message.run_id,
            what="message",
            text=f"{text}: {message.evidence}",
            detail=f"#{message.intent_id}",
        )


def _evidence(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    query = select(tables.message_evidence, tables.intents.c.run_id).join(tables.intents)
    query = query.where(tables.intents.c.domain == domain).order_by(tables.message_evidence.c.id)
    for row in db.execute(query):
        text = f"#{row.intent_id}: {row.evidence}" + (
            f", log entry {row.log_id} ({row.log_type})" if row.log_id else ""
        )
        if row.receipt != Receipt.NOT_ASKED:
            named = " ".join(part for part in (row.receipt, row.receipt_sid, row.error_code) if part)
            text += f", Twilio's receipt: {named}"
        yield HistoryEntry(at=row.at, run_id=row.run_id, what="evidence", text=text)


def _outcomes(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    for row in _facts(db, tables.outcomes, domain):
        text = row.kind + (f" ({row.reason})" if row.reason else "")
        yield HistoryEntry(at=row.at, run_id=row.run_id, what="outcome", text=text, detail=row.message)


def _unlocks(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    for row in _facts(db, tables.unlocks, domain):
        text = f"lease of {row.holder} ended by {row.by}"
        yield HistoryEntry(at=row.at, run_id=row.run_id, what="unlock", text=text)


def _approvals(db: Connection, domain: str) -> Iterator[HistoryEntry]:
    plans = select(tables.plans.c.checksum).where(tables.plans.c.domain == domain)
    query = select(tables.approvals).where(tables.approvals.c.checksum.in_(plans))
    audit = tables.audit_entries.c
    approved = select(audit.plan_checksum, audit.by, audit.at).where(audit.action == AuditAction.APPROVED)
    in_audit = {tuple(entry) for entry in db.execute(approved.where(audit.domain == domain))}
    for row in db.execute(query.order_by(tables.approvals.c.id)):
        text = f"plan {row.checksum} approved by {row.by}"
        text += f" for {', '.join(row.reasons)}" if row.reasons else ""
        if (row.checksum, row.by, row.at) not in in_audit:
            text += "; not in the audit, so it does not count"
        yield HistoryEntry(at=row.at, what="approval", text=text, detail=row.note)


PARTS = (
    _runs,
    _snapshots,
    _decisions,
    _approvals,
    _unlocks,
    _started,
    _steps,
    _messages,
    _evidence,
    _outcomes,
    _events,
)
"""The order of simultaneous entries."""
