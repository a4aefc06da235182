"""Test messages: which may have been sent, and what the tenants' logs show of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, insert, select

from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.ledger.message_reader import read_messages
from phonefleet.model.enums import Receipt, StepKind
from phonefleet.model.run_record import MessageEntry, MessageEvidence
from phonefleet.model.step_payloads import OutgoingMessage


class MessageStore(Store):
    """Reads test messages and records the evidence of them."""

    @blocking
    def add_evidence(
        self,
        intent_id: int,
        evidence: MessageEvidence | str,
        *,
        log_id: str = "",
        log_type: str = "",
        receipt: Receipt = Receipt.NOT_ASKED,
        receipt_sid: str = "",
        error_code: str = "",
        seen_at: datetime | None = None,
    ) -> None:
        """Record what the tenant's logs and Twilio show of a message; the last record counts.

        Raises:
            LedgerError: There is no such intent.
        """
        row = {
            "intent_id": intent_id,
            "evidence": MessageEvidence(evidence).value,
            "log_id": log_id,
            "log_type": log_type,
            "receipt": receipt.value,
            "receipt_sid": receipt_sid,
            "error_code": error_code,
            "seen_at": seen_at,
        }
        with self._database.writing() as db:
            db.execute(insert(tables.message_evidence).values(**row, at=self._database.now(db)))

    @blocking
    def recent_lags(self, limit: int = 100) -> list[timedelta]:
        """Return how long after their sending the last delivered test messages had their evidence, newest first."""
        evidence, sent = tables.message_evidence.c, tables.results.c
        query = (
            select(sent.at, evidence.at)
            .where(evidence.intent_id == sent.intent_id, evidence.evidence == MessageEvidence.DELIVERED)
            .order_by(evidence.id.desc())
            .limit(limit)
        )
        with self._database.reading() as db:
            return [row[1] - row[0] for row in db.execute(query)]

    @blocking
    def of_tenant(self, domain: str) -> list[MessageEntry]:
        """Read every test message that was or may have been sent, oldest first."""
        with self._database.reading() as db:
            return read_messages(db, tables.intents.c.domain == domain)

    @blocking
    def unknown(self, domain: str, delivery_method: str) -> MessageEntry | None:
        """Return the last message of a tenant by this method if it is not known whether it was sent."""
        last = [m for m in self.of_tenant(domain) if m.delivery_method == delivery_method][-1:]
        return next((m for m in last if not m.settled or m.evidence is MessageEvidence.UNKNOWN), None)

    @blocking
    def sent_alike(self, message: OutgoingMessage, since: datetime, until: datetime) -> list[MessageEntry]:
        """Read the messages of all tenants that Twilio does not tell apart from this one, oldest first.

        Those by the same delivery method to the same number through the same account, which were sent until `until`
        and of which Auth0 may have accepted one as late as `since`.
        """
        intents = tables.intents.c
        accepted_by = func.coalesce(tables.results.c.at, intents.at)
        query = (
            select(intents.id, intents.request)
            .select_from(tables.intents.outerjoin(tables.results))
            .where(
                intents.kind == StepKind.SEND_TEST,
                intents.target == message.delivery_method,
                intents.at <= until,
                accepted_by >= since,
            )
        )
        with self._database.reading() as db:
            sent = ((row.id, OutgoingMessage.model_validate(row.request)) for row in db.execute(query))
            alike = [number for number, other in sent if other.alike(message)]
            return read_messages(db, intents.id.in_(alike))
