"""What a run has to say: the one JSON document of `--json`, and the table of outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from phonefleet.model.run_record import RunRecord, TenantRecord


def document(record: RunRecord, reports: Mapping[str, Path]) -> dict[str, Any]:
    """The JSON document of a run; what its verb doesn't know is left out.

    Keys: `run` (the run's id), `tenants` (one object a tenant), `totals` (count by outcome, or by verdict for verbs
    that change nothing; they add up to the fleet), `reports` (path by kind).
    """
    return {
        "run": record.run_id,
        "tenants": [_tenant(tenant) for tenant in record.tenants],
        "totals": dict(totals(record)),
        "reports": {kind: str(path) for kind, path in reports.items()},
    }


def totals(record: RunRecord) -> Counter[str]:
    """Tenants by outcome where the verb has outcomes, else by verdict; the values add up to the fleet."""
    if any(t.outcome for t in record.tenants):
        return Counter(str(t.outcome or "open") for t in record.tenants)
    return Counter(str(t.assessment.verdict) if t.assessment else "unread" for t in record.tenants)


def _tenant(tenant: TenantRecord) -> dict[str, Any]:
    assessment, plan = tenant.assessment, tenant.plan
    way = assessment.reversibility if assessment else None
    known = {
        "domain": tenant.domain,
        "verdict": assessment.verdict if assessment else None,
        "route": assessment.route if assessment else None,
        "reversibility": way.level if way else (plan.reversibility if plan else None),
        "reasons": [r.model_dump(mode="json") for r in assessment.reasons] if assessment else None,
        "plan": tenant.plan_checksum or None,
        "outcome": tenant.outcome,
        "outcome_reason": tenant.outcome_reason,
        "outcome_message": tenant.outcome_message or None,
        "wave": tenant.wave or None,
    }
    return {key: value for key, value in known.items() if value is not None}


def table(record: RunRecord) -> Table:
    """Outcomes (or verdicts) by route, one row each, with a total that is the fleet."""
    has_outcomes = any(t.outcome for t in record.tenants)
    rows: dict[str, Counter[str]] = {}
    for tenant in record.tenants:
        what, why = _what_and_why(tenant, has_outcomes=has_outcomes)
        rows.setdefault(what, Counter())[why] += 1
    result = Table(
        title=f"{record.verb} {record.run_id}: {len(record.tenants)} tenants", title_justify="left"
    )
    result.add_column("outcome" if has_outcomes else "verdict")
    result.add_column("tenants", justify="right")
    result.add_column("of which")
    for what, reasons in sorted(rows.items(), key=lambda item: -item[1].total()):
        detail = ", ".join(f"{count} {why}" for why, count in reasons.most_common() if why)
        result.add_row(what, str(reasons.total()), detail)
    result.add_section()
    result.add_row("all", str(len(record.tenants)), "")
    return result


def _what_and_why(tenant: TenantRecord, *, has_outcomes: bool) -> tuple[str, str]:
    assessment = tenant.assessment
    verdict = str(assessment.verdict) if assessment else "unread"
    if not has_outcomes:
        route = f"route {assessment.route}" if assessment and assessment.route else ""
        return verdict, route
    outcome = str(tenant.outcome or "open")
    if outcome == "migrated" and assessment and assessment.route:
        return outcome, f"route {assessment.route}"
    if outcome == "skipped":
        return outcome, verdict
    return outcome, str(tenant.outcome_reason or "")
