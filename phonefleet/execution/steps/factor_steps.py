"""Steps on Guardian's phone factor; they work on both sides of the switch."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.execution.steps.handler import Fill, Handler, Seen
from phonefleet.model.plan import Step


class EnableFactor(Handler):
    """Turn factor `sms` on or off."""

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        return {"enabled": any(f["name"] == "sms" and f.get("enabled") for f in await api.factors())}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return bool(seen == step.after)

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await api.set_factor("sms", enabled=step.after["enabled"])  # type: ignore[index, call-overload, arg-type]

    @override
    def undone(self, step: Step, seen: Seen) -> bool:
        return bool(seen == step.before)

    @override
    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        await api.set_factor("sms", enabled=step.before["enabled"])  # type: ignore[index, call-overload, arg-type]


class SetMessageTypes(Handler):
    """Choose how MFA codes are sent."""

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        return {"message_types": sorted(await api.message_types())}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return _same(step.after, seen)

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        after: Any = step.after
        await api.set_message_types(after["message_types"])

    @override
    def undone(self, step: Step, seen: Seen) -> bool:
        return _same(step.before, seen)

    @override
    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        before: Any = step.before
        await api.set_message_types(before["message_types"])


def _same(wanted: Any, seen: Seen) -> bool:
    return bool(sorted(wanted["message_types"]) == seen["message_types"])
