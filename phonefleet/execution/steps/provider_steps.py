"""Steps on the tenant-level provider under `branding/phone/providers`."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import comparable, find_provider
from phonefleet.execution.steps.handler import Fill, Handler, Objection, Seen
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Step


def _as(wanted: dict[str, Any], seen: Seen) -> bool:
    return bool(seen) and (
        (seen["name"], seen["disabled"], seen["configuration"])
        == (wanted["name"], wanted["disabled"], comparable(wanted["configuration"]))
    )


class _Provider(Handler):
    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        return await find_provider(api)

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return _as(step.after, seen)  # type: ignore[arg-type]


class CreateProvider(_Provider):
    """Create the provider; a tenant has one. Where it stands already, its credentials are written anew."""

    @override
    def hides(self, step: Step) -> bool:
        return bool(step.after["credentials"])  # type: ignore[index, call-overload]

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen is None:
            return None
        return Objection(
            ReasonCode.PROVIDER_TAKEN,
            f"a provider {seen['name']} has appeared since the plan was made: plan again",
        )

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        if seen is None:
            await api.create_phone_provider(fill(step.after))
        else:
            await api.update_phone_provider(seen["id"], fill(step.after))

    @override
    def undone(self, step: Step, seen: Seen) -> bool:
        return seen is None

    @override
    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        await api.delete_phone_provider(seen["id"])


class UpdateProvider(_Provider):
    """Bring an existing provider to the planned configuration and credentials."""

    @override
    def provable(self, step: Step) -> bool:
        return not step.after["credentials"]  # type: ignore[index, call-overload]

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen is not None:
            return None
        return Objection(
            ReasonCode.PROVIDER_VANISHED,
            "the tenant-level provider is gone since the plan was made: plan again",
        )

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await api.update_phone_provider(seen["id"], fill(step.after))

    @override
    def undone(self, step: Step, seen: Seen) -> bool:
        return _as(step.before, seen)  # type: ignore[arg-type]

    @override
    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        """Credentials cannot be read, so the ones written stay: that is why this is lossy."""
        before: Any = step.before
        await api.update_phone_provider(seen["id"], before)
