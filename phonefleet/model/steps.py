"""The steps of a plan: one class for each kind of write, with typed payloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, JsonValue
from typing_extensions import override

from phonefleet.model.enums import StepKind
from phonefleet.model.fact import Fact
from phonefleet.model.step_payloads import (
    ActionDraft,
    AdoptedAction,
    BoundActions,
    ConnectionCredentials,
    ConnectionFlag,
    DeployedCode,
    DeployedVersion,
    ExistingAction,
    FactorMessageTypes,
    FactorState,
    NewAction,
    NewTemplate,
    OutgoingMessage,
    ProviderState,
    ProviderTarget,
    TemplateState,
    TenantFlag,
)

CONNECTION_CREDENTIALS: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.CLEAR_GATEWAY_SECRET: ("gateway_authentication",),
    StepKind.CLEAR_CONNECTION_TWILIO: ("twilio_sid", "twilio_token"),
}
"""The options of an `sms` connection that each kind of step removes."""


class BaseStep(Fact):
    """One write, described before it is made.

    Attributes:
        kind: what is written.
        index: the step's place in its plan, from 0.
        target: which object of its kind is changed: a template's type, a connection's id, a delivery method. Empty
            where a tenant has only one.
        title: what the step does, for people.
        before: what was there when the plan was made; None where nothing was.
        after: what should be there afterwards. Secrets are references and become values only in the request.
    """

    object_name: ClassVar[str]
    carries_messages: ClassVar[bool] = False
    """Whether a test message goes through what the step writes, so that an older test shows nothing afterwards."""
    overwrites_unreadable: ClassVar[bool] = False
    """Whether it overwrites values that no read shows, so that no rollback restores them."""
    snapshot_field: ClassVar[str] = ""
    """The field of a snapshot that it writes as a whole; empty where it writes one object of several."""
    kind: StepKind
    index: int = 0
    target: str = ""
    title: str
    before: Fact | None = None
    after: Fact

    @property
    def key(self) -> str:
        """The object that the step changes, unique within its plan: `provider`, `template:otp_verify`."""
        return f"{self.object_name}:{self.target}" if self.target else self.object_name

    @property
    def losses(self) -> tuple[str, ...]:
        """What a rollback cannot restore of what the step overwrites, in words."""
        return (self.title,) if self.overwrites_unreadable else ()

    @property
    def before_json(self) -> JsonValue:
        """The JSON of `before`, to record and to show."""
        return self.before.model_dump(mode="json") if self.before else None

    @property
    def after_json(self) -> JsonValue:
        """The JSON of `after`, to record and to show."""
        return self.after.model_dump(mode="json")


class CreateActionStep(BaseStep):
    """Create the Action of the custom provider."""

    object_name = "action"
    carries_messages = True
    kind: Literal[StepKind.CREATE_ACTION] = StepKind.CREATE_ACTION
    before: None = None
    after: NewAction


class UpdateActionStep(BaseStep):
    """Change the draft of the Action that an earlier migration created."""

    object_name = "action"
    carries_messages = True
    overwrites_unreadable = True
    kind: Literal[StepKind.UPDATE_ACTION] = StepKind.UPDATE_ACTION
    before: ExistingAction
    after: ActionDraft


class AdoptActionStep(BaseStep):
    """Replace the draft of an Action that phonefleet did not make."""

    object_name = "action"
    carries_messages = True
    kind: Literal[StepKind.ADOPT_ACTION] = StepKind.ADOPT_ACTION
    before: AdoptedAction
    after: ActionDraft

    @property
    @override
    def losses(self) -> tuple[str, ...]:
        return self.before.losses


class DeployActionStep(BaseStep):
    """Deploy the Action's draft. `before` is the version that it replaces, of an Action that was adopted."""

    object_name = "action:deploy"
    carries_messages = True
    kind: Literal[StepKind.DEPLOY_ACTION] = StepKind.DEPLOY_ACTION
    before: DeployedVersion | None = None
    after: DeployedCode


class CreateProviderStep(BaseStep):
    """Create the tenant-level provider."""

    object_name = "provider"
    carries_messages = True
    snapshot_field = "providers"
    kind: Literal[StepKind.CREATE_PROVIDER] = StepKind.CREATE_PROVIDER
    before: None = None
    after: ProviderTarget


class UpdateProviderStep(BaseStep):
    """Change the tenant-level provider."""

    object_name = "provider"
    carries_messages = True
    overwrites_unreadable = True
    snapshot_field = "providers"
    kind: Literal[StepKind.UPDATE_PROVIDER] = StepKind.UPDATE_PROVIDER
    before: ProviderState
    after: ProviderTarget


class CreateTemplateStep(BaseStep):
    """Create a notification template."""

    object_name = "template"
    carries_messages = True
    kind: Literal[StepKind.CREATE_TEMPLATE] = StepKind.CREATE_TEMPLATE
    before: None = None
    after: NewTemplate


class UpdateTemplateStep(BaseStep):
    """Change a notification template."""

    object_name = "template"
    carries_messages = True
    kind: Literal[StepKind.UPDATE_TEMPLATE] = StepKind.UPDATE_TEMPLATE
    before: TemplateState
    after: TemplateState


class SendTestStep(BaseStep):
    """Send a test message through the tenant-level provider."""

    object_name = "test"
    kind: Literal[StepKind.SEND_TEST] = StepKind.SEND_TEST
    before: None = None
    after: OutgoingMessage


class EnableFactorStep(BaseStep):
    """Enable Guardian's phone factor."""

    object_name = "factor"
    snapshot_field = "factor_enabled"
    kind: Literal[StepKind.ENABLE_FACTOR] = StepKind.ENABLE_FACTOR
    before: FactorState
    after: FactorState


class SetMessageTypesStep(BaseStep):
    """Set how MFA codes are sent by phone."""

    object_name = "message_types"
    snapshot_field = "message_types"
    kind: Literal[StepKind.SET_MESSAGE_TYPES] = StepKind.SET_MESSAGE_TYPES
    before: FactorMessageTypes
    after: FactorMessageTypes


class SwitchTenantStep(BaseStep):
    """Switch the tenant to the Unified Phone Experience."""

    object_name = "switch"
    kind: Literal[StepKind.SWITCH_TENANT] = StepKind.SWITCH_TENANT
    before: TenantFlag
    after: TenantFlag


class SwitchConnectionStep(BaseStep):
    """Switch a connection to the tenant-level provider."""

    object_name = "connection"
    kind: Literal[StepKind.SWITCH_CONNECTION] = StepKind.SWITCH_CONNECTION
    before: ConnectionFlag
    after: ConnectionFlag


class UnbindActionStep(BaseStep):
    """Remove the legacy Actions from the `send-phone-message` flow."""

    object_name = "legacy_flow"
    kind: Literal[StepKind.UNBIND_ACTION] = StepKind.UNBIND_ACTION
    before: BoundActions
    after: BoundActions


class ClearGatewaySecretStep(BaseStep):
    """Remove the secret of a connection's legacy gateway."""

    object_name = "clear_gateway_secret"
    kind: Literal[StepKind.CLEAR_GATEWAY_SECRET] = StepKind.CLEAR_GATEWAY_SECRET
    before: ConnectionCredentials
    after: ConnectionCredentials


class ClearConnectionTwilioStep(BaseStep):
    """Remove a connection's own Twilio credentials."""

    object_name = "clear_connection_twilio"
    kind: Literal[StepKind.CLEAR_CONNECTION_TWILIO] = StepKind.CLEAR_CONNECTION_TWILIO
    before: ConnectionCredentials
    after: ConnectionCredentials


Step: TypeAlias = Annotated[
    CreateActionStep
    | UpdateActionStep
    | AdoptActionStep
    | DeployActionStep
    | CreateProviderStep
    | UpdateProviderStep
    | CreateTemplateStep
    | UpdateTemplateStep
    | SendTestStep
    | EnableFactorStep
    | SetMessageTypesStep
    | SwitchTenantStep
    | SwitchConnectionStep
    | UnbindActionStep
    | ClearGatewaySecretStep
    | ClearConnectionTwilioStep,
    Field(discriminator="kind"),
]


def numbered(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Give the steps their places in a plan."""
    return tuple(step.model_copy(update={"index": index}) for index, step in enumerate(steps))


def credentials_left(kind: StepKind, options: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the credentials that a kind of step removes and that a connection still has."""
    return tuple(sorted(name for name in CONNECTION_CREDENTIALS[kind] if options.get(name)))
