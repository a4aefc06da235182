"""What a connection's PATCH may hold, by the connection's strategy."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from simulator.nulls import NullAware

Json = dict[str, Any]


class _Options(BaseModel):
    """Options keep every key they are given; only the known ones are checked."""

    model_config = ConfigDict(strict=True, extra="allow")


class Totp(_Options):
    """How long and how lasting a one-time code is."""

    time_step: int | None = None
    length: int | None = None


class GatewayAuthentication(_Options):
    """How Auth0 proves itself to a custom SMS gateway."""

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
    """Options of strategy ``auth0`` that bear on phones."""

    attributes: Json | None = None
    authentication_methods: Json | None = None
    disable_signup: bool | None = None
    brute_force_protection: bool | None = None


class _Body(NullAware):
    model_config = ConfigDict(strict=True, extra="forbid")


class UpdateConnectionBody(_Body):
    """PATCH connections/{id}; the name and the strategy can't be changed."""

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
