"""Request bodies of tenant-level phone providers, their templates and test messages."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from simulator.bodies.base import Json, Short, StrictBody

Method = Literal["text", "voice"]
Methods = Annotated[list[Method], Field(min_length=1)]


class TwilioConfiguration(StrictBody):
    """Configuration of a tenant-level Twilio provider."""

    sid: str
    default_from: str | None = None
    mssid: str | None = None
    delivery_methods: Methods


class CustomConfiguration(StrictBody):
    """Configuration of a tenant-level custom provider; it also keeps Twilio's fields (recorded exchange)."""

    delivery_methods: Methods
    sid: str | None = None
    default_from: str | None = None
    mssid: str | None = None


class TwilioCredentials(StrictBody):
    """Credentials of a tenant-level Twilio provider."""

    auth_token: Short


class NoCredentials(StrictBody):
    """Credentials of a custom provider, which needs none; it keeps a token (recorded exchange)."""

    auth_token: Short | None = None


_CONFIGURATIONS: dict[str, type[StrictBody]] = {"twilio": TwilioConfiguration, "custom": CustomConfiguration}


_CREDENTIALS: dict[str, type[StrictBody]] = {"twilio": TwilioCredentials, "custom": NoCredentials}


class ProviderBody(StrictBody):
    """Fields of a tenant-level provider; configuration and credentials must match its name."""

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


def _fits_one(part: Json | None, models: list[type[StrictBody]]) -> None:
    if part is None:
        return
    for model in models[:-1]:
        if set(part) <= set(model.model_fields) and part:
            model.model_validate(part)
            return
    models[-1].model_validate(part)


class CreateProviderBody(ProviderBody):
    """POST branding/phone/providers; the description allows further properties."""

    model_config = ConfigDict(strict=True, extra="ignore")

    name: Literal["twilio", "custom"]
    credentials: Json


class UpdateProviderBody(ProviderBody):
    """PATCH branding/phone/providers/{id}."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("Too few properties defined (0), minimum 1")
        return self


class TryBody(StrictBody):
    """POST branding/phone/providers|templates/{id}/try."""

    to: Annotated[str, Field(min_length=1, max_length=16)]
    delivery_method: Method | None = None


class TemplateText(StrictBody):
    """Text and voice message of a template."""

    text: Annotated[str, Field(min_length=1, max_length=20000)] | None = None
    voice: Annotated[str, Field(min_length=1, max_length=20000)] | None = None


class TemplateContent(StrictBody):
    """A template's content."""

    syntax: str | None = None
    from_: Annotated[str, Field(min_length=1, max_length=16)] | None = Field(default=None, alias="from")
    body: TemplateText | None = None


TemplateType = Literal["otp_verify", "otp_enroll", "change_password", "blocked_account", "password_breach"]


class CreateTemplateBody(StrictBody):
    """POST branding/phone/templates."""

    type: TemplateType
    disabled: bool = False
    content: TemplateContent | None = None


class UpdateTemplateBody(StrictBody):
    """PATCH branding/phone/templates/{id}."""

    disabled: bool | None = None
    content: TemplateContent | None = None


CREATE_PROVIDER: TypeAdapter[Any] = TypeAdapter(CreateProviderBody)
UPDATE_PROVIDER: TypeAdapter[Any] = TypeAdapter(UpdateProviderBody)
TRY: TypeAdapter[Any] = TypeAdapter(TryBody)
CREATE_TEMPLATE: TypeAdapter[Any] = TypeAdapter(CreateTemplateBody)
UPDATE_TEMPLATE: TypeAdapter[Any] = TypeAdapter(UpdateTemplateBody)
