"""The steps on notification templates, under `branding/phone/templates`."""

from __future__ import annotations

from typing import TypeVar

from typing_extensions import override

from phonefleet.auth0.answer_parser import parse_template
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.execution.steps.handler import Handler, SecretResolver, StepProblem
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import PhoneTemplate
from phonefleet.model.step_payloads import TemplateState
from phonefleet.model.steps import CreateTemplateStep, UpdateTemplateStep

TemplateStep = TypeVar("TemplateStep", CreateTemplateStep, UpdateTemplateStep)


async def find_template(api: ManagementApi, kind: str) -> PhoneTemplate | None:
    """Read the tenant's own template of a type."""
    templates = (parse_template(raw) for raw in await api.phone_templates())
    # Auth0 lists its own defaults too; they have no id.
    return next((t for t in templates if t.type == kind and t.id), None)


class _TemplateHandler(Handler[TemplateStep, PhoneTemplate | None]):
    @override
    async def read(self, api: ManagementApi) -> PhoneTemplate | None:
        return await find_template(api, self.step.target)

    @override
    def is_applied(self, observed: PhoneTemplate | None) -> bool:
        return _matches(self.step.after, observed)


class CreateTemplate(_TemplateHandler[CreateTemplateStep]):
    """Create a template. Auth0 answers 409 to a second one of a type."""

    @override
    def precondition_failure(self, observed: PhoneTemplate | None) -> StepProblem | None:
        if observed is None:
            return None
        return StepProblem(
            ReasonCode.STEP_FAILED,
            f"a template for {self.step.key} has appeared since the plan was made: plan again",
        )

    @override
    async def write(
        self, api: ManagementApi, observed: PhoneTemplate | None, resolve: SecretResolver
    ) -> None:
        await api.create_phone_template(self.step.after.model_dump(mode="json"))

    @override
    def is_reverted(self, observed: PhoneTemplate | None) -> bool:
        return observed is None

    @override
    async def revert(self, api: ManagementApi, observed: PhoneTemplate | None) -> None:
        if observed is not None:
            await api.delete_phone_template(observed.id)


class UpdateTemplate(_TemplateHandler[UpdateTemplateStep]):
    """Replace a template's texts. The plan holds the old ones, so they can be restored."""

    @override
    def precondition_failure(self, observed: PhoneTemplate | None) -> StepProblem | None:
        if observed is not None:
            return None
        return StepProblem(
            ReasonCode.STEP_FAILED, f"{self.step.key} is gone since the plan was made: plan again"
        )

    @override
    async def write(
        self, api: ManagementApi, observed: PhoneTemplate | None, resolve: SecretResolver
    ) -> None:
        await self._update(api, observed, self.step.after)

    @override
    def is_reverted(self, observed: PhoneTemplate | None) -> bool:
        return _matches(self.step.before, observed)

    @override
    async def revert(self, api: ManagementApi, observed: PhoneTemplate | None) -> None:
        await self._update(api, observed, self.step.before)

    async def _update(self, api: ManagementApi, observed: PhoneTemplate | None, state: TemplateState) -> None:
        if observed is not None:
            # The syntax of a template cannot be changed.
            body = state.model_dump(mode="json", exclude={"content": {"syntax"}})
            await api.update_phone_template(observed.id, body)


def _matches(expected: TemplateState, observed: PhoneTemplate | None) -> bool:
    """Compare what was asked for; Auth0 adds a text of its own for a delivery method that was left out."""
    if observed is None or observed.disabled != expected.disabled:
        return False
    content = expected.content
    return (
        observed.sender == content.sender
        and content.body.text in ("", observed.text)
        and content.body.voice in ("", observed.voice)
    )
