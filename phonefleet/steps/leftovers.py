"""Steps of `finalize`: removing what is left of the legacy side. None of them can be undone."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from phonefleet.auth0.management import ManagementApi
from phonefleet.plan import Step
from phonefleet.reading import LEGACY_TRIGGER
from phonefleet.steps.base import Fill, Handler, Seen


class UnbindAction(Handler):
    """Take the old Action out of the `send-phone-message` flow; the Action itself stays for its other triggers."""

    undoable = False

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        return {"bound": sorted(b["action"]["id"] for b in await api.bindings(LEGACY_TRIGGER))}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return not seen["bound"]

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await api.set_bindings(LEGACY_TRIGGER, [])


_SECRET_KEYS = ("twilio_sid", "twilio_token", "gateway_authentication")


class ClearConnection(Handler):
    """Remove the credentials that a connection no longer uses from its options."""

    undoable = False

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        options = (await api.connection(step.subject)).get("options") or {}
        return {"left": sorted(key for key in _SECRET_KEYS if options.get(key))}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return not seen["left"]

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        options: dict[str, Any] = dict((await api.connection(step.subject)).get("options") or {})
        await api.update_connection_options(
            step.subject, {key: value for key, value in options.items() if key not in _SECRET_KEYS}
        )
