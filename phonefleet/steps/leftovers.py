"""Steps of `finalize`: removing what is left of the legacy side. None of them can be undone."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from phonefleet.auth0.management import ManagementApi
from phonefleet.errors import ApiRefused
from phonefleet.plan import Step
from phonefleet.reading import LEGACY_TRIGGER, is_deprecated_refusal
from phonefleet.steps.base import Fill, Handler, Seen


class ClearTwilio(Handler):
    """Remove Guardian's Twilio credentials; Auth0 refuses this on the Unified Phone Experience, which is then said."""

    undoable = False

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        try:
            raw = await api.twilio_provider()
        except ApiRefused as refused:
            if is_deprecated_refusal(refused):
                return None
            raise
        return {"credentials": bool((raw or {}).get("auth_token") or (raw or {}).get("sid"))}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return seen is None or not seen["credentials"]

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        await api.set_twilio_provider(
            {"from": None, "messaging_service_sid": None, "auth_token": None, "sid": None}
        )


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
        options = (await api.connection(_id(step))).get("options") or {}
        return {"left": sorted(key for key in _SECRET_KEYS if options.get(key))}

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return not seen["left"]

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        options: dict[str, Any] = dict((await api.connection(_id(step))).get("options") or {})
        await api.update_connection_options(
            _id(step), {key: value for key, value in options.items() if key not in _SECRET_KEYS}
        )


def _id(step: Step) -> str:
    return step.key.partition(":")[2]
