"""Build all frames of a run from its record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from phonefleet.garbage_collection import paused
from phonefleet.model.enums import OutcomeKind, Verdict
from phonefleet.model.run_record import RunRecord, RunSummary
from reports import event_frames, schema, tenant_frames
from reports.action_frames import action_frames
from reports.blocked import blocked_frame
from reports.compare import Comparison, comparison, drift_frame
from reports.forecast_frame import forecast_frame
from reports.frames import Frames
from reports.risk import client_frame, risk_frame, still_possible
from reports.status import RED_VERDICTS, Status, tenant_status

Ending = tuple[Verdict | None, OutcomeKind | None]
"""A tenant's verdict and outcome in one run."""


@dataclass(frozen=True, slots=True)
class RunSummaryRow:
    """One run as a row of a trend: what the ledger knows of a run without its tenants.

    Attributes:
        status: of the run.
        verdicts: tenants by verdict.
        outcomes: tenants by outcome; empty for a verb that changes nothing.
    """

    run_id: str
    verb: str
    started_at: datetime
    ended_at: datetime | None
    status: Status
    tenants: int
    verdicts: Mapping[Verdict, int]
    outcomes: Mapping[OutcomeKind, int]


def build(
    record: RunRecord, previous: RunRecord | None = None, trend: Sequence[RunSummaryRow] = ()
) -> Frames:
    """Build all frames of a run, compared with `previous`; the trend ends with this run."""
    with paused():
        dependents = event_frames.dependent_frame(record.tenants)
        tenants = tenant_frames.tenant_frame(record, dependents)
        findings = event_frames.finding_frame(record.tenants)
        possible = still_possible(dependents, tenants)
        return Frames(
            run=tenant_frames.run_frame(record),
            tenants=tenants,
            waves=tenant_frames.wave_frame(record, tenants),
            forecasts=forecast_frame(record),
            decisions=event_frames.decision_frame(record),
            steps=event_frames.step_frame(record),
            findings=findings,
            text_changes=event_frames.text_change_frame(record.tenants),
            dependents=dependents,
            messages=event_frames.message_frame(record),
            **action_frames(record.tenants),
            drift=drift_frame(tenants_of(previous) if previous else None, tenants),
            deviations=event_frames.deviation_frame(record),
            risk=risk_frame(tenants, possible, findings),
            clients=client_frame(possible),
            blocked=blocked_frame(tenants, findings),
            trend=trend_frame([*(row for row in trend if row.run_id != record.run_id), summary_row(record)]),
        )


def tenants_of(record: RunRecord) -> pd.DataFrame:
    """Build only the frame of tenants."""
    return tenant_frames.tenant_frame(record, event_frames.dependent_frame(record.tenants))


def compare(a: RunRecord, b: RunRecord) -> Comparison:
    """Compare run `b` with the earlier run `a`."""
    return comparison(drift_frame(tenants_of(a), tenants_of(b)), a.run_id, b.run_id)


def summary_row(record: RunRecord) -> RunSummaryRow:
    """Return a run as a row of a trend, for later calls of `build`."""
    return trend_row(
        record, [(t.assessment.verdict if t.assessment else None, t.outcome) for t in record.tenants]
    )


def trend_row(run: RunRecord | RunSummary, endings: Sequence[Ending]) -> RunSummaryRow:
    """Return a run as a row of a trend, from the verdict and outcome of each tenant."""
    verdicts = Counter(verdict for verdict, _ in endings)
    outcomes = Counter(outcome for _, outcome in endings)
    return RunSummaryRow(
        run_id=run.run_id,
        verb=run.verb,
        started_at=run.started_at,
        ended_at=run.ended_at,
        status=run_status(run, endings),
        tenants=len(endings),
        verdicts={verdict: verdicts[verdict] for verdict in Verdict},
        outcomes={outcome: outcomes[outcome] for outcome in OutcomeKind},
    )


def run_status(run: RunRecord | RunSummary, endings: Sequence[Ending]) -> Status:
    """Return a run's status by its tenants; failed checks of a report make it red as well.

    Red when a tenant failed, users of a tenant get no messages, or the run failed or did not end; green when every
    tenant is settled.
    """
    failed = any(outcome is OutcomeKind.FAILED for _, outcome in endings)
    if failed or run.ended_at is None or run.verdict in RED_VERDICTS:
        return Status.RED
    lights = {tenant_status(run.verb, verdict, outcome) for verdict, outcome in set(endings)}
    return Status.GREEN if lights <= {Status.GREEN} else Status.AMBER


def trend_frame(rows: Sequence[RunSummaryRow]) -> pd.DataFrame:
    """Build the frame with a row per run, oldest first."""
    ordered = sorted(rows, key=lambda row: (row.started_at, row.run_id))
    data: dict[str, list[object]] = {
        name: [getattr(row, name) for row in ordered]
        for name in ("run_id", "verb", "started_at", "ended_at", "status", "tenants")
    }
    data |= {f"verdict_{verdict}": [row.verdicts.get(verdict, 0) for row in ordered] for verdict in Verdict}
    data |= {
        f"outcome_{outcome}": [row.outcomes.get(outcome, 0) for row in ordered] for outcome in OutcomeKind
    }
    return schema.TREND.frame(data)


__all__ = [
    "RunSummaryRow",
    "build",
    "compare",
    "run_status",
    "summary_row",
    "tenants_of",
    "trend_frame",
    "trend_row",
]
