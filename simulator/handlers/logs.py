"""Tenant logs: by page, by search, or from a checkpoint."""

from __future__ import annotations

from bisect import bisect_right

from simulator.errors import ApiError, invalid_query
from simulator.operations import Call, Operation, Reply
from simulator.paging import picked
from simulator.ratelimit import Group
from simulator.search import QueryError, parse
from simulator.state import Json

SEARCH_LIMIT = 1000
"""Logs that paging reaches; a checkpoint has no limit (Auth0 documentation, "Retrieve Log Events")."""


def list_logs(call: Call) -> Reply:
    """Return logs: newest first by page, oldest first from a checkpoint."""
    visible = call.tenant.logs.visible(call.now)
    if "from" in call.query:
        take = call.number("take", 50, 1, 100)
        start = bisect_right(visible, call.query["from"], key=lambda log: log["log_id"])
        return Reply(200, [picked(call, log) for log in visible[start : start + take]])
    page, size = (
        call.number("page", 0, 0, 100_000),
        call.number("per_page", call.number("take", 50, 1, 100), 0, 100),
    )
    if (page + 1) * size > SEARCH_LIMIT:
        raise invalid_query(f"only the first {SEARCH_LIMIT} logs can be paged through; use from and take")
    found = _sorted(call, _matching(call, visible))
    chosen = [picked(call, log) for log in found[page * size : (page + 1) * size]]
    if not call.flag("include_totals"):
        return Reply(200, chosen)
    totals = {"start": page * size, "limit": size, "length": len(chosen), "total": len(found)}
    return Reply(200, totals | {"logs": chosen})


def _matching(call: Call, visible: list[Json]) -> list[Json]:
    query = call.query.get("q") or call.query.get("search") or ""
    try:
        predicate = parse(query)
    except QueryError as error:
        raise ApiError(400, f"Invalid search query: {error}", "invalid_query_string") from None
    return [log for log in visible if predicate(log)]


def _sorted(call: Call, logs: list[Json]) -> list[Json]:
    name, _, direction = call.query.get("sort", "date:-1").partition(":")
    if direction not in ("1", "-1"):
        raise invalid_query("'sort' must be FIELD:1 or FIELD:-1")
    if name == "date":
        return logs if direction == "1" else logs[::-1]
    return sorted(logs, key=lambda log: str(log.get(name) or ""), reverse=direction == "-1")


def get_log(call: Call) -> Reply:
    """Return one log."""
    log = call.tenant.logs.find(call.path["id"], call.now)
    if log is None:
        raise ApiError(404, "Log not found.")
    return Reply(200, log)


_READ = ("read:logs", "read:logs_users")
OPERATIONS = (
    Operation("GET", "/logs", _READ, list_logs, "Get logs", group=Group.LOGS),
    Operation("GET", "/logs/{id}", _READ, get_log, "Get a log", group=Group.LOGS),
)
