"""The Management API's reads, as plain JSON with Auth0's own names; no default is filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from auth0.management.types.connection_strategy_enum import ConnectionStrategyEnum

from phonefleet.auth0.api_caller import PAGE, ApiOperations, Json
from phonefleet.auth0.page_guard import PageGuard

SEARCH_LIMIT = 1000
CLIENTS_PAGE = 1000
"""The most clients of a connection in one answer. Source: Auth0's Management API description."""


class ManagementReads(ApiOperations):
    """Everything that is read from one tenant; every failure is a `phonefleet.errors.TenantError`."""

    async def granted_scopes(self) -> frozenset[str]:
        """Return the scopes that the tenant granted with its access token."""
        return await self._caller.granted_scopes()

    async def settings(self) -> dict[str, Json]:
        """Read the tenant settings; `phone_consolidated_experience` is absent where the tenant has no toggle."""
        return await self._caller.call_object("settings", self._sdk.tenants.settings.get)

    async def factors(self) -> list[Json]:
        """Read MFA factors: `name`, `enabled`, `trial_expired`."""
        return await self._caller.call_array("factors", self._sdk.guardian.factors.list)

    async def message_types(self) -> list[str]:
        """Read enabled MFA phone message types, of `sms` and `voice`."""
        body = await self._caller.call_object(
            "message_types", self._sdk.guardian.factors.phone.get_message_types
        )
        return list(body.get("message_types") or [])

    async def selected_provider(self) -> dict[str, Json]:
        """Read the legacy MFA `provider`: `auth0`, `twilio` or `phone-message-hook`. Refused (403) on UPE."""
        sdk = self._sdk.guardian.factors.phone
        return await self._caller.call_object("selected_provider", sdk.get_selected_provider)

    async def twilio_provider(self) -> dict[str, Json]:
        """Read the legacy MFA Twilio settings. They may hold the stored `auth_token`: never show this."""
        return await self._caller.call_object(
            "twilio_provider", self._sdk.guardian.factors.phone.get_twilio_provider
        )

    async def guardian_templates(self) -> dict[str, Json] | None:
        """Read the legacy MFA messages, or None where they were never set."""
        # Never set means 204 without a body, or {}: the SDK refuses both, so it is not used here.
        path = "guardian/factors/phone/templates"
        return await self._caller.call_object("guardian_templates", lambda: self._caller.get(path)) or None

    async def mfa_policies(self) -> list[str]:
        """Read MFA policies in force, for example `all-applications`."""
        return await self._caller.call_array("mfa_policies", self._sdk.guardian.policies.list)

    async def phone_providers(self) -> list[Json]:
        """Read Tenant-level phone providers, at most one; credentials are never among what is read."""
        body = await self._caller.call_object("phone_providers", self._sdk.branding.phone.providers.list)
        return list(body.get("providers") or [])

    async def phone_provider(self, provider_id: str) -> dict[str, Json]:
        """Read one tenant-level phone provider."""
        return await self._caller.call_object(
            "phone_provider", lambda: self._sdk.branding.phone.providers.get(provider_id)
        )

    async def phone_templates(self) -> list[Json]:
        """Read Tenant-level phone templates, one a notification type."""
        body = await self._caller.call_object("phone_templates", self._sdk.branding.phone.templates.list)
        return list(body.get("templates") or [])

    async def triggers(self) -> list[Json]:
        """Read the triggers that the tenant has for Actions."""
        body = await self._caller.call_object("triggers", self._sdk.actions.triggers.list)
        return list(body.get("triggers") or [])

    async def bindings(self, trigger: str) -> list[Json]:
        """Read the Actions bound to a trigger, in the order in which they run."""
        sdk = self._sdk.actions.triggers.bindings
        return await self._caller.read_pages("bindings", lambda: sdk.list(trigger, per_page=PAGE), "bindings")

    async def actions(self, trigger: str | None = None) -> list[Json]:
        """Read Actions, of one trigger or all; of secrets only their names."""
        sdk = self._sdk.actions
        return await self._caller.read_pages(
            "actions", lambda: sdk.list(trigger_id=trigger, per_page=PAGE), "actions"
        )

    async def action(self, action_id: str) -> dict[str, Json]:
        """Read one Action with its code and its state of building and deployment."""
        return await self._caller.call_object("action", lambda: self._sdk.actions.get(action_id))

    async def connections(self, *strategies: ConnectionStrategyEnum) -> list[Json]:
        """Read connections, of some strategies or all. Those of `sms` may hold a `twilio_token`: never show them."""
        sdk = self._sdk.connections
        return await self._caller.read_pages(
            "connections", lambda: sdk.list(strategy=list(strategies) or None, take=PAGE), "connections"
        )

    async def connection(self, connection_id: str) -> dict[str, Json]:
        """Read one connection with all its options."""
        return await self._caller.call_object("connection", lambda: self._sdk.connections.get(connection_id))

    async def connection_clients(self, connection_id: str) -> list[str]:
        """Read the ids of the clients that a connection is enabled for."""
        sdk = self._sdk.connections.clients
        clients = await self._caller.read_pages(
            "connection_clients", lambda: sdk.get(connection_id, take=CLIENTS_PAGE), "clients"
        )
        return [client["client_id"] for client in clients]

    async def client_grants(self, audience: str | None = None) -> list[Json]:
        """Read client grants with their scopes, for one audience or all."""
        sdk = self._sdk.client_grants
        return await self._caller.read_pages(
            "client_grants", lambda: sdk.list(audience=audience, take=PAGE), "client_grants"
        )

    async def clients(self) -> list[Json]:
        """Read applications: `client_id` and `name` only."""
        clients: list[Json] = []
        guard = PageGuard(self.domain, "clients")
        start: str | None = None
        while True:
            # By checkpoint, which the SDK does not offer here: page numbers end at 1,000 clients.
            by_number = {"page": None, "per_page": None, "include_totals": None}
            more: Any = {"additional_query_parameters": by_number | {"take": PAGE, "from": start}}
            read = partial(
                self._sdk.clients.list, fields="client_id,name", include_fields=True, request_options=more
            )
            body = await self._caller.call_object("clients", read)
            start = body.get("next")
            page = [{"client_id": c["client_id"], "name": c.get("name")} for c in body.get("clients") or []]
            guard.check(page, start, sum(len(c["client_id"]) + len(c["name"] or "") for c in page))
            clients += page
            if not start:
                return clients

    async def logs(
        self,
        q: str = "",
        *,
        limit: int = PAGE,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Json]:
        """Return log entries, newest first. An empty list proves nothing: logs lag and are kept for 1 to 30 days.

        Args:
            q: search in Auth0's log query syntax, for example `type:gd_send_sms`.
            limit: maximum number of entries; a search never returns more than 1,000.
            since: earliest moment, inclusive; needs a timezone.
            until: latest moment, exclusive; needs a timezone.
        """
        # A closing brace excludes the bound itself.
        end = "}" if until else "]"
        dates = f"date:[{_timestamp(since)} TO {_timestamp(until)}{end}" if since or until else ""
        query = " AND ".join(part for part in (f"({q})" if q and dates else q, dates) if part)
        entries: list[Json] = []
        wanted = min(limit, SEARCH_LIMIT)
        for page in range((wanted + PAGE - 1) // PAGE):
            one = await self._log_page(query, page, min(wanted, PAGE))
            entries += one
            if len(one) < min(wanted, PAGE):
                break
        return entries[:wanted]

    async def _log_page(self, query: str, page: int, per_page: int) -> list[Json]:
        # The SDK calls the query `search`; Auth0's documentation and recorded requests call it `q`.
        more = {"additional_query_parameters": {"q": query}} if query else {}
        body = await self._caller.call_object(
            "logs",
            lambda: self._sdk.logs.list(page=page, per_page=per_page, sort="date:-1", request_options=more),
        )
        return list(body.get("logs") or [])


def _timestamp(moment: datetime | None) -> str:
    if moment is None:
        return "*"
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
