"""The switches: the tenant's flag, and each Passwordless SMS connection's own."""

from __future__ import annotations

import asyncio
from typing import Any

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.auth0.tenant_reader import find_legacy_refusal
from phonefleet.execution.steps.connection_lookup import find_connection
from phonefleet.execution.steps.handler import Fill, Handler, Objection, Seen
from phonefleet.execution.steps.test_message_step import provider_gone
from phonefleet.model.endpoints import UPE_FLAG
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Step

ACCEPTED = "Auth0 accepted the switch"
"""What is said of a switch whose effect no read shows: unlike one that was refused, it may come late."""


class SwitchTenant(Handler):
    """Turn the tenant's flag on: MFA, and every connection without a switch of its own, follow at once."""

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        settings, provider, legacy = await asyncio.gather(
            api.settings(), find_provider(api), find_legacy_refusal(api)
        )
        return {"flag": settings.get(UPE_FLAG), "provider": provider, "legacy_answers": legacy is None}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return seen["flag"] is True and not seen["legacy_answers"]

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen["provider"] is None or seen["provider"]["disabled"]:
            return provider_gone("the switch")
        if seen["flag"] is None:
            return Objection(
                ReasonCode.TOGGLE_MISSING_ON_LEGACY, "the tenant's toggle is gone: contact Auth0 Support"
            )
        return None

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await api.set_phone_consolidated_experience(True)

    @override
    def failure(self, step: Step, seen: Seen) -> Objection:
        return Objection(
            ReasonCode.SWITCH_NOT_EFFECTIVE,
            f"{ACCEPTED}, but a read shows {UPE_FLAG} {seen['flag']} and the legacy endpoints "
            f"{'answering' if seen['legacy_answers'] else 'closed'}: ask Auth0 Support before trying again",
        )

    @override
    def undone(self, step: Step, seen: Seen) -> bool:
        """The flag alone proves nothing: the legacy endpoints must answer again."""
        return seen["flag"] is False and bool(seen["legacy_answers"])

    @override
    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        await api.set_phone_consolidated_experience(False)


class SwitchConnection(Handler):
    """Turn a connection's own switch on. A PATCH replaces `options` whole, so all of them are read and sent again."""

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        connection = await find_connection(api, step.subject)
        if connection is None:
            return None
        return {"use_phone_provider": (connection.get("options") or {}).get("use_phone_provider")}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return seen is not None and seen["use_phone_provider"] is True

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen is not None:
            return None
        return Objection(
            ReasonCode.STEP_FAILED,
            f"{step.title}: the connection is gone since the plan was made: plan again",
        )

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await _set(api, step.subject, True)

    @override
    def failure(self, step: Step, seen: Seen) -> Objection:
        shows = f"use_phone_provider {seen['use_phone_provider']}" if seen else "that the connection is gone"
        return Objection(
            ReasonCode.CONNECTION_SWITCH_NOT_EFFECTIVE, f"{step.title}: {ACCEPTED}, but a read shows {shows}"
        )

    @override
    def undone(self, step: Step, seen: Seen) -> bool:
        """Of a connection that is gone no switch stands."""
        before: Any = step.before
        return seen is None or bool(seen["use_phone_provider"] is before["use_phone_provider"])

    @override
    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        before: Any = step.before
        await _set(api, step.subject, before["use_phone_provider"])


async def _set(api: ManagementApi, connection_id: str, value: bool | None) -> None:
    options = dict((await api.connection(connection_id)).get("options") or {})
    if value is None:
        options.pop("use_phone_provider", None)
    else:
        options["use_phone_provider"] = value
    await api.update_connection_options(connection_id, options)
