"""The board of a fleet from its ledger: now, and compared with the end of the last wave before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from configs import Fleet
from phonefleet.errors import LedgerDamaged
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.command_lines import continuing, shown_path
from phonefleet.model.run_record import Approval, RunSummary
from phonefleet.model.tenant_facts import BatchTimes, FleetFacts
from phonefleet.rollout.fleet_board import Baseline, FleetBoard, PlannedWave, make_board
from phonefleet.rollout.tenant_state import TenantPlace
from phonefleet.rollout.waves import assign

_READING = ("assess", "plan", "compliance")
_RUNS = 500
"""So many recent runs are searched for the last wave."""


def fleet_board(fleet: Fleet, ledger: Ledger, run_id: str = "") -> FleetBoard:
    """Return the state of the fleet now.

    Args:
        fleet: The fleet as its file is now.
        ledger: Its ledger.
        run_id: The run whose report shows the board: the board is compared with the last wave before that run. Empty
            for the newest run.
    """
    approvals = _approvals(ledger)
    facts = ledger.fleets.facts(fleet.name, approvals=approvals)
    since = _baseline(fleet.name, ledger, facts.batches, run_id)
    earlier: tuple[Baseline, FleetFacts] | None = None
    if since:
        earlier = (since, ledger.fleets.facts(fleet.name, since.at, approvals=approvals))
    waves = assign(fleet.tenants, fleet.waves)
    limits = [limit for limit in (fleet.rollout.deadline,) if limit]
    planned = [
        PlannedWave(
            wave.name,
            max((moment for moment in (wave.not_before, fleet.rollout.not_before) if moment), default=None),
            min((moment for moment in (wave.deadline, *limits) if moment), default=None),
        )
        for wave in fleet.waves
    ]
    places = [TenantPlace(tenant.domain, waves[tenant.domain], tenant.owner) for tenant in fleet.tenants]
    made = make_board(fleet.name, shown_path(fleet.source), planned, places, facts, earlier)
    stopped = [ledger.runs.summary(run) for run in {each.run_id for each in made.decisions if each.run_id}]
    again = {run.run_id: continuing(run.verb, run.run_id, run.options, fleet.source) for run in stopped}
    return replace(made, continuations=again)


def _approvals(ledger: Ledger) -> dict[str, Iterable[Approval]]:
    """Return the approvals that count: none of an audit that is not valid, as everywhere else."""
    try:
        return dict(ledger.fleets.approvals())
    except LedgerDamaged:
        return {}


def _baseline(fleet: str, ledger: Ledger, batches: Iterable[BatchTimes], run_id: str) -> Baseline | None:
    """Return the end of the last run before the given one that changed a wave, else of the first that read one."""
    changed: dict[str, list[str]] = {}
    for batch in batches:
        changed.setdefault(batch.run_id, []).append(batch.wave)
    found = [run for run in ledger.runs.recent(limit=_RUNS) if run.fleet == fleet]
    this = next((run for run in found if run.run_id == run_id), found[0] if found else None)
    before = [run for run in found if this and run.ended_at and run.started_at < this.started_at]
    waves = next((run for run in before if run.run_id in changed), None)
    first = next((run for run in reversed(before) if run.verb in _READING), None)
    return _of_run(waves or first, changed)


def _of_run(run: RunSummary | None, changed: dict[str, list[str]]) -> Baseline | None:
    if run is None or run.ended_at is None:
        return None
    waves = tuple(dict.fromkeys(changed.get(run.run_id, ())))
    return Baseline(run.run_id, run.verb, waves, run.ended_at)
