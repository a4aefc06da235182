"""Build the frames of events: steps, findings, texts, dependents, messages and deviations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import JsonValue

from phonefleet.model.assessment import Reason
from phonefleet.model.canonical import checksum
from phonefleet.model.enums import Change, Operation
from phonefleet.model.message_texts import TextChange
from phonefleet.model.ownership import LoggedWrite
from phonefleet.model.run_record import RunRecord, TenantRecord
from phonefleet.model.steps import SendTestStep, Step
from phonefleet.secrets.phone_numbers import mask_number
from reports import schema
from reports.frames import as_json, cast, columns_of, timed
from reports.schema.vocabularies import OPEN, PLANNED


def step_frame(record: RunRecord) -> pd.DataFrame:
    """Return every intent in the ledger's order, then every planned step without one."""
    waves = {tenant.domain: tenant.wave for tenant in record.tenants}
    plans = {tenant.domain: {s.key: s for s in tenant.plan.steps} for tenant in record.tenants if tenant.plan}
    tried = {(step.domain, step.key) for step in record.steps}
    rows: list[tuple[Any, ...]] = []
    for intent in record.steps:
        planned = plans.get(intent.domain, {}).get(intent.key)
        rows.append(
            (
                *(intent.domain, waves.get(intent.domain, ""), intent.intent_id, intent.index),
                *(str(intent.operation), str(intent.kind), intent.target, intent.key, intent.title),
                *(intent.result or OPEN, intent.attempts, intent.detail),
                *(_bodies(planned) if planned else ("", "")),
                *(intent.intended_at, intent.ended_at, intent.plan_checksum),
            )
        )
    rows += [
        (
            *(tenant.domain, tenant.wave, None, step.index),
            *(str(Operation.APPLY), str(step.kind), step.target, step.key, step.title),
            *(PLANNED, 0, "", *_bodies(step), None, None, tenant.plan_checksum),
        )
        for tenant in record.tenants
        if tenant.plan
        for step in tenant.plan.steps
        if (tenant.domain, step.key) not in tried
    ]
    return timed(schema.STEPS, columns_of(_STEP_NAMES, rows), "intended_at", "ended_at", "duration_s")


_STEP_NAMES = [name for name in schema.STEPS.names if name != "duration_s"]


def _bodies(step: Step) -> tuple[str, str]:
    """Return the states before and after a step as JSON, with masked phone numbers.

    Code is replaced by its SHA-256: it may contain keys that its author pasted, and `translations` has it without them.
    """
    if isinstance(step, SendTestStep):
        message = step.after.model_copy(update={"to": mask_number(step.after.to)})
        step = step.model_copy(update={"after": message})
    return as_json(_without_code(step.before_json)), as_json(_without_code(step.after_json))


def _without_code(body: JsonValue) -> JsonValue:
    code = body.get("code") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(code, str):
        return body
    return body | {"code": f"sha256:{checksum(code)}, {len(code):,} characters; see translations"}


def finding_frame(tenants: Sequence[TenantRecord]) -> pd.DataFrame:
    """Return a row per piece of evidence; a reason without any has one row."""
    rows: list[tuple[Any, ...]] = []
    for tenant in tenants:
        assessment, plan = tenant.assessment, tenant.plan
        reversibility = assessment.reversibility if assessment else None
        by_source: dict[str, Sequence[Reason]] = {
            "verdict": assessment.reasons if assessment else (),
            "reversibility": reversibility.reasons if reversibility else (),
            "plan": plan.warnings if plan else (),
        }
        rows += [
            (tenant.domain, source, reason_no, evidence_no, reason.code, reason.message)
            + ((evidence.endpoint, evidence.field, evidence.value) if evidence else ("", "", ""))
            for source, reasons in by_source.items()
            for reason_no, reason in enumerate(reasons)
            for evidence_no, evidence in enumerate(reason.evidence or (None,))
        ]
    return cast(schema.FINDINGS, columns_of(schema.FINDINGS.names, rows))


def text_change_frame(tenants: Sequence[TenantRecord]) -> pd.DataFrame:
    """Return a row per message that users will read or hear differently, with both renderings."""
    rows = [
        (
            *(tenant.domain, number, t.plane, t.connection, t.type, t.method, t.old, t.new),
            *(t.old_rendered, t.new_rendered, t.friendly_name, t.locale),
        )
        for tenant in tenants
        for number, t in enumerate(_text_changes(tenant))
    ]
    return cast(schema.TEXT_CHANGES, columns_of(schema.TEXT_CHANGES.names, rows))


def _text_changes(tenant: TenantRecord) -> Sequence[TextChange]:
    """Return those of the plan; of its assessment for a tenant without one."""
    if tenant.plan:
        return tenant.plan.texts
    return tenant.assessment.texts if tenant.assessment else ()


def dependent_frame(tenants: Sequence[TenantRecord]) -> pd.DataFrame:
    """Return a row per dependent, with how badly each change breaks it."""
    rows = [
        (
            *(tenant.domain, number, d.kind, d.id, d.client_id, d.name, d.detail),
            *(d.breaks_on.get(change) for change in Change),
            *(d.last_seen, d.uses, tenant.owner),
        )
        for tenant in tenants
        if tenant.assessment
        for number, d in enumerate(tenant.assessment.dependents)
    ]
    return cast(schema.DEPENDENTS, columns_of(schema.DEPENDENTS.names, rows))


def message_frame(record: RunRecord) -> pd.DataFrame:
    """Return a row per test message."""
    messages = record.messages
    names = [n for n in schema.MESSAGES.names if n not in ("message_no", "wait_s")]
    data: dict[str, Any] = {name: [getattr(message, name) for message in messages] for name in names}
    data["message_no"] = (
        pd.Series(data["domain"], dtype=object).groupby(pd.Series(data["domain"], dtype=object)).cumcount()
    )
    return timed(schema.MESSAGES, data, "sent_at", "seen_at", "wait_s")


def decision_frame(record: RunRecord) -> pd.DataFrame:
    """Return a row per decision about a batch."""
    rows = [
        (number, one.wave, one.batch, one.at, one.kind, one.message)
        for number, one in enumerate(record.decisions)
    ]
    return cast(schema.DECISIONS, columns_of(schema.DECISIONS.names, rows))


def deviation_frame(record: RunRecord) -> pd.DataFrame:
    """Return a row per field that a compliance run found changed."""
    tenants = {tenant.domain: tenant for tenant in record.tenants}
    rows = [
        (
            *(one.domain, one.field, one.expected, one.found, one.expected_at, one.first_found_at),
            *_author(one.changed_by),
            *(tenants[one.domain].outcome, tenants[one.domain].owner, tenants[one.domain].wave),
        )
        for one in record.drift
    ]
    return cast(schema.DEVIATIONS, columns_of(schema.DEVIATIONS.names, rows))


def _author(write: LoggedWrite | None) -> tuple[Any, ...]:
    if write is None:
        return "", None, "", ""
    return str(write.writer), write.at, f"{write.method} {write.path}", write.user_agent
