"""A factory of steps with plausible payloads, for tests that do not write them to a tenant."""

from __future__ import annotations

from phonefleet.model.enums import StepKind
from phonefleet.model.fact import Fact
from phonefleet.model.plan import Plan
from phonefleet.model.step_payloads import (
    ActionSecret,
    DeployedCode,
    NewAction,
    NewTemplate,
    OutgoingMessage,
    ProviderConfiguration,
    ProviderCredentials,
    ProviderTarget,
    SecretReference,
    TemplateBody,
    TemplateContent,
    TenantFlag,
)
from phonefleet.model.steps import (
    CreateActionStep,
    CreateProviderStep,
    CreateTemplateStep,
    DeployActionStep,
    SendTestStep,
    Step,
    SwitchTenantStep,
)

NUMBER = "+15005550006"


class Leak(Fact):
    """A payload with a plain secret, which no real payload can hold."""

    auth_token: str


class LeakyPlan(Plan):
    """A plan with a plain secret, which no real plan can hold."""

    auth_token: str = "0123456789abcdef"


def leaky_plan(plan: Plan) -> LeakyPlan:
    return LeakyPlan.model_validate(plan.model_dump())


def make_step(
    kind: StepKind = StepKind.CREATE_PROVIDER, target: str = "", *, index: int = 0, title: str = ""
) -> Step:
    """Make a step of a kind; `target` is needed for templates and test messages alone."""
    title = title or f"{kind} {target}".strip()
    match kind:
        case StepKind.CREATE_ACTION:
            return CreateActionStep(index=index, title=title, after=new_action())
        case StepKind.DEPLOY_ACTION:
            return DeployActionStep(index=index, title=title, after=DeployedCode(code_sha256="0" * 64))
        case StepKind.CREATE_PROVIDER:
            return CreateProviderStep(index=index, title=title, after=provider("twilio", "text"))
        case StepKind.CREATE_TEMPLATE:
            content = TemplateContent(body=TemplateBody(text="Your code: {{ code }}"))
            after = NewTemplate(type=target, content=content)
            return CreateTemplateStep(index=index, target=target, title=title, after=after)
        case StepKind.SEND_TEST:
            message = OutgoingMessage(delivery_method=target, to=NUMBER)
            return SendTestStep(index=index, target=target, title=title, after=message)
        case StepKind.SWITCH_TENANT:
            before, flag = (TenantFlag(phone_consolidated_experience=on) for on in (False, True))
            return SwitchTenantStep(index=index, title=title, before=before, after=flag)
        case _:
            raise NotImplementedError(kind)


def new_action(code: str = "exports.x = 1") -> NewAction:
    secret = ActionSecret(name="KEY", value=SecretReference(reference="env:KEY"))
    return NewAction(code=code, secrets=(secret,))


def provider(name: str, *methods: str) -> ProviderTarget:
    token = SecretReference(reference="env:TOKEN") if name == "twilio" else None
    return ProviderTarget(
        name=name,
        configuration=ProviderConfiguration(delivery_methods=methods),
        credentials=ProviderCredentials(auth_token=token),
    )
