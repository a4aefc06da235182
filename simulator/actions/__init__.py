"""Code of the Actions that simulated tenants run, as operators write such code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@lru_cache
def code(name: str) -> str:
    """Return the text of ``name``.js."""
    return files(__name__).joinpath(f"{name}.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Recipe:
    """An Action of the seeds: its file, what it is called, needs and can do.

    Attributes:
        secrets: names its code reads from ``event.secrets``.
        dependencies: npm packages and versions.
        message_types: what it can send.
    """

    file: str
    name: str
    secrets: tuple[str, ...]
    dependencies: tuple[tuple[str, str], ...]
    message_types: tuple[str, ...]
    triggers: tuple[tuple[str, str], ...] = (("send-phone-message", "v2"),)

    @property
    def code(self) -> str:
        """The Action's code."""
        return code(self.file)


SINGLE = (
    Recipe(
        "twilio_messages",
        "Send MFA codes with Twilio",
        ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"),
        (("twilio", "5.3.0"),),
        ("sms", "voice"),
    ),
    Recipe(
        "http_gateway",
        "SMS via corporate gateway",
        ("GATEWAY_URL", "GATEWAY_API_KEY"),
        (("axios", "1.7.4"),),
        ("sms",),
    ),
    Recipe(
        "aws_sns",
        "Send SMS with Amazon SNS",
        ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        (("@aws-sdk/client-sns", "3.637.0"),),
        ("sms",),
    ),
)
MULTI = Recipe(
    "login_and_sms",
    "Risk check and SMS",
    ("RISK_API_KEY", "SMS_API_KEY", "SMS_API_URL"),
    (("axios", "1.7.4"),),
    ("sms",),
    (("post-login", "v3"), ("send-phone-message", "v2")),
)
DISPUTED = Recipe(
    "language_gateway",
    "SMS in the user's language",
    ("GATEWAY_URL", "GATEWAY_API_KEY"),
    (("axios", "1.7.4"),),
    ("sms",),
)
"""Reads the language beside the message, on which Auth0's sources disagree: a migration of it needs a decision."""
FOREIGN = Recipe(
    "foreign_provider",
    "Phone messages",
    ("SMS_ENDPOINT", "SMS_PASSWORD"),
    (),
    ("sms", "voice"),
    (("custom-phone-provider", "v1"),),
)
"""Another owner's Action, which sends every message."""
FOREIGN_DROPS = Recipe(
    "foreign_drops",
    "Phone messages",
    ("SMS_ENDPOINT", "SMS_PASSWORD"),
    (),
    ("sms",),
    (("custom-phone-provider", "v1"),),
)
"""Another owner's Action for changed passwords: it sends no code for enrollment or sign-in."""
FOREIGN_UNCLEAR = Recipe(
    "foreign_unclear",
    "Phone messages",
    ("SMS_PASSWORD",),
    (),
    ("sms", "voice"),
    (("custom-phone-provider", "v1"),),
)
"""Another owner's Action that sends the code without the recipient to a queue: what becomes of it is not visible."""
CUSTOM = Recipe(
    "custom_provider",
    "Custom Phone Provider",
    ("GATEWAY_URL", "GATEWAY_API_KEY"),
    (("axios", "1.7.4"),),
    ("sms", "voice"),
    (("custom-phone-provider", "v1"),),
)
