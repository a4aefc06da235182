"""Connections and the clients that may use them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from simulator.bodies import client_bodies
from simulator.bodies.connection_bodies import CREATE_CONNECTION, OPTIONS, STRATEGIES, UPDATE_CONNECTION
from simulator.clock import millis
from simulator.errors import ApiError, insufficient_scope, invalid_body, invalid_query
from simulator.operations import Call, Operation, Reply, check_body
from simulator.paging import listing, picked
from simulator.ratelimit import Group
from simulator.state import Json


def _found(call: Call) -> Json:
    connection = call.tenant.connections.get(call.path["id"])
    if connection is None:
        raise ApiError(404, "The connection does not exist", "inexistent_connection")
    return connection


READ_OPTIONS, UPDATE_OPTIONS = "read:connections_options", "update:connections_options"
"""Separate scopes for ``options``, on every tenant that has not postponed the change (Auth0 documentation,
"Migrate to Management API Connection Options Scopes")."""


def _shown(call: Call, connection: Json) -> Json:
    """Return a connection, without ``options`` if the token may not read them."""
    if READ_OPTIONS in call.scopes or not call.tenant.hidden.options_need_scopes:
        return connection
    return {key: value for key, value in connection.items() if key != "options"}


def list_connections(call: Call) -> Reply:
    """Return connections by strategy and name; a list does not say which clients are enabled."""
    strategies, name = call.query.getlist("strategy"), call.query.get("name")
    unknown = [strategy for strategy in strategies if strategy not in STRATEGIES]
    if unknown:
        raise invalid_query(f"'strategy' must be one of {', '.join(STRATEGIES)}, not {unknown[0]!r}")
    chosen = [
        {key: value for key, value in _shown(call, connection).items() if key != "enabled_clients"}
        for connection in call.tenant.connections.values()
        if (not strategies or connection["strategy"] in strategies) and name in (None, connection["name"])
    ]
    return Reply(200, listing(call, chosen, "connections"))


def create_connection(call: Call) -> Reply:
    """Make a connection."""
    body = call.body
    if body["strategy"] not in STRATEGIES:
        raise invalid_body(f"'Invalid value \"{body['strategy']}\"' on property strategy.")
    if any(connection["name"] == body["name"] for connection in call.tenant.connections.values()):
        raise ApiError(409, "A connection with the same name already exists", "connection_conflict")
    _check_options(body["strategy"], body.get("options"))
    connection: Json = {
        "id": call.ids.prefixed("con", 16),
        "options": deepcopy(body.get("options", {})),
        "strategy": body["strategy"],
        "name": body["name"],
        "is_domain_connection": body.get("is_domain_connection", False),
        "enabled_clients": list(body.get("enabled_clients", [])),
        "realms": list(body.get("realms", [body["name"]])),
    }
    call.tenant.connections[connection["id"]] = connection
    return Reply(201, deepcopy(connection))


def _check_options(strategy: str, options: Json | None) -> None:
    if options is not None and strategy in OPTIONS:
        check_body(OPTIONS[strategy], options)


def get_connection(call: Call) -> Reply:
    """Return one connection, its credentials included (recorded exchanges)."""
    return Reply(200, picked(call, _shown(call, _found(call))))


def update_connection(call: Call) -> Reply:
    """Change a connection; ``options`` is replaced as a whole."""
    connection = _found(call)
    may_update = UPDATE_OPTIONS in call.scopes or not call.tenant.hidden.options_need_scopes
    if "options" in call.body and not may_update:
        raise insufficient_scope((UPDATE_OPTIONS,))
    _check_options(connection["strategy"], call.body.get("options"))
    connection |= {key: value for key, value in deepcopy(call.body).items() if value is not None}
    return Reply(200, deepcopy(_shown(call, connection)))


def delete_connection(call: Call) -> Reply:
    """Delete a connection: 202, and 204 once it does not exist (recorded exchanges)."""
    identity = call.path["id"]
    if call.tenant.connections.pop(identity, None) is None:
        return Reply(204)
    call.tenant.deleted_connections[identity] = millis(call.now)
    return Reply(202, {"deleted_at": millis(call.now)})


def get_clients(call: Call) -> Reply:
    """Return the clients that may use the connection."""
    enabled: list[str] = _found(call)["enabled_clients"]
    take, start = call.number("take", 50, 1, 1000), call.number("from", 0, 0, 1_000_000)
    body: Json = {"clients": [{"client_id": identity} for identity in enabled[start : start + take]]}
    return Reply(200, body | {"next": str(start + take)} if start + take < len(enabled) else body)


def patch_clients(call: Call) -> Reply:
    """Enable and disable the clients in the body; the others stay."""
    connection = _found(call)
    unknown = [item["client_id"] for item in call.body if item["client_id"] not in call.tenant.clients]
    if unknown:
        raise ApiError(400, f"Some of the clients do not exist: {', '.join(unknown)}", "invalid_body")
    changes = {item["client_id"]: item["status"] for item in call.body}
    kept = [identity for identity in connection["enabled_clients"] if changes.get(identity, True)]
    added = [identity for identity, on in changes.items() if on and identity not in kept]
    connection["enabled_clients"] = kept + added
    return Reply(204)


def _holds_secret(body: Any) -> bool:
    """Whether one connection, or any of a list, shows a credential."""
    if isinstance(body, dict):
        body = body.get("connections", [body])
    options: list[Json] = [connection.get("options") or {} for connection in body]
    return any(
        o.get("twilio_token") or (o.get("gateway_authentication") or {}).get("secret") for o in options
    )


BASE = "/connections"
_ONE, _CLIENTS = BASE + "/{id}", BASE + "/{id}/clients"
_READ, _UPDATE, _GROUP = ("read:connections",), ("update:connections",), Group.CONNECTIONS
OPERATIONS = (
    Operation("GET", BASE, _READ, list_connections, "Get all connections", None, _GROUP, _holds_secret),
    Operation(
        "POST",
        BASE,
        ("create:connections",),
        create_connection,
        "Create a connection",
        CREATE_CONNECTION,
        _GROUP,
    ),
    Operation(
        "GET", _ONE, _READ, get_connection, "Get a connection", group=_GROUP, reads_secret=_holds_secret
    ),
    Operation("PATCH", _ONE, _UPDATE, update_connection, "Update a connection", UPDATE_CONNECTION, _GROUP),
    Operation(
        "DELETE", _ONE, ("delete:connections",), delete_connection, "Delete a connection", group=_GROUP
    ),
    Operation("GET", _CLIENTS, _READ, get_clients, "Get enabled clients of a connection", group=_GROUP),
    Operation(
        "PATCH",
        _CLIENTS,
        _UPDATE,
        patch_clients,
        "Update enabled clients",
        client_bodies.CONNECTION_CLIENTS,
        _GROUP,
    ),
)
