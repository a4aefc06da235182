"""The test message: the one step that cannot be read back and must not be repeated by itself."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.execution.steps.handler import Fill, Handler, Objection, Seen
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Step


class SendTest(Handler):
    """Send one test message through the provider; 202 says nothing about its delivery."""

    repeatable = False
    undoable = False

    @override
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        return await find_provider(api)

    @override
    def holds(self, step: Step, seen: Seen) -> bool:
        return False

    @override
    def objection(self, step: Step, seen: Seen) -> Objection | None:
        return None if seen is not None else provider_gone("the test message")

    @override
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        after: Any = step.after
        await api.try_phone_provider(seen["id"], after["to"], after["delivery_method"])


def provider_gone(what: str) -> Objection:
    """The objection when the provider vanished between a read and a write."""
    return Objection(
        ReasonCode.PROVIDER_VANISHED,
        f"the tenant-level provider is gone, so {what} was not attempted: find out who removed it, then plan again",
    )
