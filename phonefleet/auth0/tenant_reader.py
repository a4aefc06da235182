"""Read a `Snapshot` of one tenant from the Management API.

Reads that do not depend on each other run concurrently; the transport keeps them within the tenant's rate limit.
A read that only shows who depends on the provider may be refused; `Snapshot.unread` then says so. A read that
decides the verdict may not.

Auth0 also leaves fields out of answers. Absent is not empty:

| read             | left out                          | when                                  | here            |
| ---------------- | --------------------------------- | ------------------------------------- | --------------- |
| connections      | options                           | no scope read:connections_options (1) | unknown (2)     |
| connections      | enabled_clients                   | in lists (3)                          | read one by one |
| clients          | all but client_id, name and a few | only read:client_summary (4)          | not asked for   |
| client-grants    | scope                             | allow_all_scopes (5)                  | every scope     |
| phone providers  | credentials                       | always (3)                            | written again   |
| actions          | values of secrets                 | always (6)                            | supplied        |
| tenants/settings | phone_consolidated_experience     | no toggle (7)                         | endpoints tell  |

(1) Auth0 documentation, "Migrate to Management API Connection Options Scopes". (2) `SmsConnection.options_hidden`, for
databases `Snapshot.unread`; a write raises `OptionsNotShown`. (3) Recorded exchanges. (4) Management API description,
`GET clients`. (5) Its schema `ClientGrantResponseContent`. (6) Its schema of an Action's secrets. (7) Auth0
documentation, "Unified Phone Experience".
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import ValidationError

from configs import MessageType
from phonefleet.auth0.answer_parser import (
    count_endpoint_use,
    identifies_by_phone,
    parse_action,
    parse_connection,
    parse_provider,
    parse_template,
    parse_twilio,
)
from phonefleet.auth0.answer_shapes import described
from phonefleet.auth0.api_caller import Json
from phonefleet.auth0.concurrent_reads import read_each, read_together
from phonefleet.auth0.connection_options import require_options
from phonefleet.auth0.logged_writes import logged_writes, writes_about
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.not_offered import OfferedReads, as_evidence
from phonefleet.errors import ApiRefused, InsufficientScope, OptionsNotShown, Unreachable
from phonefleet.model.api_scopes import every_phone_scope, phone_scopes
from phonefleet.model.endpoints import (
    API_READ_EVENT,
    API_WRITE_EVENT,
    CLIENT_GRANTS,
    CLIENTS,
    DATABASE_CONNECTIONS,
    FACTORS,
    GUARDIAN_TEMPLATES,
    GUARDIAN_TWILIO,
    LEGACY_ACTIONS,
    LEGACY_BINDINGS,
    LEGACY_TRIGGER,
    LOGS,
    MESSAGE_TYPES,
    MFA_POLICIES,
    PHONE_PROVIDERS,
    PHONE_TEMPLATES,
    PROVIDER_ACTIONS,
    PROVIDER_TRIGGER,
    SELECTED_PROVIDER,
    UPE_FLAG,
    any_of_types,
)
from phonefleet.model.fact import ActionState
from phonefleet.model.snapshot import ClientAccess, EndpointRefusal, PhoneIdentifier, SmsConnection, Snapshot

_LOG_LINES = 300

T = TypeVar("T")


async def read_tenant(api: ManagementApi, client_id: str, now: datetime) -> Snapshot:
    """Read everything that decides a tenant's migration and everything that depends on its provider.

    Args:
        api: the tenant's Management API.
        client_id: phonefleet's own client in the tenant.
        now: the snapshot's time, aware UTC.

    Raises:
        Unreachable, CredentialsRejected: the tenant cannot be read at all.
        InsufficientScope: a deciding read is not granted; the message names the scope.
        ApiRefused: a deciding read was refused for another reason.
    """
    try:
        return await _read_everything(api, client_id, now)
    except ValidationError as error:
        fields = described(error)
    # Outside the handler: the error has the tenant's words as its input.
    raise Unreachable(
        api.domain,
        f"Auth0 answered values that phonefleet does not know: {fields}. Look for a newer phonefleet",
    )


async def _read_everything(api: ManagementApi, client_id: str, now: datetime) -> Snapshot:
    granted = await api.granted_scopes()
    offered = OfferedReads()
    nothing: list[Any] = []
    settings, factors, message_types, (selected, refusal) = await read_together(
        api.settings(),
        offered.read(FACTORS, api.factors(), nothing),
        offered.read(MESSAGE_TYPES, api.message_types(), nothing),
        _read_legacy(offered, SELECTED_PROVIDER, api.selected_provider()),
    )
    providers, templates, custom, legacy, connections, dependents = await read_together(
        offered.read(PHONE_PROVIDERS, api.phone_providers(), nothing),
        offered.read(PHONE_TEMPLATES, api.phone_templates(), nothing),
        offered.read(PROVIDER_ACTIONS, _of_trigger(api, PROVIDER_TRIGGER, api.actions), nothing),
        _legacy_actions(api, offered),
        _sms_connections(api),
        _dependents(api, offered),
    )
    guardian = {"legacy_refusal": refusal} if refusal else await _guardian(api, offered)
    own = (*(a["id"] for a in custom), *(o.id for o in (*legacy, *connections, *dependents["identifiers"])))
    dependents["writes"] = writes_about(dependents["writes"], frozenset(own))
    actions = await asyncio.to_thread(lambda: tuple(parse_action(a) for a in custom))
    return Snapshot(
        domain=api.domain,
        taken_at=now.astimezone(UTC),
        client_id=client_id,
        friendly_name=settings.get("friendly_name") or "",
        scopes=frozenset(granted),
        flag=settings.get(UPE_FLAG),
        selected_provider=str((selected or {}).get("provider") or ""),
        factor_enabled=any(f["name"] == "sms" and f.get("enabled") for f in factors),
        message_types=tuple(sorted(MessageType(kind) for kind in message_types)),
        providers=tuple(parse_provider(p) for p in providers),
        templates=tuple(sorted((parse_template(t) for t in templates), key=lambda t: (t.type, t.id))),
        custom_actions=actions,
        legacy_actions=legacy,
        connections=connections,
        not_offered=offered.refusals,
        **guardian,
        **dependents,
    )


@dataclass(frozen=True, slots=True)
class LegacyEndpoints:
    """How the legacy endpoints answer.

    Attributes:
        refusal: how Auth0 has closed them; None when it has not.
        answer: False when they are closed; None when the tenant is not offered them, so they show nothing.
    """

    refusal: EndpointRefusal | None
    answer: bool | None


async def probe_legacy_endpoints(api: ManagementApi) -> LegacyEndpoints:
    """Read whether Auth0 has closed the legacy endpoints to a tenant.

    Two endpoints are read: according to some of Auth0's published lists the selected provider's endpoint keeps
    working on the Unified Phone Experience, while every list has Guardian's Twilio settings closed.

    Raises:
        ApiRefused: refused for another reason than being closed.
    """
    offered = OfferedReads()
    (_, selected_refusal), (_, twilio_refusal) = await read_together(
        _read_legacy(offered, SELECTED_PROVIDER, api.selected_provider()),
        _read_legacy(offered, GUARDIAN_TWILIO, api.twilio_provider()),
    )
    if refusal := selected_refusal or twilio_refusal:
        return LegacyEndpoints(refusal, answer=False)
    return LegacyEndpoints(None, answer=True if len(offered.refusals) < 2 else None)


async def _read_legacy(
    offered: OfferedReads, endpoint: str, read: Awaitable[T]
) -> tuple[T | None, EndpointRefusal | None]:
    """Return what a legacy endpoint answers, or how Auth0 has closed it; neither where it is not offered.

    Source: recorded answers; a closed endpoint answers 403 with errorCode `legacy_mfa_phone_provider_not_allowed`.
    """
    try:
        return await offered.read(endpoint, read, None), None
    except ApiRefused as refused:
        if refused.status != 403 or not refused.error_code.startswith("legacy_"):
            raise
        return None, as_evidence(endpoint, refused)


async def _of_trigger(
    api: ManagementApi, trigger: str, read: Callable[[str], Awaitable[list[Json]]]
) -> list[Json]:
    """Return what belongs to a trigger; nothing where the tenant does not have the trigger.

    Source: Auth0's Management API answers 400 for a trigger that it does not know.

    Raises:
        ApiRefused: refused for another reason; as 404 where the trigger is not among the tenant's.
    """
    try:
        return await read(trigger)
    except ApiRefused as refused:
        if refused.status != HTTPStatus.BAD_REQUEST or trigger in {t["id"] for t in await api.triggers()}:
            raise
        gone = f"the tenant has no trigger {trigger} for Actions"
    raise ApiRefused(api.domain, gone, status=HTTPStatus.NOT_FOUND)


async def _guardian(api: ManagementApi, offered: OfferedReads) -> dict[str, Any]:
    """Read Guardian's own settings. They may be closed although the selected provider can be read."""
    (twilio, twilio_refusal), (templates, templates_refusal) = await read_together(
        _read_legacy(offered, GUARDIAN_TWILIO, api.twilio_provider()),
        _read_legacy(offered, GUARDIAN_TEMPLATES, api.guardian_templates()),
    )
    return {
        "legacy_refusal": twilio_refusal or templates_refusal,
        "twilio": parse_twilio(twilio, sid="sid", token="auth_token", sender="from"),  # noqa: S106
        "enrollment_template": (templates or {}).get("enrollment_message"),
        "verification_template": (templates or {}).get("verification_message"),
    }


async def _legacy_actions(api: ManagementApi, offered: OfferedReads) -> tuple[ActionState, ...]:
    nothing: list[Any] = []
    actions, bindings = await read_together(
        offered.read(LEGACY_ACTIONS, _of_trigger(api, LEGACY_TRIGGER, api.actions), nothing),
        offered.read(LEGACY_BINDINGS, _of_trigger(api, LEGACY_TRIGGER, api.bindings), nothing),
    )
    bound = {binding["action"]["id"]: binding["action"] for binding in bindings}
    known = {action["id"]: action for action in actions}
    keys = dict.fromkeys((*bound, *known))
    # In a thread: the search for keys in 100 kB of code may take seconds.
    return await asyncio.to_thread(
        lambda: tuple(parse_action(known.get(key) or bound[key], bound=key in bound) for key in keys)
    )


async def _sms_connections(api: ManagementApi) -> tuple[SmsConnection, ...]:
    connections = await api.connections("sms")
    clients = await read_each(api.connection_clients(c["id"]) for c in connections)
    return await asyncio.to_thread(
        lambda: tuple(
            parse_connection(raw, enabled) for raw, enabled in zip(connections, clients, strict=True)
        )
    )


async def _dependents(api: ManagementApi, offered: OfferedReads) -> dict[str, Any]:
    """Read policies, identifiers, grants and log traffic: none decides the verdict, so each may be refused."""
    refusals: list[EndpointRefusal] = []

    async def read_optional(endpoint: str, read: Awaitable[Any]) -> Any:
        try:
            return await read
        except InsufficientScope as missing:
            code = "insufficient_scope"
            status = 200 if isinstance(missing, OptionsNotShown) else 403
            refusals.append(
                EndpointRefusal(endpoint=endpoint, status=status, error_code=code, message=str(missing))
            )
        except ApiRefused as refused:
            refusals.append(as_evidence(endpoint, refused))
        return None

    log_query = any_of_types(API_WRITE_EVENT, API_READ_EVENT)
    policies, identifiers, grants, entries = await read_together(
        read_optional(MFA_POLICIES, offered.read(MFA_POLICIES, api.mfa_policies(), list[str]())),
        read_optional(DATABASE_CONNECTIONS, _phone_identifiers(api)),
        read_optional(CLIENT_GRANTS, api.client_grants(api.audience)),
        read_optional(LOGS, api.logs(log_query, limit=_LOG_LINES)),
    )
    reaching = [(g["client_id"], scopes) for g in grants or () if (scopes := _phone_scopes_of(g))]
    clients = await read_optional(CLIENTS, api.clients()) if reaching else ()
    names = {c["client_id"]: c.get("name") or "" for c in clients or ()}
    return {
        "policies": tuple(policies or ()),
        "identifiers": identifiers or (),
        "access": tuple(
            ClientAccess(client_id=client, client_name=names.get(client, ""), scopes=scopes)
            for client, scopes in reaching
        ),
        "usage": count_endpoint_use(entries or (), names),
        "writes": logged_writes(entries or (), names),
        "unread": tuple(sorted(refusals, key=lambda r: r.endpoint)),
    }


def _phone_scopes_of(grant: Mapping[str, Any]) -> tuple[str, ...]:
    return every_phone_scope() if grant.get("allow_all_scopes") else phone_scopes(grant.get("scope") or ())


async def _phone_identifiers(api: ManagementApi) -> tuple[PhoneIdentifier, ...]:
    purpose = "the search for phone identifiers"
    connections = [
        c
        for c in await api.connections("auth0")
        if identifies_by_phone(require_options(api.domain, c, purpose))
    ]
    clients = await read_each(api.connection_clients(c["id"]) for c in connections)
    return tuple(
        PhoneIdentifier(id=raw["id"], name=raw.get("name") or "", enabled_clients=tuple(enabled))
        for raw, enabled in zip(connections, clients, strict=True)
    )
