"""Results of verifications, each with a seal that binds it to its key and to this ledger.

A user who can write to the database can also compute a seal, unless the fleet has an audit key: then only results
that were kept with that key count.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, cast, insert, select

from phonefleet.ledger import tables
from phonefleet.ledger.audit_store import read_identity
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Store
from phonefleet.model.canonical import canonical
from phonefleet.secrets.known_values import KNOWN

_kept = tables.verifications.c


class VerificationStore(Store):
    """Keeps results and returns those that have their seal."""

    @blocking
    def find(self, key: str) -> str | None:
        """Return the last result under a key; None where none was kept or none has its seal."""
        query = (
            select(self._raw(_kept.result), self._raw(_kept.seal))
            .where(_kept.key == key)
            .order_by(_kept.id.desc())
        )
        with self._database.reading() as db:
            for result, seal in db.execute(query):
                text = _text(result)
                if text is not None and self._is_sealed(db, key, text, _text(seal)):
                    return text
        return None

    @blocking
    def keep(self, key: str, result: str) -> None:
        """Keep a result; one that holds a secret of this process is left out."""
        if KNOWN.is_in(result):
            return
        with self._database.writing() as db:
            row = {"key": key, "result": result, "keyed": self._is_keyed, "seal": self._seal(db, key, result)}
            db.execute(insert(tables.verifications).values(**row, at=self._database.now(db)))

    @blocking
    def faults(self) -> list[str]:
        """Say which results do not have their seal; those of another key cannot be checked."""
        texts = [self._raw(each).label(each.name) for each in (_kept.key, _kept.result, _kept.seal)]
        query = select(_kept.id, _kept.keyed, *texts)
        with self._database.reading() as db:
            return [
                f"verification {row.id} does not have its seal: it was changed, and does not count"
                for row in db.execute(query)
                if row.keyed is self._is_keyed
                and not self._is_sealed(db, _text(row.key) or "", _text(row.result), _text(row.seal))
            ]

    @property
    def _is_keyed(self) -> bool:
        return self._database.audit_key is not None

    def _raw(self, column: ColumnElement[str]) -> ColumnElement[Any]:
        """Read a text as bytes from SQLite, whose driver refuses a whole row for one that is no UTF-8."""
        return cast(column, LargeBinary) if self._database.is_sqlite else column

    def _is_sealed(self, db: Connection, key: str, result: object, seal: object) -> bool:
        # A value that was changed by hand may be of any type, and no ASCII.
        if not isinstance(result, str) or not isinstance(seal, str):
            return False
        return hmac.compare_digest(seal.encode(), self._seal(db, key, result).encode())

    def _seal(self, db: Connection, key: str, result: str) -> str:
        """Return the SHA-256 (hex), with the audit key where there is one, of a result, its key and its ledger."""
        sealed = canonical([read_identity(db, self._database.place), key, result])
        if self._database.audit_key is None:
            return hashlib.sha256(sealed).hexdigest()
        return hmac.new(self._database.audit_key, sealed, hashlib.sha256).hexdigest()


def _text(value: object) -> str | None:
    """Return a text as it was kept; None for one that was changed to something else."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else None
