"""Build the steps of a plan, each kind by a function of its own; None or nothing where there is nothing to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from configs import DeliveryMethod, MessageType, SecretRef
from phonefleet.assessment.connection_switch import needs_own_switch
from phonefleet.assessment.planning_input import CustomCode, DesiredState, DesiredTemplate
from phonefleet.model.canonical import checksum
from phonefleet.model.endpoints import PROVIDER_ACTION_NAME
from phonefleet.model.enums import StepKind
from phonefleet.model.fact import ActionState, NpmDependency
from phonefleet.model.snapshot import PhoneProvider, PhoneTemplate, SmsConnection
from phonefleet.model.step_payloads import (
    ActionDraft,
    ActionSecret,
    AdoptedAction,
    BoundActions,
    ConnectionCredentials,
    ConnectionFlag,
    DeployedCode,
    ExistingAction,
    FactorMessageTypes,
    FactorState,
    NewAction,
    NewTemplate,
    OutgoingMessage,
    ProviderConfiguration,
    ProviderCredentials,
    ProviderState,
    ProviderTarget,
    SecretReference,
    TemplateBody,
    TemplateContent,
    TemplateState,
    TenantFlag,
)
from phonefleet.model.steps import (
    AdoptActionStep,
    ClearConnectionTwilioStep,
    ClearGatewaySecretStep,
    CreateActionStep,
    CreateProviderStep,
    CreateTemplateStep,
    DeployActionStep,
    EnableFactorStep,
    SendTestStep,
    SetMessageTypesStep,
    SwitchConnectionStep,
    SwitchTenantStep,
    UnbindActionStep,
    UpdateActionStep,
    UpdateProviderStep,
    UpdateTemplateStep,
    credentials_left,
)

PHONE_FACTOR = "sms"
"""Guardian's name for the phone factor, whichever way its codes are sent."""
_MOST_USED_TEMPLATE = "otp_verify"


def action_step(
    existing: ActionState | None, adopted: ActionState | None, custom: CustomCode
) -> CreateActionStep | UpdateActionStep | AdoptActionStep:
    """Create the Action of a custom provider, update the one that an earlier migration left, or replace another.

    Args:
        existing: the one Action on the trigger; a second one cannot be created beside it.
        adopted: the same, where phonefleet did not make it and the operator wants it replaced.
        custom: what it is to run.
    """
    draft = ActionDraft(
        code=custom.code,
        dependencies=tuple(NpmDependency(name=d.name, version=d.version) for d in custom.dependencies),
        secrets=tuple(ActionSecret(name=name, value=_reference(ref)) for name, ref in custom.secrets),
        runtime=custom.runtime,
    )
    if existing is None:
        return CreateActionStep(
            title=f"create Action {PROVIDER_ACTION_NAME}",
            after=NewAction(**dict(draft)),
        )
    if adopted is not None:
        return AdoptActionStep(
            title=f"replace the code of Action {adopted.name}, which phonefleet did not make",
            before=AdoptedAction.of(adopted),
            after=draft,
        )
    return UpdateActionStep(
        title=f"update Action {existing.name}",
        before=ExistingAction(
            name=existing.name, code_sha256=checksum(existing.code), deployed=existing.deployed
        ),
        after=draft,
    )


def deploy_step(
    existing: ActionState | None, adopted: ActionState | None, custom: CustomCode
) -> DeployActionStep:
    """Deploy the Action of a custom provider."""
    name = existing.name if existing else PROVIDER_ACTION_NAME
    return DeployActionStep(
        title=f"deploy Action {name} and wait until it is built",
        before=AdoptedAction.of(adopted).deployed if adopted else None,
        after=DeployedCode(code_sha256=checksum(custom.code)),
    )


def _reference(ref: SecretRef) -> SecretReference:
    return SecretReference(reference=str(ref))


def provider_step(
    existing: PhoneProvider | None, desired: DesiredState
) -> CreateProviderStep | UpdateProviderStep:
    """Create the tenant-level provider, or change the existing one and its credentials."""
    methods = tuple(str(method) for method in desired.methods)
    target = ProviderTarget(name="custom", configuration=ProviderConfiguration(delivery_methods=methods))
    if twilio := desired.twilio:
        target = ProviderTarget(
            name="twilio",
            configuration=ProviderConfiguration(
                sid=twilio.sid,
                default_from=twilio.default_from,
                mssid=twilio.mssid,
                delivery_methods=methods,
            ),
            credentials=ProviderCredentials(
                auth_token=_reference(twilio.auth_token) if twilio.auth_token else None
            ),
        )
    if existing is None:
        return CreateProviderStep(title=f"create provider {target.name}", after=target)
    before = ProviderState(
        name=existing.name,
        disabled=existing.disabled,
        configuration=ProviderConfiguration(
            delivery_methods=existing.delivery_methods,
            sid=existing.sid,
            default_from=existing.default_from,
            mssid=existing.mssid,
        ),
    )
    same = existing.name == target.name
    title = f"update provider {target.name}" if same else f"change provider {existing.name} to {target.name}"
    return UpdateProviderStep(title=title, before=before, after=target)


def template_step(
    templates: Iterable[PhoneTemplate], desired: DesiredTemplate
) -> CreateTemplateStep | UpdateTemplateStep | None:
    """Create a notification template, or change it; None if it has the desired texts already."""
    content = TemplateContent(body=TemplateBody(text=desired.text, voice=desired.voice))
    # Auth0 lists its own defaults too; they have no id and cannot be changed.
    own = next((t for t in templates if t.type == desired.type and t.id), None)
    if own is None:
        return CreateTemplateStep(
            target=desired.type,
            title=f"create template {desired.type}",
            after=NewTemplate(type=desired.type, content=content),
        )
    body = TemplateBody(text=own.text, voice=own.voice)
    before = TemplateState(
        disabled=own.disabled, content=TemplateContent(syntax=own.syntax, body=body, sender=own.sender)
    )
    after = TemplateState(content=content)
    if before == after:
        return None
    return UpdateTemplateStep(
        target=desired.type, title=f"update template {desired.type}", before=before, after=after
    )


def message_steps(
    methods: Iterable[DeliveryMethod],
    numbers: Mapping[DeliveryMethod, str],
    *,
    twilio_sid: str,
    written: Iterable[CreateTemplateStep | UpdateTemplateStep] = (),
) -> Iterator[SendTestStep]:
    """Send a test message by each delivery method that has a number.

    Args:
        methods: the delivery methods.
        numbers: the recipients.
        twilio_sid: the account of a Twilio provider; empty for a custom one.
        written: the steps on templates. Where they write a text for a method, that text is sent.
    """
    steps = tuple(written)
    for method in methods:
        if method in numbers:
            template = _tested_template(steps, method)
            title = f"send a test message by {method}"
            yield SendTestStep(
                target=method,
                title=f"{title} with the text of template {template}" if template else title,
                after=OutgoingMessage(
                    delivery_method=method, to=numbers[method], template=template, twilio_sid=twilio_sid
                ),
            )


def _tested_template(
    written: Iterable[CreateTemplateStep | UpdateTemplateStep], method: DeliveryMethod
) -> str:
    """Return the type of a template that the plan writes for a method, `otp_verify` first: most messages are such."""
    bodies = {step.target: step.after.content.body for step in written if not step.after.disabled}
    types = [
        kind for kind, body in bodies.items() if (body.text if method is DeliveryMethod.TEXT else body.voice)
    ]
    return min(types, key=lambda kind: (kind != _MOST_USED_TEMPLATE, kind), default="")


def enable_factor_step() -> EnableFactorStep:
    """Enable Guardian's phone factor."""
    return EnableFactorStep(
        target=PHONE_FACTOR,
        title=f"enable factor {PHONE_FACTOR}",
        before=FactorState(enabled=False),
        after=FactorState(enabled=True),
    )


def message_types_step(
    existing: tuple[MessageType, ...], desired: tuple[MessageType, ...]
) -> SetMessageTypesStep:
    """Set how MFA codes are sent by phone."""
    return SetMessageTypesStep(
        title=f"set message types to {', '.join(desired)}",
        before=FactorMessageTypes(message_types=existing),
        after=FactorMessageTypes(message_types=desired),
    )


def switch_tenant_step() -> SwitchTenantStep:
    """Switch the tenant to the Unified Phone Experience."""
    return SwitchTenantStep(
        title="switch the tenant to the Unified Phone Experience",
        before=TenantFlag(phone_consolidated_experience=False),
        after=TenantFlag(phone_consolidated_experience=True),
    )


def switch_connection_steps(connections: Iterable[SmsConnection]) -> Iterator[SwitchConnectionStep]:
    """Switch each connection that does not follow the tenant's flag."""
    for connection in connections:
        if needs_own_switch(connection):
            yield SwitchConnectionStep(
                target=connection.id,
                title=f"switch connection {connection.name} to the tenant-level provider",
                before=ConnectionFlag(use_phone_provider=connection.use_phone_provider),
                after=ConnectionFlag(use_phone_provider=True),
            )


def unbind_step(legacy_actions: Iterable[ActionState]) -> UnbindActionStep | None:
    """Remove the legacy Actions from their flow; they stay deployed and bound to their other triggers."""
    bound = sorted((a for a in legacy_actions if a.bound), key=lambda a: a.id)
    if not bound:
        return None
    return UnbindActionStep(
        title=f"remove {', '.join(a.name for a in bound)} from the send-phone-message flow",
        before=BoundActions(bound=tuple(a.id for a in bound)),
        after=BoundActions(bound=()),
    )


def clear_connection_steps(
    connection_id: str, name: str, options: Mapping[str, object]
) -> Iterator[ClearGatewaySecretStep | ClearConnectionTwilioStep]:
    """Remove the legacy credentials that a connection has in its options."""
    if left := credentials_left(StepKind.CLEAR_GATEWAY_SECRET, options):
        yield ClearGatewaySecretStep(
            target=connection_id,
            title=f"remove the gateway's secret from connection {name}",
            before=ConnectionCredentials(left=left),
            after=ConnectionCredentials(left=()),
        )
    if left := credentials_left(StepKind.CLEAR_CONNECTION_TWILIO, options):
        yield ClearConnectionTwilioStep(
            target=connection_id,
            title=f"remove the Twilio credentials from connection {name}",
            before=ConnectionCredentials(left=left),
            after=ConnectionCredentials(left=()),
        )
