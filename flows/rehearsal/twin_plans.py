"""Compare plans of tenants with those of their twins, and put the latter into a plan file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phonefleet.model.plan import FleetPlan, Plan, TenantPlan

_OF_STAND_INS = frozenset({"fingerprint", "basis"})
"""What changes with the value of a masked key, and with the name of a reference."""
_PROSE: dict[str, Any] = {
    "steps": {"__all__": {"title"}},
    "warnings": {"__all__": {"message"}},
    "verification": {"reasons", "flags"},
}


def is_same_plan(real: Plan | None, twin: Plan | None, renamed: Mapping[str, str]) -> bool:
    """Whether a twin's plan is that of its tenant, but for stand-ins of secrets.

    Args:
        real: the tenant's plan.
        twin: the twin's plan.
        renamed: references of the fleet file that the twins' fleet file has under another name.
    """
    if real is None or twin is None:
        return False
    if real.checksum == twin.checksum:
        return True
    return bool(_comparable(real, renamed) == _comparable(twin, {}))


def for_twins(real: FleetPlan, twins: FleetPlan, renamed: Mapping[str, str]) -> FleetPlan:
    """Return the plan file for the twins: theirs where it is the same plan, and the real one where it differs."""

    def of(tenant: TenantPlan) -> TenantPlan:
        twin = twins.of(tenant.domain)
        same = twin is not None and is_same_plan(tenant.plan, twin.plan or twin.proposal, renamed)
        if twin is None or not same:
            return tenant
        return tenant.model_copy(update={"plan": twin.plan or twin.proposal})

    return real.model_copy(
        update={
            "fleet": twins.fleet,
            "ledger": twins.ledger,
            "tenants": tuple(of(tenant) for tenant in real.tenants),
        }
    )


def _comparable(plan: Plan, renamed: Mapping[str, str]) -> Any:
    return _without(plan.model_dump(mode="json", exclude=_PROSE), renamed)


def _without(value: Any, renamed: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {key: _without(each, renamed) for key, each in value.items() if key not in _OF_STAND_INS}
        case list():
            return [_without(each, renamed) for each in value]
        case str():
            return renamed.get(value, value)
        case _:
            return value
