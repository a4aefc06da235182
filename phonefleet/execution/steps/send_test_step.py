"""The test message: the one step that no read shows and that is not repeated automatically."""

from __future__ import annotations

from typing_extensions import override

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.execution.steps.handler import Handler, SecretResolver, StepProblem, provider_missing
from phonefleet.model.snapshot import PhoneProvider
from phonefleet.model.steps import SendTestStep


class SendTest(Handler[SendTestStep, PhoneProvider | None]):
    """Send one test message through the provider. Auth0's 202 does not mean that it is delivered."""

    is_idempotent = False
    is_revertible = False

    @override
    async def read(self, api: ManagementApi) -> PhoneProvider | None:
        return await find_provider(api)

    @override
    def is_applied(self, observed: PhoneProvider | None) -> bool:
        return False

    @override
    def precondition_failure(self, observed: PhoneProvider | None) -> StepProblem | None:
        return provider_missing("the test message") if observed is None else None

    @override
    async def write(
        self, api: ManagementApi, observed: PhoneProvider | None, resolve: SecretResolver
    ) -> None:
        if observed is not None:
            message = self.step.after
            await api.try_phone_provider(observed.id, message.to, message.delivery_method)
