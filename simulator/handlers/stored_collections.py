"""Collections without behavior: documents with ids, which keep what is written to them.

Statuses, keys and defaults follow recorded exchanges of the Deploy CLI and of the Terraform provider. A new tenant's
collections are empty.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from urllib.parse import unquote

from simulator.clock import millis
from simulator.errors import ApiError
from simulator.handlers.stored_settings import ANYTHING, document_path
from simulator.ids import Ids, draw
from simulator.operations import Call, Handler, Operation, Reply
from simulator.paging import listing
from simulator.state import Json


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents with ids.

    Attributes:
        key: of the documents in a list with totals.
        scope: the noun of its scopes, as in ``read:SCOPE``.
        prefix: of an id.
        identity: name of the id field.
        defaults: of a document's fields.
        created_status: status of the answer to POST.
        deleted_status: status of the answer to DELETE.
        dated: whether documents hold the times of creation and update.
        verbs: the methods that update a document.
    """

    path: str
    key: str
    scope: str
    prefix: str
    identity: str = "id"
    defaults: Json = field(default_factory=dict)
    created_status: int = 201
    deleted_status: int = 204
    dated: bool = False
    verbs: tuple[str, ...] = ("PATCH",)


def _documents(call: Call, item: Collection) -> dict[str, Json]:
    """Return the tenant's documents by id; the Management API itself is a resource server of every tenant."""
    initial: dict[str, Json] = {}
    if item.path == "/resource-servers":
        identity = Ids(draw(call.tenant.domain, "resource-server")).text(24, "0123456789abcdef")
        management = {"id": identity, "name": "Auth0 Management API", "identifier": call.tenant.audience}
        initial[identity] = management | {"is_system": True, "scopes": [], "token_lifetime": 86_400}
    return call.tenant.collections.setdefault(document_path(call, item.path), initial)


def _document(call: Call, item: Collection) -> Json:
    documents, wanted = _documents(call, item), unquote(call.path["identity"])
    for document in documents.values():
        if wanted in (document[item.identity], document.get("identifier")):
            return document
    name = item.key.rstrip("s").replace("_", " ")
    raise ApiError(404, f"The {name} does not exist.", f"inexistent_{item.key.rstrip('s')}")


def collection_operations(item: Collection) -> list[Operation]:
    """Return the operations that list, create, read, update and delete documents."""

    def list_all(call: Call) -> Reply:
        return Reply(200, listing(call, list(_documents(call, item).values()), item.key))

    def create(call: Call) -> Reply:
        identity = (
            f"{item.prefix}_{call.ids.text(16)}" if item.prefix else call.ids.text(24, "0123456789abcdef")
        )
        now = {"created_at": millis(call.now), "updated_at": millis(call.now)} if item.dated else {}
        document: Json = {item.identity: identity} | item.defaults | deepcopy(call.body) | now
        _documents(call, item)[identity] = document
        return Reply(item.created_status, deepcopy(document))

    def read_one(call: Call) -> Reply:
        return Reply(200, deepcopy(_document(call, item)))

    def change(call: Call) -> Reply:
        document = _document(call, item)
        document |= deepcopy(call.body) | ({"updated_at": millis(call.now)} if item.dated else {})
        return Reply(200, deepcopy(document))

    def delete(call: Call) -> Reply:
        documents, wanted = _documents(call, item), unquote(call.path["identity"])
        documents.pop(wanted, None)
        return Reply(item.deleted_status, None if item.deleted_status == 204 else {})

    base, single = item.path, item.path + "/{identity}"
    table: list[tuple[str, str, str, Handler]] = [
        ("GET", base, "read", list_all),
        ("POST", base, "create", create),
        ("GET", single, "read", read_one),
        *((verb, single, "update", change) for verb in item.verbs),
        ("DELETE", single, "delete", delete),
    ]
    bodies = ("POST", *item.verbs)
    return [
        Operation(
            method,
            path,
            (f"{verb}:{item.scope}",),
            handler,
            f"{verb.title()} {item.key}",
            ANYTHING if method in bodies else None,
        )
        for method, path, verb, handler in table
    ]


_ORGANIZATION = "/organizations/{organization}"
COLLECTIONS: tuple[Collection, ...] = (
    Collection(
        "/rules", "rules", "rules", "rul", defaults={"enabled": True, "order": 1, "stage": "login_success"}
    ),
    Collection("/hooks", "hooks", "hooks", "", defaults={"enabled": False, "dependencies": {}}),
    Collection(
        "/resource-servers",
        "resource_servers",
        "resource_servers",
        "",
        defaults={
            "allow_offline_access": False,
            "skip_consent_for_verifiable_first_party_clients": False,
            "token_lifetime": 86_400,
            "token_lifetime_for_web": 7_200,
            "signing_alg": "RS256",
        },
    ),
    Collection("/roles", "roles", "roles", "rol", created_status=200, deleted_status=200),
    Collection("/organizations", "organizations", "organizations", "org"),
    Collection(
        f"{_ORGANIZATION}/enabled_connections", "enabled_connections", "organization_connections", "con"
    ),
    Collection(f"{_ORGANIZATION}/connections", "connections", "organization_connections", "con"),
    Collection(f"{_ORGANIZATION}/client-grants", "client_grants", "organization_client_grants", "cgr"),
    Collection(f"{_ORGANIZATION}/discovery-domains", "domains", "organization_discovery_domains", "odd"),
    Collection("/custom-domains", "custom_domains", "custom_domains", "cd", "custom_domain_id"),
    Collection(
        "/log-streams", "log_streams", "log_streams", "lst", created_status=200, defaults={"status": "active"}
    ),
    Collection("/branding/themes", "themes", "branding", "", "themeId", created_status=200),
    Collection("/flows", "flows", "flows", "af", dated=True),
    Collection("/flows/vault/connections", "connections", "flows_vault_connections", "ac", dated=True),
    Collection("/forms", "forms", "forms", "ap", dated=True),
    Collection("/self-service-profiles", "self_service_profiles", "self_service_profiles", "ssp", dated=True),
    Collection(
        "/network-acls",
        "network_acls",
        "network_acls",
        "acl",
        deleted_status=200,
        dated=True,
        verbs=("PATCH", "PUT"),
    ),
    Collection("/user-attribute-profiles", "user_attribute_profiles", "user_attribute_profiles", "uap"),
    Collection("/connection-profiles", "connection_profiles", "connection_profiles", "cop"),
    Collection(
        "/token-exchange-profiles", "token_exchange_profiles", "token_exchange_profiles", "tep", dated=True
    ),
    Collection(
        "/event-streams", "eventStreams", "event_streams", "est", defaults={"status": "enabled"}, dated=True
    ),
    Collection("/rate-limit-policies", "rate_limit_policies", "rate_limit_policies", "rlp", dated=True),
    Collection("/client-grants/{grant}/organizations", "organizations", "organization_client_grants", "org"),
    Collection("/clients/{client}/credentials", "credentials", "client_credentials", "cred", dated=True),
)
"""Collections that are empty in a new tenant."""
