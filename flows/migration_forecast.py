"""What a migration will do, by the plan file or by what the ledger last recorded, before anything is read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from configs import Fleet
from phonefleet.errors import TooMuchChange
from phonefleet.ledger.database import chunks
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.tenant_store import PAGE
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import Change, OutcomeKind, Severity, Verdict
from phonefleet.model.plan import FleetPlan, Plan
from phonefleet.model.run_options import RunOptions
from phonefleet.model.run_record import TenantOutline
from phonefleet.model.steps import SendTestStep
from phonefleet.rollout.gates import max_change
from phonefleet.rollout.waves import assign

_RUNS_SEARCHED = 30
_NAMED = 3
_MIGRATED = frozenset({OutcomeKind.MIGRATED, OutcomeKind.FINALIZED})


@dataclass(frozen=True, slots=True)
class MigrationForecast:
    """What a migration will do with the selected tenants, as far as it is known.

    Attributes:
        changed: tenants that will be changed.
        messages: test messages to each number.
        tools: tools of these tenants that will be answered 403 once they are switched.
        unchanged: tenants that are migrated already, or have nothing to migrate.
        waiting: tenants that a person must act on first.
        unread: tenants that were not read since they were changed, or never, so that this run decides: it may migrate
            them.
        rolled_back: of all these that it migrates or may migrate, those that an operator rolled back before.
    """

    changed: int = 0
    messages: Mapping[str, int] = field(default_factory=dict)
    tools: int = 0
    unchanged: int = 0
    waiting: int = 0
    unread: int = 0
    rolled_back: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the numbers that are not zero, for the question whether to go on."""
        counts = (
            (self.changed, "to migrate"),
            (self.unread, f"{'more ' if self.changed else ''}possibly to migrate (not read yet)"),
            (self.unchanged, "unchanged"),
            (self.waiting, "waiting for a decision or a repair"),
        )
        parts = [f"{count} {what}" for count, what in counts if count or what == "to migrate"]
        return ", ".join([*parts, *self._messages(), *self._refused_tools()]) + self._again()

    def _again(self) -> str:
        """Return which of the tenants were rolled back on purpose: this run would undo that."""
        if not self.rolled_back:
            return ""
        more = len(self.rolled_back) - _NAMED
        names = ", ".join(self.rolled_back[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        verb = "was" if len(self.rolled_back) == 1 else "were"
        return f"; {len(self.rolled_back)} of them {verb} rolled back before: {names}"

    def _messages(self) -> Iterator[str]:
        for number, count in sorted(self.messages.items()):
            yield f"{count} test message{'' if count == 1 else 's'} to +…{number[-2:]}"

    def _refused_tools(self) -> Iterator[str]:
        if self.tools:
            yield f"{self.tools} tool{'' if self.tools == 1 else 's'} will get 403"


def forecast(
    fleet: Fleet, ledger: Ledger, options: RunOptions, approved: FleetPlan | None
) -> MigrationForecast:
    """Return what a migration that is asked for will do.

    Args:
        fleet: the fleet.
        ledger: its ledger.
        options: what is asked for.
        approved: the plan to apply; None for what the ledger last recorded.
    """
    waves = assign(fleet.tenants, fleet.waves)
    last = _last_outlines(fleet, ledger)
    rolled_back = _rolled_back(fleet, ledger)
    work = _Work()
    recorded: dict[str, list[str]] = {}
    counts = Counter[str]()
    again: list[str] = []
    for domain, wave in waves.items():
        if options.wave not in (None, wave) or (options.tenants and domain not in options.tenants):
            continue
        run_id, known = last.get(domain, ("", None))
        planned = approved.of(domain) if approved else None
        verdict = planned.verdict if planned else (known.verdict if known else None)
        unread_since = rolled_back.get(domain, False)
        if known and _is_migrated(known) and not unread_since:
            counts["unchanged"] += 1
            continue
        if verdict is None or (planned is None and approved is not None):
            counts["unread"] += 1
        elif planned and planned.plan:
            work.add(planned.plan, planned.assessment)
        elif planned is None and known and known.has_plan_now:
            recorded.setdefault(run_id, []).append(domain)
        elif planned is None and unread_since:
            counts["unread"] += 1
        elif planned is None and verdict is Verdict.ELIGIBLE:
            # Compliance reads a tenant without planning: nothing is known of its messages.
            work.changed += 1
        else:
            counts["unchanged" if verdict is Verdict.NOT_APPLICABLE else "waiting"] += 1
            continue
        if domain in rolled_back:
            again.append(domain)
    for run_id, domains in recorded.items():
        for page in chunks(domains, PAGE):
            for tenant in ledger.tenants.records(run_id, page):
                work.add(tenant.plan, tenant.assessment)
    return MigrationForecast(work.changed, work.messages, work.tools, **counts, rolled_back=tuple(again))


@dataclass
class _Work:
    """Plans in numbers, so that those of a large fleet need not be in memory."""

    changed: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    tools: int = 0

    def add(self, plan: Plan | None, found: Assessment | None) -> None:
        if plan is None or found is None:
            return
        self.changed += 1
        self.messages.update(step.after.to for step in plan.steps if isinstance(step, SendTestStep))
        refused = Severity.TOOLING_REFUSED
        self.tools += sum(each.breaks_on.get(Change.SWITCH) is refused for each in found.dependents)


def refuse_known_excess(fleet: Fleet, options: RunOptions, expected: MigrationForecast) -> None:
    """Check before any tenant is read that the run will not change too many.

    Raises:
        TooMuchChange: more tenants have a plan than `rollout.max_change` allows, and `force` was not given.
    """
    if too_many := excess(fleet, options, expected.changed):
        raise TooMuchChange(f"no run was started: {too_many}")


def excess(fleet: Fleet, options: RunOptions, changed: int) -> str:
    """Return why so many tenants may not be changed in one run, with the ways out; empty if they may."""
    size = len(fleet.tenants)
    allowed = max_change(fleet.rollout.max_change, size)
    if options.force or changed <= allowed:
        return ""
    fewer = "--tenant DOMAIN" if options.wave or options.tenants else "--wave NAME or --tenant DOMAIN"
    return (
        f"{changed} of {size} tenants would be changed in one run, and rollout.max_change "
        f"{fleet.rollout.max_change} allows {allowed}. Either migrate fewer ({fewer}), or raise rollout.max_change, or "
        "repeat with --force"
    )


def _last_outlines(fleet: Fleet, ledger: Ledger) -> dict[str, tuple[str, TenantOutline]]:
    """Return each tenant as the last run that read or changed it recorded it, with that run."""
    wanted = {tenant.domain for tenant in fleet.tenants}
    last: dict[str, tuple[str, TenantOutline]] = {}
    for run in ledger.runs.recent(limit=_RUNS_SEARCHED):
        if run.fleet != fleet.name or wanted <= last.keys():
            continue
        for tenant in ledger.runs.outline(run.run_id).tenants:
            read = tenant.verdict not in (None, Verdict.UNREACHABLE)
            if tenant.domain in wanted and (read or tenant.outcome in _MIGRATED):
                last.setdefault(tenant.domain, (run.run_id, tenant))
    return last


def _rolled_back(fleet: Fleet, ledger: Ledger) -> dict[str, bool]:
    """Return the tenants that an operator rolled back last, each with whether none has read it since."""
    return {
        tenant.domain: tenant.read is None or tenant.read.at < tenant.changed.at
        for tenant in ledger.fleets.facts(fleet.name).tenants
        if tenant.changed
        and tenant.changed.verb == "rollback"
        and tenant.changed.kind is OutcomeKind.ROLLED_BACK
    }


def _is_migrated(tenant: TenantOutline) -> bool:
    return tenant.outcome in _MIGRATED or tenant.verdict is Verdict.ALREADY_MIGRATED
