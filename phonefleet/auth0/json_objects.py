"""Objects in JSON of any content, such as the entries of a tenant's log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def member(value: Any, key: str) -> Mapping[str, Any]:
    """Return an object in an object; an empty one where it is absent or of another type."""
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}
