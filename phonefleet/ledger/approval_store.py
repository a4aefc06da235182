"""Approvals of plans and of waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from phonefleet.ledger import tables
from phonefleet.ledger.audit_store import AuditStore, append_entry
from phonefleet.ledger.blocking import blocking
from phonefleet.ledger.database import Database, Store, insert_missing
from phonefleet.ledger.plan_rows import plan_row
from phonefleet.model.audit import AuditAction
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import Approval, ApprovalChannel, WaveApproval
from phonefleet.rollout.wave_approval import wave_checksum
from phonefleet.secrets.known_values import KNOWN


class ApprovalStore(Store):
    """Records approvals of plans by checksum. They are read from the audit: a row that is not in it counts for nothing.

    Args:
        database: The ledger's database.
        audit: The audit of the same ledger.
    """

    def __init__(self, database: Database, audit: AuditStore) -> None:
        super().__init__(database)
        self._audit = audit

    @blocking
    def approve_plans(
        self, plans: Sequence[tuple[Plan, Sequence[ReasonCode]]], by: str, note: str = ""
    ) -> list[Approval]:
        """Record plans together with their approvals: all of them or none.

        Args:
            plans: Each plan with the reasons that its approval accepts.
            by: The person who approves.
            note: Why.

        Raises:
            LedgerError: A plan holds a secret.
        """
        with self._database.writing() as db:
            at = self._database.now(db)
            insert_missing(db, tables.plans, [plan_row(plan.domain, plan, at) for plan, _ in plans])
            made = [
                Approval(checksum=plan.checksum, by=by, reasons=tuple(reasons), note=note, at=at)
                for plan, reasons in plans
            ]
            for approval in made:
                row = db.execute(
                    insert(tables.approvals).values(**approval.model_dump())
                ).inserted_primary_key
                _append(self._database, db, approval, number=row[0] if row else 0)
        return made

    @blocking
    def of_tenant(self, domain: str) -> list[Approval]:
        """Read the approvals of every plan of a tenant, lapsed ones too, oldest first.

        Raises:
            LedgerDamaged: The audit is not valid.
        """
        plans = select(tables.plans.c.checksum).where(tables.plans.c.domain == domain)
        with self._database.reading() as db:
            checksums = list(db.execute(plans).scalars())
        found = [approval for checksum in checksums for approval in self._audit.approvals_of(checksum)]
        return sorted(found, key=lambda approval: approval.at)

    @blocking
    def of_plan(self, checksum: str) -> list[Approval]:
        """Read the approvals of exactly this checksum, oldest first.

        Raises:
            LedgerDamaged: The audit is not valid.
        """
        return self._audit.approvals_of(checksum)

    @blocking
    def ask_for_wave(
        self,
        run_id: str,
        wave: str,
        plans: Mapping[str, str],
        *,
        by: str,
        flow_run: str = "",
        pause_key: str = "",
        prefect_user: str = "",
    ) -> None:
        """Record that a run waits for the approval of a wave.

        Args:
            run_id: The run.
            wave: The wave's name.
            plans: The checksum of each tenant's plan, by domain.
            by: The operating system's user of the run.
            flow_run: The flow run that is suspended meanwhile.
            pause_key: Prefect's key of that suspension.
            prefect_user: Who started the flow run, where Prefect knows users.
        """
        detail: dict[str, Any] = {"wave": wave, "flow_run": flow_run, "pause_key": pause_key}
        detail |= {"prefect_user": prefect_user, "plans": dict(plans)}
        with self._database.writing() as db:
            at = self._database.now(db)
            self._append_of_wave(db, AuditAction.APPROVAL_ASKED, run_id, plans, by, at, detail)

    @blocking
    def approve_wave(
        self,
        run_id: str,
        wave: str,
        plans: Mapping[str, str],
        *,
        os_user: str,
        channel: ApprovalChannel,
        prefect_user: str = "",
        note: str = "",
    ) -> WaveApproval:
        """Record the approval of a wave with exactly these plans.

        Args:
            run_id: The run.
            wave: The wave's name.
            plans: The checksum of each tenant's plan, by domain.
            os_user: The operating system's user of this process.
            channel: Where it was approved.
            prefect_user: The name that the person gave in Prefect.
            note: Why.
        """
        with self._database.writing() as db:
            made = WaveApproval(
                run_id=run_id,
                wave=wave,
                plans=dict(plans),
                by=prefect_user or os_user,
                at=self._database.now(db),
                channel=channel,
                os_user=os_user,
                prefect_user=prefect_user,
                note=KNOWN.mask(note),
            )
            detail = made.model_dump(mode="json", exclude={"run_id", "by", "at"})
            self._append_of_wave(db, AuditAction.WAVE_APPROVED, run_id, plans, made.by, made.at, detail)
        return made

    def _append_of_wave(
        self,
        db: Connection,
        action: AuditAction,
        run_id: str,
        plans: Mapping[str, str],
        by: str,
        at: datetime,
        detail: dict[str, Any],
    ) -> None:
        """Add an entry to the audit that is bound to these plans of a wave."""
        checksum = wave_checksum(plans)
        append_entry(self._database, db, action, by, at, run_id=run_id, plan_checksum=checksum, detail=detail)


def _append(database: Database, db: Connection, approval: Approval, number: int) -> None:
    domain = select(tables.plans.c.domain).where(tables.plans.c.checksum == approval.checksum)
    append_entry(
        database,
        db,
        AuditAction.APPROVED,
        approval.by,
        approval.at,
        domain=db.execute(domain).scalar_one(),
        plan_checksum=approval.checksum,
        detail={"approval": number, "reasons": list(map(str, approval.reasons)), "note": approval.note},
    )
