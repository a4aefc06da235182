"""A run without its assessments and plans: what the process that decides holds of a fleet of any size."""

from __future__ import annotations

from datetime import datetime

from phonefleet.model.enums import SWITCHES
from phonefleet.model.fact import Fact
from phonefleet.model.run_record import RunRecord, StepRecord, TenantOutline, WaveDecision, WaveRecord


class RunOutline(Fact):
    """One run of one verb over one fleet; every tenant of the fleet exactly once in `tenants`."""

    run_id: str
    verb: str
    fleet: str
    started_at: datetime
    started_by: str = ""
    ended_at: datetime | None = None
    exit_code: int | None = None
    tenants: tuple[TenantOutline, ...]
    switches: tuple[StepRecord, ...] = ()
    """The intents of switches, oldest first."""
    begun: frozenset[str] = frozenset()
    """The tenants that have an intent in the run."""
    waves: tuple[WaveRecord, ...] = ()
    decisions: tuple[WaveDecision, ...] = ()


def outline_of(run: RunRecord) -> RunOutline:
    """Return the outline of a run that was read whole."""
    same = (
        "run_id",
        "verb",
        "fleet",
        "started_at",
        "started_by",
        "ended_at",
        "exit_code",
        "waves",
        "decisions",
    )
    kept = set(TenantOutline.model_fields) - {"verdict"}
    return RunOutline(
        **{name: getattr(run, name) for name in same},
        tenants=tuple(
            TenantOutline(
                verdict=tenant.assessment.verdict if tenant.assessment else None,
                **{name: getattr(tenant, name) for name in kept},
            )
            for tenant in run.tenants
        ),
        switches=tuple(step for step in run.steps if step.kind in SWITCHES),
        begun=frozenset(step.domain for step in run.steps),
    )
