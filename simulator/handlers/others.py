"""What a tenant has outside phones: enough of it that clients that read and write everything get through.

Settings keep what they are given and answer their defaults before that; collections keep what is put into them.
Statuses, keys and defaults follow recorded exchanges of the Deploy CLI and of the Terraform provider; a tenant
starts with none of these things, so lists are empty.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter

from simulator.clock import millis
from simulator.errors import ApiError
from simulator.ids import Ids, draw
from simulator.operations import Call, Handler, Operation, Reply
from simulator.paging import listing
from simulator.state import Json

ANYTHING: TypeAdapter[Any] = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Setting:
    """One document at a fixed path, or one per value of the path's parameters.

    Attributes:
        word: of its scopes, as in ``read:WORD``.
        default: answered while it was never set; None answers ``missing``.
        missing: message and error code of the 404 where there is no default; None answers 204.
        verbs: the methods that write it; PATCH merges, PUT and POST replace.
        made: status of an answer to POST or to a first PUT.
        unread: credentials that no answer to GET shows.
    """

    path: str
    word: str
    default: Json | None = None
    missing: tuple[str, str] | None = None
    verbs: tuple[str, ...] = ("PATCH",)
    made: int = 200
    deletes: bool = False
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents with ids.

    Attributes:
        key: under which a list with totals holds them.
        prefix: of an id.
        identity: name of the id.
        defaults: of a document's fields.
        made: status of the answer to POST.
        gone: status of the answer to DELETE.
        dated: whether documents carry the time of their making and changing.
    """

    path: str
    key: str
    word: str
    prefix: str
    identity: str = "id"
    defaults: Json = field(default_factory=dict)
    made: int = 201
    gone: int = 204
    dated: bool = False
    verbs: tuple[str, ...] = ("PATCH",)


def _place(call: Call, path: str) -> str:
    """The path with its parameters filled in: where a tenant keeps the document."""
    return path.format(**{key: unquote(value) for key, value in call.path.items()})


def _setting(item: Setting) -> list[Operation]:
    def get(call: Call) -> Reply:
        stored = call.tenant.documents.get(_place(call, item.path))
        if stored is not None or item.default is not None:
            shown = deepcopy((item.default or {}) | (stored or {}))
            return Reply(200, {key: value for key, value in shown.items() if key not in item.unread})
        if item.missing is None:
            return Reply(204)
        raise ApiError(404, *item.missing)

    def write(call: Call) -> Reply:
        place = _place(call, item.path)
        before = call.tenant.documents.get(place)
        changes = deepcopy(call.body)
        merged = (before or item.default or {}) | changes if call.method == "PATCH" else changes
        call.tenant.documents[place] = merged
        status = item.made if call.method == "POST" or before is None else 200
        return Reply(status, deepcopy(merged))

    def delete(call: Call) -> Reply:
        call.tenant.documents.pop(_place(call, item.path), None)
        return Reply(204)

    read, change = (f"read:{item.word}",), (f"update:{item.word}",)
    operations = [Operation("GET", item.path, read, get, f"Get {item.path}")]
    operations += [
        Operation(v, item.path, change, write, f"Update {item.path}", ANYTHING) for v in item.verbs
    ]
    if item.deletes:
        operations.append(
            Operation("DELETE", item.path, (f"delete:{item.word}",), delete, f"Delete {item.path}")
        )
    return operations


def _held(call: Call, item: Collection) -> dict[str, Json]:
    return call.tenant.collections.setdefault(_place(call, item.path), _first(call, item))


def _first(call: Call, item: Collection) -> dict[str, Json]:
    """What a tenant has from its beginning: the Management API is a resource server of its own."""
    if item.path != "/resource-servers":
        return {}
    identity = Ids(draw(call.tenant.domain, "resource-server")).text(24, "0123456789abcdef")
    management = {"id": identity, "name": "Auth0 Management API", "identifier": call.tenant.audience}
    return {identity: management | {"is_system": True, "scopes": [], "token_lifetime": 86_400}}


def _document(call: Call, item: Collection) -> Json:
    held, wanted = _held(call, item), unquote(call.path["identity"])
    for document in held.values():
        if wanted in (document[item.identity], document.get("identifier")):
            return document
    name = item.key.rstrip("s").replace("_", " ")
    raise ApiError(404, f"The {name} does not exist.", f"inexistent_{item.key.rstrip('s')}")


def _collection(item: Collection) -> list[Operation]:
    def many(call: Call) -> Reply:
        return Reply(200, listing(call, list(_held(call, item).values()), item.key))

    def make(call: Call) -> Reply:
        identity = (
            f"{item.prefix}_{call.ids.text(16)}" if item.prefix else call.ids.text(24, "0123456789abcdef")
        )
        now = {"created_at": millis(call.now), "updated_at": millis(call.now)} if item.dated else {}
        document: Json = {item.identity: identity} | item.defaults | deepcopy(call.body) | now
        _held(call, item)[identity] = document
        return Reply(item.made, deepcopy(document))

    def one(call: Call) -> Reply:
        return Reply(200, deepcopy(_document(call, item)))

    def change(call: Call) -> Reply:
        document = _document(call, item)
        document |= deepcopy(call.body) | ({"updated_at": millis(call.now)} if item.dated else {})
        return Reply(200, deepcopy(document))

    def delete(call: Call) -> Reply:
        held, wanted = _held(call, item), unquote(call.path["identity"])
        held.pop(wanted, None)
        return Reply(item.gone, None if item.gone == 204 else {})

    base, single = item.path, item.path + "/{identity}"
    table: list[tuple[str, str, str, Handler]] = [
        ("GET", base, "read", many),
        ("POST", base, "create", make),
        ("GET", single, "read", one),
        *((verb, single, "update", change) for verb in item.verbs),
        ("DELETE", single, "delete", delete),
    ]
    bodies = ("POST", *item.verbs)
    return [
        Operation(
            method,
            path,
            (f"{verb}:{item.word}",),
            handler,
            f"{verb.title()} {item.key}",
            ANYTHING if method in bodies else None,
        )
        for method, path, verb, handler in table
    ]


_NO_PROVIDER = ("There is not a configured email provider", "inexistent_email_provider")
_NO_EMAIL = ("The template does not exist.", "inexistent_email_template")
_NO_PAGE = ("Template does not exist.", "inexistent_templates_universal_login")
_NO_THEME = ("There was an error retrieving branding settings: invalid theme ID", "theme_not_found")
_NO_SCIM = ("Not Found", "not_found")
_ATTACK = "/attack-protection"
_PUSH = "/guardian/factors/push-notification"
SETTINGS: tuple[Setting, ...] = (
    Setting("/branding", "branding", {}),
    Setting("/branding/templates/universal-login", "branding", None, _NO_PAGE, ("PUT",), 201, deletes=True),
    Setting("/branding/themes/default", "branding", None, _NO_THEME, ()),
    Setting("/prompts", "prompts", {"universal_login_experience": "new", "identifier_first": False}),
    Setting("/prompts/{prompt}/custom-text/{language}", "prompts", {}, verbs=("PUT",)),
    Setting("/prompts/{prompt}/partials", "prompts", {}, verbs=("PUT",)),
    Setting("/prompts/{prompt}/screen/{screen}/rendering", "prompts", {"rendering_mode": "standard"}),
    Setting("/emails/provider", "email_provider", None, _NO_PROVIDER, ("POST", "PATCH"), 201, deletes=True),
    Setting("/email-templates/{name}", "email_templates", None, _NO_EMAIL, ("PATCH", "PUT")),
    Setting(
        f"{_ATTACK}/brute-force-protection",
        "attack_protection",
        {
            "enabled": True,
            "shields": ["block", "user_notification"],
            "mode": "count_per_identifier_and_ip",
            "allowlist": [],
            "max_attempts": 10,
        },
    ),
    Setting(
        f"{_ATTACK}/breached-password-detection",
        "attack_protection",
        {
            "enabled": False,
            "shields": [],
            "admin_notification_frequency": [],
            "method": "standard",
            "stage": {"pre-user-registration": {"shields": []}, "pre-change-password": {"shields": []}},
        },
    ),
    Setting(
        f"{_ATTACK}/suspicious-ip-throttling",
        "attack_protection",
        {
            "enabled": True,
            "shields": ["admin_notification", "block"],
            "allowlist": [],
            "stage": {
                "pre-login": {"max_attempts": 100, "rate": 864_000},
                "pre-user-registration": {"max_attempts": 50, "rate": 1200},
                "pre-custom-token-exchange": {"max_attempts": 10, "rate": 600_000},
            },
        },
    ),
    Setting(
        f"{_ATTACK}/bot-detection",
        "attack_protection",
        {
            "challenge_password_policy": "never",
            "challenge_passwordless_policy": "never",
            "challenge_password_reset_policy": "never",
            "allowlist": [],
            "bot_detection_level": "medium",
            "monitoring_mode_enabled": False,
        },
    ),
    Setting(
        f"{_ATTACK}/captcha",
        "attack_protection",
        {
            "active_provider_id": "auth_challenge",
            "simple_captcha": {},
            "auth_challenge": {"fail_open": False},
            "recaptcha_v2": {"site_key": ""},
            "recaptcha_enterprise": {"site_key": "", "project_id": ""},
            "hcaptcha": {"site_key": ""},
            "friendly_captcha": {"site_key": ""},
            "arkose": {"site_key": "", "client_subdomain": "", "verify_subdomain": "", "fail_open": False},
        },
    ),
    Setting("/risk-assessments/settings", "attack_protection", {"enabled": False}),
    Setting("/risk-assessments/settings/new-device", "attack_protection", {"remember_for": 30}),
    Setting("/supplemental-signals", "attack_protection", {"akamai_enabled": False}),
    Setting(f"{_PUSH}/selected-provider", "guardian_factors", {"provider": "guardian"}, verbs=("PUT",)),
    Setting(
        f"{_PUSH}/providers/sns",
        "guardian_factors",
        {},
        verbs=("PUT", "PATCH"),
        unread=frozenset({"aws_secret_access_key"}),
    ),
    Setting(
        f"{_PUSH}/providers/apns",
        "guardian_factors",
        {"bundle_id": "", "sandbox": False, "enabled": False},
        verbs=("PUT", "PATCH"),
        unread=frozenset({"p12"}),
    ),
    Setting(f"{_PUSH}/providers/fcm", "guardian_factors", {}, verbs=("PUT", "PATCH")),
    Setting("/guardian/factors/duo/settings", "guardian_factors", {}, verbs=("PUT", "PATCH")),
    Setting(
        "/guardian/factors/webauthn-roaming/settings",
        "guardian_factors",
        {"userVerification": "discouraged", "overrideRelyingParty": False},
        verbs=("PUT",),
    ),
    Setting(
        "/guardian/factors/webauthn-platform/settings",
        "guardian_factors",
        {"overrideRelyingParty": False},
        verbs=("PUT",),
    ),
    Setting(
        "/connections/{id}/scim-configuration",
        "scim_config",
        None,
        _NO_SCIM,
        ("POST", "PATCH"),
        201,
        deletes=True,
    ),
    Setting(
        "/connections/{id}/directory-provisioning",
        "directory_provisionings",
        None,
        _NO_SCIM,
        ("POST", "PATCH"),
        201,
        deletes=True,
    ),
)
"""Documents at fixed paths, with a new tenant's values."""

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
    Collection("/roles", "roles", "roles", "rol", made=200, gone=200),
    Collection("/organizations", "organizations", "organizations", "org"),
    Collection(
        f"{_ORGANIZATION}/enabled_connections", "enabled_connections", "organization_connections", "con"
    ),
    Collection(f"{_ORGANIZATION}/connections", "connections", "organization_connections", "con"),
    Collection(f"{_ORGANIZATION}/client-grants", "client_grants", "organization_client_grants", "cgr"),
    Collection(f"{_ORGANIZATION}/discovery-domains", "domains", "organization_discovery_domains", "odd"),
    Collection("/custom-domains", "custom_domains", "custom_domains", "cd", "custom_domain_id"),
    Collection("/log-streams", "log_streams", "log_streams", "lst", made=200, defaults={"status": "active"}),
    Collection("/branding/themes", "themes", "branding", "", "themeId", made=200),
    Collection("/flows", "flows", "flows", "af", dated=True),
    Collection("/flows/vault/connections", "connections", "flows_vault_connections", "ac", dated=True),
    Collection("/forms", "forms", "forms", "ap", dated=True),
    Collection("/self-service-profiles", "self_service_profiles", "self_service_profiles", "ssp", dated=True),
    Collection(
        "/network-acls", "network_acls", "network_acls", "acl", gone=200, dated=True, verbs=("PATCH", "PUT")
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
"""Collections that a new tenant has nothing in."""


def _rules_configs(call: Call) -> Reply:
    return Reply(200, [{"key": key} for key in call.tenant.collections.get("/rules-configs", {})])


def _put_rules_config(call: Call) -> Reply:
    key = call.path["key"]
    call.tenant.collections.setdefault("/rules-configs", {})[key] = {"key": key}
    return Reply(200, {"key": key, "value": call.body.get("value")})


def _renderings(call: Call) -> Reply:
    return Reply(200, listing(call, [], "configs"))


def _directories(_call: Call) -> Reply:
    return Reply(200, {"directory_provisionings": []})


def _post_email_template(call: Call) -> Reply:
    place = f"/email-templates/{call.body.get('template')}"
    call.tenant.documents[place] = deepcopy(call.body)
    return Reply(200, deepcopy(call.body))


_SINGLE: tuple[Operation, ...] = (
    Operation("GET", "/rules-configs", ("read:rules_configs",), _rules_configs, "Get rules configs"),
    Operation(
        "PUT",
        "/rules-configs/{key}",
        ("update:rules_configs",),
        _put_rules_config,
        "Set rules config",
        ANYTHING,
    ),
    Operation("GET", "/prompts/rendering", ("read:prompts",), _renderings, "Get render settings"),
    Operation(
        "POST",
        "/email-templates",
        ("create:email_templates",),
        _post_email_template,
        "Create an email template",
        ANYTHING,
    ),
    Operation(
        "GET",
        "/connections-directory-provisionings",
        ("read:directory_provisionings",),
        _directories,
        "Get directory provisionings",
    ),
)
OPERATIONS: tuple[Operation, ...] = (
    *_SINGLE,
    *(operation for setting in SETTINGS for operation in _setting(setting)),
    *(operation for collection in COLLECTIONS for operation in _collection(collection)),
)
