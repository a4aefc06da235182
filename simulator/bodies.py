"""What request bodies must look like: names, types, values and lengths of Auth0's Management API description.

Bodies are checked, never converted: handlers work on the JSON as it came, so that a key that was left out
stays different from one that was null.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from simulator.nulls import NullAware
from simulator.triggers import Trigger

Json = dict[str, Any]
MessageType = Literal["sms", "voice"]
Method = Literal["text", "voice"]
Methods = Annotated[list[Method], Field(min_length=1)]
Short = Annotated[str, Field(min_length=1, max_length=255)]


class _Body(NullAware):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Open(NullAware):
    model_config = ConfigDict(strict=True, extra="allow")


class FactorBody(_Body):
    """PUT guardian/factors/{name}."""

    enabled: bool


class MessageTypesBody(_Body):
    """PUT guardian/factors/phone/message-types."""

    message_types: list[MessageType]


class GuardianTwilioBody(_Body):
    """PUT guardian/factors/phone|sms/providers/twilio."""

    nullable: ClassVar[frozenset[str]] = frozenset({"auth_token", "from", "messaging_service_sid", "sid"})

    auth_token: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    from_: Annotated[str, Field(max_length=64)] | None = Field(default=None, alias="from")
    messaging_service_sid: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    sid: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class SelectedProviderBody(_Body):
    """PUT guardian/factors/phone|sms/selected-provider."""

    provider: Literal["auth0", "twilio", "phone-message-hook"]


class GuardianTemplatesBody(_Body):
    """PUT guardian/factors/phone|sms/templates."""

    enrollment_message: str
    verification_message: str


class TwilioConfiguration(_Body):
    """Configuration of a tenant-level Twilio provider."""

    sid: str
    default_from: str | None = None
    mssid: str | None = None
    delivery_methods: Methods


class CustomConfiguration(_Body):
    """Configuration of a tenant-level custom provider; Twilio's fields are taken and kept (recorded exchange)."""

    delivery_methods: Methods
    sid: str | None = None
    default_from: str | None = None
    mssid: str | None = None


class TwilioCredentials(_Body):
    """Credentials of a tenant-level Twilio provider."""

    auth_token: Short


class NoCredentials(_Body):
    """A custom provider needs none: its Action's secrets are; a token that is sent is kept (recorded exchange)."""

    auth_token: Short | None = None


_CONFIGURATIONS: dict[str, type[_Body]] = {"twilio": TwilioConfiguration, "custom": CustomConfiguration}
_CREDENTIALS: dict[str, type[_Body]] = {"twilio": TwilioCredentials, "custom": NoCredentials}


class _Provider(_Body):
    name: Literal["twilio", "custom"] | None = None
    disabled: bool | None = None
    configuration: Json | None = None
    credentials: Json | None = None

    @model_validator(mode="after")
    def _parts_fit_the_name(self) -> Self:
        names = (self.name,) if self.name else ("twilio", "custom")
        _fits_one(self.configuration, [_CONFIGURATIONS[name] for name in names])
        _fits_one(self.credentials, [_CREDENTIALS[name] for name in names])
        return self


def _fits_one(part: Json | None, models: list[type[_Body]]) -> None:
    if part is None:
        return
    for model in models[:-1]:
        if set(part) <= set(model.model_fields) and part:
            model.model_validate(part)
            return
    models[-1].model_validate(part)


class CreateProviderBody(_Provider):
    """POST branding/phone/providers; the description lets further properties through."""

    model_config = ConfigDict(strict=True, extra="ignore")

    name: Literal["twilio", "custom"]
    credentials: Json


class UpdateProviderBody(_Provider):
    """PATCH branding/phone/providers/{id}."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("Too few properties defined (0), minimum 1")
        return self


class TryBody(_Body):
    """POST branding/phone/providers|templates/{id}/try."""

    to: Annotated[str, Field(min_length=1, max_length=16)]
    delivery_method: Method | None = None


class TemplateText(_Body):
    """A template's words, spoken and written."""

    text: Annotated[str, Field(min_length=1, max_length=20000)] | None = None
    voice: Annotated[str, Field(min_length=1, max_length=20000)] | None = None


class TemplateContent(_Body):
    """A template's content."""

    syntax: str | None = None
    from_: Annotated[str, Field(min_length=1, max_length=16)] | None = Field(default=None, alias="from")
    body: TemplateText | None = None


TemplateType = Literal["otp_verify", "otp_enroll", "change_password", "blocked_account", "password_breach"]


class CreateTemplateBody(_Body):
    """POST branding/phone/templates."""

    type: TemplateType
    disabled: bool = False
    content: TemplateContent | None = None


class UpdateTemplateBody(_Body):
    """PATCH branding/phone/templates/{id}."""

    disabled: bool | None = None
    content: TemplateContent | None = None


class Dependency(_Body):
    """An npm package of an Action."""

    name: str
    version: str
    registry_url: str | None = None


class SecretBody(_Open):
    """An Action's secret; a PATCH may leave the value out to keep it."""

    name: str
    value: str | None = None


class SupportedTrigger(_Open):
    """A trigger that an Action is written for."""

    id: Trigger
    version: str | None = None


class CreateActionBody(_Body):
    """POST actions/actions."""

    name: Annotated[str, Field(min_length=1)]
    supported_triggers: Annotated[list[SupportedTrigger], Field(min_length=1)]
    code: str = "module.exports = () => {}"
    dependencies: list[Dependency] = Field(default_factory=list)
    runtime: str = "node22"
    secrets: list[SecretBody] = Field(default_factory=list)
    modules: list[Json] = Field(default_factory=list)
    deploy: bool = False


class UpdateActionBody(_Body):
    """PATCH actions/actions/{id}."""

    name: Annotated[str, Field(min_length=1)] | None = None
    supported_triggers: Annotated[list[SupportedTrigger], Field(min_length=1)] | None = None
    code: str | None = None
    dependencies: list[Dependency] | None = None
    runtime: str | None = None
    secrets: list[SecretBody] | None = None
    modules: list[Json] | None = None


class CreateModuleBody(_Body):
    """POST actions/modules."""

    name: Annotated[str, Field(min_length=1)]
    code: str
    dependencies: list[Dependency] = Field(default_factory=list)
    secrets: list[SecretBody] = Field(default_factory=list)
    api_version: str = ""
    publish: bool = False


class UpdateModuleBody(_Body):
    """PATCH actions/modules/{id}."""

    name: Annotated[str, Field(min_length=1)] | None = None
    code: str | None = None
    dependencies: list[Dependency] | None = None
    secrets: list[SecretBody] | None = None


class TestActionBody(_Body):
    """POST actions/actions/{id}/test."""

    __test__ = False

    payload: Json


class BindingRef(_Body):
    """What a binding points at."""

    type: Literal["binding_id", "action_id", "action_name"]
    value: str


class BindingBody(_Body):
    """One binding of PATCH actions/triggers/{triggerId}/bindings."""

    ref: BindingRef
    display_name: str | None = None
    secrets: list[SecretBody] | None = None


class BindingsBody(_Body):
    """PATCH actions/triggers/{triggerId}/bindings."""

    bindings: list[BindingBody] = Field(default_factory=list)


class CreateGrantBody(_Body):
    """POST client-grants; a default for third parties names no client (recorded exchange)."""

    client_id: str | None = None
    audience: Annotated[str, Field(min_length=1)]
    scope: list[Annotated[str, Field(min_length=1, max_length=280)]] = Field(default_factory=list)
    subject_type: Literal["client", "user"] | None = None
    organization_usage: Literal["deny", "allow", "require"] | None = None
    authorization_details_types: list[Short] | None = None
    allow_any_organization: bool | None = None
    allow_all_scopes: bool | None = None
    default_for: Literal["third_party_clients"] | None = None


class UpdateGrantBody(_Body):
    """PATCH client-grants/{id}."""

    nullable: ClassVar[frozenset[str]] = frozenset({"organization_usage", "allow_any_organization"})

    scope: list[Annotated[str, Field(min_length=1, max_length=280)]] | None = None
    organization_usage: Literal["deny", "allow", "require"] | None = None
    authorization_details_types: list[Short] | None = None
    allow_any_organization: bool | None = None
    allow_all_scopes: bool | None = None


class PhoneSettingsBody(_Body):
    """PUT guardian/factors/phone/settings."""

    otp_length: Annotated[int, Field(ge=1)]
    otp_expiration_time: Annotated[int, Field(ge=1)]


class GuardianSettingsBody(_Body):
    """PUT guardian/settings: whether and how long a browser is remembered, in seconds."""

    display_remember_me_checkbox: bool
    remember_me_default_value: bool
    mfa_session_inactivity_timeout: Annotated[int, Field(ge=3600)]
    mfa_session_overall_timeout: Annotated[int, Field(ge=3600)]


class CreateClientBody(_Open):
    """POST clients."""

    name: Annotated[str, Field(min_length=1)]
    app_type: str | None = None
    callbacks: list[str] | None = None
    grant_types: list[str] | None = None
    client_metadata: Json | None = None
    token_endpoint_auth_method: Literal["none", "client_secret_post", "client_secret_basic"] | None = None


class UpdateClientBody(_Open):
    """PATCH clients/{id}; null takes a property away."""

    nullable: ClassVar[frozenset[str]] = frozenset(
        {"app_type", "callbacks", "client_metadata", "grant_types", "token_endpoint_auth_method"}
    )

    name: Annotated[str, Field(min_length=1)] | None = None
    callbacks: list[str] | None = None
    grant_types: list[str] | None = None
    client_metadata: Json | None = None
    token_endpoint_auth_method: Literal["none", "client_secret_post", "client_secret_basic"] | None = None


class ConnectionClient(_Body):
    """One line of PATCH connections/{id}/clients."""

    client_id: str
    status: bool


FACTOR: TypeAdapter[Any] = TypeAdapter(FactorBody)
MESSAGE_TYPES: TypeAdapter[Any] = TypeAdapter(MessageTypesBody)
GUARDIAN_TWILIO: TypeAdapter[Any] = TypeAdapter(GuardianTwilioBody)
SELECTED_PROVIDER: TypeAdapter[Any] = TypeAdapter(SelectedProviderBody)
GUARDIAN_TEMPLATES: TypeAdapter[Any] = TypeAdapter(GuardianTemplatesBody)
POLICIES: TypeAdapter[Any] = TypeAdapter(list[Literal["all-applications", "confidence-score"]])
CREATE_PROVIDER: TypeAdapter[Any] = TypeAdapter(CreateProviderBody)
UPDATE_PROVIDER: TypeAdapter[Any] = TypeAdapter(UpdateProviderBody)
TRY: TypeAdapter[Any] = TypeAdapter(TryBody)
CREATE_TEMPLATE: TypeAdapter[Any] = TypeAdapter(CreateTemplateBody)
UPDATE_TEMPLATE: TypeAdapter[Any] = TypeAdapter(UpdateTemplateBody)
CREATE_ACTION: TypeAdapter[Any] = TypeAdapter(CreateActionBody)
UPDATE_ACTION: TypeAdapter[Any] = TypeAdapter(UpdateActionBody)
CREATE_MODULE: TypeAdapter[Any] = TypeAdapter(CreateModuleBody)
UPDATE_MODULE: TypeAdapter[Any] = TypeAdapter(UpdateModuleBody)
TEST_ACTION: TypeAdapter[Any] = TypeAdapter(TestActionBody)
BINDINGS: TypeAdapter[Any] = TypeAdapter(BindingsBody)
CREATE_GRANT: TypeAdapter[Any] = TypeAdapter(CreateGrantBody)
PHONE_SETTINGS: TypeAdapter[Any] = TypeAdapter(PhoneSettingsBody)
GUARDIAN_SETTINGS: TypeAdapter[Any] = TypeAdapter(GuardianSettingsBody)
CREATE_CLIENT: TypeAdapter[Any] = TypeAdapter(CreateClientBody)
UPDATE_CLIENT: TypeAdapter[Any] = TypeAdapter(UpdateClientBody)
UPDATE_GRANT: TypeAdapter[Any] = TypeAdapter(UpdateGrantBody)
CONNECTION_CLIENTS: TypeAdapter[Any] = TypeAdapter(Annotated[list[ConnectionClient], Field(min_length=1)])
