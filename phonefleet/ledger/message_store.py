"""Test messages: which went out, which may have, and what the tenants' logs say about them.

The intent of a `send_test` step is a message from the moment it is recorded: a worker that dies after
sending and before saying so must not make anyone believe that nothing was sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select

from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.model.enums import Operation, StepKind
from phonefleet.model.ledger_entries import MessageEntry, MessageEvidence, StepResult
from phonefleet.secrets.phone_numbers import mask_number

intents, results, sent, seen = (
    tables.intents.c,
    tables.results.c,
    tables.messages.c,
    tables.message_evidence.c,
)


class MessageStore(Store):
    """Records test messages and what became of them."""

    @blocking
    def add(self, intent_id: int, delivery_method: str, to: str, *, sent_at: datetime | None = None) -> None:
        """Records that Auth0 took a test message.

        Args:
            intent_id: the send's intent.
            delivery_method: `text` or `voice`.
            to: the number; all its digits but the last two are masked here if they are not yet.
            sent_at: aware; by default now.

        Raises:
            LedgerError: it is recorded already, or there is no such intent.
        """
        row = {"intent_id": intent_id, "delivery_method": delivery_method, "to": mask_number(to)}
        with self._database.writing() as db:
            db.execute(insert(tables.messages).values(**row, sent_at=sent_at or self._database.now(db)))

    @blocking
    def add_evidence(
        self,
        intent_id: int,
        evidence: MessageEvidence | str,
        *,
        log_id: str = "",
        log_type: str = "",
        seen_at: datetime | None = None,
    ) -> None:
        """Records what the tenant's logs say about a message; the last word counts.

        Raises:
            LedgerError: there is no such intent.
        """
        row = {"intent_id": intent_id, "evidence": MessageEvidence(evidence).value}
        with self._database.writing() as db:
            more = {"log_id": log_id, "log_type": log_type, "seen_at": seen_at, "at": self._database.now(db)}
            db.execute(insert(tables.message_evidence).values(**row, **more))

    @blocking
    def of_tenant(self, domain: str) -> list[MessageEntry]:
        """Every test message that went out or may have, oldest first."""
        with self._database.reading() as db:
            return read_messages(db, intents.domain == domain)

    @blocking
    def unknown(self, domain: str, delivery_method: str) -> MessageEntry | None:
        """The last message of a tenant by this method, when nobody may send another without being asked to.

        That is one whose intent is open (its `evidence` is `none` where Auth0 is known to have taken it) or
        whose fate stayed unknown. A send that does not name its method counts for every method.
        """
        last = [m for m in self.of_tenant(domain) if m.delivery_method in (delivery_method, "")][-1:]
        return next((m for m in last if not m.settled or m.evidence == MessageEvidence.UNKNOWN), None)


def read_messages(db: Connection, which: ColumnElement[bool]) -> list[MessageEntry]:
    """The messages of the intents for which `which` holds, oldest first."""
    joined = tables.intents.outerjoin(tables.results).outerjoin(tables.messages)
    query = (
        select(
            tables.intents,
            results.result,
            results.at.label("settled_at"),
            sent.delivery_method,
            sent.to,
            sent.sent_at,
        )
        .select_from(joined)
        .where(which, intents.kind == StepKind.SEND_TEST, intents.operation == Operation.APPLY)
        .where(or_(sent.sent_at.is_not(None), results.result.is_(None), results.result.in_(MAY_BE_OUT)))
        .order_by(intents.id)
    )
    evidence = _evidence(db, which)
    return [_entry(row, evidence.get(row.id)) for row in db.execute(query)]


MAY_BE_OUT = (StepResult.DONE.value, StepResult.UNKNOWN.value)
"""Results of a send that leave a message behind, even where its worker died before it could say so."""


def _evidence(db: Connection, which: ColumnElement[bool]) -> dict[int, Row[Any]]:
    """The last evidence of each intent."""
    query = select(tables.message_evidence).join(tables.intents).where(which).order_by(seen.id)
    return {row.intent_id: row for row in db.execute(query)}


def _entry(row: Row[Any], evidence: Row[Any] | None) -> MessageEntry:
    certain = row.sent_at is not None or row.result == StepResult.DONE
    request = row.request if isinstance(row.request, dict) else {}
    return MessageEntry(
        domain=row.domain,
        run_id=row.run_id,
        intent_id=row.id,
        settled=row.result is not None,
        delivery_method=row.target,
        to=row.to or mask_number(str(request.get("to", ""))),
        sent_at=row.sent_at or row.at,
        evidence=evidence.evidence if evidence else ("none" if certain else "unknown"),
        log_id=evidence.log_id if evidence else "",
        log_type=evidence.log_type if evidence else "",
        seen_at=evidence.seen_at if evidence else None,
    )
