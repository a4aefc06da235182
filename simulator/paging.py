"""Lists by page, with totals, or from a checkpoint; and answers with selected fields."""

from __future__ import annotations

from copy import deepcopy

from simulator.errors import invalid_query
from simulator.operations import Call
from simulator.state import Json


def listing(call: Call, items: list[Json], key: str) -> list[Json] | Json:
    """Return the requested page of ``items``: a list, or an object with totals or ``next``."""
    if "from" in call.query or "take" in call.query:
        return _checkpoint(call, items, key)
    page, size = call.number("page", 0, 0, 100_000), call.number("per_page", 50, 0, 100)
    chosen = [picked(call, item) for item in items[page * size : (page + 1) * size]]
    if not call.flag("include_totals"):
        return chosen
    return {"total": len(items), "start": page * size, "limit": size, key: chosen}


def _checkpoint(call: Call, items: list[Json], key: str) -> Json:
    take = call.number("take", 50, 1, 100)
    start = call.number("from", 0, 0, 1_000_000)
    body: Json = {key: [picked(call, item) for item in items[start : start + take]]}
    return body | {"next": str(start + take)} if start + take < len(items) else body


def counted(key: str, shown: list[Json], total: int, page: int, per_page: int) -> Json:
    """Return a page as the Actions service does: without numbers that are 0 (recorded)."""
    numbers = {"total": total if shown else 0, "page": page, "per_page": per_page}
    return {key: shown} | {name: number for name, number in numbers.items() if number}


def picked(call: Call, item: Json) -> Json:
    """Return the fields that ``fields`` and ``include_fields`` ask for."""
    wanted = call.query.get("fields")
    if wanted is None:
        return deepcopy(item)
    names = [name.strip() for name in wanted.split(",")]
    if not all(names):
        raise invalid_query("'fields' must be names with commas between them")
    include = call.flag("include_fields") is not False
    return {key: deepcopy(value) for key, value in item.items() if (key in names) is include}
