"""Read a tenant part by part, each part at most once, into the fields of a `Snapshot`.

What the parts need of each other is read one after the other: the Actions that are bound once the trigger is known to
have Actions, clients of a connection once there is one, names of clients once a grant or a log entry lacks one. All
else that is asked for at once is read at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from configs import MessageType
from phonefleet.auth0.answer_parser import (
    parse_action,
    parse_connection,
    parse_provider,
    parse_template,
    parse_twilio,
)
from phonefleet.auth0.api_caller import Json
from phonefleet.auth0.concurrent_reads import read_each, read_together
from phonefleet.auth0.dependent_reads import DependentReads
from phonefleet.auth0.legacy_endpoints import read_legacy
from phonefleet.auth0.logged_writes import writes_about
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.not_offered import OfferedReads
from phonefleet.errors import ApiRefused
from phonefleet.model.endpoints import (
    FACTORS,
    GUARDIAN_TEMPLATES,
    GUARDIAN_TWILIO,
    LEGACY_ACTIONS,
    LEGACY_BINDINGS,
    LEGACY_TRIGGER,
    MESSAGE_TYPES,
    PHONE_PROVIDERS,
    PHONE_TEMPLATES,
    PROVIDER_ACTIONS,
    PROVIDER_TRIGGER,
    SELECTED_PROVIDER,
    UPE_FLAG,
)
from phonefleet.model.snapshot import EndpointRefusal, Snapshot
from phonefleet.model.snapshot_parts import EVERY_PART, SnapshotPart

_SMS, _DATABASE = "sms", "auth0"


class PartReads:
    """One reading of one tenant."""

    def __init__(self, api: ManagementApi, client_id: str) -> None:
        self._api, self._client_id = api, client_id
        self._offered = OfferedReads()
        self._dependents = DependentReads(api, self._offered, client_id)
        self._read: frozenset[SnapshotPart] = frozenset()
        self._facts: dict[str, Any] = {}
        self._refusals: list[EndpointRefusal] = []
        """Of legacy endpoints that are closed."""
        self._connections: list[Json] | None = None
        """Until their clients are read."""
        self._readers: Mapping[SnapshotPart, Callable[[], Coroutine[Any, Any, None]]] = {
            SnapshotPart.MESSAGE_TYPES: self._message_types,
            SnapshotPart.GUARDIAN: self._guardian,
            SnapshotPart.PROVIDERS: self._providers,
            SnapshotPart.TEMPLATES: self._templates,
            SnapshotPart.CUSTOM_ACTIONS: self._custom_actions,
            SnapshotPart.LEGACY_ACTIONS: self._legacy_actions,
        }

    async def begin(self) -> None:
        """Read what every tenant is asked first: which experience it is on, and what may send on it."""
        nothing: list[Any] = []
        granted = await self._api.granted_scopes()
        settings, factors, (selected, refusal), self._connections = await read_together(
            self._api.settings(),
            self._offered.read(FACTORS, self._api.factors(), nothing),
            read_legacy(self._offered, SELECTED_PROVIDER, self._api.selected_provider()),
            self._api.connections(_SMS, _DATABASE),
        )
        self._refusals += [refusal] if refusal else []
        self._facts |= {
            "friendly_name": settings.get("friendly_name") or "",
            "scopes": frozenset(granted),
            "flag": settings.get(UPE_FLAG),
            "selected_provider": str((selected or {}).get("provider") or ""),
            "factor_enabled": any(f["name"] == "sms" and f.get("enabled") for f in factors),
        }

    async def read(self, parts: Collection[SnapshotPart]) -> None:
        """Read the parts that are not read yet, and the clients of connections.

        Raises:
            TenantError: a read failed that may not.
        """
        wanted = frozenset(parts) - self._read
        reads: list[Awaitable[None]] = [read() for part, read in self._readers.items() if part in wanted]
        reads.append(self._dependents.read(wanted))
        if self._connections is not None:
            reads.append(self._clients_of(self._connections))
            self._connections = None
        await read_each(reads)
        self._read |= wanted

    def snapshot(self, now: datetime) -> Snapshot:
        """Return what was read so far. Until `read` was called, if only for no part, it has no connections."""
        facts = self._facts | self._dependents.facts()
        objects = ("custom_actions", "legacy_actions", "connections", "identifiers")
        own = frozenset(each.id for name in objects for each in facts.get(name, ()))
        facts["writes"] = writes_about(facts["writes"], own)
        return Snapshot(
            domain=self._api.domain,
            taken_at=now.astimezone(UTC),
            client_id=self._client_id,
            legacy_refusal=self._refusals[0] if self._refusals else None,
            not_offered=self._offered.refusals,
            skipped=tuple(sorted(EVERY_PART - self._read)),
            **facts,
        )

    async def _message_types(self) -> None:
        types = await self._offered.read(MESSAGE_TYPES, self._api.message_types(), list[str]())
        self._facts["message_types"] = tuple(sorted(MessageType(kind) for kind in types))

    async def _guardian(self) -> None:
        """Read Guardian's own settings. They may be closed although the selected provider can be read."""
        if self._refusals:
            return
        (twilio, twilio_refusal), (templates, templates_refusal) = await read_together(
            read_legacy(self._offered, GUARDIAN_TWILIO, self._api.twilio_provider()),
            read_legacy(self._offered, GUARDIAN_TEMPLATES, self._api.guardian_templates()),
        )
        self._refusals += [refusal for refusal in (twilio_refusal, templates_refusal) if refusal]
        self._facts |= {
            "twilio": parse_twilio(twilio, sid="sid", token="auth_token", sender="from"),  # noqa: S106
            "enrollment_template": (templates or {}).get("enrollment_message"),
            "verification_template": (templates or {}).get("verification_message"),
        }

    async def _providers(self) -> None:
        read = await self._offered.read(PHONE_PROVIDERS, self._api.phone_providers(), list[Json]())
        self._facts["providers"] = tuple(map(parse_provider, read))

    async def _templates(self) -> None:
        read = await self._offered.read(PHONE_TEMPLATES, self._api.phone_templates(), list[Json]())
        self._facts["templates"] = tuple(sorted(map(parse_template, read), key=lambda t: (t.type, t.id)))

    async def _custom_actions(self) -> None:
        read = await self._offered.read(
            PROVIDER_ACTIONS, _of_trigger(self._api, PROVIDER_TRIGGER, self._api.actions), list[Json]()
        )
        # In a thread: the search for keys in 100 kB of code may take seconds.
        self._facts["custom_actions"] = await asyncio.to_thread(
            lambda: tuple(parse_action(each, domain=self._api.domain) for each in read)
        )

    async def _legacy_actions(self) -> None:
        nothing: list[Json] = []
        # Both, always: an Action is listed by its draft's triggers and bound by its deployed version's, so one that is
        # not in the list may be bound and send.
        actions, bindings = await read_together(
            self._offered.read(
                LEGACY_ACTIONS, _of_trigger(self._api, LEGACY_TRIGGER, self._api.actions), nothing
            ),
            self._offered.read(
                LEGACY_BINDINGS, _of_trigger(self._api, LEGACY_TRIGGER, self._api.bindings), nothing
            ),
        )
        bound = {binding["action"]["id"]: binding["action"] for binding in bindings}
        known = {action["id"]: action for action in actions}
        keys = dict.fromkeys((*bound, *known))
        self._facts["legacy_actions"] = await asyncio.to_thread(
            lambda: tuple(
                parse_action(known.get(key) or bound[key], bound=key in bound, domain=self._api.domain)
                for key in keys
            )
        )

    async def _clients_of(self, connections: list[Json]) -> None:
        """Read the clients of every SMS connection, and the connections on which a phone number identifies users."""
        sms = [each for each in connections if each.get("strategy") == _SMS]
        databases = [each for each in connections if each.get("strategy") == _DATABASE]
        clients, _ = await read_together(
            read_each(self._api.connection_clients(c["id"]) for c in sms),
            self._dependents.read_identifiers(databases),
        )
        self._facts["connections"] = await asyncio.to_thread(
            lambda: tuple(
                parse_connection(raw, enabled, self._api.domain)
                for raw, enabled in zip(sms, clients, strict=True)
            )
        )


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
