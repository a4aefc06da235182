"""The audit: who decided what, each entry bound to the one before it by its hash."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from phonefleet.model.canonical import canonical
from phonefleet.model.fact import Fact


class AuditAction(StrEnum):
    """What a person did, or had a run do."""

    STARTED = "started"
    RESUMED = "resumed"
    ENDED = "ended"
    APPROVED = "approved"
    REHEARSED = "rehearsed"
    APPROVAL_ASKED = "approval_asked"
    WAVE_APPROVED = "wave_approved"
    ACCEPTED = "accepted"
    ROLLED_BACK = "rolled_back"
    FINALIZED = "finalized"
    UNLOCKED = "unlocked"
    LEDGER_ADOPTED = "ledger_adopted"


class AuditEntry(Fact):
    """One entry of the chain.

    Attributes:
        number: Its place, from 1 without gaps.
        at: When, aware UTC.
        action: What was done.
        by: Who did it.
        run_id: The run; empty for what belongs to none.
        domain: The tenant; empty for a whole run.
        plan_checksum: The plan that it is about; empty for none.
        version: phonefleet's version.
        detail: The rest, as JSON without secrets.
        keyed: Whether the hash was made with the key `ledger.audit_key`.
        previous: The hash of the entry before; of the first, the ledger's identity.
        hash: The hash of everything above.
    """

    number: int
    at: datetime
    action: AuditAction
    by: str
    run_id: str = ""
    domain: str = ""
    plan_checksum: str = ""
    version: str = ""
    detail: dict[str, Any] = Field(default_factory=dict)
    keyed: bool = False
    previous: str
    hash: str = ""

    def computed_hash(self, key: bytes | None) -> str:
        """Return the hash that the entry must have: SHA-256, or HMAC-SHA-256 where it is keyed."""
        content = self.model_dump(mode="json", exclude={"hash"}) | {"at": self.at.isoformat()}
        if self.keyed:
            return hmac.digest(key or b"", canonical(content), "sha256").hex()
        return hashlib.sha256(canonical(content)).hexdigest()


class AuditDamage(StrEnum):
    """What is wrong with the chain at an entry."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    UNCHAINED = "unchained"
    """A fact of the ledger that needs an entry and has none: it was written by hand."""


class AuditFault(Fact):
    """Something wrong with the chain.

    Attributes:
        damage: Its kind.
        number: The entry's number; for a fact without an entry, the fact's.
        message: What was found.
    """

    damage: AuditDamage
    number: int
    message: str


def chain_faults(
    entries: Sequence[AuditEntry], identity: str, key: bytes | None, *, after: AuditEntry | None = None
) -> Iterator[AuditFault]:
    """Yield what is wrong with entries, ordered by their numbers.

    Args:
        entries: The entries after `after`.
        identity: The ledger's, which the first entry is bound to.
        key: The key of keyed entries; without it, none of them is valid.
        after: The last entry before them that is known to be valid; None for the whole chain.
    """
    number = after.number if after else 0
    link = after.hash if after else identity
    places = {entry.hash: entry.number for entry in entries}
    for entry in entries:
        if entry.number > number + 1:
            yield _removed(number + 1, entry.number - 1)
            link = entry.previous
        at = f"entry {entry.number} ({entry.action} by {entry.by})"
        if _is_moved(entry, places, key):
            message = f"{at} is not in its place: its hash is that of place {places[entry.previous] + 1}"
            yield AuditFault(damage=AuditDamage.REORDERED, number=entry.number, message=message)
        elif (entry.keyed and key is None) or entry.computed_hash(key) != entry.hash:
            message = f"{at} does not have its hash: it was changed or written by hand"
            yield AuditFault(damage=AuditDamage.CHANGED, number=entry.number, message=message)
        elif entry.previous != link:
            message = f"{at} does not follow entry {number}: one of them was replaced"
            yield AuditFault(damage=AuditDamage.REORDERED, number=entry.number, message=message)
        number, link = entry.number, entry.hash


def _removed(first: int, last: int) -> AuditFault:
    which = f"entry {first} is" if first == last else f"entries {first} to {last} are"
    return AuditFault(damage=AuditDamage.REMOVED, number=first, message=f"{which} missing")


def _is_moved(entry: AuditEntry, places: dict[str, int], key: bytes | None) -> bool:
    place = places.get(entry.previous)
    if place is None or place + 1 == entry.number:
        return False
    return entry.model_copy(update={"number": place + 1}).computed_hash(key) == entry.hash
