"""Compare two plans of a tenant."""

from __future__ import annotations

from phonefleet.model.plan import Plan


def plan_difference(old: Plan, new: Plan) -> str:
    """Describe in what two plans of a tenant differ."""
    before, after = {s.key: s for s in old.steps}, {s.key: s for s in new.steps}
    changed = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
    return f"steps that differ: {', '.join(changed)}" if changed else "facts it was made from differ"
