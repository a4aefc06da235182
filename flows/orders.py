"""From a command's options to an order: what is asked for, checked against the fleet and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from configs import Fleet
from flows.assess import assess as assess_flow
from flows.conclude import Concluded
from flows.finalize import finalize as finalize_flow
from flows.migrate import migrate as migrate_flow
from flows.plan_file import read_plan, with_approvals
from flows.rollback import rollback as rollback_flow
from flows.run import Order, VerbFlow
from phonefleet.errors import LeaseHeld, LedgerError, PlanRefused
from phonefleet.execution.applied_plans import applied_plans, migration_plans
from phonefleet.execution.finalize import ILL_HEALTH, IN_LOGS
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import LEFTOVERS
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import RunRecord, RunSummary
from phonefleet.rollout.waves import assign
from tasks.desk import Wishes


def assess_order(fleet: Fleet, verb: str, out: Path | None) -> Order:
    """Read everything, write nothing; `verb` is `assess` or `plan`."""

    async def flow(run_id: str, name: str) -> Concluded:
        return await assess_flow(run_id, name, verb)

    return Order(verb=verb, fleet=fleet, flow=flow, out=out)


def migrate_order(
    fleet: Fleet,
    ledger: Ledger,
    *,
    plan: Path | None = None,
    wave: str | None = None,
    force: bool = False,
    resume: str | None = None,
    resend_tests: bool = False,
    out: Path | None = None,
) -> Order:
    """A migration, new or continued.

    Raises:
        PlanRefused: the plan file or the wave doesn't belong to this fleet, or to the run to continue.
        LedgerError: the run to continue is unknown, or is over.
        LeaseHeld: a process is at work on the run to continue.
    """
    if wave is not None:
        _refuse_unknown_wave(fleet, wave)
    approved = read_plan(plan, fleet) if plan else None
    checksum = approved.checksum if approved else None
    begun = _to_continue(fleet, ledger, resume, {"wave": wave, "plan": checksum})
    if begun:
        # What it was started for holds until its end: tenants have their outcomes by it.
        started = begun.options
        wave, force = str(started["wave"]) if started["wave"] else None, force or bool(started["force"])
    return Order(
        verb="migrate",
        fleet=fleet,
        flow=migrate_flow,
        wishes=Wishes(
            approved=with_approvals(approved, ledger) if approved else None, wave=wave, force=force
        ),
        resume=begun.run_id if begun else None,
        resend_tests=resend_tests,
        out=out,
        options={"plan": checksum, "wave": wave, "force": force, "resend_tests": resend_tests},
    )


def _refuse_unknown_wave(fleet: Fleet, wave: str) -> None:
    known = [w.name for w in fleet.waves]
    if wave not in known:
        raise PlanRefused(f"fleet {fleet.name} has no wave {wave}; it has {', '.join(known)}")


def _to_continue(
    fleet: Fleet, ledger: Ledger, named: str | None, asked: Mapping[str, str | None]
) -> RunSummary | None:
    """The run to continue: the one named, else the last one that was asked for the same, if it died without an end.

    Args:
        fleet: the fleet.
        ledger: its ledger.
        named: the run's id, the beginning of one, or `latest`.
        asked: the `wave` and the `plan` (its checksum) that are asked for now.
    """
    if named is not None:
        run = ledger.runs.summary(named)
        _refuse_to_continue(run, asked)
        _refuse_other_tenants(ledger.runs.record(run.run_id), fleet)
        return run
    same = [run for run in ledger.runs.of_fleet(fleet.name, "migrate") if _options(run, asked) == asked]
    if not same or same[0].ended_at or same[0].holder:
        return None
    return None if _other_tenants(ledger.runs.record(same[0].run_id), fleet) else same[0]


def _options(run: RunSummary, asked: Iterable[str]) -> Mapping[str, object]:
    return {name: run.options.get(name) for name in asked}


def _refuse_to_continue(run: RunSummary, asked: Mapping[str, str | None]) -> None:
    if run.verb != "migrate":
        raise LedgerError(f"run {run.run_id} is a {run.verb}, which is not continued: give its command again")
    if run.ended_at is not None:
        raise LedgerError(
            f"run {run.run_id} ended {run.ended_at:%Y-%m-%d %H:%M} UTC ({run.verdict}): start a new one"
        )
    if run.holder:
        raise LeaseHeld(f"run {run.run_id} is going on: {run.holder} is at work on it; wait for its end")
    if asked["wave"] not in (None, run.options["wave"]):
        started = f"--wave {run.options['wave']}" if run.options["wave"] else "no --wave"
        raise PlanRefused(
            f"run {run.run_id} was started with {started}, not with --wave {asked['wave']}: continue it without --wave"
        )
    if asked["plan"] != run.options["plan"]:
        started = f"plan file {str(run.options['plan'])[:12]}" if run.options["plan"] else "no plan file"
        given = f"{asked['plan'][:12]} was given" if asked["plan"] else "none was given"
        raise PlanRefused(
            f"run {run.run_id} was started with {started} and {given}: continue it with what it began"
        )


def _other_tenants(run: RunRecord, fleet: Fleet) -> set[str]:
    """Tenants that only one of the two has; empty when a run is of the fleet as it is."""
    return {t.domain for t in fleet.tenants} ^ {t.domain for t in run.tenants}


def _refuse_other_tenants(run: RunRecord, fleet: Fleet) -> None:
    if others := _other_tenants(run, fleet):
        raise PlanRefused(
            f"run {run.run_id} was of {len(run.tenants)} tenants and the fleet file has {len(fleet.tenants)} now (for "
            f"example {', '.join(sorted(others)[:5])}): start a new run"
        )


@dataclass(frozen=True, slots=True)
class Migrated:
    """Which migrated tenants a verb is for, and what the operator accepts there by name.

    Attributes:
        domains: Named tenants; empty where a wave is named.
        wave: Every migrated tenant of this wave.
        accepted: Names that the operator accepts.
        out: Where reports go; None means below the state directory.
    """

    domains: tuple[str, ...]
    wave: str | None
    accepted: frozenset[str]
    out: Path | None


def rollback_order(fleet: Fleet, ledger: Ledger, of: Migrated) -> Order:
    """A rollback of named tenants or of a wave's migrated ones.

    Raises:
        PlanRefused: a tenant isn't the fleet's, or the ledger knows no migration of it; nothing was written.
    """
    return _over_migrated("rollback", rollback_flow, fleet, ledger, of)


def finalize_order(fleet: Fleet, ledger: Ledger, of: Migrated) -> Order:
    """The removal of leftovers of named tenants or of a wave's migrated ones.

    Raises:
        PlanRefused: as `rollback_order`, or a name that is accepted is no leftover's.
    """
    names = {*LEFTOVERS, ILL_HEALTH}
    if unknown := sorted(n for n in of.accepted if n not in names and not n.startswith(IN_LOGS)):
        known = ", ".join(sorted(names))
        raise PlanRefused(
            f"nothing can be accepted as {', '.join(unknown)}; it goes by {known}, or {IN_LOGS}ID/legacy"
        )
    return _over_migrated("finalize", finalize_flow, fleet, ledger, of)


def _over_migrated(verb: str, flow: VerbFlow, fleet: Fleet, ledger: Ledger, of: Migrated) -> Order:
    plans = _plans_of(fleet, ledger, of.domains, of.wave)
    return Order(
        verb=verb,
        fleet=fleet,
        flow=flow,
        plans=plans,
        accepted=of.accepted,
        out=of.out,
        options={"tenants": sorted(plans), "wave": of.wave, "accepted": sorted(of.accepted)},
    )


def _plans_of(fleet: Fleet, ledger: Ledger, domains: Iterable[str], wave: str | None) -> dict[str, Plan]:
    """The plan last worked on of each tenant named, or of the migrated ones of a wave.

    Raises:
        PlanRefused: a tenant isn't the fleet's, or the ledger knows no migration of it.
    """
    wanted = [d.lower() for d in domains] or _migrated_in(fleet, ledger, wave or "")
    plans: dict[str, Plan] = {}
    problems: list[str] = []
    for domain in wanted:
        known = migration_plans(ledger, ledger.steps.of_tenant(domain=domain))
        if fleet.tenant(domain) is None:
            problems.append(f"{domain}: not a tenant of fleet {fleet.name}")
        elif not known:
            problems.append(
                f"{domain}: the ledger knows no migration of it, so there is nothing to take back"
            )
        else:
            plans[domain] = known[0]
    if problems or not plans:
        listed = "\n".join(
            f"  - {p}"
            for p in problems or [f"wave {wave}: nothing of a migration stands in any of its tenants"]
        )
        raise PlanRefused(f"nothing was written to any tenant:\n{listed}")
    return plans


def _migrated_in(fleet: Fleet, ledger: Ledger, wave: str) -> list[str]:
    """The tenants of a wave in which something of a migration stands, whatever the outcome was told as."""
    _refuse_unknown_wave(fleet, wave)
    waves = assign(fleet.tenants, fleet.waves)
    touched = ledger.steps.tenants_with_writes()
    return [
        tenant.domain
        for tenant in fleet.tenants
        if waves[tenant.domain] == wave and tenant.domain in touched and applied_plans(ledger, tenant.domain)
    ]
