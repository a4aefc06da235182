"""When two of the simulator's dumps are of tenants that went the same way."""

from __future__ import annotations

from typing import Any

UNLIKE = {"id", "action_id", "created_at", "updated_at", "number", "built_at"}
"""What two tenants that went the same way need not have in common."""


def alike(state: Any) -> Any:
    """A dump in a form in which two tenants that went the same way are equal: no ids, no times, lists in order."""
    match state:
        case dict():
            return {key: alike(value) for key, value in state.items() if key not in UNLIKE}
        case list() | tuple():
            return sorted((alike(value) for value in state), key=repr)
        case _:
            return state
