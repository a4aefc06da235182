"""Request bodies of multi-factor settings (Guardian)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, TypeAdapter

from simulator.bodies.base import StrictBody

MessageType = Literal["sms", "voice"]


class FactorBody(StrictBody):
    """PUT guardian/factors/{name}."""

    enabled: bool


class MessageTypesBody(StrictBody):
    """PUT guardian/factors/phone/message-types."""

    message_types: list[MessageType]


class GuardianTwilioBody(StrictBody):
    """PUT guardian/factors/phone|sms/providers/twilio."""

    nullable: ClassVar[frozenset[str]] = frozenset({"auth_token", "from", "messaging_service_sid", "sid"})

    auth_token: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    from_: Annotated[str, Field(max_length=64)] | None = Field(default=None, alias="from")
    messaging_service_sid: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    sid: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class SelectedProviderBody(StrictBody):
    """PUT guardian/factors/phone|sms/selected-provider."""

    provider: Literal["auth0", "twilio", "phone-message-hook"]


class GuardianTemplatesBody(StrictBody):
    """PUT guardian/factors/phone|sms/templates."""

    enrollment_message: str
    verification_message: str


class PhoneSettingsBody(StrictBody):
    """PUT guardian/factors/phone/settings."""

    otp_length: Annotated[int, Field(ge=1)]
    otp_expiration_time: Annotated[int, Field(ge=1)]


class GuardianSettingsBody(StrictBody):
    """PUT guardian/settings: whether and how long a browser is remembered, in seconds."""

    display_remember_me_checkbox: bool
    remember_me_default_value: bool
    mfa_session_inactivity_timeout: Annotated[int, Field(ge=3600)]
    mfa_session_overall_timeout: Annotated[int, Field(ge=3600)]


FACTOR: TypeAdapter[Any] = TypeAdapter(FactorBody)
MESSAGE_TYPES: TypeAdapter[Any] = TypeAdapter(MessageTypesBody)
GUARDIAN_TWILIO: TypeAdapter[Any] = TypeAdapter(GuardianTwilioBody)
SELECTED_PROVIDER: TypeAdapter[Any] = TypeAdapter(SelectedProviderBody)
GUARDIAN_TEMPLATES: TypeAdapter[Any] = TypeAdapter(GuardianTemplatesBody)
POLICIES: TypeAdapter[Any] = TypeAdapter(list[Literal["all-applications", "confidence-score"]])
PHONE_SETTINGS: TypeAdapter[Any] = TypeAdapter(PhoneSettingsBody)
GUARDIAN_SETTINGS: TypeAdapter[Any] = TypeAdapter(GuardianSettingsBody)
