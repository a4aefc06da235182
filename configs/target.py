"""The configuration that a tenant is migrated to."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, assert_never

from pydantic import (
    AfterValidator,
    BeforeValidator,
    StringConstraints,
    ValidationInfo,
    field_serializer,
    model_validator,
)
from pydantic_core import PydanticKnownError

from configs.references import SecretNames, SecretRef
from configs.tree import Text
from configs.values import (
    ACROSS_KEYS,
    EachOnce,
    NonEmpty,
    PhoneNumber,
    ServerAddress,
    Strict,
    Words,
    wrong,
)


class DeliveryMethod(StrEnum):
    """How the tenant-level provider delivers a message (as in `branding/phone/providers`)."""

    TEXT = "text"
    VOICE = "voice"


class MessageType(StrEnum):
    """How an MFA phone factor sends its code (as in `guardian/factors/phone/message-types`)."""

    SMS = "sms"
    VOICE = "voice"


def delivery_method_of(message_type: MessageType) -> DeliveryMethod:
    """Return the delivery method that a message type needs."""
    match message_type:
        case MessageType.SMS:
            return DeliveryMethod.TEXT
        case MessageType.VOICE:
            return DeliveryMethod.VOICE
        case _:
            assert_never(message_type)


def message_type_of(delivery_method: DeliveryMethod) -> MessageType:
    """Return the message type that a delivery method serves."""
    match delivery_method:
        case DeliveryMethod.TEXT:
            return MessageType.SMS
        case DeliveryMethod.VOICE:
            return MessageType.VOICE
        case _:
            assert_never(delivery_method)


class ProviderChoice(StrEnum):
    """Which tenant-level provider to set up; `auto` decides by what the tenant uses now."""

    AUTO = "auto"
    TWILIO = "twilio"
    CUSTOM = "custom"


class CustomActionChoice(StrEnum):
    """What becomes of an Action on `custom-phone-provider` that phonefleet did not make; a tenant can have one."""

    REFUSE = "refuse"
    """Do not migrate the tenant."""
    ADOPT = "adopt"
    """Replace its code by the one that the migration makes; a rollback restores it."""
    KEEP = "keep"
    """Send through it, unchanged."""


class ActionStyle(StrEnum):
    """How a send-phone-message Action is translated: its code kept inside an adapter, or rewritten."""

    ADAPTER = "adapter"
    REWRITE = "rewrite"


def _encrypted(data: str) -> str:
    if not data.startswith("https:"):
        raise wrong("is not encrypted, and the AuthToken is sent there", "Write https://")
    return data


def _of_the_fleet_file(data: Any, info: ValidationInfo[Any]) -> Any:
    """Refuse a host that a row of `tenants_from` names: the AuthToken would be sent there."""
    names: SecretNames | None = (info.context or {}).get("secret_names")
    if names and isinstance(data, Text) and names.is_row(data.origin.file):
        raise wrong(
            "may not be set by a tenant of `tenants_from`: the AuthToken is sent there",
            "Set it in `defaults` or `overrides` of the fleet file",
        )
    return data


class TwilioTarget(Strict):
    """A Twilio account.

    Attributes:
        auth_token: The account's AuthToken. Auth0's migration guide says to fetch it from Twilio.
        sid: Account SID; None keeps the legacy configuration's.
        default_from: Sender; None keeps the legacy configuration's.
        mssid: Messaging service SID; None keeps the legacy configuration's.
        receipts: Whether Twilio is asked what became of test messages that it sent.
        api_url: Where Twilio's API is, for an account in another of Twilio's regions than us1.
    """

    auth_token: SecretRef
    sid: Annotated[str, StringConstraints(pattern=r"^AC[0-9a-fA-F]{32}$")] | None = None
    default_from: NonEmpty | None = None
    mssid: Annotated[str, StringConstraints(pattern=r"^MG[0-9a-fA-F]{32}$")] | None = None
    receipts: bool = True
    api_url: Annotated[ServerAddress, AfterValidator(_encrypted), BeforeValidator(_of_the_fleet_file)] = (
        "https://api.twilio.com"
    )


class TestNumbers(Strict):
    """Recipients of the test messages; None sends none by that delivery method."""

    __test__ = False  # pytest would collect the class as a test case

    text: PhoneNumber | None = None
    voice: PhoneNumber | None = None

    def of(self, method: DeliveryMethod) -> str | None:
        """Return the recipient for one delivery method."""
        match method:
            case DeliveryMethod.TEXT:
                return self.text
            case DeliveryMethod.VOICE:
                return self.voice
            case _:
                assert_never(method)


class ApprovableReason(StrEnum):
    """A reason that keeps a tenant from being migrated unless the operator accepts it by name.

    `phonefleet.model.reasons` says what each means; a test compares the two lists.
    """

    TEST_NUMBER_MISSING = "test_number_missing"
    KEY_IN_CODE = "key_in_code"
    KEY_IN_GATEWAY_URL = "key_in_gateway_url"
    TEXT_GIVEN_UP = "text_given_up"
    SENDER_GIVEN_UP = "sender_given_up"
    FACTOR_GIVEN_UP = "factor_given_up"
    ACTION_NOT_VERIFIED = "action_not_verified"
    ACTION_DISPUTED_FIELD = "action_disputed_field"
    ACTION_OPTIONAL_FIELD = "action_optional_field"
    TEMPLATE_REFUSED = "template_refused"
    TEMPLATE_TOO_COSTLY = "template_too_costly"
    CUSTOM_ACTION_NOT_VERIFIED = "custom_action_not_verified"
    PROVIDER_TAKEN = "provider_taken"
    PROVIDER_IN_USE = "provider_in_use"
    OTP_VERIFY_REUSED = "otp_verify_reused"


def _approvable(data: str) -> str:
    if data not in set(ApprovableReason):
        raise PydanticKnownError("enum", {"expected": ", ".join(ApprovableReason)})
    return data


class Target(Strict):
    """The desired configuration of one tenant; everything has a default.

    Attributes:
        provider: Which provider to set up.
        twilio: The account, where the provider is Twilio.
        delivery_methods: None means what the tenant's present use needs.
        factors: The MFA phone message types wanted afterwards; None keeps the present ones.
        test_numbers: Where test messages go.
        gateway_secret: The shared secret that signs a Passwordless custom gateway's bearer JWT.
        action_secrets: Values for a translated Action's secrets, by their names there.
        action: What becomes of an Action on `custom-phone-provider` that phonefleet did not make.
        action_style: Which translation of an Action to deploy; a rewrite only where it is verified like the adapter.
        approve: Reasons that the operator accepts for this tenant.
    """

    provider: ProviderChoice = ProviderChoice.AUTO
    twilio: TwilioTarget | None = None
    delivery_methods: Annotated[tuple[DeliveryMethod, ...], Words, EachOnce] | None = None
    factors: Annotated[tuple[MessageType, ...], Words, EachOnce] | None = None
    test_numbers: TestNumbers = TestNumbers()
    gateway_secret: SecretRef | None = None
    action_secrets: Mapping[NonEmpty, SecretRef] = {}
    action: CustomActionChoice = CustomActionChoice.REFUSE
    action_style: ActionStyle = ActionStyle.ADAPTER
    approve: Annotated[frozenset[Annotated[str, AfterValidator(_approvable)]], Words] = frozenset()

    @field_serializer("approve")
    def _in_order(self, approve: frozenset[str]) -> list[str]:
        """Return the reasons sorted: the order of a set differs between processes, and a checksum covers it."""
        return sorted(approve)

    @model_validator(mode="after")
    def _factors_are_delivered(self) -> Target:
        """Desired MFA factors must be a subset of the delivery methods (Auth0's migration guide)."""
        if self.factors is None or self.delivery_methods is None:
            return self
        uncovered = [kind for kind in self.factors if delivery_method_of(kind) not in self.delivery_methods]
        if uncovered:
            needed = ", ".join(delivery_method_of(kind) for kind in uncovered)
            methods = ", ".join(self.delivery_methods)
            fact = f"factor {', '.join(uncovered)} is not among the delivery methods {methods}"
            advice = f"Add {needed} to delivery_methods or remove the factor"
            raise wrong(fact, advice, key="factors", kind=ACROSS_KEYS)
        return self

    def secret_refs(self) -> Mapping[str, SecretRef]:
        """Return every reference of this target by its key path, such as `twilio.auth_token`."""
        refs = {f"action_secrets.{name}": ref for name, ref in self.action_secrets.items()}
        if self.twilio:
            refs["twilio.auth_token"] = self.twilio.auth_token
        if self.gateway_secret:
            refs["gateway_secret"] = self.gateway_secret
        return refs
