"""The chain of audit entries: what a person decided or rehearsed, recorded together with the fact itself."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, insert, select, text

from phonefleet.errors import LedgerDamaged
from phonefleet.ledger import advisory_locks, tables
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Database, Store
from phonefleet.model.audit import AuditAction, AuditDamage, AuditEntry, AuditFault, chain_faults
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.rehearsal import RehearsalMark
from phonefleet.model.run_record import Approval, WaveApproval, WaveApprovalRequest

_entries = tables.audit_entries.c


def append_entry(
    database: Database,
    db: Connection,
    action: AuditAction,
    by: str,
    at: datetime,
    *,
    run_id: str = "",
    domain: str = "",
    plan_checksum: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an entry at the end of the chain, in the transaction of the fact that it is about."""
    if not database.is_sqlite:
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": advisory_locks.AUDIT})
    query = select(_entries.number, _entries.hash).order_by(_entries.number.desc()).limit(1)
    last = db.execute(query).first()
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=at,
        action=action,
        by=by,
        run_id=run_id,
        domain=domain,
        plan_checksum=plan_checksum,
        version=version("phonefleet"),
        detail=detail or {},
        keyed=database.audit_key is not None,
        previous=last.hash if last else read_identity(db, database.place),
    )
    entry = entry.model_copy(update={"hash": entry.computed_hash(database.audit_key)})
    db.execute(insert(tables.audit_entries).values(**entry.model_dump()))


def read_identity(db: Connection, place: str) -> str:
    """Return the ledger's identity, which it has had since it was made.

    Raises:
        LedgerDamaged: It has none, or several.
    """
    found = db.execute(select(tables.ledger_identity.c.id)).scalars().all()
    if len(found) != 1:
        raise LedgerDamaged(
            f"ledger {place}: damaged: it has {len(found)} identities, not 1. Restore a copy "
            "(`phonefleet ledger backup` makes one)"
        )
    return str(found[0])


class AuditStore(Store):
    """Reads the chain. Entries are checked once in a process: what was valid is kept, and not read again."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._last: AuditEntry | None = None
        self._approvals: dict[str, list[Approval]] = {}
        self._tenants: dict[str, str] = {}
        self._rehearsals: dict[str, list[RehearsalMark]] = {}
        self._wave_approvals: dict[tuple[str, str], list[WaveApproval]] = {}
        self._requests: dict[tuple[str, str], WaveApprovalRequest] = {}
        self._turn = threading.Lock()

    @blocking
    def entries(self) -> list[AuditEntry]:
        """Read every entry, valid or not, oldest first.

        Raises:
            LedgerDamaged: An entry cannot be read.
        """
        with self._database.reading() as db:
            return self._read(db, 0)

    @blocking
    def faults(self) -> list[AuditFault]:
        """Check the whole chain, and that every approval and run since it began has its entry."""
        with self._database.reading() as db:
            entries = self._read(db, 0)
            identity = read_identity(db, self._database.place)
            found = list(chain_faults(entries, identity, self._database.audit_key))
            return [*found, *_unchained_approvals(db, entries), *_unchained_runs(db, entries)]

    @blocking
    def approvals_of(self, checksum: str) -> list[Approval]:
        """Read the approvals of a plan, oldest first. Only those that a valid chain has count.

        Raises:
            LedgerDamaged: The chain is not valid; the message names the entries.
        """
        self._check_new()
        return list(self._approvals.get(checksum, ()))

    @blocking
    def approvals_by_tenant(self) -> dict[str, list[Approval]]:
        """Read the approvals of all plans by the plan's tenant, oldest first; raise as `approvals_of` does."""
        self._check_new()
        found: dict[str, list[Approval]] = {}
        for checksum, approvals in list(self._approvals.items()):
            found.setdefault(self._tenants[checksum], []).extend(approvals)
        return {domain: sorted(each, key=lambda one: one.at) for domain, each in found.items()}

    @blocking
    def rehearsals_of(self, checksum: str) -> list[RehearsalMark]:
        """Read the rehearsals of a plan, oldest first. Only those that a valid chain has count.

        Raises:
            LedgerDamaged: The chain is not valid; the message names the entries.
        """
        self._check_new()
        return list(self._rehearsals.get(checksum, ()))

    @blocking
    def mark_rehearsed(
        self, plans: Mapping[str, tuple[str, OutcomeKind]], rehearsal: str, by: str, faults: str
    ) -> None:
        """Record that plans were rehearsed: all of them or none.

        Args:
            plans: Each plan's checksum, with its tenant and how the tenant's twin ended.
            rehearsal: The rehearsal's id.
            by: Who rehearsed.
            faults: The injected faults, as JSON.
        """
        with self._database.writing() as db:
            at = self._database.now(db)
            for checksum, (domain, outcome) in plans.items():
                append_entry(
                    self._database,
                    db,
                    AuditAction.REHEARSED,
                    by,
                    at,
                    domain=domain,
                    plan_checksum=checksum,
                    detail={"rehearsal": rehearsal, "outcome": str(outcome), "faults": faults},
                )

    @blocking
    def wave_approvals(self, run_id: str, wave: str) -> list[WaveApproval]:
        """Read the approvals of a wave of a run, oldest first; raise as `approvals_of` does."""
        self._check_new()
        return list(self._wave_approvals.get((run_id, wave), ()))

    @blocking
    def approval_request(self, run_id: str, wave: str) -> WaveApprovalRequest | None:
        """Read the last request for the approval of a wave; raise as `approvals_of` does."""
        self._check_new()
        return self._requests.get((run_id, wave))

    def _check_new(self) -> None:
        """Read the entries since the last time, and keep what they say if the chain is valid."""
        with self._turn, self._database.reading() as db:
            entries = self._read(db, self._last.number if self._last else 0)
            identity = read_identity(db, self._database.place)
            key = self._database.audit_key
            if faults := list(chain_faults(entries, identity, key, after=self._last)):
                listed = "; ".join(fault.message for fault in faults[:3])
                raise LedgerDamaged(
                    f"ledger {self._database.place}: its audit is not valid, so nothing that it records counts: "
                    f"{listed}. `phonefleet audit verify` lists everything; restore a copy"
                )
            for entry in entries:
                # With a key, an entry without one could have been added by anybody who can write to the database.
                if entry.keyed is (key is not None):
                    self._keep(entry)
                self._last = entry

    def _keep(self, entry: AuditEntry) -> None:
        match entry.action:
            case AuditAction.APPROVED:
                self._approvals.setdefault(entry.plan_checksum, []).append(_approval(entry))
                self._tenants[entry.plan_checksum] = entry.domain
            case AuditAction.REHEARSED:
                self._rehearsals.setdefault(entry.plan_checksum, []).append(_rehearsal(entry))
            case AuditAction.WAVE_APPROVED:
                made = WaveApproval(run_id=entry.run_id, by=entry.by, at=entry.at, **entry.detail)
                of_wave = (made.run_id, made.wave)
                self._wave_approvals.setdefault(of_wave, []).append(made)
                if asked := self._requests.get(of_wave):
                    self._requests[of_wave] = asked.model_copy(update={"answered": True})
            case AuditAction.APPROVAL_ASKED:
                asked = WaveApprovalRequest(run_id=entry.run_id, at=entry.at, **entry.detail)
                self._requests[asked.run_id, asked.wave] = asked
            case _:
                return

    def _read(self, db: Connection, after: int) -> list[AuditEntry]:
        query = select(tables.audit_entries).where(_entries.number > after).order_by(_entries.number)
        return [_entry(row, self._database.place) for row in db.execute(query)]


def _entry(row: Row[Any], place: str) -> AuditEntry:
    try:
        return AuditEntry.model_validate(row._asdict())
    except ValidationError as error:
        names = ", ".join(sorted({str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}))
        raise LedgerDamaged(
            f"ledger {place}: entry {str(row.number)[:20]} of its audit was changed ({names}). Restore a copy"
        ) from None


def _approval(entry: AuditEntry) -> Approval:
    return Approval(
        checksum=entry.plan_checksum,
        by=entry.by,
        at=entry.at,
        reasons=tuple(ReasonCode(code) for code in entry.detail.get("reasons", ())),
        note=str(entry.detail.get("note", "")),
    )


def _rehearsal(entry: AuditEntry) -> RehearsalMark:
    return RehearsalMark(
        checksum=entry.plan_checksum,
        by=entry.by,
        at=entry.at,
        rehearsal=str(entry.detail.get("rehearsal", "")),
        outcome=OutcomeKind(entry.detail.get("outcome", "")),
        faults=str(entry.detail.get("faults", "{}")),
    )


def _unchained_approvals(db: Connection, entries: list[AuditEntry]) -> list[AuditFault]:
    made = {
        int(entry.detail["approval"]): _approval(entry)
        for entry in entries
        if entry.action is AuditAction.APPROVED and str(entry.detail.get("approval", "")).isdigit()
    }
    faults: list[AuditFault] = []
    table = tables.approvals
    for row in db.execute(select(table).order_by(table.c.id)):
        row_says = (row.checksum, row.by, row.at, tuple(row.reasons), row.note)
        entry = made.pop(row.id, None)
        if entry is None:
            message = f"approval {row.id} (plan {row.checksum[:12]} by {row.by}) is not in the audit: it does not count"
        elif row_says != (entry.checksum, entry.by, entry.at, tuple(map(str, entry.reasons)), entry.note):
            message = f"approval {row.id} differs from its entry in the audit: the entry counts"
        else:
            continue
        faults.append(AuditFault(damage=AuditDamage.UNCHAINED, number=row.id, message=message))
    for number in made:
        message = f"approval {number} is in the audit, and its row is missing"
        faults.append(AuditFault(damage=AuditDamage.REMOVED, number=number, message=message))
    return faults


def _unchained_runs(db: Connection, entries: list[AuditEntry]) -> list[AuditFault]:
    if not entries:
        return []
    since = select(tables.ledger_identity.c.at).scalar_subquery()
    query = select(tables.runs.c.id).where(tables.runs.c.started_at >= since).order_by(tables.runs.c.id)
    in_chain = {entry.run_id for entry in entries if entry.action is AuditAction.STARTED}
    in_table = set(db.execute(query).scalars())
    every = set(db.execute(select(tables.runs.c.id)).scalars())
    messages = [
        f"run {run} is not in the audit: it was written by hand" for run in sorted(in_table - in_chain)
    ]
    messages += [f"run {run} is in the audit, and its row is missing" for run in sorted(in_chain - every)]
    return [AuditFault(damage=AuditDamage.UNCHAINED, number=0, message=message) for message in messages]
