"""Test messages: which may have been sent, and what the tenants' logs show of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert

from phonefleet.ledger import tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.ledger.message_reader import read_messages
from phonefleet.model.run_record import MessageEntry, MessageEvidence


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
        seen_at: datetime | None = None,
    ) -> None:
        """Record what the tenant's logs show of a message; the last record counts.

        Raises:
            LedgerError: There is no such intent.
        """
        row = {"intent_id": intent_id, "evidence": MessageEvidence(evidence).value}
        with self._database.writing() as db:
            more = {"log_id": log_id, "log_type": log_type, "seen_at": seen_at, "at": self._database.now(db)}
            db.execute(insert(tables.message_evidence).values(**row, **more))

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
