"""Compare two plans of a tenant."""

from __future__ import annotations

from pydantic import JsonValue

from phonefleet.model.plan import Plan


def plan_difference(old: Plan, new: Plan) -> str:
    """Describe in what two plans of a tenant differ."""
    before, after = _contents(old), _contents(new)
    changed = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
    return f"steps that differ: {', '.join(changed)}" if changed else "facts it was made from differ"


def _contents(plan: Plan) -> dict[str, JsonValue]:
    """What each step of a plan writes, by its key: a reworded title is no difference."""
    return {step.key: step.model_dump(mode="json", exclude={"title"}) for step in plan.steps}
