"""The ledger's tables. Facts are only added; only `leases` changes in place.

Every instant is UTC. JSON is stored as text, so that a plan's canonical bytes are read back unchanged.
The migrations make the schema; a test compares both.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

from phonefleet.model.canonical import canonical, encodable
from phonefleet.secrets.known_values import KNOWN


class Moment(TypeDecorator[datetime]):
    """An aware instant, stored and returned in UTC whatever the database's own zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Convert to UTC; raise ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Convert to UTC: SQLite drops the zone, PostgreSQL returns its own."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON value as canonical text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        """Encode as canonical JSON."""
        return canonical(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Decode JSON; None where an outer join found no row."""
        return None if value is None else orjson.loads(value)


class TenantText(TypeDecorator[str]):
    """Text that a tenant may have chosen.

    Neither database accepts half of a surrogate pair, and PostgreSQL refuses U+0000.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Replace what cannot be encoded by U+FFFD."""
        replaced: str | None = encodable(value)
        return replaced and replaced.replace("\x00", "\ufffd")


class FreeText(TenantText):
    """Text for people, which may repeat what a tenant or Auth0 said.

    A secret of this process in it is masked: the last check before it is kept.
    """

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Mask secrets, and replace what cannot be encoded."""
        return super().process_bind_param(value and KNOWN.mask(value), dialect)


metadata = MetaData()
Serial = BigInteger().with_variant(Integer, "sqlite")


def _at(name: str = "at") -> Column[datetime]:
    return Column(name, Moment, nullable=False)


def _run() -> Column[str]:
    return Column("run_id", String, ForeignKey("runs.id"), nullable=False)


def _tenant() -> list[Any]:
    """Make the columns for the tenant of a run that a fact is about."""
    return [
        Column("run_id", String, nullable=False),
        Column("domain", String, nullable=False),
        ForeignKeyConstraint(["run_id", "domain"], ["tenants.run_id", "tenants.domain"]),
    ]


def _text(name: str) -> Column[str]:
    return Column(name, TenantText, nullable=False)


def _fact(name: str, *parts: Any) -> Table:
    """Make a table of facts, numbered in the order in which they were recorded."""
    number = Column("id", Serial, primary_key=True, autoincrement=True)
    return Table(name, metadata, number, *parts, sqlite_autoincrement=True)


runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    _text("verb"),
    _text("fleet"),
    _text("version"),
    _text("started_by"),
    Column("options", Json, nullable=False),
    _at("started_at"),
    Index("ix_runs_fleet", "fleet", "verb"),
)

run_events = _fact(
    "run_events",
    _run(),
    _text("event"),
    _text("verdict"),
    Column("exit_code", Integer),
    _text("by"),
    Column("options", Json),
    _at(),
    Index("ix_run_events_run", "run_id"),
)
"""`ended`, `resumed`, `paused` and `unpaused`: a run whose last one is `ended` is over.

`held_up` and `let_go` are what the process of a run tells its shards of a pause file and of a pause in Prefect.
"""

tenants = Table(
    "tenants",
    metadata,
    Column("run_id", String, ForeignKey("runs.id"), primary_key=True),
    Column("domain", String, primary_key=True),
    Column("position", Integer, nullable=False),
    _text("environment"),
    _text("region"),
    _text("tier"),
    _text("owner"),
    Column("labels", Json, nullable=False),
    Index("ix_tenants_domain", "domain"),
)

assignments = _fact(
    "assignments",
    *_tenant(),
    _text("wave"),
    Column("batch", Integer),
    _at(),
    Index("ix_assignments_tenant", "run_id", "domain"),
)

assessments = _fact(
    "assessments",
    *_tenant(),
    _text("verdict"),
    _text("assessment"),
    _at(),
    Index("ix_assessments_tenant", "run_id", "domain"),
    Index("ix_assessments_domain", "domain"),
)

plans = Table(
    "plans",
    metadata,
    Column("checksum", String, primary_key=True),
    _text("domain"),
    _text("plan"),
    _at(),
)

plannings = _fact(
    "plannings",
    *_tenant(),
    Column("plan_checksum", String, ForeignKey("plans.checksum"), nullable=False),
    _at(),
    Index("ix_plannings_tenant", "run_id", "domain"),
)

starts = _fact("starts", *_tenant(), _at(), Index("ix_starts_tenant", "run_id", "domain"))

snapshots = _fact(
    "snapshots",
    *_tenant(),
    _text("moment"),
    _text("snapshot"),
    _at(),
    Index("ix_snapshots_domain", "domain"),
)

intents = _fact(
    "intents",
    *_tenant(),
    Column("plan_checksum", String, ForeignKey("plans.checksum"), nullable=False),
    Column("step", Integer, nullable=False),
    _text("operation"),
    _text("kind"),
    _text("target"),
    _text("key"),
    Column("title", FreeText, nullable=False),
    Column("request", Json, nullable=False),
    _text("holder"),
    Column("fence", BigInteger, nullable=False),
    _at(),
    Index("ix_intents_domain", "domain"),
    Index("ix_intents_run", "run_id"),
)

results = Table(
    "results",
    metadata,
    Column("intent_id", Serial, ForeignKey("intents.id"), primary_key=True, autoincrement=False),
    _text("result"),
    Column("attempts", Integer, nullable=False),
    Column("detail", FreeText, nullable=False),
    _at(),
)

message_evidence = _fact(
    "message_evidence",
    Column("intent_id", Serial, ForeignKey("intents.id"), nullable=False),
    _text("evidence"),
    _text("log_id"),
    _text("log_type"),
    Column("seen_at", Moment),
    Column("receipt", TenantText, nullable=False, server_default=text("'not_asked'")),
    Column("receipt_sid", TenantText, nullable=False, server_default=text("''")),
    Column("error_code", TenantText, nullable=False, server_default=text("''")),
    _at(),
    Index("ix_message_evidence_intent", "intent_id"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("domain", String, primary_key=True),
    _text("kind"),
    Column("reason", Text),
    Column("message", FreeText, nullable=False),
    _at(),
    ForeignKeyConstraint(["run_id", "domain"], ["tenants.run_id", "tenants.domain"]),
    Index("ix_outcomes_kind", "run_id", "kind"),
)

shards = _fact(
    "shards",
    _run(),
    Column("driver", BigInteger, nullable=False),
    _text("phase"),
    Column("domains", Json, nullable=False),
    _at(),
    Index("ix_shards_run", "run_id"),
)
"""Tenants that a process, whose lease of the run has the fence `driver`, gave away for one phase.

The lease `shard:ID` is of the process that got them.
"""

phase_ends = _fact(
    "phase_ends",
    *_tenant(),
    _text("phase"),
    Column("result", Json, nullable=False),
    _at(),
    Index("ix_phase_ends_run", "run_id", "phase"),
    Index("ix_phase_ends_tenant", "run_id", "domain"),
)
"""What a phase came to for a tenant; the last one counts."""

switch_rights = _fact(
    "switch_rights",
    *_tenant(),
    _text("wave"),
    Column("fence", BigInteger, nullable=False),
    Column("began_at", Moment, nullable=False),
    _at(),
    Index("ix_switch_rights_tenant", "run_id", "domain"),
    Index("ix_switch_rights_at", "began_at"),
)
"""The right of a lease's process to switch its tenant; it ends with the tenant's outcome or with the lease.

`began_at` is by the clock of the run, which its windows and caps go by.
"""

drift = Table(
    "drift",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("domain", String, primary_key=True),
    Column("field", TenantText, primary_key=True),
    Column("expected", FreeText, nullable=False),
    Column("found", FreeText, nullable=False),
    _at("expected_at"),
    _at(),
    Column("changed_by", Json),
    ForeignKeyConstraint(["run_id", "domain"], ["tenants.run_id", "tenants.domain"]),
)

wave_events = _fact(
    "wave_events",
    _run(),
    _text("wave"),
    Column("batch", Integer, nullable=False),
    _text("event"),
    Column("planned", Integer),
    Column("failure_tolerance", Integer),
    _text("verdict"),
    _text("reason"),
    _at(),
    Index("ix_wave_events_run", "run_id"),
)
"""`planned`, `started`, `decided` and `ended`, in order; `verdict` of a decision is its kind.

`notified`: messages about an event, whose name is `verdict`, were tried; without a wave it is about the whole run.
"""

forecasts = _fact(
    "forecasts",
    _run(),
    _text("wave"),
    Column("forecast", Json, nullable=False),
    _at(),
    Index("ix_forecasts_run", "run_id"),
)
"""What a run foresaw of each wave before it changed anything; the last one of a wave counts."""

approvals = _fact(
    "approvals",
    _text("checksum"),
    _text("by"),
    Column("reasons", Json, nullable=False),
    Column("note", FreeText, nullable=False),
    _at(),
    Index("ix_approvals_checksum", "checksum"),
)

unlocks = _fact(
    "unlocks",
    _text("run_id"),
    _text("domain"),
    _text("holder"),
    _text("by"),
    _at(),
    Index("ix_unlocks_domain", "domain"),
)
"""Leases that an operator ended: of which run and process, and who did it."""

ledger_identity = Table("ledger_identity", metadata, Column("id", String, primary_key=True), _at())
"""One row: what tells this ledger from every other, also from a new one at the same place."""

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _at(),
    _text("action"),
    _text("by"),
    _text("run_id"),
    _text("domain"),
    _text("plan_checksum"),
    _text("version"),
    Column("detail", Json, nullable=False),
    Column("keyed", Boolean, nullable=False),
    _text("previous"),
    _text("hash"),
    Index("ix_audit_entries_action", "action"),
)
"""Who decided what (`phonefleet.model.audit`)."""

verifications = _fact(
    "verifications",
    Column("key", String, nullable=False),
    _text("result"),
    Column("keyed", Boolean, nullable=False),
    Column("seal", String, nullable=False),
    _at(),
    Index("ix_verifications_key", "key"),
)
"""Results of verifications, by the digest of all that they depend on; the last one with a valid seal counts."""

checks = _fact("checks", _at())
"""One row for each check that the ledger can be written."""

leases = Table(
    "leases",
    metadata,
    Column("domain", String, primary_key=True),
    Column("fence", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    _at("acquired_at"),
    _at("expires_at"),
    Column("held", Boolean, nullable=False),
)
"""One row for each tenant ever leased. A release keeps it, so that fences never restart."""

FACTS = tuple(table for table in metadata.sorted_tables if table is not leases)
