"""The Management API's writes. Each sets an absolute value, so the transport may repeat all but the POSTs.

A POST with an unknown outcome raises `phonefleet.errors.Unreachable` with `maybe_applied`: read the tenant to
find out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phonefleet.auth0.api_caller import ApiOperations, Json


class ManagementWrites(ApiOperations):
    """Everything that is changed on one tenant; every failure is a `phonefleet.errors.TenantError`."""

    async def set_phone_consolidated_experience(self, on: bool) -> dict[str, Json]:
        """Switch the tenant to the Unified Phone Experience or back; gives the new settings."""
        sdk = self._sdk.tenants.settings
        return await self._caller.call_object(
            "set_phone_consolidated_experience", lambda: sdk.update(phone_consolidated_experience=on)
        )

    async def update_connection_options(
        self, connection_id: str, options: Mapping[str, Json]
    ) -> dict[str, Json]:
        """Replace a connection's options as a whole: pass all of them, not only what changes."""
        # As they are, not through the SDK's model, which knows only some strategies' names.
        body = {"options": dict(options)}
        sdk = self._sdk.connections
        return await self._caller.call_object(
            "update_connection_options", lambda: sdk.update(connection_id, request_options=_body(body)), body
        )

    async def set_factor(self, name: str, enabled: bool) -> dict[str, Json]:
        """Enable or disable an MFA factor; for phone messages its name is `sms`."""
        return await self._caller.call_object(
            "set_factor", lambda: self._sdk.guardian.factors.set(name, enabled=enabled)
        )

    async def set_message_types(self, types: Sequence[str]) -> dict[str, Json]:
        """Set the MFA phone message types. Refused with 409 for a type that the provider does not deliver."""
        sdk = self._sdk.guardian.factors.phone
        return await self._caller.call_object(
            "set_message_types", lambda: sdk.set_message_types(message_types=list(types))
        )

    async def set_twilio_provider(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """Set the legacy MFA Twilio settings: `sid`, `auth_token`, `from`, `messaging_service_sid`."""
        sdk = self._sdk.guardian.factors.phone
        return await self._caller.call_object(
            "set_twilio_provider", lambda: sdk.set_twilio_provider(request_options=_body(body)), body
        )

    async def set_selected_provider(self, provider: str) -> dict[str, Json]:
        """Select the legacy MFA phone provider: `auth0`, `twilio` or `phone-message-hook`."""
        sdk = self._sdk.guardian.factors.phone
        return await self._caller.call_object(
            "set_selected_provider", lambda: sdk.set_provider(provider=provider)
        )

    async def set_guardian_templates(self, body: Mapping[str, str]) -> dict[str, Json]:
        """Set the legacy MFA messages: `enrollment_message` and `verification_message`."""
        sdk = self._sdk.guardian.factors.phone
        return await self._caller.call_object(
            "set_guardian_templates",
            lambda: sdk.set_templates(
                enrollment_message=body["enrollment_message"],
                verification_message=body["verification_message"],
            ),
        )

    async def create_phone_provider(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """Create the tenant-level provider: `name`, `configuration`, `credentials`, `disabled`."""
        sdk = self._sdk.branding.phone.providers
        return await self._caller.call_object(
            "create_phone_provider",
            lambda: sdk.create(
                name=body["name"], credentials=body["credentials"], request_options=_body(body)
            ),
            body,
        )

    async def update_phone_provider(self, provider_id: str, body: Mapping[str, Json]) -> dict[str, Json]:
        """Change the tenant-level provider; members that are left out stay as they are."""
        sdk = self._sdk.branding.phone.providers
        return await self._caller.call_object(
            "update_phone_provider", lambda: sdk.update(provider_id, request_options=_body(body)), body
        )

    async def delete_phone_provider(self, provider_id: str) -> None:
        """Delete the tenant-level provider with its credentials, for good."""
        sdk = self._sdk.branding.phone.providers
        await self._caller.call_delete("delete_phone_provider", lambda: sdk.delete(provider_id))

    async def try_phone_provider(self, provider_id: str, to: str, delivery_method: str) -> dict[str, Json]:
        """Send a test message. Accepted (202) says nothing about delivery: the tenant's logs may.

        Args:
            provider_id: the tenant-level provider.
            to: number in E.164.
            delivery_method: `text` or `voice`.
        """
        sdk = self._sdk.branding.phone.providers
        return await self._caller.call_object(
            "try_phone_provider", lambda: sdk.test(provider_id, to=to, delivery_method=delivery_method)
        )

    async def create_phone_template(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """Create a type's template: `type`, `disabled`, `content`. A second of one type is refused (409)."""
        sdk = self._sdk.branding.phone.templates
        return await self._caller.call_object(
            "create_phone_template", lambda: sdk.create(request_options=_body(body))
        )

    async def update_phone_template(self, template_id: str, body: Mapping[str, Json]) -> dict[str, Json]:
        """Change a template's `content` or `disabled`."""
        sdk = self._sdk.branding.phone.templates
        return await self._caller.call_object(
            "update_phone_template", lambda: sdk.update(template_id, request_options=_body(body))
        )

    async def delete_phone_template(self, template_id: str) -> None:
        """Delete a template."""
        sdk = self._sdk.branding.phone.templates
        await self._caller.call_delete("delete_phone_template", lambda: sdk.delete(template_id))

    async def try_phone_template(self, template_id: str, to: str, delivery_method: str) -> dict[str, Json]:
        """Send a test message with a template's text, as `try_phone_provider` does with the provider's own.

        Args:
            template_id: a template that has an id; Auth0's defaults have none.
            to: number in E.164.
            delivery_method: `text` or `voice`.
        """
        sdk = self._sdk.branding.phone.templates
        return await self._caller.call_object(
            "try_phone_template", lambda: sdk.test(template_id, to=to, delivery_method=delivery_method)
        )

    async def create_action(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """Create an Action: `name`, `supported_triggers`, `code`, `dependencies`, `runtime`, `secrets`."""
        name, triggers = body["name"], body["supported_triggers"]
        sdk = self._sdk.actions
        return await self._caller.call_object(
            "create_action",
            lambda: sdk.create(name=name, supported_triggers=triggers, request_options=_body(body)),
            body,
        )

    async def update_action(self, action_id: str, body: Mapping[str, Json]) -> dict[str, Json]:
        """Change an Action's draft, which takes effect once deployed."""
        sdk = self._sdk.actions
        return await self._caller.call_object(
            "update_action", lambda: sdk.update(action_id, request_options=_body(body)), body
        )

    async def deploy_action(self, action_id: str) -> dict[str, Json]:
        """Deploy an Action's draft. Building takes a while and may fail: read it until it is built."""
        return await self._caller.call_object("deploy_action", lambda: self._sdk.actions.deploy(action_id))

    async def deploy_action_version(self, action_id: str, version_id: str) -> dict[str, Json]:
        """Deploy an earlier version of an Action again, with its secrets, and make it the draft too.

        Source: Management API description, "Roll back to a previous action version"; Auth0 documentation, "Manage
        Versions".
        """
        sdk = self._sdk.actions.versions
        return await self._caller.call_object(
            "deploy_action_version",
            lambda: sdk.deploy(action_id, version_id, request_options=_body({"update_draft": True})),
        )

    async def delete_action(self, action_id: str) -> None:
        """Delete an Action with its secrets, for good. Refused while it is bound."""
        await self._caller.call_delete("delete_action", lambda: self._sdk.actions.delete(action_id))

    async def set_bindings(self, trigger: str, bindings: Sequence[Mapping[str, Json]]) -> list[Json]:
        """Replace all bindings of a trigger, in running order; each has `ref` and `display_name`."""
        sdk = self._sdk.actions.triggers.bindings
        body = await self._caller.call_object(
            "set_bindings", lambda: sdk.update_many(trigger, bindings=list(bindings))
        )
        return list(body.get("bindings") or [])


def _body(body: Mapping[str, Json]) -> Any:
    """An SDK request option that sends this body as it is."""
    return {"additional_body_parameters": dict(body)}
