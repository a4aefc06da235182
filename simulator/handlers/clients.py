"""Applications and what they are granted."""

from __future__ import annotations

from copy import deepcopy

from simulator.bodies import client_bodies
from simulator.errors import ApiError, insufficient_scope, invalid_body
from simulator.ids import Ids, draw
from simulator.operations import Call, Operation, Reply
from simulator.paging import listing, picked
from simulator.ratelimit import Group
from simulator.state import Json

_SECRET_SCOPES = frozenset({"read:client_keys", "read:client_credentials"})


def _shown(call: Call, client: Json) -> Json:
    """Return a client; its secret needs a scope that reads keys."""
    return (
        client if call.scopes & _SECRET_SCOPES else {k: v for k, v in client.items() if k != "client_secret"}
    )


def list_clients(call: Call) -> Reply:
    """Return applications, by kind if asked."""
    types, first_party = call.query.get("app_type"), call.flag("is_first_party")
    is_global = call.flag("is_global")
    chosen = [
        _shown(call, client)
        for client in (*call.tenant.clients.values(), *([_global(call)] if is_global else []))
        if (types is None or client["app_type"] in types.split(","))
        and first_party in (None, client["is_first_party"])
        and is_global in (None, client["global"])
    ]
    return Reply(200, listing(call, chosen, "clients"))


def get_client(call: Call) -> Reply:
    """Return one application."""
    return Reply(200, picked(call, _shown(call, _client(call))))


_NEW: Json = {
    "is_first_party": True,
    "is_token_endpoint_ip_header_trusted": False,
    "oidc_conformant": False,
    "jwt_configuration": {"secret_encoded": False, "lifetime_in_seconds": 36_000},
    "sso_disabled": False,
    "cross_origin_authentication": False,
    "grant_types": ["authorization_code", "implicit", "refresh_token", "client_credentials"],
    "custom_login_page_on": True,
    "refresh_token": {
        "rotation_type": "non-rotating",
        "expiration_type": "non-expiring",
        "leeway": 0,
        "token_lifetime": 31_557_600,
        "infinite_token_lifetime": True,
        "infinite_idle_token_lifetime": True,
        "idle_token_lifetime": 2_592_000,
    },
}
"""The defaults of a new application (recorded exchange)."""


_CREDENTIALS = "create:client_credentials"


def create_client(call: Call) -> Reply:
    """Create an application; its secret in the answer needs a scope that reads keys."""
    keys = _new_keys(call)
    head: Json = {
        "client_id": call.ids.client_id(),
        "client_secret": call.ids.client_secret(),
        "tenant": call.tenant.domain.split(".")[0],
        "global": False,
        "app_type": "regular_web",
        "signing_keys": [{"cert": "simulated"}],
    }
    client = head | deepcopy(_NEW) | deepcopy(call.body)
    if keys:
        client["client_authentication_methods"] = {"private_key_jwt": {"credentials": _stored(call, keys)}}
        del client["client_secret"]
    call.tenant.clients[client["client_id"]] = client
    return Reply(201, deepcopy(_shown(call, client)))


def _new_keys(call: Call) -> list[Json]:
    """Return the public keys that a new application authenticates with; none for one with a secret.

    Source: Auth0's notes on `POST /clients`: these keys need the scope `create:client_credentials` and
    `jwt_configuration.alg` RS256, and exclude `token_endpoint_auth_method`.
    """
    methods = call.body.get("client_authentication_methods")
    if methods is None:
        return []
    if _CREDENTIALS not in call.scopes:
        raise insufficient_scope((_CREDENTIALS,))
    if "token_endpoint_auth_method" in call.body:
        raise invalid_body("'client_authentication_methods excludes token_endpoint_auth_method'.")
    if call.body.get("jwt_configuration", {}).get("alg") != "RS256":
        raise invalid_body("'jwt_configuration.alg must be RS256 with client_authentication_methods'.")
    keys: list[Json] = methods["private_key_jwt"]["credentials"]
    return keys


def _stored(call: Call, keys: list[Json]) -> list[Json]:
    """Keep the keys, and return their ids, which is all that an application shows."""
    call.tenant.hidden.public_keys += [key["pem"] for key in keys]
    return [{"id": call.ids.prefixed("cred", 22)} for _ in keys]


def _global(call: Call) -> Json:
    """Return the global application, which every tenant has for its login page."""
    identity = Ids(draw(call.tenant.domain, "global client")).client_id()
    head: Json = {"client_id": identity, "name": "All Applications", "global": True, "is_first_party": True}
    head |= {"tenant": call.tenant.domain.split(".")[0], "app_type": "regular_web", "callbacks": []}
    return call.tenant.documents.setdefault("global client", head | {"custom_login_page_on": True})


def _client(call: Call) -> Json:
    if call.path["id"] == _global(call)["client_id"]:
        return _global(call)
    client = call.tenant.clients.get(call.path["id"])
    if client is None:
        raise ApiError(404, "The client does not exist", "inexistent_client")
    return client


def update_client(call: Call) -> Reply:
    """Change an application; null removes a property."""
    client = _client(call)
    client |= deepcopy(call.body)
    for key in [key for key, value in client.items() if value is None]:
        del client[key]
    return Reply(200, deepcopy(_shown(call, client)))


def delete_client(call: Call) -> Reply:
    """Delete an application and its grants; 204 also when it does not exist."""
    deleted = call.path["id"]
    call.tenant.clients.pop(deleted, None)
    call.tenant.grants = {k: g for k, g in call.tenant.grants.items() if g.get("client_id") != deleted}
    for connection in call.tenant.connections.values():
        connection["enabled_clients"] = [c for c in connection["enabled_clients"] if c != deleted]
    return Reply(204)


def list_grants(call: Call) -> Reply:
    """Return grants, by client and audience if asked."""
    wanted = {key: call.query.get(key) for key in ("client_id", "audience", "subject_type")}
    chosen = [
        grant
        for grant in call.tenant.grants.values()
        if all(value is None or grant.get(key) == value for key, value in wanted.items())
    ]
    return Reply(200, listing(call, chosen, "client_grants"))


def create_grant(call: Call) -> Reply:
    """Grant an application scopes of an API."""
    body = call.body
    if "client_id" not in body and "default_for" not in body:
        raise invalid_body("'Missing required property: client_id'.")
    for grant in call.tenant.grants.values():
        if _same_grant(grant, body):
            raise ApiError(
                409, "A client grant for this client and audience already exists", "grant_conflict"
            )
    grant_json: Json = {"id": call.ids.prefixed("cgr", 16), "subject_type": "client"} | deepcopy(body)
    call.tenant.grants[grant_json["id"]] = _with_scope(grant_json)
    return Reply(201, deepcopy(call.tenant.grants[grant_json["id"]]))


def _same_grant(grant: Json, body: Json) -> bool:
    keys = ("client_id", "audience", "default_for")
    return all(grant.get(key) == body.get(key) for key in keys) and grant.get(
        "subject_type", "client"
    ) == body.get("subject_type", "client")


def _with_scope(grant: Json) -> Json:
    """Return the grant with its scopes; a grant of all scopes has no list (recorded exchange)."""
    if grant.get("allow_all_scopes"):
        return {key: value for key, value in grant.items() if key != "scope"}
    return {"scope": []} | grant


def update_grant(call: Call) -> Reply:
    """Change a grant; what the body omits stays."""
    grant = _with_scope(_grant(call) | deepcopy(call.body))
    call.tenant.grants[grant["id"]] = {key: value for key, value in grant.items() if value is not None}
    return Reply(200, deepcopy(call.tenant.grants[grant["id"]]))


def _grant(call: Call) -> Json:
    grant = call.tenant.grants.get(call.path["id"])
    if grant is None:
        raise ApiError(404, "The client grant does not exist", "inexistent_client_grant")
    return grant


def get_grant(call: Call) -> Reply:
    """Return one grant."""
    return Reply(200, deepcopy(_grant(call)))


def delete_grant(call: Call) -> Reply:
    """Delete a grant; 204 also when it does not exist (recorded exchange)."""
    call.tenant.grants.pop(call.path["id"], None)
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
    Operation(
        "POST",
        "/clients",
        ("create:clients",),
        create_client,
        "Create a client",
        client_bodies.CREATE_CLIENT,
        Group.CLIENTS,
        _holds_secret,
    ),
    Operation(
        "PATCH",
        "/clients/{id}",
        ("update:clients", "update:client_keys"),
        update_client,
        "Update a client",
        client_bodies.UPDATE_CLIENT,
        Group.CLIENTS,
    ),
    Operation(
        "DELETE", "/clients/{id}", ("delete:clients",), delete_client, "Delete a client", group=Group.CLIENTS
    ),
    Operation("GET", _GRANTS, _READ_GRANTS, list_grants, "Get client grants"),
    Operation(
        "POST",
        _GRANTS,
        ("create:client_grants",),
        create_grant,
        "Create a client grant",
        client_bodies.CREATE_GRANT,
    ),
    Operation("GET", _GRANTS + "/{id}", _READ_GRANTS, get_grant, "Get a client grant"),
    Operation(
        "PATCH",
        _GRANTS + "/{id}",
        ("update:client_grants",),
        update_grant,
        "Update a client grant",
        client_bodies.UPDATE_GRANT,
    ),
    Operation("DELETE", _GRANTS + "/{id}", ("delete:client_grants",), delete_grant, "Delete a client grant"),
)
