"""The request body of PATCH tenants/settings."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from simulator.bodies.base import Json, StrictBody

AtLeastOne = Annotated[int, Field(ge=1)]
Text255 = Annotated[str, Field(max_length=255)]


class Page(StrictBody):
    """A custom page."""

    enabled: bool | None = None
    html: str | None = None


class SessionCookie(StrictBody):
    """Lifetime of the session cookie."""

    mode: Literal["persistent", "non-persistent"]


class CountryCodes(StrictBody):
    """Countries whose phone numbers are offered (recorded exchanges; the description has no such setting)."""

    list: list[str]
    mode: Literal["allow", "deny"]


class SettingsBody(StrictBody):
    """PATCH tenants/settings."""

    nullable: ClassVar[frozenset[str]] = frozenset(
        {
            "acr_values_supported",
            "allow_organization_name_in_authentication_api",
            "authorization_response_iss_parameter_supported",
            "change_password",
            "country_codes",
            "customize_mfa_in_postlogin_action",
            "default_token_quota",
            "device_flow",
            "error_page",
            "guardian_mfa_page",
            "mtls",
            "pushed_authorization_requests_supported",
            "session_cookie",
            "sessions",
            "skip_non_verifiable_callback_uri_confirmation_prompt",
        }
    )

    country_codes: CountryCodes | None = None
    acr_values_supported: list[str] | None = None
    allow_organization_name_in_authentication_api: bool | None = None
    allowed_logout_urls: list[str] | None = None
    authorization_response_iss_parameter_supported: bool | None = None
    change_password: Page | None = None
    client_id_metadata_document_supported: bool | None = None
    customize_mfa_in_postlogin_action: bool | None = None
    default_audience: str | None = None
    default_directory: str | None = None
    default_redirection_uri: str | None = None
    default_token_quota: Json | None = None
    device_flow: Json | None = None
    dynamic_client_registration_security_mode: Literal["strict", "permissive"] | None = None
    enable_ai_guide: bool | None = None
    enabled_locales: Annotated[list[str], Field(min_length=1)] | None = None
    ephemeral_session_lifetime: AtLeastOne | None = None
    ephemeral_session_lifetime_in_minutes: AtLeastOne | None = None
    error_page: Json | None = None
    flags: dict[str, bool] | None = None
    friendly_name: Text255 | None = None
    guardian_mfa_page: Page | None = None
    idle_ephemeral_session_lifetime: AtLeastOne | None = None
    idle_ephemeral_session_lifetime_in_minutes: AtLeastOne | None = None
    idle_session_lifetime: AtLeastOne | None = None
    idle_session_lifetime_in_minutes: AtLeastOne | None = None
    legacy_sandbox_version: Annotated[str, Field(max_length=8)] | None = None
    mtls: Json | None = None
    oidc_logout: Json | None = None
    phone_consolidated_experience: bool | None = None
    picture_url: str | None = None
    pushed_authorization_requests_supported: bool | None = None
    resource_parameter_profile: Literal["audience", "compatibility"] | None = None
    sandbox_version: Annotated[str, Field(max_length=8)] | None = None
    session_cookie: SessionCookie | None = None
    session_lifetime: AtLeastOne | None = None
    session_lifetime_in_minutes: AtLeastOne | None = None
    sessions: Json | None = None
    skip_non_verifiable_callback_uri_confirmation_prompt: bool | None = None
    support_email: str | None = None
    support_url: str | None = None
    universal_login: Json | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("Too few properties defined (0), minimum 1")
        return self


SETTINGS: TypeAdapter[Any] = TypeAdapter(SettingsBody)
