"""The steps of `finalize`: removing what is left of the legacy side. None of them can be reverted.

Each removes what its plan names and nothing else: the operator did not accept the removal of what came later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from typing_extensions import override

from phonefleet.auth0.connection_options import require_options
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.execution.steps.connection_lookup import find_options, flag_of
from phonefleet.execution.steps.handler import Handler, SecretResolver, StepProblem
from phonefleet.model.endpoints import LEGACY_TRIGGER
from phonefleet.model.enums import ReasonCode
from phonefleet.model.step_payloads import ConnectionFlag
from phonefleet.model.steps import (
    CONNECTION_CREDENTIALS,
    ClearConnectionTwilioStep,
    ClearGatewaySecretStep,
    UnbindActionStep,
    credentials_left,
)

ClearStep = TypeVar("ClearStep", ClearGatewaySecretStep, ClearConnectionTwilioStep)


class UnbindAction(Handler[UnbindActionStep, frozenset[str]]):
    """Remove the legacy Actions from the `send-phone-message` flow; what is observed are the ids of those bound."""

    is_revertible = False

    @override
    async def read(self, api: ManagementApi) -> frozenset[str]:
        return frozenset(b["action"]["id"] for b in await api.bindings(LEGACY_TRIGGER))

    @override
    def is_applied(self, observed: frozenset[str]) -> bool:
        return observed.isdisjoint(self.step.before.bound)

    @override
    async def write(self, api: ManagementApi, observed: frozenset[str], resolve: SecretResolver) -> None:
        planned = self.step.before.bound
        others = [b for b in await api.bindings(LEGACY_TRIGGER) if b["action"]["id"] not in planned]
        await api.set_bindings(
            LEGACY_TRIGGER,
            [
                {"ref": {"type": "binding_id", "value": b["id"]}, "display_name": b["display_name"]}
                for b in others
            ],
        )


@dataclass(frozen=True, slots=True)
class ObservedConnection:
    """A connection's legacy credentials that are left, by name, and its own flag."""

    left: tuple[str, ...]
    flag: ConnectionFlag


class ClearConnection(Handler[ClearStep, ObservedConnection | None]):
    """Remove credentials from a connection that sends through the tenant-level provider, as its own switch says."""

    is_revertible = False

    @override
    async def read(self, api: ManagementApi) -> ObservedConnection | None:
        options = await find_options(api, self.step.target, "the removal of its credentials")
        if options is None:
            return None
        return ObservedConnection(credentials_left(self.step.kind, options), flag_of(options))

    @override
    def is_applied(self, observed: ObservedConnection | None) -> bool:
        """A connection that was deleted has no credentials any more."""
        return observed is None or not observed.left

    @override
    def precondition_failure(self, observed: ObservedConnection | None) -> StepProblem | None:
        if observed is None or observed.flag.is_on:
            return None
        shows = observed.flag.use_phone_provider
        what = (
            "its switch is off again, so it sends with them: find out who switched it back"
            if shows is False
            else f"its use_phone_provider is {'absent' if shows is None else repr(shows)} and not true, so it may send "
            "with them: find out who changed it, and migrate it again"
        )
        return StepProblem(ReasonCode.STEP_FAILED, f"{self.step.title}: {what}")

    @override
    async def write(
        self, api: ManagementApi, observed: ObservedConnection | None, resolve: SecretResolver
    ) -> None:
        """A PATCH replaces all `options`, so all the others are read and sent again."""
        connection = await api.connection(self.step.target)
        options = require_options(api.domain, connection, "the removal of its credentials")
        removed = CONNECTION_CREDENTIALS[self.step.kind]
        remaining = {name: value for name, value in options.items() if name not in removed}
        await api.update_connection_options(self.step.target, remaining)
