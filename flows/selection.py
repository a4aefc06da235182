"""Which migrated tenants a rollback, a finalization or a handover is for, checked against the fleet and the ledger."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from configs import Amount, Fleet
from phonefleet.errors import PlanRefused
from phonefleet.execution.applied_plans import applied_plans, migration_plans
from phonefleet.execution.finalize import unknown_names
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.assessment import DependentKind
from phonefleet.model.enums import LEFTOVERS
from phonefleet.model.impact_name import ILL_HEALTH, UNTESTED_CREDENTIALS
from phonefleet.model.run_options import RunOptions
from phonefleet.rollout.waves import assign


def select_for_rollback(fleet: Fleet, ledger: Ledger, options: RunOptions) -> list[str]:
    """Return the named tenants, or those of the wave in which something of a migration is in effect.

    Raises:
        PlanRefused: neither or both are given, a tenant isn't the fleet's, or the ledger has no migration of it;
            nothing was written.
    """
    if bool(options.tenants) == bool(options.wave):
        raise PlanRefused("nothing was written to any tenant: name either tenants or a wave")
    wanted = list(named(options.tenants)) or _migrated_in(fleet, ledger, options.wave or "")
    problems: list[str] = []
    for domain in wanted:
        if fleet.tenant(domain) is None:
            problems.append(f"{domain}: not a tenant of fleet {fleet.name}")
        elif not migration_plans(ledger, ledger.steps.of_tenant(domain=domain)):
            problems.append(f"{domain}: the ledger has no migration of it, so there is nothing to undo")
    if not wanted:
        problems.append(f"wave {options.wave}: no migration is in effect in any of its tenants")
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise PlanRefused(f"nothing was written to any tenant:\n{listed}")
    return wanted


def select_for_finalization(fleet: Fleet, ledger: Ledger, options: RunOptions) -> list[str]:
    """Return the tenants as `select_for_rollback` does.

    Raises:
        PlanRefused: as `select_for_rollback`, or an accepted name is no leftover's.
    """
    if unknown := unknown_names(options.accepted):
        known = ", ".join(sorted({*LEFTOVERS, ILL_HEALTH, UNTESTED_CREDENTIALS}))
        by_id = f"{DependentKind.CLIENT_IN_LOGS}:ID/legacy or {DependentKind.OWNER}:KIND/ID"
        raise PlanRefused(f"nothing can be accepted as {', '.join(unknown)}; the names are {known}, {by_id}")
    return select_for_rollback(fleet, ledger, options)


def select_for_handover(fleet: Fleet, ledger: Ledger, options: RunOptions) -> list[str]:
    """Return the named tenants, or every tenant in which a migration is in effect.

    Raises:
        PlanRefused: a tenant isn't the fleet's, no migration of it is in effect, or none is in the whole fleet.
    """
    written = ledger.steps.tenants_with_writes()
    migrated = [t.domain for t in fleet.tenants if t.domain in written and applied_plans(ledger, t.domain)]
    wanted = list(named(options.tenants)) or migrated
    problems = [
        f"{domain}: not a tenant of fleet {fleet.name}"
        if fleet.tenant(domain) is None
        else f"{domain}: the ledger has no migration of it that is in effect: migrate it first"
        for domain in wanted
        if domain not in migrated
    ]
    if not wanted:
        problems.append(f"fleet {fleet.name}: no migration is in effect in any of its tenants: migrate first")
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise PlanRefused(f"nothing was handed over:\n{listed}")
    return wanted


def parse_allowed(text: str) -> str:
    """Return how many tenants may be unreadable, as the ledger records it.

    Raises:
        PlanRefused: it is neither a count nor a percentage; no run was started.
    """
    try:
        return str(Amount.parse(text))
    except ValidationError:
        raise PlanRefused(
            f'--allow-unreachable {text}: neither a count nor a percentage: write a number such as 2, or "5%"'
        ) from None


def check_wave(fleet: Fleet, wave: str | None) -> None:
    """Check that the fleet has this wave; None is any.

    Raises:
        PlanRefused: it has none of that name.
    """
    known = [w.name for w in fleet.waves]
    if wave is not None and wave not in known:
        raise PlanRefused(f"fleet {fleet.name} has no wave {wave}; it has {', '.join(known)}")


def named(domains: Iterable[str] | None) -> tuple[str, ...]:
    """Return the domains that an operator named, in lower case and each once."""
    return tuple(dict.fromkeys(domain.lower() for domain in domains or ()))


def check_domains(fleet: Fleet, domains: tuple[str, ...]) -> None:
    """Check that every domain is a tenant of the fleet.

    Raises:
        PlanRefused: one is not.
    """
    if unknown := sorted(domain for domain in domains if fleet.tenant(domain) is None):
        raise PlanRefused(f"{', '.join(unknown)}: not a tenant of fleet {fleet.name}")


def _migrated_in(fleet: Fleet, ledger: Ledger, wave: str) -> list[str]:
    """Return the tenants of a wave in which something of a migration is in effect, whatever their outcome was."""
    check_wave(fleet, wave)
    waves = assign(fleet.tenants, fleet.waves)
    written = ledger.steps.tenants_with_writes()
    return [
        tenant.domain
        for tenant in fleet.tenants
        if waves[tenant.domain] == wave and tenant.domain in written and applied_plans(ledger, tenant.domain)
    ]
