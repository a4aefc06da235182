"""The order of the tenants in a wave, and which of an owner come first. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from configs import OrderBy, Selectable, Wave
from phonefleet.model.assessment import Assessment, DependentKind
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.run_record import TenantOutline

_SETTLED = frozenset({OutcomeKind.MIGRATED, OutcomeKind.UNCHANGED, OutcomeKind.SKIPPED, OutcomeKind.PREPARED})


USED_THROUGH = frozenset(
    {DependentKind.MFA_FACTOR, DependentKind.PASSWORDLESS_CONNECTION, DependentKind.PHONE_IDENTIFIER}
)
"""Dependents that send messages to users. Numbers of messages are not part of an assessment."""


def size_of_use(assessment: Assessment) -> int:
    """Return how many factors, Passwordless connections and phone identifiers send messages."""
    return sum(dependent.kind in USED_THROUGH for dependent in assessment.dependents)


def ordered(
    tenants: Iterable[Selectable], wave: Wave, uses: Mapping[str, int] = MappingProxyType({})
) -> list[Selectable]:
    """Return a wave's tenants in their order; equal ones stay as they are listed.

    Args:
        tenants: the tenants.
        wave: their wave.
        uses: the size of each tenant's use, by domain; a tenant without one comes last.
    """
    if wave.order.by is OrderBy.USE:
        known, unknown = list[Selectable](), list[Selectable]()
        for tenant in tenants:
            (known if tenant.domain in uses else unknown).append(tenant)
        known.sort(key=lambda tenant: uses[tenant.domain], reverse=wave.order.descending)
        return known + unknown
    label = wave.order.label
    if label is None:
        return list(tenants)
    having, rest = list[Selectable](), list[Selectable]()
    for tenant in tenants:
        (having if label in tenant.labels else rest).append(tenant)
    having.sort(key=lambda tenant: _rank(tenant.labels[label]), reverse=wave.order.descending)
    return having + rest


def _rank(value: str) -> tuple[bool, Decimal, str]:
    """Order numbers by their size, before texts."""
    number = re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,6})?", value.strip(), re.ASCII)
    return (False, Decimal(number[0]), "") if number else (True, Decimal(), value)


def split_by_owner(tenants: Sequence[Selectable]) -> tuple[list[Selectable], list[Selectable]]:
    """Return the first tenant of each owner with those that have no owner, and the others; both in order."""
    seen: set[str] = set()
    firsts, others = list[Selectable](), list[Selectable]()
    for tenant in tenants:
        (others if tenant.owner and tenant.owner in seen else firsts).append(tenant)
        seen.add(tenant.owner)
    return firsts, others


def owners_to_hold(tenants: Iterable[TenantOutline], wave: str) -> set[str]:
    """Return the owners of whom a tenant of the wave has ended without being migrated."""
    return {
        tenant.owner
        for tenant in tenants
        if tenant.wave == wave
        and tenant.batch is not None
        and tenant.owner
        and tenant.outcome is not None
        and tenant.outcome not in _SETTLED
        and tenant.outcome_reason is not ReasonCode.NOT_SELECTED
    }
