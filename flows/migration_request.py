"""What a migration is asked for: a new run or the continuation of one, with or without an approved plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from configs import Fleet
from flows.migration_forecast import MigrationForecast, forecast, refuse_known_excess
from flows.plan_file import check_ledger, read_plan, with_approvals
from flows.selection import check_domains, check_wave
from phonefleet.errors import LeaseHeld, LedgerError, PlanRefused
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.command_lines import continuing
from phonefleet.model.plan import FleetPlan
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_outline import RunOutline
from phonefleet.model.run_record import RunSummary


@dataclass(frozen=True, slots=True)
class MigrationRequest:
    """A checked request.

    Attributes:
        options: what the run is asked for.
        approved: the plan that was approved; None plans and applies in one run.
        resume: the run to continue; None starts a new one.
        expected: what the run will do, as far as it is known.
    """

    options: RunOptions
    expected: MigrationForecast
    approved: FleetPlan | None = None
    resume: str | None = None


def check_migration(
    fleet: Fleet, ledger: Ledger, options: RunOptions, resume: str | None = None
) -> MigrationRequest:
    """Check a request against the fleet, the plan file and the ledger.

    A run that was asked for the same is continued if it has not ended and no process drives it.

    Args:
        fleet: the fleet.
        ledger: its ledger.
        options: what is asked for; `plan_file` names the approved plan.
        resume: the id of the run to continue, the beginning of one, or `latest`; None for the rule above.

    Raises:
        PlanRefused: the plan file, the wave or a tenant does not belong to this fleet or to the run to continue.
        TooMuchChange: more tenants have a plan than `rollout.max_change` allows, and `force` was not given.
        LedgerError: the run to continue is unknown or has ended.
        LeaseHeld: a process drives the run to continue, also one that hangs.
    """
    check_wave(fleet, options.wave)
    check_domains(fleet, options.tenants)
    approved = read_plan(Path(options.plan_file), fleet) if options.plan_file else None
    if approved and options.plan_file:
        check_ledger(approved, Path(options.plan_file), ledger)
    asked = options.model_copy(update={"plan": approved.checksum if approved else None})
    begun = _named_run(fleet, ledger, resume, asked) if resume else _unfinished_run(fleet, ledger, asked)
    if begun is not None:
        # What the run was started for stays: tenants already have outcomes by it.
        first = RunOptions.model_validate(begun.options)
        kept = {
            "wave": first.wave,
            "tenants": first.tenants,
            "phase": first.phase,
            "force": asked.force or first.force,
        }
        asked = asked.model_copy(update=kept)
    approved = with_approvals(approved, ledger) if approved else None
    expected = forecast(fleet, ledger, asked, approved)
    if begun is None:
        refuse_known_excess(fleet, asked, expected)
    return MigrationRequest(
        options=asked,
        expected=expected,
        approved=approved,
        resume=begun.run_id if begun else None,
    )


def _unfinished_run(fleet: Fleet, ledger: Ledger, asked: RunOptions) -> RunSummary | None:
    """Return the run to continue: one that was asked for the same, is of the same tenants, and has not ended.

    It is the last one, or an earlier one that left a tenant half changed: a run that was started while its process hung
    has changed nothing of that tenant.

    Raises:
        LeaseHeld: a process drives that run.
    """
    runs = ledger.runs.of_fleet(fleet.name, "migrate")
    same = [run for run in runs if _key(RunOptions.model_validate(run.options)) == _key(asked)]
    half_done = set(ledger.runs.interrupted(fleet.name).values())
    for run in same:
        if run.ended_at or not (run is same[0] or run.run_id in half_done):
            continue
        if _other_tenants(ledger.runs.outline(run.run_id), fleet):
            continue
        _refuse_driven(run)
        return run
    return None


def _refuse_driven(run: RunSummary) -> None:
    if run.holder:
        raise LeaseHeld(
            f"run {run.run_id} is going on: {run.holder} is at work on it; wait for its end. If that process hangs, "
            "end it and repeat the command: the run is continued"
        )


def _key(options: RunOptions) -> tuple[object, ...]:
    """What two runs must have been asked for alike, for the later one to continue the earlier."""
    return options.wave, tuple(sorted(set(options.tenants))), options.plan, options.phase


def _named_run(fleet: Fleet, ledger: Ledger, name: str, asked: RunOptions) -> RunSummary:
    run = ledger.runs.summary(name)
    if run.verb != "migrate":
        again = continuing(run.verb, run.run_id, run.options, fleet.source) or "repeat its command"
        raise LedgerError(
            f"run {run.run_id} is a {run.verb}, which is not continued but given again: {again}"
        )
    if run.ended_at is not None:
        raise LedgerError(
            f"run {run.run_id} ended {run.ended_at:%Y-%m-%d %H:%M} UTC ({run.verdict}): start a new one"
        )
    _refuse_driven(run)
    _check_same_request(fleet, run, asked)
    if others := _other_tenants(ledger.runs.outline(run.run_id), fleet):
        raise PlanRefused(
            f"run {run.run_id} had {run.tenants} tenants and the fleet file has {len(fleet.tenants)} now (for "
            f"example {', '.join(sorted(others)[:5])}): start a new run"
        )
    return run


def _check_same_request(fleet: Fleet, run: RunSummary, asked: RunOptions) -> None:
    """Check that nothing is asked of a run that it was not started for."""
    run_id, first = run.run_id, RunOptions.model_validate(run.options)
    again = continuing(run.verb, run_id, run.options, fleet.source)
    if asked.wave not in (None, first.wave):
        started = f"--wave {first.wave}" if first.wave else "no --wave"
        raise PlanRefused(f"run {run_id} was started with {started}, not with --wave {asked.wave}: {again}")
    if asked.tenants not in ((), first.tenants):
        raise PlanRefused(f"run {run_id} was started for other tenants: {again}")
    if asked.phase not in (None, first.phase):
        started = f"for the phase {first.phase}" if first.phase else "for the whole migration"
        raise PlanRefused(
            f"run {run_id} was started {started}, so it takes neither --prepare-only nor --switch: {again}"
        )
    if asked.plan != first.plan:
        started = f"plan file {first.plan_file or ''} ({first.plan[:12]})" if first.plan else "no plan file"
        given = f"{asked.plan[:12]} was given" if asked.plan else "none was given"
        raise PlanRefused(f"run {run_id} was started with {started} and {given}: {again}")


def _other_tenants(run: RunOutline, fleet: Fleet) -> set[str]:
    """Return the tenants that only one of the two has; empty when the run is of the fleet as it is now."""
    return {t.domain for t in fleet.tenants} ^ {t.domain for t in run.tenants}
