"""Group the tenants of a plan that get the same steps, and find the fields in which these differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from phonefleet.model.enums import ReasonCode, Reversibility, Route, StepKind, Verdict
from phonefleet.model.plan import Plan, TenantPlan
from phonefleet.model.steps import Step

_OF_TEMPLATES = frozenset({StepKind.CREATE_TEMPLATE, StepKind.UPDATE_TEMPLATE})
_OF_MESSAGES = frozenset({StepKind.SEND_TEST})


@dataclass(frozen=True, slots=True)
class GroupField:
    """A field that a step changes: its path, and its values where all tenants of the group have the same.

    Attributes:
        path: names with dots between.
        before: as JSON, without quotes around text; None where it is absent or differs.
        after: likewise.
        values: how many different changes of it the tenants have.
    """

    path: str
    before: str | None
    after: str | None
    values: int


@dataclass(frozen=True, slots=True)
class GroupStep:
    """A step that all tenants of a group have, and what it changes."""

    name: str
    fields: tuple[GroupField, ...]


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """Tenants with the same steps.

    Attributes:
        domains: in the plan's order.
        route: of all.
        reversibility: of all.
        awaiting: the reasons that must be approved first; empty for plans that may be applied.
        warnings: codes of the plans' warnings.
        steps: in order.
    """

    domains: tuple[str, ...]
    route: Route
    reversibility: Reversibility
    awaiting: tuple[ReasonCode, ...]
    warnings: tuple[ReasonCode, ...]
    steps: tuple[GroupStep, ...]

    @property
    def differing(self) -> tuple[str, ...]:
        """The last names of the fields in which the tenants differ, each once."""
        paths = (f.path for step in self.steps for f in step.fields if f.values > 1)
        return tuple(dict.fromkeys(path.rpartition(".")[2] for path in paths))


@dataclass(frozen=True, slots=True)
class UnplannedGroup:
    """Tenants without a plan, with the same verdict for the same first reason; the message is the first one's."""

    domains: tuple[str, ...]
    verdict: Verdict
    code: ReasonCode | None
    message: str


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What the plans of a group have in common; see `PlanGroup`."""

    route: Route
    reversibility: Reversibility
    awaiting: tuple[ReasonCode, ...]
    warnings: tuple[ReasonCode, ...]
    steps: tuple[str, ...]


def plan_groups(tenants: Iterable[TenantPlan]) -> list[PlanGroup]:
    """Group the tenants that have a plan or a proposal, the largest group first."""
    groups: dict[GroupKey, list[tuple[str, Plan]]] = {}
    for tenant in tenants:
        if plan := tenant.plan or tenant.proposal:
            awaiting = () if tenant.plan else tenant.awaiting
            warnings = tuple(sorted({warning.code for warning in plan.warnings}))
            steps = tuple(map(step_name, plan.steps))
            key = GroupKey(plan.route, plan.reversibility, awaiting, warnings, steps)
            groups.setdefault(key, []).append((tenant.domain, plan))
    found = [_group(key, members) for key, members in groups.items()]
    return sorted(found, key=lambda group: -len(group.domains))


def unplanned_groups(tenants: Iterable[TenantPlan]) -> list[UnplannedGroup]:
    """Group the tenants that have neither a plan nor a proposal, the largest group first."""
    groups: dict[tuple[Verdict, ReasonCode | None], list[TenantPlan]] = {}
    for tenant in tenants:
        if not (tenant.plan or tenant.proposal):
            reasons = tenant.assessment.reasons
            groups.setdefault((tenant.verdict, reasons[0].code if reasons else None), []).append(tenant)
    found = [
        UnplannedGroup(tuple(t.domain for t in members), verdict, code, _first_message(members[0]))
        for (verdict, code), members in groups.items()
    ]
    return sorted(found, key=lambda group: -len(group.domains))


def step_name(step: Step) -> str:
    """Return what names a step in every tenant: ids of connections are each tenant's own."""
    named = step.kind in _OF_TEMPLATES or step.kind in _OF_MESSAGES
    return f"{step.kind}: {step.target}" if named and step.target else str(step.kind)


def _first_message(tenant: TenantPlan) -> str:
    reasons = tenant.assessment.reasons
    return reasons[0].message.removeprefix(f"{tenant.domain}: ") if reasons else ""


def _group(key: GroupKey, members: list[tuple[str, Plan]]) -> PlanGroup:
    plans = [plan for _, plan in members]
    steps = zip(*(plan.steps for plan in plans), strict=True)
    return PlanGroup(
        tuple(domain for domain, _ in members),
        key.route,
        key.reversibility,
        key.awaiting,
        key.warnings,
        tuple(GroupStep(step_name(same[0]), tuple(_fields(same))) for same in steps),
    )


def _fields(steps: tuple[Step, ...]) -> Iterator[GroupField]:
    """Yield the fields that the steps change, in the order of their first occurrence."""
    changes = [changed_fields(step) for step in steps]
    for path in dict.fromkeys(path for change in changes for path in change):
        values = {change.get(path) for change in changes}
        before, after = changes[0].get(path, (None, None)) if len(values) == 1 else (None, None)
        yield GroupField(path, before, after, len(values))


def group_of(tenants: Sequence[TenantPlan], domain: str) -> tuple[str, ...]:
    """Return the tenants that get the same steps as this one, itself included; none if it has no plan."""
    found = (group.domains for group in plan_groups(tenants) if domain in group.domains)
    return next(found, ())


def own_values(tenant: TenantPlan, group: PlanGroup) -> Iterator[tuple[str, str]]:
    """Yield the name and the new value of each field in which a tenant of a group may differ from the others."""
    plan = tenant.plan or tenant.proposal
    for step, same in zip(plan.steps if plan else (), group.steps, strict=False):
        changes = changed_fields(step)
        for field in same.fields:
            if field.values > 1:
                _, value = changes.get(field.path, (None, None))
                yield f"{same.name}: {field.path}", value if value is not None else "absent"


def changed_fields(step: Step) -> dict[str, tuple[str | None, str | None]]:
    """Return the fields that a step changes: path, value before and value after."""
    before, after = dict(_flat(step.before_json)), dict(_flat(step.after_json))
    paths = dict.fromkeys((*after, *before))
    return {p: (before.get(p), after.get(p)) for p in paths if before.get(p) != after.get(p)}


def _flat(value: JsonValue, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and text of every value below a JSON object; a list is one value."""
    if isinstance(value, dict) and value and set(value) != {"$secret"}:
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif value is not None:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
