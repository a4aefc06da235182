"""Compare two plan files of a fleet: which tenants come and go, and whose plans differ in what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from flows.plan_groups import changed_fields, step_name
from phonefleet.model.plan import FleetPlan, Plan, TenantPlan


class PlanChange(StrEnum):
    """What differs of a tenant between two plan files."""

    ADDED = "added"
    """Only the new file has the tenant."""
    REMOVED = "removed"
    """Only the old file has it."""
    VERDICT = "verdict"
    """It is judged differently: it has a plan in one file only, or waits for other approvals."""
    STEPS = "steps"
    """Its plan has other steps, or its steps write something else."""
    FACTS = "facts"
    """The same would be written, but the tenant differs from when the plan was made."""


@dataclass(frozen=True, slots=True)
class StepDifference:
    """A field that a plan writes otherwise; None where a file's plan does not write it."""

    step: str
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class PlanDifferenceGroup:
    """Tenants whose plans differ in the same way.

    Attributes:
        change: what differs.
        old: what the old file says of them: a verdict with what it waits for; empty for an added tenant.
        new: likewise of the new file; empty for a removed tenant.
        fields: the fields that differ, in the order of the steps.
        domains: in the order of the new file, then of the old one.
    """

    change: PlanChange
    old: str
    new: str
    fields: tuple[StepDifference, ...]
    domains: tuple[str, ...]


def compare_plans(old: FleetPlan, new: FleetPlan) -> list[PlanDifferenceGroup]:
    """Return the differences of two plan files, equal ones of several tenants as one, the most tenants first."""
    before = {tenant.domain: tenant for tenant in old.tenants}
    after = {tenant.domain: tenant for tenant in new.tenants}
    groups: dict[tuple[PlanChange, str, str, tuple[StepDifference, ...]], list[str]] = {}
    for domain in dict.fromkeys((*after, *before)):
        if found := _difference(before.get(domain), after.get(domain)):
            groups.setdefault(found, []).append(domain)
    made = [PlanDifferenceGroup(*key, tuple(domains)) for key, domains in groups.items()]
    order = list(PlanChange)
    return sorted(made, key=lambda group: (order.index(group.change), -len(group.domains)))


def _difference(
    old: TenantPlan | None, new: TenantPlan | None
) -> tuple[PlanChange, str, str, tuple[StepDifference, ...]] | None:
    if old is None or new is None:
        return PlanChange.ADDED if old is None else PlanChange.REMOVED, _judgement(old), _judgement(new), ()
    if old.checksum_text == new.checksum_text:
        return None
    first, second = old.plan or old.proposal, new.plan or new.proposal
    fields = tuple(_fields(first, second)) if first and second else ()
    if _judgement(old) != _judgement(new):
        return PlanChange.VERDICT, _judgement(old), _judgement(new), fields
    return PlanChange.STEPS if fields else PlanChange.FACTS, _judgement(old), _judgement(new), fields


def _judgement(tenant: TenantPlan | None) -> str:
    if tenant is None:
        return ""
    waits = (
        f", waits for approval of {', '.join(tenant.awaiting)}" if tenant.awaiting and not tenant.plan else ""
    )
    return f"{tenant.verdict}{waits}"


def _fields(old: Plan, new: Plan) -> list[StepDifference]:
    before, after = _written(old), _written(new)
    return [
        StepDifference(step, field, before.get((step, field)), after.get((step, field)))
        for step, field in dict.fromkeys((*after, *before))
        if before.get((step, field)) != after.get((step, field))
    ]


def _written(plan: Plan) -> dict[tuple[str, str], str | None]:
    """Return what a plan writes by step and field; a step without fields counts as one."""
    written: dict[tuple[str, str], str | None] = {}
    names = Counter[str]()
    for step in plan.steps:
        names[step_name(step)] += 1
        number = names[step_name(step)]
        name = step_name(step) if number == 1 else f"{step_name(step)} ({number})"
        written[name, ""] = "a step"
        for field, (_, value) in changed_fields(step).items():
            written[name, field] = value if value is not None else "removed"
    return written
