"""Read test messages from the intents of `send_test` steps and the evidence recorded for them.

The intent is a message from the moment it is recorded: a process that dies after sending and before recording the
result must not make anyone believe that nothing was sent.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from phonefleet.ledger import tables
from phonefleet.model.enums import Operation, Receipt, StepKind
from phonefleet.model.run_record import MessageEntry, MessageEvidence, StepResult
from phonefleet.secrets.phone_numbers import mask_number

intents, results, evidence = tables.intents.c, tables.results.c, tables.message_evidence.c

MAY_BE_SENT = (StepResult.DONE, StepResult.UNKNOWN)
"""Results of a send that leave a message behind."""


def read_messages(db: Connection, which: ColumnElement[bool]) -> list[MessageEntry]:
    """Read the messages of the intents for which `which` holds, oldest first.

    A failed send is one too where evidence was recorded for it.
    """
    query = select(tables.message_evidence).join(tables.intents).where(which).order_by(evidence.id)
    last = {row.intent_id: row for row in db.execute(query)}
    query = (
        select(tables.intents, results.result, results.at.label("ended_at"))
        .select_from(tables.intents.outerjoin(tables.results))
        .where(which, intents.kind == StepKind.SEND_TEST, intents.operation == Operation.APPLY)
        .where(
            or_(
                results.result.is_(None),
                results.result.in_(MAY_BE_SENT),
                intents.id.in_(select(evidence.intent_id)),
            )
        )
        .order_by(intents.id)
    )
    return [_entry(row, last.get(row.id)) for row in db.execute(query)]


def _entry(row: Row[Any], seen: Row[Any] | None) -> MessageEntry:
    number = row.request.get("to") if isinstance(row.request, dict) else None
    unseen = MessageEvidence.NONE if row.result == StepResult.DONE else MessageEvidence.UNKNOWN
    return MessageEntry(
        domain=row.domain,
        run_id=row.run_id,
        intent_id=row.id,
        settled=row.result is not None,
        ended_at=row.ended_at,
        delivery_method=row.target,
        to=mask_number(number) if isinstance(number, str) else "",
        sent_at=row.at,
        evidence=MessageEvidence(seen.evidence) if seen else unseen,
        log_id=seen.log_id if seen else "",
        log_type=seen.log_type if seen else "",
        receipt=Receipt(seen.receipt) if seen else Receipt.NOT_ASKED,
        receipt_sid=seen.receipt_sid if seen else "",
        error_code=seen.error_code if seen else "",
        seen_at=seen.seen_at if seen else None,
    )
