"""`compliance`: detect drift from the last recorded state, and who caused it. Changes no tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prefect import flow

from flows.assess import assess_all
from flows.comparison import Comparison, RecordedState, changing_run, compare
from flows.half_changed import half_changed_tenants
from flows.report_files import FinishedRun
from flows.run_end import require_done, run_to_completion
from flows.run_start import open_fleet, start_run
from flows.selection import check_domains, named, parse_allowed
from flows.shards import run_phase
from flows.stopping import stoppable
from flows.tenant_pages import tenant_pages
from flows.tenant_runs import hold_unselected
from flows.verdict_states import flow_options, judged
from phonefleet.model.enums import OutcomeKind, ReasonCode, ShardPhase, Verdict
from phonefleet.model.outcome import Outcome
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_record import Lease, SnapshotMoment, TenantRecord
from phonefleet.system_user import operating_system_user
from tasks.assess import COMPARES
from tasks.run_context import RunContext

VERB = COMPARES


@flow(**flow_options(VERB))
@stoppable
@judged
async def compliance(
    fleet: str,
    accept: list[str] | None = None,
    reports: str | None = None,
    test: bool = False,
    allow_unreachable: str = "0",
    tenants: list[str] | None = None,
    pool: str | None = None,
    fleet_checksum: str | None = None,
) -> FinishedRun:
    """Read every tenant and compare it with the state that the ledger last recorded of it.

    Args:
        fleet: the path of the fleet file.
        accept: domains whose present state becomes the recorded one.
        reports: directory for the reports; None for one below the state directory.
        test: send test messages to tenants whose credentials may have been overwritten.
        allow_unreachable: so many tenants, or such a percentage, may be unreadable without effect on the exit code.
        tenants: only these domains; None for every tenant.
        pool: the Prefect work pool whose workers do the work; None for what the fleet file says.
        fleet_checksum: the checksum of the fleet that the run is for, as `phonefleet deploy` sets it; a worker that
            has another fleet file refuses. None accepts any.

    Raises:
        PlanRefused: a domain isn't the fleet's; no run was started.
        RunNotDone: drift was found, or a tenant can't be read.
    """
    accepted = tuple(sorted(named(accept)))
    async with open_fleet(fleet, fleet_checksum) as (loaded, ledger):
        wanted = named(tenants)
        check_domains(loaded, (*accepted, *wanted))
        options = RunOptions(
            tenants=wanted,
            accepted=accepted,
            pool=pool,
            reports=reports,
            test=test,
            allow_unreachable=parse_allowed(allow_unreachable),
        )
        async with start_run(VERB, loaded, ledger, options) as context:
            return require_done(await run_to_completion(context, _compliance(context)))


async def _compliance(context: RunContext) -> str:
    ledger = context.ledger
    leases = await ledger.leases.in_force.in_thread()
    selected = await hold_unselected(context)
    await assess_all(context, selected)
    leases += await ledger.leases.in_force.in_thread()
    half_changed = await half_changed_tenants(context)
    found = Findings()
    async for page in tenant_pages(context, selected):
        await _compare(context, [tenant for tenant in page if tenant.outcome is None], found, leases)
    for domain, half in half_changed.items():
        if domain in found.outcomes.keys() | found.drifted.keys():
            differs = found.drifted.pop(domain, None)
            code, message = half
            seen = f". It differs from its recorded state: {differs.listed}" if differs else ""
            found.outcomes[domain] = Outcome(OutcomeKind.INCONCLUSIVE, code, f"{message}{seen}")
    await _record(context, found.outcomes | await _settle(context, found.drifted))
    return ""


@dataclass
class Findings:
    """What the comparison of a fleet found.

    Attributes:
        outcomes: of the tenants that have not drifted.
        drifted: how the others differ from their recorded state.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    drifted: dict[str, Comparison] = field(default_factory=dict)


async def _compare(
    context: RunContext, page: list[TenantRecord], found: Findings, leases: Sequence[Lease]
) -> None:
    """Compare some tenants with their recorded state."""
    ledger, domains = context.ledger, [tenant.domain for tenant in page]
    recorded = RecordedState(
        await ledger.snapshots.latest.in_thread(domains),
        await ledger.tenants.last_verdicts.in_thread(domains, besides=(VERB,)),
    )
    moments = (SnapshotMoment.BEFORE,)
    read = await ledger.snapshots.latest.in_thread(domains, moments, run_id=context.run_id)
    for tenant in page:
        domain, now = tenant.domain, read.get(tenant.domain)
        compared = compare(recorded, tenant, now)
        if isinstance(compared, Outcome):
            found.outcomes[domain] = compared
        elif now and compared.all and (other := changing_run(recorded, now, leases)):
            message = (
                f"run {other} is changing it, so whether it drifted isn't known: repeat when that has ended"
            )
            found.outcomes[domain] = Outcome(OutcomeKind.INCONCLUSIVE, ReasonCode.LEASED_ELSEWHERE, message)
        elif compared.all:
            found.drifted[domain] = compared
        else:
            found.outcomes[domain] = compared.outcome


async def _settle(context: RunContext, drifted: Mapping[str, Comparison]) -> dict[str, Outcome]:
    """Find out who changed the drifted tenants, test or accept them where the operator asked for it, and record it."""
    unexplained = [domain for domain, each in drifted.items() if each.is_unexplained]
    found = await run_phase(context, ShardPhase.EXPLAIN, unexplained)
    # Without the logs the tenant has drifted all the same; the assessment says why they cannot be read.
    read_logs = {domain: end.writes for domain, end in found.items() if end.kind is None}
    explained = {d: each.explained(read_logs[d]) if d in read_logs else each for d, each in drifted.items()}
    tested = await _test(context, explained) if context.options.test else {}
    outcomes: dict[str, Outcome] = {}
    for domain, comparison in explained.items():
        if domain in context.options.accepted:
            outcomes[domain] = await _accept(context, domain, comparison.outcome)
        else:
            outcomes[domain] = tested.get(domain, comparison.outcome)
    changed = [field for domain in drifted for field in explained[domain].changed]
    await context.ledger.drift.add.in_thread(context.run_id, changed)
    return outcomes


async def _test(context: RunContext, drifted: Mapping[str, Comparison]) -> dict[str, Outcome]:
    """Return the outcomes of tenants after their test messages; what a read shows stays a drift."""
    accepted = context.options.accepted
    unseen = [d for d, each in drifted.items() if each.unseen and d not in accepted]
    ends = await run_phase(context, ShardPhase.RETEST, unseen)
    return {domain: drifted[domain].after_test(end.outcome) for domain, end in ends.items()}


async def _accept(context: RunContext, domain: str, drift: Outcome) -> Outcome:
    """Record what the tenant is now as the state that later runs compare with."""
    snapshots, moments = context.ledger.snapshots, (SnapshotMoment.BEFORE,)
    read = await snapshots.latest.in_thread([domain], moments, run_id=context.run_id)
    await snapshots.add.in_thread(context.run_id, domain, SnapshotMoment.AFTER, read[domain].snapshot)
    message = f"accepted as it is now by {operating_system_user()}: {drift.message}"
    return Outcome(OutcomeKind.UNCHANGED, ReasonCode.DRIFT_FOUND, message)


async def _record(context: RunContext, outcomes: Mapping[str, Outcome]) -> None:
    """Record equal outcomes in one transaction: most tenants of a fleet are in sync."""
    ledger, run_id = context.ledger, context.run_id
    outline = await ledger.runs.outline.in_thread(run_id)
    silent = {tenant.domain for tenant in outline.tenants if tenant.verdict is Verdict.BROKEN}
    for outcome in dict.fromkeys(outcomes.values()):
        same = [domain for domain, each in outcomes.items() if each == outcome]
        await ledger.tenants.set_outcomes.in_thread(
            run_id, same, outcome.kind, outcome.reason, outcome.message
        )
    for domain, outcome in outcomes.items():
        if outcome.kind in (OutcomeKind.DRIFTED, OutcomeKind.INCONCLUSIVE, OutcomeKind.FAILED):
            broken = ", broken" if domain in silent else ""
            message = outcome.message.removeprefix(f"{domain}: ")
            context.progress.say(f"{domain}: {outcome.kind}{broken}: {message}")
