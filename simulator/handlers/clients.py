"""Applications and what they are granted."""

from __future__ import annotations

from copy import deepcopy

from simulator import bodies
from simulator.errors import ApiError
from simulator.operations import Call, Operation, Reply
from simulator.paging import listing, picked
from simulator.ratelimit import Group
from simulator.state import Json

_SECRET_SCOPES = frozenset({"read:client_keys", "read:client_credentials"})


def _shown(call: Call, client: Json) -> Json:
    """A client's secret shows only to who may read keys."""
    return (
        client if call.scopes & _SECRET_SCOPES else {k: v for k, v in client.items() if k != "client_secret"}
    )


def list_clients(call: Call) -> Reply:
    """Applications, by kind if asked."""
    types, first_party = call.query.get("app_type"), call.flag("is_first_party")
    is_global = call.flag("is_global")
    chosen = [
        _shown(call, client)
        for client in call.tenant.clients.values()
        if (types is None or client["app_type"] in types.split(","))
        and first_party in (None, client["is_first_party"])
        and is_global in (None, client["global"])
    ]
    return Reply(200, listing(call, chosen, "clients"))


def get_client(call: Call) -> Reply:
    """One application."""
    client = call.tenant.clients.get(call.path["id"])
    if client is None:
        raise ApiError(404, "The client does not exist", "inexistent_client")
    return Reply(200, picked(call, _shown(call, client)))


def list_grants(call: Call) -> Reply:
    """Grants, by client and audience if asked."""
    wanted = {key: call.query.get(key) for key in ("client_id", "audience", "subject_type")}
    chosen = [
        grant
        for grant in call.tenant.grants.values()
        if all(value is None or grant.get(key) == value for key, value in wanted.items())
    ]
    return Reply(200, listing(call, chosen, "client_grants"))


def create_grant(call: Call) -> Reply:
    """Grants an application scopes of an API."""
    body = call.body
    for grant in call.tenant.grants.values():
        if (grant["client_id"], grant["audience"]) == (body["client_id"], body["audience"]):
            raise ApiError(
                409, "A client grant for this client and audience already exists", "grant_conflict"
            )
    grant_json: Json = {"id": call.ids.prefixed("cgr", 16), "scope": []} | deepcopy(body)
    call.tenant.grants[grant_json["id"]] = grant_json
    return Reply(201, deepcopy(grant_json))


def _grant(call: Call) -> Json:
    grant = call.tenant.grants.get(call.path["id"])
    if grant is None:
        raise ApiError(404, "The client grant does not exist", "inexistent_client_grant")
    return grant


def get_grant(call: Call) -> Reply:
    """One grant."""
    return Reply(200, deepcopy(_grant(call)))


def delete_grant(call: Call) -> Reply:
    """Takes a grant away."""
    del call.tenant.grants[_grant(call)["id"]]
    return Reply(204)


def _holds_secret(body: Json) -> bool:
    return bool(body.get("client_secret"))


_READ_CLIENTS = ("read:clients", "read:client_keys", "read:client_credentials", "read:client_summary")
_GRANTS, _READ_GRANTS = "/client-grants", ("read:client_grants",)
OPERATIONS = (
    Operation("GET", "/clients", _READ_CLIENTS, list_clients, "Get clients", group=Group.CLIENTS),
    Operation(
        "GET",
        "/clients/{id}",
        _READ_CLIENTS,
        get_client,
        "Get a client",
        group=Group.CLIENTS,
        reads_secret=_holds_secret,
    ),
    Operation("GET", _GRANTS, _READ_GRANTS, list_grants, "Get client grants"),
    Operation(
        "POST", _GRANTS, ("create:client_grants",), create_grant, "Create a client grant", bodies.CREATE_GRANT
    ),
    Operation("GET", _GRANTS + "/{id}", _READ_GRANTS, get_grant, "Get a client grant"),
    Operation("DELETE", _GRANTS + "/{id}", ("delete:client_grants",), delete_grant, "Delete a client grant"),
)
