"""Request bodies of connections, and their options by strategy."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from simulator.bodies.base import Json, StrictBody


class _Options(BaseModel):
    """Options keep every key that is sent; only the known ones are checked."""

    model_config = ConfigDict(strict=True, extra="allow")


class Totp(_Options):
    """Length and lifetime of a one-time code."""

    time_step: int | None = None
    length: int | None = None


class GatewayAuthentication(_Options):
    """How Auth0 authenticates to a custom SMS gateway."""

    method: Literal["bearer"]
    subject: str | None = None
    audience: str
    secret: str
    secret_base64_encoded: bool | None = None


class SmsOptions(_Options):
    """Options of strategy ``sms``."""

    name: str | None = None
    from_: str | None = Field(default=None, alias="from")
    syntax: Literal["liquid", "md_with_macros"] | None = None
    template: str | None = None
    totp: Totp | None = None
    twilio_sid: str | None = None
    twilio_token: str | None = None
    messaging_service_sid: str | None = None
    provider: Literal["sms_gateway"] | None = None
    gateway_url: str | None = None
    gateway_authentication: GatewayAuthentication | None = None
    forward_req_info: bool | None = None
    use_phone_provider: bool | Literal["unified"] | None = None
    disable_signup: bool | None = None
    brute_force_protection: bool | None = None


class DatabaseOptions(_Options):
    """Options of strategy ``auth0`` that concern phones."""

    attributes: Json | None = None
    authentication_methods: Json | None = None
    disable_signup: bool | None = None
    brute_force_protection: bool | None = None


class UpdateConnectionBody(StrictBody):
    """PATCH connections/{id}; the name and the strategy cannot be changed."""

    nullable: ClassVar[frozenset[str]] = frozenset({"enabled_clients", "options"})

    display_name: str | None = Field(default=None, max_length=128)
    enabled_clients: list[str] | None = None
    is_domain_connection: bool | None = None
    show_as_button: bool | None = None
    realms: list[str] | None = None
    metadata: dict[str, str | None] | None = None
    options: Json | None = None
    authentication: Json | None = None
    connected_accounts: Json | None = None
    cross_app_access_requesting_app: Json | None = None
    cross_app_access_resource_app: Json | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("Too few properties defined (0), minimum 1")
        return self


class CreateConnectionBody(UpdateConnectionBody):
    """POST connections."""

    name: str = Field(min_length=1, max_length=128)
    strategy: str


UPDATE_CONNECTION: TypeAdapter[Any] = TypeAdapter(UpdateConnectionBody)
CREATE_CONNECTION: TypeAdapter[Any] = TypeAdapter(CreateConnectionBody)
OPTIONS: dict[str, TypeAdapter[Any]] = {"sms": TypeAdapter(SmsOptions), "auth0": TypeAdapter(DatabaseOptions)}
STRATEGIES = (
    "auth0",
    "sms",
    "email",
    "google-oauth2",
    "samlp",
    "oidc",
    "waad",
    "ad",
    "okta",
    "github",
    "apple",
)
