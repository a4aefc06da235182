"""From the Management API to a `Snapshot`: the one place that knows the shape of Auth0's answers.

Reads that don't depend on each other run side by side; the transport keeps them within the tenant's rate
limit. A read that only tells who depends on the provider may be refused (it is noted in `Snapshot.unread`); a
read that decides the verdict may not.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from configs import MessageType
from phonefleet.actions.redacted_text import redact_code, redact_url
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import ApiRefused, InsufficientScope
from phonefleet.model.endpoints import (
    GUARDIAN_TEMPLATES,
    GUARDIAN_TWILIO,
    LEGACY_TRIGGER,
    PROVIDER_TRIGGER,
    SELECTED_PROVIDER,
    UPE_FLAG,
)
from phonefleet.model.snapshot import (
    ActionState,
    ClientAccess,
    EndpointRefusal,
    EndpointUse,
    Experience,
    Gateway,
    NpmDependency,
    PhoneIdentifier,
    PhoneProvider,
    PhoneTemplate,
    SmsConnection,
    Snapshot,
    TwilioSettings,
)

_WATCHED_SCOPES = ("phone_providers", "phone_templates", "guardian_factors")
_LEGACY_PATHS = ("/guardian/factors/sms/", "/guardian/factors/phone/")
_SHARED_PATHS = ("/message-types",)
_NEW_PATHS = ("/branding/phone/",)
_LOG_LINES = 300

Json = Mapping[str, Any]
T = TypeVar("T")


async def read_tenant(api: ManagementApi, client_id: str, now: datetime) -> Snapshot:
    """Read everything that decides a tenant's migration and everything that depends on its provider.

    Args:
        api: the tenant's door.
        client_id: our own client there.
        now: the moment to stamp the snapshot with, aware UTC.

    Raises:
        Unreachable, CredentialsRejected: the tenant cannot be read at all.
        InsufficientScope: a deciding read is not granted; the message names the scope.
        ApiRefused: a deciding read was refused for another reason.
    """
    granted = await api.granted_scopes()
    settings, factors, message_types, (selected, legacy_refusal) = await asyncio.gather(
        api.settings(), api.factors(), api.message_types(), _selected_provider(api)
    )
    providers, templates, custom, legacy, connections, dependents = await asyncio.gather(
        api.phone_providers(),
        api.phone_templates(),
        api.actions(PROVIDER_TRIGGER),
        _legacy_actions(api),
        _sms_connections(api),
        _dependents(api),
    )
    guardian = {"legacy_refusal": legacy_refusal} if legacy_refusal else await _guardian(api)
    return Snapshot(
        domain=api.domain,
        taken_at=now.astimezone(UTC),
        client_id=client_id,
        friendly_name=settings.get("friendly_name") or "",
        scopes=frozenset(granted),
        flag=settings.get(UPE_FLAG),
        selected_provider=selected,
        factor_enabled=any(f["name"] == "sms" and f.get("enabled") for f in factors),
        message_types=tuple(sorted(MessageType(kind) for kind in message_types)),
        providers=tuple(phone_provider(p) for p in providers),
        templates=tuple(sorted((phone_template(t) for t in templates), key=lambda t: (t.type, t.id))),
        custom_actions=tuple(action_state(a) for a in custom),
        legacy_actions=legacy,
        connections=connections,
        **guardian,
        **dependents,
    )


async def _selected_provider(api: ManagementApi) -> tuple[str, EndpointRefusal | None]:
    """The legacy provider, or how the legacy endpoint refused: the probe that tells the two worlds apart."""
    answer, refusal = await _legacy(SELECTED_PROVIDER, api.selected_provider())
    return str((answer or {}).get("provider") or ""), refusal


async def legacy_refusal(api: ManagementApi) -> EndpointRefusal | None:
    """How Auth0 has closed the legacy endpoints to a tenant, None when they answer.

    Asks two: some of Auth0's published lists have the selected provider's endpoint go on working on the Unified Phone
    Experience, and Guardian's Twilio settings closed on every list.

    Raises:
        ApiRefused: refused for another reason than being closed.
    """
    (_, closed), (_, closed_too) = await asyncio.gather(
        _legacy(SELECTED_PROVIDER, api.selected_provider()), _legacy(GUARDIAN_TWILIO, api.twilio_provider())
    )
    return closed or closed_too


async def _legacy(endpoint: str, read: Awaitable[T]) -> tuple[T | None, EndpointRefusal | None]:
    """What a legacy endpoint answers, or how Auth0 has closed it."""
    try:
        return await read, None
    except ApiRefused as refused:
        if not is_deprecated_refusal(refused):
            raise
        return None, EndpointRefusal(
            endpoint=endpoint, status=refused.status, error_code=refused.error_code, message=str(refused)
        )


def is_deprecated_refusal(refused: ApiRefused) -> bool:
    """True for the 403 with which Auth0 closes legacy Guardian phone endpoints.

    Source: recorded answers carry errorCode `legacy_mfa_phone_provider_not_allowed`.
    """
    return refused.status == 403 and refused.error_code.startswith("legacy_")


async def _guardian(api: ManagementApi) -> dict[str, Any]:
    """Guardian's own settings, or how Auth0 has closed them: that the selected provider can be read proves nothing."""
    (twilio, closed), (templates, closed_too) = await asyncio.gather(
        _legacy(GUARDIAN_TWILIO, api.twilio_provider()),
        _legacy(GUARDIAN_TEMPLATES, api.guardian_templates()),
    )
    return {
        "legacy_refusal": closed or closed_too,
        "twilio": twilio_settings(twilio, sid="sid", token="auth_token", sender="from"),  # noqa: S106
        "enrollment_template": (templates or {}).get("enrollment_message"),
        "verification_template": (templates or {}).get("verification_message"),
    }


def twilio_settings(
    raw: Json | None, *, sid: str, token: str, sender: str, mssid: str = "messaging_service_sid"
) -> TwilioSettings | None:
    """A Twilio configuration under the key names given, None when nothing of it is set. The token stays behind."""
    raw = raw or {}
    if not any(raw.get(key) for key in (sid, token, sender, mssid)):
        return None
    return TwilioSettings(
        sid=raw.get(sid) or "",
        default_from=raw.get(sender) or "",
        mssid=raw.get(mssid) or "",
        has_token=bool(raw.get(token)),
    )


def phone_provider(raw: Json) -> PhoneProvider:
    """A provider of `branding/phone/providers`."""
    configuration = raw.get("configuration") or {}
    return PhoneProvider(
        id=raw["id"],
        name=raw["name"],
        disabled=bool(raw.get("disabled")),
        delivery_methods=tuple(sorted(configuration.get("delivery_methods") or ())),
        sid=configuration.get("sid") or "",
        default_from=configuration.get("default_from") or "",
        mssid=configuration.get("mssid") or "",
    )


def phone_template(raw: Json) -> PhoneTemplate:
    """A template of `branding/phone/templates`; Auth0's own defaults have no id."""
    content = raw.get("content") or {}
    body = content.get("body") or {}
    return PhoneTemplate(
        id=raw.get("id") or "",
        type=raw["type"],
        disabled=bool(raw.get("disabled")),
        text=body.get("text") or "",
        voice=body.get("voice") or "",
        sender=content.get("from") or "",
        syntax=content.get("syntax") or "liquid",
    )


def action_state(raw: Json, *, bound: bool = False) -> ActionState:
    """An Action as it runs: code, dependencies and secrets of its deployed version, else of its draft."""
    deployed: Json | None = raw.get("deployed_version") or None
    running: Json = deployed or raw
    code = redact_code(running.get("code") or raw.get("code") or "")
    return ActionState(
        id=raw["id"],
        name=raw.get("name") or "",
        triggers=tuple(t["id"] for t in raw.get("supported_triggers") or ()),
        code=code.text,
        fingerprint=code.fingerprint,
        whole=code.original,
        dependencies=tuple(
            NpmDependency(name=d["name"], version=d.get("version") or "latest")
            for d in running.get("dependencies") or ()
        ),
        secret_names=tuple(s["name"] for s in running.get("secrets") or ()),
        runtime=running.get("runtime") or raw.get("runtime") or "",
        deployed=deployed is not None and str(running.get("status") or "built").lower() == "built",
        bound=bound,
    )


async def _legacy_actions(api: ManagementApi) -> tuple[ActionState, ...]:
    actions, bindings = await asyncio.gather(api.actions(LEGACY_TRIGGER), api.bindings(LEGACY_TRIGGER))
    bound = {binding["action"]["id"]: binding["action"] for binding in bindings}
    known = {action["id"]: action for action in actions}
    return tuple(
        action_state(known.get(key) or bound[key], bound=key in bound)
        for key in dict.fromkeys((*bound, *known))
    )


async def _sms_connections(api: ManagementApi) -> tuple[SmsConnection, ...]:
    found = await api.connections("sms")
    clients = await asyncio.gather(*(api.connection_clients(c["id"]) for c in found))
    return tuple(sms_connection(raw, enabled) for raw, enabled in zip(found, clients, strict=True))


def sms_connection(raw: Json, enabled_clients: Iterable[str]) -> SmsConnection:
    """A Passwordless SMS connection: its way to send, its template and its own switch."""
    options: Json = raw.get("options") or {}
    return SmsConnection(
        id=raw["id"],
        name=raw.get("name") or "",
        enabled_clients=tuple(enabled_clients),
        twilio=None
        if options.get("provider") == "sms_gateway"
        else twilio_settings(options, sid="twilio_sid", token="twilio_token", sender="from"),  # noqa: S106
        gateway=gateway(options) if options.get("provider") == "sms_gateway" else None,
        use_phone_provider=options.get("use_phone_provider"),
        template=options.get("template") or "",
        syntax=options.get("syntax") or "",
        sender=options.get("from") or "",
    )


def gateway(options: Json) -> Gateway | None:
    """The custom gateway in a connection's options, None when it has no address."""
    if not options.get("gateway_url"):
        return None
    authentication: Json = options.get("gateway_authentication") or {}
    url = redact_url(options["gateway_url"])
    return Gateway(
        url=url.text,
        fingerprint=url.fingerprint,
        whole=url.original,
        forward_req_info=options.get("forward_req_info") in (True, "true"),
        auth_method=authentication.get("method") or "",
        subject=authentication.get("subject") or "",
        audience=authentication.get("audience") or "",
        secret_base64_encoded=bool(authentication.get("secret_base64_encoded")),
        has_secret=bool(authentication.get("secret")),
    )


async def _dependents(api: ManagementApi) -> dict[str, Any]:
    """Policies, identifiers, grants and log traffic: none decides the verdict, so each may be refused."""
    refusals: list[EndpointRefusal] = []

    async def optional(endpoint: str, read: Awaitable[Any]) -> Any:
        try:
            return await read
        except InsufficientScope as missing:
            code = "insufficient_scope"
            refusals.append(
                EndpointRefusal(endpoint=endpoint, status=403, error_code=code, message=str(missing))
            )
        except ApiRefused as refused:
            refusals.append(
                EndpointRefusal(
                    endpoint=endpoint,
                    status=refused.status,
                    error_code=refused.error_code,
                    message=str(refused),
                )
            )
        return None

    policies, identifiers, grants, entries = await asyncio.gather(
        optional("GET guardian/policies", api.mfa_policies()),
        optional("GET connections?strategy=auth0", _identifiers(api)),
        optional("GET client-grants", api.client_grants(f"https://{api.domain}/api/v2/")),
        optional("GET logs", api.logs("type:sapi OR type:mgmt_api_read", limit=_LOG_LINES)),
    )
    watched = [g for g in grants or () if watched_scopes(g.get("scope") or ())]
    clients = await optional("GET clients", api.clients()) if watched else ()
    names = {c["client_id"]: c.get("name") or "" for c in clients or ()}
    return {
        "policies": tuple(policies or ()),
        "identifiers": identifiers or (),
        "access": tuple(
            ClientAccess(
                client_id=g["client_id"],
                client_name=names.get(g["client_id"], ""),
                scopes=watched_scopes(g.get("scope") or ()),
            )
            for g in watched
        ),
        "usage": endpoint_use(entries or ()),
        "unread": tuple(sorted(refusals, key=lambda r: r.endpoint)),
    }


def watched_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Those of a grant's scopes that reach phone endpoints, sorted."""
    return tuple(sorted(s for s in scopes if s.partition(":")[2] in _WATCHED_SCOPES))


async def _identifiers(api: ManagementApi) -> tuple[PhoneIdentifier, ...]:
    found = [c for c in await api.connections("auth0") if phone_identifies(c.get("options") or {})]
    clients = await asyncio.gather(*(api.connection_clients(c["id"]) for c in found))
    return tuple(
        PhoneIdentifier(id=raw["id"], name=raw.get("name") or "", enabled_clients=tuple(enabled))
        for raw, enabled in zip(found, clients, strict=True)
    )


def phone_identifies(options: Json) -> bool:
    """True when a phone number is an active identifier of a database connection.

    Source: Auth0 documentation, "Activate and Configure Attributes for Flexible Identifier Sign-up and Login":
    `options.attributes.phone_number.identifier.active`, or a phone method in `options.authentication_methods`.
    """
    attribute = ((options.get("attributes") or {}).get("phone_number") or {}).get("identifier") or {}
    methods: Json = options.get("authentication_methods") or {}
    return bool(attribute.get("active")) or bool((methods.get("phone_otp") or {}).get("enabled"))


def endpoint_use(entries: Iterable[Json]) -> tuple[EndpointUse, ...]:
    """Clients seen on phone endpoints, by world, from `sapi` and `mgmt_api_read` log entries, most used first."""
    counts: Counter[tuple[str, Experience]] = Counter()
    last: dict[tuple[str, Experience], datetime] = {}
    names: dict[str, str] = {}
    for entry in entries:
        path = str(((entry.get("details") or {}).get("request") or {}).get("path") or "")
        world = world_of(path)
        client = entry.get("client_id") or ""
        if world is None or not client:
            continue
        key = (client, world)
        seen = datetime.fromisoformat(str(entry["date"]))
        counts[key] += 1
        last[key] = max(last.get(key, seen), seen)
        names[client] = entry.get("client_name") or names.get(client, "")
    return tuple(
        EndpointUse(client_id=c, client_name=names[c], world=w, count=n, last_seen=last[c, w])
        for (c, w), n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def world_of(path: str) -> Experience | None:
    """The world an API path belongs to, None for endpoints that are neither or work in both."""
    if any(part in path for part in _NEW_PATHS):
        return Experience.NEW
    if any(part in path for part in _LEGACY_PATHS) and not any(part in path for part in _SHARED_PATHS):
        return Experience.LEGACY
    return None
