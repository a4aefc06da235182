"""What users read or hear: message types, the planes that send them, and texts that change."""

from __future__ import annotations

from enum import StrEnum

from configs import DeliveryMethod
from phonefleet.model.fact import Fact


class NotificationType(StrEnum):
    """The phone notification types that have a legacy counterpart."""

    OTP_ENROLL = "otp_enroll"
    OTP_VERIFY = "otp_verify"


class MessagePlane(StrEnum):
    """What sends a message to a user."""

    MFA = "mfa"
    PASSWORDLESS = "passwordless"
    PHONE_IDENTIFIER = "phone_identifier"


class TextChange(Fact):
    """A message that users will read or hear differently, rendered as now and as after the migration."""

    plane: MessagePlane
    connection: str = ""
    """Name of the connection; empty for MFA."""
    type: NotificationType
    method: DeliveryMethod
    old: str
    new: str
    old_rendered: bool = True
    """False where the template cannot be rendered: `old` is the template itself then."""
    new_rendered: bool = True
    """Likewise for `new`."""
    friendly_name: str = ""
    """The tenant's name in the sample; `docs/explanation/message-texts.md` has the other values."""
    locale: str = ""
    """The locale in the sample."""

    @property
    def reader(self) -> str:
        """Who gets the message, in words."""
        match self.plane:
            case MessagePlane.MFA:
                return "MFA"
            case MessagePlane.PASSWORDLESS:
                return f"Passwordless connection {self.connection}"
            case MessagePlane.PHONE_IDENTIFIER:
                return f"phone identifier on {self.connection}"
