"""The test message: the one step that no read shows and that is not repeated automatically."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from phonefleet.auth0.concurrent_reads import read_together
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.phone_provider import find_provider
from phonefleet.execution.steps.handler import Handler, SecretResolver, StepProblem, provider_missing
from phonefleet.execution.steps.template_steps import find_template
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import PhoneProvider, PhoneTemplate
from phonefleet.model.steps import SendTestStep


@dataclass(frozen=True, slots=True)
class MessageParts:
    """What a test message needs: the provider, and the template whose text is sent, if the step names one."""

    provider: PhoneProvider | None
    template: PhoneTemplate | None


class SendTest(Handler[SendTestStep, MessageParts]):
    """Send one test message through the provider. Auth0's 202 does not mean that it is delivered.

    Where the plan writes a template, its text is sent: `POST branding/phone/templates/{id}/try`.
    """

    is_idempotent = False
    is_revertible = False

    @override
    async def read(self, api: ManagementApi) -> MessageParts:
        if not (kind := self.step.after.template):
            return MessageParts(await find_provider(api), None)
        return MessageParts(*await read_together(find_provider(api), find_template(api, kind)))

    @override
    def is_applied(self, observed: MessageParts) -> bool:
        return False

    @override
    def precondition_failure(self, observed: MessageParts) -> StepProblem | None:
        if observed.provider is None:
            return provider_missing("the test message")
        kind = self.step.after.template
        if kind and observed.template is None:
            return StepProblem(
                ReasonCode.STEP_FAILED,
                f"template {kind} is gone, so its test message was not sent: find out who removed it, then plan again",
            )
        return None

    @override
    async def write(self, api: ManagementApi, observed: MessageParts, resolve: SecretResolver) -> None:
        message = self.step.after
        if observed.template is not None:
            await api.try_phone_template(observed.template.id, message.to, message.delivery_method)
        elif observed.provider is not None:
            await api.try_phone_provider(observed.provider.id, message.to, message.delivery_method)
