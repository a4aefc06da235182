"""The steps on Guardian's phone factor; they work on both sides of the switch."""

from __future__ import annotations

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.execution.steps.handler import Handler, SecretResolver
from phonefleet.model.steps import EnableFactorStep, SetMessageTypesStep


class EnableFactor(Handler[EnableFactorStep, bool]):
    """Enable the phone factor, or disable it again; what is observed is whether it is enabled."""

    @override
    async def read(self, api: ManagementApi) -> bool:
        return any(f["name"] == self.step.target and f.get("enabled") for f in await api.factors())

    @override
    def is_applied(self, observed: bool) -> bool:
        return observed == self.step.after.enabled

    @override
    async def write(self, api: ManagementApi, observed: bool, resolve: SecretResolver) -> None:
        await api.set_factor(self.step.target, enabled=self.step.after.enabled)

    @override
    def is_reverted(self, observed: bool) -> bool:
        return observed == self.step.before.enabled

    @override
    async def revert(self, api: ManagementApi, observed: bool) -> None:
        await api.set_factor(self.step.target, enabled=self.step.before.enabled)


class SetMessageTypes(Handler[SetMessageTypesStep, frozenset[str]]):
    """Set how MFA codes are sent by phone; what is observed are the message types."""

    @override
    async def read(self, api: ManagementApi) -> frozenset[str]:
        return frozenset(await api.message_types())

    @override
    def is_applied(self, observed: frozenset[str]) -> bool:
        return observed == frozenset(self.step.after.message_types)

    @override
    async def write(self, api: ManagementApi, observed: frozenset[str], resolve: SecretResolver) -> None:
        await api.set_message_types(self.step.after.message_types)

    @override
    def is_reverted(self, observed: frozenset[str]) -> bool:
        return observed == frozenset(self.step.before.message_types)

    @override
    async def revert(self, api: ManagementApi, observed: frozenset[str]) -> None:
        await api.set_message_types(self.step.before.message_types)
