"""Steps of `finalize`: removing what is left of the legacy side. None of them can be undone.

Each removes what stood in its plan and nothing else: what has come since is somebody's, and nobody accepted it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.execution.steps.connection_lookup import find_connection
from phonefleet.execution.steps.handler import Fill, Handler, Objection, Seen
from phonefleet.model.endpoints import LEGACY_TRIGGER
from phonefleet.model.enums import ReasonCode, StepKind
from phonefleet.model.plan import Step

CREDENTIALS: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.CLEAR_GATEWAY_SECRET: ("gateway_authentication",),
    StepKind.CLEAR_CONNECTION_TWILIO: ("twilio_sid", "twilio_token"),
}
"""The options of an `sms` connection that each kind removes."""


class UnbindAction(Handler):
    """Take the old Actions out of the `send-phone-message` flow; they stay, deployed, for their other triggers."""

    undoable = False

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        return {"bound": sorted(b["action"]["id"] for b in await api.bindings(LEGACY_TRIGGER))}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return not _planned(step) & set(seen["bound"])

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        others = [b for b in await api.bindings(LEGACY_TRIGGER) if b["action"]["id"] not in _planned(step)]
        await api.set_bindings(
            LEGACY_TRIGGER,
            [
                {"ref": {"type": "binding_id", "value": b["id"]}, "display_name": b["display_name"]}
                for b in others
            ],
        )


def _planned(step: Step) -> set[str]:
    before: Any = step.before
    return set(before["bound"])


class ClearConnection(Handler):
    """Remove credentials from a connection that sends through the tenant-level provider."""

    undoable = False

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        connection = await find_connection(api, step.subject)
        if connection is None:
            return None
        options = connection.get("options") or {}
        left = sorted(key for key in CREDENTIALS[step.kind] if options.get(key))
        return {"left": left, "use_phone_provider": options.get("use_phone_provider")}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        """A connection that is gone has taken its credentials with it."""
        return seen is None or not seen["left"]

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        if seen["use_phone_provider"] is not False:
            return None
        return Objection(
            ReasonCode.STEP_FAILED,
            f"{step.title}: its switch is off again, so it sends with them: find out who switched it back",
        )

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        """A PATCH replaces `options` whole, so all the others are read and sent again."""
        options: dict[str, Any] = dict((await api.connection(step.subject)).get("options") or {})
        kept = {key: value for key, value in options.items() if key not in CREDENTIALS[step.kind]}
        await api.update_connection_options(step.subject, kept)
