"""What commands print: the JSON document of a run, or its table, reports and verdict."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from flows.cli.output_options import chosen
from flows.cli.terminal import Terminal, err, escape_controls, out
from phonefleet.model.command_lines import shown_path, typed
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.exit_codes import EXIT_CODES, ExitCode, endings_of, facts, other_facts
from phonefleet.model.run_record import RunRecord, TenantRecord
from phonefleet.secrets.known_values import KNOWN

if TYPE_CHECKING:
    from flows.report_files import FinishedRun

_NAMED = 3
_DATA = ("csv:", "parquet:")
"""Kinds of reports that are in one folder together; only the schema among them is listed."""


def show_run(
    finished: FinishedRun, record: RunRecord, fleet_file: Path, *, as_json: bool, on: Terminal = out
) -> None:
    """Print a run that has ended: one JSON document, or the table of outcomes, the path of the report and what to do.

    Args:
        finished: how the run ended.
        record: the ledger's record of it.
        fleet_file: the fleet file, for the command that shows what waits for whom.
        as_json: print the JSON document.
        on: where the table goes.
    """
    if as_json:
        print_json(document(record, finished.reports))
    else:
        on.print_whole(table(record))
        _show_reports(finished, on)
        on.print(
            f"{'verdict':>10}  {verdict_line(finished, record)}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        if finished.code is not ExitCode.DONE:
            more = typed("board", shown_path(fleet_file))
            on.print(f"{'more':>10}  {more}", highlight=False, markup=False, soft_wrap=True)
    for failure in finished.failures:
        err.print(f"expectation violated: {failure}", style="red", markup=False)


def _show_reports(finished: FinishedRun, on: Terminal) -> None:
    """Print where the report is; with -v, where each of its files is."""
    if chosen.verbose:
        for kind, path in finished.reports.items():
            if not kind.startswith(_DATA):
                on.print(f"{kind:>10}  {path}", highlight=False, markup=False, soft_wrap=True)
    elif page := finished.reports.get("html"):
        on.print(f"{'report':>10}  {page}", highlight=False, markup=False, soft_wrap=True)


def verdict_line(finished: FinishedRun, record: RunRecord) -> str:
    """Return the run's verdict, the exit code with its meaning, and what else is true of its tenants."""
    found = facts(record.verb, endings_of(record))
    others = other_facts(found, finished.code)
    line = f"{finished.verdict or 'not ended'}, exit code {int(finished.code)} ({EXIT_CODES[finished.code].meaning})"
    count = found[finished.code] if finished.code is not ExitCode.DONE else 0
    return (
        line
        + (f": {tenants_of(count)} ({_named(record, finished.code)})" if count else "")
        + (f"; also {', '.join(others)}" if others else "")
    )


def _named(record: RunRecord, code: ExitCode) -> str:
    """Return the first tenants that lead to an exit code, and how many more there are."""
    ends = zip(record.tenants, endings_of(record), strict=True)
    domains = [tenant.domain for tenant, ending in ends if facts(record.verb, [ending])[code]]
    more = len(domains) - _NAMED
    return ", ".join(domains[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def tenants_of(count: int) -> str:
    """Return a number of tenants in words."""
    return f"{count} tenant{'' if count == 1 else 's'}"


def print_json(value: Any) -> None:
    """Print exactly one JSON document on standard output; what a terminal would obey is escaped as JSON does."""
    sys.stdout.write(
        escape_controls(KNOWN.mask(json.dumps(value, ensure_ascii=False, indent=2, default=str))) + "\n"
    )
    sys.stdout.flush()


def document(record: RunRecord, reports: Mapping[str, Path]) -> dict[str, Any]:
    """Return the JSON document of a run; what its verb doesn't know is left out.

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
    """Count tenants by outcome where the verb has outcomes, else by verdict; the values add up to the fleet."""
    if _has_outcomes(record):
        return Counter(str(t.outcome or "open") for t in record.tenants)
    return Counter(_row(tenant, has_outcomes=False)[0] for tenant in record.tenants)


def _has_outcomes(record: RunRecord) -> bool:
    """Whether the verb ends tenants with outcomes; that a tenant was not selected is none of its own."""
    return any(t.outcome and t.outcome_reason is not ReasonCode.NOT_SELECTED for t in record.tenants) or all(
        t.outcome for t in record.tenants
    )


def _tenant(tenant: TenantRecord) -> dict[str, Any]:
    assessment, plan = tenant.assessment, tenant.plan
    reversibility = assessment.reversibility if assessment else None
    known = {
        "domain": tenant.domain,
        "verdict": assessment.verdict if assessment else None,
        "route": assessment.route if assessment else None,
        "reversibility": reversibility.level if reversibility else (plan.reversibility if plan else None),
        "reasons": [r.model_dump(mode="json") for r in assessment.reasons] if assessment else None,
        "owners": [o.model_dump(mode="json") for o in assessment.owners] if assessment else None,
        "skipped": list(assessment.skipped) or None if assessment else None,
        "plan": tenant.plan_checksum or None,
        "outcome": tenant.outcome,
        "outcome_reason": tenant.outcome_reason,
        "outcome_message": tenant.outcome_message or None,
        "wave": tenant.wave or None,
    }
    return {key: value for key, value in known.items() if value is not None}


def table(record: RunRecord) -> Table:
    """Return outcomes (or verdicts) with their reasons, one row each, with a total that is the fleet."""
    has_outcomes = _has_outcomes(record)
    rows: dict[str, Counter[str]] = {}
    for tenant in record.tenants:
        name, detail = _row(tenant, has_outcomes=has_outcomes)
        rows.setdefault(name, Counter())[detail] += 1
    result = Table(
        title=f"{record.verb} {record.run_id}: {tenants_of(len(record.tenants))}", title_justify="left"
    )
    result.add_column("outcome" if has_outcomes else "verdict")
    result.add_column("tenants", justify="right")
    result.add_column("of which")
    for name, details in sorted(rows.items(), key=lambda item: -item[1].total()):
        listed = ", ".join(f"{count} {detail}" for detail, count in details.most_common() if detail)
        result.add_row(name, str(details.total()), listed)
    result.add_section()
    result.add_row("all", str(len(record.tenants)), "")
    return result


def _row(tenant: TenantRecord, *, has_outcomes: bool) -> tuple[str, str]:
    """Return the row that a tenant is counted in, and the detail that it is counted under there."""
    assessment = tenant.assessment
    verdict = str(assessment.verdict) if assessment else "unread"
    route = f"route {assessment.route}" if assessment and assessment.route else ""
    if not has_outcomes:
        if tenant.outcome_reason is ReasonCode.NOT_SELECTED:
            return "not selected", ""
        unread = assessment is not None and assessment.verdict is Verdict.UNREACHABLE
        return verdict, str(
            assessment.reasons[0].code
        ) if unread and assessment and assessment.reasons else route
    outcome = str(tenant.outcome or "open")
    match tenant.outcome:
        case OutcomeKind.MIGRATED if route:
            return outcome, route
        case OutcomeKind.SKIPPED:
            return outcome, verdict
        case _:
            return outcome, str(tenant.outcome_reason or "")
