"""Read what a migration left in a tenant. Of secrets that Auth0 returns it keeps only where they are set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from phonefleet.auth0.concurrent_reads import read_each, read_together
from phonefleet.auth0.connection_options import require_options
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.not_offered import OfferedReads
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.model.endpoints import FACTORS, PROVIDER_TRIGGER
from phonefleet.model.left_state import FactorSetting, LeftState, Place, WholeOptions, sending_action
from phonefleet.model.snapshot import Snapshot
from phonefleet.secrets.patterns import (
    find_secret_like,
    looks_generated,
    may_name_secret,
    names_secret,
    names_secret_field,
)
from phonefleet.secrets.url_keys import mask_url

_PUBLIC = frozenset(
    (
        *("name", "from", "syntax", "template", "provider", "twilio_sid", "messaging_service_sid"),
        *("method", "subject", "audience"),
    )
)
"""Options of an SMS connection that hold no secret by their purpose. Source: Auth0's Management API description, the
options of strategy `sms`."""
_KEY_NAME = re.compile(r"key$", re.IGNORECASE)
_CREDENTIAL = re.compile(r"\b(?:basic|bearer)\s+\S", re.IGNORECASE)
"""The value of an Authorization header, also with the header's name before it."""


async def read_left_state(api: ManagementApi, client_id: str, now: datetime) -> LeftState:
    """Read a migrated tenant as another tool would have to write it.

    Args:
        api: the tenant's Management API.
        client_id: phonefleet's own client in the tenant.
        now: the snapshot's time, aware UTC.

    Raises:
        OptionsNotShown: the options of a switched connection are not shown, so they cannot be written whole.
        TenantError: a read failed; see `read_tenant`.
    """
    nothing: list[Any] = []
    snapshot = await read_tenant(api, client_id, now)
    factors, options, version = await read_together(
        OfferedReads().read(FACTORS, api.factors(), nothing),
        _options_of_switched(api, snapshot),
        _trigger_version(api, snapshot),
    )
    return LeftState(
        snapshot=snapshot,
        factors=tuple(FactorSetting(name=f["name"], enabled=bool(f.get("enabled"))) for f in factors),
        options=options,
        trigger_version=version,
    )


async def _options_of_switched(api: ManagementApi, snapshot: Snapshot) -> tuple[WholeOptions, ...]:
    wanted = [
        connection.id
        for connection in snapshot.connections
        if connection.use_phone_provider is not None or connection.options_hidden
    ]
    read = await read_each(api.connection(connection_id) for connection_id in wanted)
    return tuple(
        without_secrets(raw["id"], require_options(api.domain, raw, "the code for it")) for raw in read
    )


async def _trigger_version(api: ManagementApi, snapshot: Snapshot) -> str:
    action = sending_action(snapshot)
    if action is None:
        return ""
    triggers = (await api.action(action.id)).get("supported_triggers") or ()
    return next((t.get("version") or "" for t in triggers if t["id"] == PROVIDER_TRIGGER), "")


def without_secrets(connection_id: str, options: Mapping[str, JsonValue]) -> WholeOptions:
    """Split a connection's options into what may be shown and the places of its secrets.

    A text counts as a secret by its key, that of an object around it, what it looks like, or for a key in its URL. The
    options that Auth0 documents as public do so only for what can be nothing else, such as a private key. Lists keep
    their secrets' places by the list's own key, as a whole.
    """
    secrets = tuple(_secret_places(options, ()))
    return WholeOptions(
        connection_id=connection_id, options=_without(options, frozenset(secrets), ()), secrets=secrets
    )


def _secret_places(
    value: Mapping[str, JsonValue], above: Place, *, in_secret: bool = False
) -> Iterator[Place]:
    for key, inner in value.items():
        place = (*above, key)
        if isinstance(inner, Mapping):
            yield from _secret_places(inner, place, in_secret=in_secret or _names_secret(key))
        elif any((in_secret and text) or _is_secret(name, text) for name, text in _texts(key, inner)):
            yield place


def _texts(key: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """Yield every text in a value that is no object, with the key that names it."""
    match value:
        case str():
            yield key, value
        case list():
            for each in value:
                yield from _texts(key, each)
        case dict():
            for name, each in value.items():
                yield from _texts(key if _names_secret(key) else name, each)


def _names_secret(key: str) -> bool:
    return names_secret(key) or names_secret_field(key) or may_name_secret(key) or bool(_KEY_NAME.search(key))


def _is_secret(key: str, text: str) -> bool:
    """Return whether a text is a secret. Wider than elsewhere: of a text too many, only its value must be supplied."""
    if not text:
        return False
    if find_secret_like(text):
        return True
    if key in _PUBLIC:
        return False
    if _names_secret(key) or looks_generated(text) or _CREDENTIAL.search(text):
        return True
    return "://" in text and mask_url(text) != text


def _without(value: Mapping[str, JsonValue], secrets: frozenset[Place], above: Place) -> dict[str, JsonValue]:
    kept: dict[str, JsonValue] = {}
    for key, inner in value.items():
        place = (*above, key)
        if place not in secrets:
            kept[key] = _without(inner, secrets, place) if isinstance(inner, Mapping) else inner
    return kept
