"""The facts, the leases, and the triggers that refuse changes of facts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _at(name: str = "at") -> sa.Column[Any]:
    return sa.Column(name, INSTANT, nullable=False)


def _run(**more: bool) -> sa.Column[str]:
    return sa.Column("run_id", sa.String, sa.ForeignKey("runs.id"), nullable=False, **more)  # type: ignore[arg-type]


def _plan() -> sa.Column[str]:
    return sa.Column("plan_checksum", sa.String, sa.ForeignKey("plans.checksum"), nullable=False)


def _intent(*, primary_key: bool) -> sa.Column[int]:
    return sa.Column(
        "intent_id",
        SERIAL,
        sa.ForeignKey("intents.id"),
        nullable=False,
        primary_key=primary_key,
        autoincrement=False,
    )


def _fact(name: str, *columns: sa.Column[Any]) -> None:
    number = sa.Column("id", SERIAL, primary_key=True, autoincrement=True)
    op.create_table(name, number, *columns, sqlite_autoincrement=True)


def _tenant_fact(name: str, *columns: sa.Column[Any], by_domain: bool = False) -> None:
    number = sa.Column("id", SERIAL, primary_key=True, autoincrement=True)
    tenant = (
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("domain", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["run_id", "domain"], ["tenants.run_id", "tenants.domain"]),
    )
    op.create_table(name, number, *tenant, *columns, sqlite_autoincrement=True)
    if by_domain:
        op.create_index(f"ix_{name}_domain", name, ["domain"])
    else:
        op.create_index(f"ix_{name}_tenant", name, ["run_id", "domain"])


def upgrade() -> None:
    """Make the whole schema."""
    _runs_and_plans()
    _tenants()
    _steps()
    _decisions()
    _guard()


def _runs_and_plans() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String, primary_key=True),
        _text("verb"),
        _text("fleet"),
        _text("version"),
        _text("started_by"),
        _text("options"),
        _at("started_at"),
    )
    op.create_index("ix_runs_fleet", "runs", ["fleet", "verb"])
    _fact(
        "run_events",
        _run(),
        _text("event"),
        _text("verdict"),
        sa.Column("exit_code", sa.Integer),
        _text("by"),
        sa.Column("options", sa.Text),
        _at(),
    )
    op.create_index("ix_run_events_run", "run_events", ["run_id"])
    op.create_table(
        "plans", sa.Column("checksum", sa.String, primary_key=True), _text("domain"), _text("plan"), _at()
    )


def _tenants() -> None:
    op.create_table(
        "tenants",
        _run(primary_key=True),
        sa.Column("domain", sa.String, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        _text("environment"),
        _text("region"),
        _text("tier"),
        _text("owner"),
        _text("labels"),
    )
    op.create_index("ix_tenants_domain", "tenants", ["domain"])
    _tenant_fact("assignments", _text("wave"), sa.Column("batch", sa.Integer), _at())
    _tenant_fact("assessments", _text("verdict"), _text("assessment"), _at())
    op.create_index("ix_assessments_domain", "assessments", ["domain"])
    _tenant_fact("plannings", _plan(), _at())
    _tenant_fact("starts", _at())
    _tenant_fact("snapshots", _text("moment"), _text("snapshot"), _at(), by_domain=True)
    op.create_table(
        "outcomes",
        sa.Column("run_id", sa.String, primary_key=True),
        sa.Column("domain", sa.String, primary_key=True),
        _text("kind"),
        sa.Column("reason", sa.Text),
        _text("message"),
        _at(),
        sa.ForeignKeyConstraint(["run_id", "domain"], ["tenants.run_id", "tenants.domain"]),
    )


def _steps() -> None:
    _tenant_fact(
        "intents",
        _plan(),
        sa.Column("step", sa.Integer, nullable=False),
        _text("operation"),
        _text("kind"),
        _text("target"),
        _text("key"),
        _text("title"),
        _text("request"),
        _text("holder"),
        sa.Column("fence", sa.BigInteger, nullable=False),
        _at(),
        by_domain=True,
    )
    op.create_index("ix_intents_run", "intents", ["run_id"])
    op.create_table(
        "results",
        _intent(primary_key=True),
        _text("result"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _text("detail"),
        _at(),
    )
    _fact(
        "message_evidence",
        _intent(primary_key=False),
        _text("evidence"),
        _text("log_id"),
        _text("log_type"),
        sa.Column("seen_at", INSTANT),
        _at(),
    )
    op.create_index("ix_message_evidence_intent", "message_evidence", ["intent_id"])


def _decisions() -> None:
    op.create_table(
        "drift",
        sa.Column("run_id", sa.String, primary_key=True),
        sa.Column("domain", sa.String, primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
        _text("expected"),
        _text("found"),
        _at("expected_at"),
        _at(),
        sa.ForeignKeyConstraint(["run_id", "domain"], ["tenants.run_id", "tenants.domain"]),
    )
    _fact(
        "wave_events",
        _run(),
        _text("wave"),
        sa.Column("batch", sa.Integer, nullable=False),
        _text("event"),
        sa.Column("planned", sa.Integer),
        sa.Column("failure_tolerance", sa.Integer),
        _text("verdict"),
        _text("reason"),
        _at(),
    )
    op.create_index("ix_wave_events_run", "wave_events", ["run_id"])
    _fact("approvals", _text("checksum"), _text("by"), _text("reasons"), _text("note"), _at())
    op.create_index("ix_approvals_checksum", "approvals", ["checksum"])
    _fact("unlocks", _text("run_id"), _text("domain"), _text("holder"), _text("by"), _at())
    op.create_index("ix_unlocks_domain", "unlocks", ["domain"])
    _fact("checks", _at())
    op.create_table(
        "leases",
        sa.Column("domain", sa.String, primary_key=True),
        sa.Column("fence", sa.BigInteger, nullable=False),
        _text("holder"),
        _text("machine"),
        sa.Column("pid", sa.Integer, nullable=False),
        _text("started"),
        _text("run_id"),
        _at("acquired_at"),
        _at("expires_at"),
        sa.Column("held", sa.Boolean, nullable=False),
    )


FACTS = (
    "runs",
    "run_events",
    "plans",
    "tenants",
    "assignments",
    "assessments",
    "plannings",
    "starts",
    "snapshots",
    "outcomes",
    "intents",
    "results",
    "message_evidence",
    "drift",
    "wave_events",
    "approvals",
    "unlocks",
    "checks",
)


def _guard() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for table in FACTS:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'facts in {table} are only added'); END"
            )
    op.execute(
        "CREATE TRIGGER leases_no_delete BEFORE DELETE ON leases "
        "BEGIN SELECT RAISE(ABORT, 'a lease is released, never removed'); END"
    )
    op.execute(
        "CREATE TRIGGER leases_fence BEFORE UPDATE ON leases WHEN NEW.fence < OLD.fence "
        "BEGIN SELECT RAISE(ABORT, 'a fence never falls'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = TG_ARGV[0]; END $$"
    )
    for table in FACTS:
        op.execute(
            f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('facts in {table} are only added')"
        )
    op.execute(
        "CREATE TRIGGER leases_no_delete BEFORE DELETE OR TRUNCATE ON leases "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse('a lease is released, never removed')"
    )
    op.execute(
        "CREATE TRIGGER leases_fence BEFORE UPDATE ON leases FOR EACH ROW WHEN (NEW.fence < OLD.fence) "
        "EXECUTE FUNCTION ledger_refuse('a fence never falls')"
    )
