"""What a step found at Auth0 and what it is to write there: typed values without secrets.

The JSON of each payload keeps Auth0's own names for members, so that a plan shows what a request will hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import not_
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue

from configs import DeliveryMethod, MessageType
from phonefleet.model.canonical import checksum
from phonefleet.model.endpoints import PROVIDER_ACTION_NAME, PROVIDER_TRIGGER
from phonefleet.model.fact import ActionContent, ActionState, Fact, NpmDependency

OptionalText = Annotated[str, Field(exclude_if=not_)]
"""Left out of the JSON while it is empty: Auth0 refuses empty strings."""


class SecretReference(Fact):
    """Where a secret's value is found. The value is read only when a request is made.

    JSON: `{"$secret": "env:NAME"}`.
    """

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    reference: str = Field(alias="$secret")


def secret_references(payload: Any) -> Iterator[SecretReference]:
    """Yield the references in a payload as JSON, at any depth."""
    match payload:
        case {"$secret": str(name), **rest} if not rest:
            yield SecretReference(reference=name)
        case dict():
            for inner in payload.values():
                yield from secret_references(inner)
        case list() | tuple():
            for inner in payload:
                yield from secret_references(inner)


class ActionSecret(Fact):
    """A secret of an Action, by reference."""

    name: str
    value: SecretReference


class ActionDraft(Fact):
    """The draft of the Action that phonefleet maintains."""

    code: str
    dependencies: tuple[NpmDependency, ...] = ()
    secrets: tuple[ActionSecret, ...] = ()
    runtime: str = ""


class ActionTrigger(Fact):
    """A trigger that an Action supports."""

    id: str
    version: str


class NewAction(ActionDraft):
    """An Action to create; its name and triggers cannot be changed later."""

    name: str = PROVIDER_ACTION_NAME
    supported_triggers: tuple[ActionTrigger, ...] = (ActionTrigger(id=PROVIDER_TRIGGER, version="v1"),)


class ExistingAction(Fact):
    """The Action as the plan found it; `code_sha256` is of its code as a JSON string."""

    name: str = PROVIDER_ACTION_NAME
    code_sha256: str
    deployed: bool


class DeployedCode(Fact):
    """The code of an Action that is to be deployed, as its checksum."""

    code_sha256: str


class DeployedVersion(DeployedCode):
    """The version of an Action that was deployed before; a rollback deploys it again."""

    version_id: str
    secret_names: tuple[str, ...] = ()


class AdoptedAction(Fact):
    """An Action that phonefleet did not make, whole: its draft, and what was deployed.

    Attributes:
        draft: what a rollback writes back; its code has no mask.
        deployed: None if it was never deployed.
    """

    id: str
    name: str
    draft: ActionContent
    deployed: DeployedVersion | None = None
    deployed_content: ActionContent | None = None
    """Where it differs from the draft; a key among its literals is masked, and the version at Auth0 keeps it."""

    @classmethod
    def of(cls, action: ActionState) -> AdoptedAction:
        """Return what is kept of an Action before its code is replaced."""
        version = DeployedVersion(
            code_sha256=checksum(action.code), version_id=action.version_id, secret_names=action.secret_names
        )
        return cls(
            id=action.id,
            name=action.name,
            draft=action.draft or action.content,
            deployed=version if action.deployed else None,
            deployed_content=action.content if action.draft else None,
        )

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The names of all secrets, of the draft and of the deployed version."""
        return tuple(
            sorted({*self.draft.secret_names, *(self.deployed.secret_names if self.deployed else ())})
        )

    @property
    def losses(self) -> tuple[str, ...]:
        """What a rollback cannot restore or cannot check, in words.

        Secrets are tied to versions (Auth0 documentation, "Manage Versions"), so those of a deployed version come back
        with it; no read shows their values.
        """
        deployed = self.deployed.secret_names if self.deployed else ()
        lost = ", ".join(sorted(set(self.draft.secret_names) - set(deployed)))
        values = f"the values of secrets {lost} of Action {self.name}: no deployed version has them"
        unseen = (
            f"the values of secrets {', '.join(sorted(deployed))} of Action {self.name} come back with its old "
            "version, and no read shows them: test it"
        )
        stays = (
            f"Action {self.name} was never deployed and stays deployed, with phonefleet's code, because the Management "
            "API cannot undeploy an Action"
        )
        said = ((lost, values), (deployed, unseen), (self.deployed is None, stays))
        return tuple(sentence for is_so, sentence in said if is_so)


class ProviderConfiguration(Fact):
    """What a tenant-level provider shows of its configuration."""

    delivery_methods: tuple[str, ...]
    sid: OptionalText = ""
    default_from: OptionalText = ""
    mssid: OptionalText = ""


class ProviderState(Fact):
    """A tenant-level provider as a read shows it."""

    name: Literal["twilio", "custom"]
    disabled: bool = False
    configuration: ProviderConfiguration


class ProviderCredentials(Fact):
    """The credentials of a tenant-level provider; a custom provider has none."""

    auth_token: SecretReference | None = Field(default=None, exclude_if=not_)


class ProviderTarget(ProviderState):
    """A tenant-level provider as it should be, its credentials by reference."""

    credentials: ProviderCredentials = ProviderCredentials()


class TemplateBody(Fact):
    """The texts of a notification template by delivery method."""

    text: OptionalText = ""
    voice: OptionalText = ""


class TemplateContent(Fact):
    """The content of a notification template."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    syntax: str = "liquid"
    body: TemplateBody
    sender: OptionalText = Field(default="", alias="from")


class TemplateState(Fact):
    """A notification template without its type."""

    disabled: bool = False
    content: TemplateContent


class NewTemplate(TemplateState):
    """A notification template to create."""

    type: str


class OutgoingMessage(Fact):
    """A test message.

    Attributes:
        delivery_method: how it is sent.
        to: the recipient, E.164.
        template: the type of the template whose text is sent; empty for the provider's own test message.
        twilio_sid: the account through which Auth0 sends it; empty where Auth0 does not call Twilio itself.
    """

    delivery_method: DeliveryMethod
    to: str
    template: OptionalText = ""
    twilio_sid: OptionalText = ""

    def alike(self, other: OutgoingMessage) -> bool:
        """Whether the same account sends both to the same number in the same way."""
        return (self.delivery_method, self.to, self.twilio_sid) == (
            other.delivery_method,
            other.to,
            other.twilio_sid,
        )


class FactorState(Fact):
    """Whether Guardian's phone factor is enabled."""

    enabled: bool


class FactorMessageTypes(Fact):
    """How MFA codes are sent by phone."""

    message_types: tuple[MessageType, ...]


class TenantFlag(Fact):
    """The tenant setting that turns the Unified Phone Experience on."""

    phone_consolidated_experience: bool


class ConnectionFlag(Fact):
    """A connection's own switch, whatever value it has; None when the connection does not have the option."""

    use_phone_provider: JsonValue

    @property
    def is_on(self) -> bool:
        """True only for the boolean: what another value does is not documented."""
        return self.use_phone_provider is True

    def is_same(self, other: ConnectionFlag) -> bool:
        """Whether both would be written as the same JSON; in Python 1 equals true."""
        ours, theirs = self.use_phone_provider, other.use_phone_provider
        return type(ours) is type(theirs) and ours == theirs


class BoundActions(Fact):
    """Ids of the Actions bound to the `send-phone-message` flow."""

    bound: tuple[str, ...]


class ConnectionCredentials(Fact):
    """Names of the legacy credentials that an `sms` connection has, never their values."""

    left: tuple[str, ...]
