"""The Management API's reads, as plain JSON with Auth0's own names; what Auth0 leaves out stays out."""

from __future__ import annotations

from datetime import UTC, datetime

from phonefleet.auth0.api_caller import PAGE, Caller, Json

SEARCH_LIMIT = 1000


class Reads(Caller):
    """Everything that is read from one tenant; every failure is a `phonefleet.errors.TenantError`."""

    async def granted_scopes(self) -> frozenset[str]:
        """The scopes that the tenant granted with its access token."""
        return (await self._tokens.get()).scopes

    async def settings(self) -> dict[str, Json]:
        """Tenant settings; `phone_consolidated_experience` is absent where the tenant has no toggle."""
        return await self._object("settings", self._sdk.tenants.settings.get)

    async def factors(self) -> list[Json]:
        """MFA factors: `name`, `enabled`, `trial_expired`."""
        return await self._array("factors", self._sdk.guardian.factors.list)

    async def message_types(self) -> list[str]:
        """Enabled MFA phone message types, of `sms` and `voice`."""
        body = await self._object("message_types", self._sdk.guardian.factors.phone.get_message_types)
        return list(body.get("message_types") or [])

    async def selected_provider(self) -> dict[str, Json]:
        """The legacy MFA `provider`: `auth0`, `twilio` or `phone-message-hook`. Refused (403) on UPE."""
        sdk = self._sdk.guardian.factors.phone
        return await self._object("selected_provider", sdk.get_selected_provider)

    async def twilio_provider(self) -> dict[str, Json]:
        """The legacy MFA Twilio settings. They may hold the stored `auth_token`: never show this."""
        return await self._object("twilio_provider", self._sdk.guardian.factors.phone.get_twilio_provider)

    async def guardian_templates(self) -> dict[str, Json] | None:
        """The legacy MFA messages, or None where they were never set."""
        # Never set means 204 without a body, or {}: the SDK refuses both, so it is left out here.
        url = f"https://{self.domain}/api/v2/guardian/factors/phone/templates"
        return await self._object("guardian_templates", lambda: self._http.get(url)) or None

    async def mfa_policies(self) -> list[str]:
        """MFA policies in force, for example `all-applications`."""
        return await self._array("mfa_policies", self._sdk.guardian.policies.list)

    async def phone_providers(self) -> list[Json]:
        """Tenant-level phone providers, at most one; credentials are never among what is read."""
        body = await self._object("phone_providers", self._sdk.branding.phone.providers.list)
        return list(body.get("providers") or [])

    async def phone_provider(self, provider_id: str) -> dict[str, Json]:
        """One tenant-level phone provider."""
        return await self._object(
            "phone_provider", lambda: self._sdk.branding.phone.providers.get(provider_id)
        )

    async def phone_templates(self) -> list[Json]:
        """Tenant-level phone templates, one a notification type."""
        body = await self._object("phone_templates", self._sdk.branding.phone.templates.list)
        return list(body.get("templates") or [])

    async def bindings(self, trigger: str) -> list[Json]:
        """The Actions bound to a trigger, in the order in which they run."""
        sdk = self._sdk.actions.triggers.bindings
        return await self._pages("bindings", lambda: sdk.list(trigger, per_page=PAGE), "bindings")

    async def actions(self, trigger: str | None = None) -> list[Json]:
        """Actions, of one trigger or all; of secrets only their names."""
        sdk = self._sdk.actions
        return await self._pages("actions", lambda: sdk.list(trigger_id=trigger, per_page=PAGE), "actions")

    async def action(self, action_id: str) -> dict[str, Json]:
        """One Action with its code and its state of building and deployment."""
        return await self._object("action", lambda: self._sdk.actions.get(action_id))

    async def connections(self, strategy: str | None = None) -> list[Json]:
        """Connections, of one strategy or all. Those of `sms` may hold a `twilio_token`: never show them."""
        sdk = self._sdk.connections
        return await self._pages("connections", lambda: sdk.list(strategy=strategy, take=PAGE), "connections")

    async def connection(self, connection_id: str) -> dict[str, Json]:
        """One connection with all its options."""
        return await self._object("connection", lambda: self._sdk.connections.get(connection_id))

    async def connection_clients(self, connection_id: str) -> list[str]:
        """The ids of the clients for which a connection is enabled."""
        sdk = self._sdk.connections.clients
        found = await self._pages("connection_clients", lambda: sdk.get(connection_id, take=PAGE), "clients")
        return [client["client_id"] for client in found]

    async def client_grants(self, audience: str | None = None) -> list[Json]:
        """Client grants with their scopes, for one audience or all."""
        sdk = self._sdk.client_grants
        return await self._pages(
            "client_grants", lambda: sdk.list(audience=audience, take=PAGE), "client_grants"
        )

    async def clients(self) -> list[Json]:
        """Applications: `client_id` and `name` only."""
        found: list[Json] = []
        start: str | None = None
        while True:
            body = await self._client_page(start)
            found += body.get("clients") or []
            start = body.get("next")
            if not start:
                return found

    async def _client_page(self, start: str | None) -> dict[str, Json]:
        # By checkpoint, which the SDK does not offer here: page numbers end at 1,000 clients.
        by_number = {"page": None, "per_page": None, "include_totals": None}
        query = by_number | {"take": PAGE, "from": start}
        return await self._object(
            "clients",
            lambda: self._sdk.clients.list(
                fields="client_id,name",
                include_fields=True,
                request_options={"additional_query_parameters": query},
            ),
        )

    async def logs(
        self,
        q: str = "",
        *,
        limit: int = PAGE,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Json]:
        """Log entries, newest first. None found proves nothing: logs lag, and are kept for 1 to 30 days.

        Args:
            q: search in Auth0's log query syntax, for example `type:gd_send_sms`.
            limit: at most so many, and never more than the 1,000 that a search gives.
            since: only entries of this moment or later; needs a timezone.
            until: only entries before this moment; needs a timezone.
        """
        dates = _dates(since, until)
        query = " AND ".join(part for part in (f"({q})" if q and dates else q, dates) if part)
        found: list[Json] = []
        wanted = min(limit, SEARCH_LIMIT)
        for page in range((wanted + PAGE - 1) // PAGE):
            entries = await self._log_page(query, page, min(wanted, PAGE))
            found += entries
            if len(entries) < min(wanted, PAGE):
                break
        return found[:wanted]

    async def _log_page(self, query: str, page: int, per_page: int) -> list[Json]:
        # The SDK calls the query `search`; Auth0's documentation and recorded requests call it `q`.
        more = {"additional_query_parameters": {"q": query}} if query else {}
        body = await self._object(
            "logs",
            lambda: self._sdk.logs.list(page=page, per_page=per_page, sort="date:-1", request_options=more),
        )
        return list(body.get("logs") or [])


def _dates(since: datetime | None, until: datetime | None) -> str:
    # A closing brace leaves the bound itself out.
    return f"date:[{_moment(since)} TO {_moment(until)}{'}' if until else ']'}" if since or until else ""


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return "*"
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
