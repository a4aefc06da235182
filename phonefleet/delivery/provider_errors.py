"""Error codes of message providers: what each means and what to do.

The codes are quoted for a person. Nothing is decided by them.

Sources: Twilio's error dictionary (https://www.twilio.com/docs/api/errors), which has a page for each code and the
whole as JSON. Every Twilio code here was compared with it in November 2026: with the JSON of May 2023, and with the
present pages where they are newer (21608, 21635, 21659, 21660, 30410, 60204). Amazon's SNS API reference (errors of
`Publish`, common errors) and SQS API reference (errors common to all AWS services). A code without an address is not
documented there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_TWILIO, _SNS = "Twilio", "Amazon SNS"
_TOKEN = re.compile(r"(?<![\w*+])(?<!\d:)\w{5,40}(?![\w*])")
"""A word that may be a code: not a part of a masked number, and not a port after an IP address."""


@dataclass(frozen=True, slots=True)
class ProviderError:
    """One error code of a provider.

    Attributes:
        provider: the provider's name.
        code: its code, as it writes it.
        meaning: without a final period.
        next_step: one sentence.
        source: the address of the documentation; empty where none was found.
    """

    provider: str
    code: str
    meaning: str
    next_step: str
    source: str

    def __str__(self) -> str:
        source = self.source or f"not documented by {self.provider}"
        return f"{self.provider} {self.code}: {self.meaning}. {self.next_step} ({source})"


def _twilio(code: int, meaning: str, next_step: str) -> ProviderError:
    return ProviderError(
        _TWILIO, str(code), meaning, next_step, f"https://www.twilio.com/docs/api/errors/{code}"
    )


def _sns(code: str, meaning: str, next_step: str, source: str | None = None) -> ProviderError:
    return ProviderError(_SNS, code, meaning, next_step, _PUBLISH if source is None else source)


_PUBLISH = "https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"
_SNS_COMMON = "https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html"
_AWS_COMMON = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html"
_CREDENTIALS = (
    "Compare the account SID and the auth token with Twilio's console: a rotated token no longer works."
)
_GEO_SMS = "Enable the country in Twilio's console under Messaging, Geo permissions."
_GEO_VOICE = "Enable the country in Twilio's console under Voice, Geo permissions."
_TEST_NUMBER = "Correct the number in target.test_numbers: E.164, with country code."
_OTHER_NUMBER = "Test with another number, on another network; if that succeeds, the sender is in order."
_TRIAL = "Verify the number in Twilio's console, or upgrade the trial account."
_SENDER = (
    "Name a sender of this account that can send this kind of message: target.twilio.default_from or mssid."
)
_AWS_KEY = "Correct the Action's AWS key (target.action_secrets)."
_AWS_NUMBER = "Correct the number in target.test_numbers, and the sender in the Action."
_AWS_POLICY = "Allow sns:Publish to the Action's AWS user."

_ERRORS: Final = (
    # the account
    _twilio(20003, "the credentials are wrong or have no permission", _CREDENTIALS),
    _twilio(20404, "there is no such account, service or number", "Check the account SID and the sender."),
    _twilio(
        20429, "too many requests", "Wait, then test again with fewer tenants of this account at a time."
    ),
    _twilio(30002, "the account is suspended", "Resolve the suspension with Twilio."),
    # the recipient
    _twilio(21211, "the recipient is not a valid phone number", _TEST_NUMBER),
    _twilio(21214, "the recipient's number cannot be reached", _TEST_NUMBER),
    _twilio(21217, "the recipient is not a valid phone number", _TEST_NUMBER),
    _twilio(21219, "a trial account calls verified numbers only, and this one is not verified", _TRIAL),
    _twilio(
        21608,
        "the account, a trial account or one without an approved compliance profile, sends to verified numbers only",
        _TRIAL,
    ),
    _twilio(
        21610, "the recipient opted out", "Send START from the phone to the sender, or use another number."
    ),
    _twilio(
        21614, "the recipient is not a mobile number", "Use a mobile number in target.test_numbers.text."
    ),
    _twilio(21635, "the recipient is a landline", "Use a mobile number in target.test_numbers.text."),
    _twilio(
        30003,
        "the phone is off, has no reception, or cannot receive text messages",
        "Turn the phone on and check its reception, then test again.",
    ),
    _twilio(30004, "the recipient is blocked from receiving the message", _OTHER_NUMBER),
    _twilio(30005, "the recipient's number is unknown and may no longer exist", _TEST_NUMBER),
    _twilio(30006, "the recipient is a landline, or its carrier cannot be reached", _OTHER_NUMBER),
    # the region
    _twilio(13227, "calls to this country are not enabled", _GEO_VOICE),
    _twilio(21215, "calls to this country are not enabled", _GEO_VOICE),
    _twilio(
        21216,
        "Twilio blocks calls to this number",
        "Test with another number, or ask Twilio for an exception.",
    ),
    _twilio(21408, "messages to this country are not enabled", _GEO_SMS),
    _twilio(
        21612, "this sender cannot send to this number", "Use a sender that Twilio allows for this country."
    ),
    # the sender
    _twilio(21210, "the sender's number is not verified", _SENDER),
    _twilio(21212, "the sender is not a valid number", _SENDER),
    _twilio(21606, "the account cannot send this kind of message from this number", _SENDER),
    _twilio(21611, "the sender's queue is full", "Wait, or give the messaging service more senders."),
    _twilio(21657, "the sender ID is not supported in the recipient's country", _SENDER),
    _twilio(21659, "the sender is not a Twilio number", _SENDER),
    _twilio(21660, "the sender does not belong to this account", _SENDER),
    _twilio(21701, "the messaging service does not exist", "Correct target.twilio.mssid."),
    _twilio(
        21703, "the messaging service has no sender for this number", "Add a sender to the messaging service."
    ),
    _twilio(
        30024,
        "the carrier has not provisioned the sender",
        "Wait where the sender was registered recently; otherwise ask Twilio with the message's SID.",
    ),
    _twilio(
        30032,
        "the toll-free number is not verified",
        "Complete the toll-free verification in Twilio's console.",
    ),
    _twilio(
        30034,
        "the US sender is not registered for A2P 10DLC",
        "Register brand and campaign in Twilio's console, and add the number to the campaign.",
    ),
    _twilio(
        30035,
        "the US sender's registration for A2P 10DLC is not complete",
        "Wait until Twilio's console shows the number as registered, then test again.",
    ),
    # the message
    _twilio(21617, "the text has more than 1,600 characters", "Shorten the template."),
    _twilio(
        30007,
        "the carrier or Twilio filtered the message as unwanted",
        "Take links and advertising out of the template, check the sender's registration, and ask Twilio with the "
        "message's SID.",
    ),
    _twilio(30001, "the queue overflowed", "Wait, then test again."),
    _twilio(30008, "the reason is not known", _OTHER_NUMBER),
    _twilio(30410, "Twilio's carrier did not answer in time", "Wait, then test again."),
    _twilio(
        30450,
        "Twilio's protection against SMS pumping blocked the number for up to 30 minutes",
        "Wait, then test again.",
    ),
    # Twilio Verify, which Actions call
    _twilio(
        60200, "a parameter of the verification is not valid", "Check the number and the service's settings."
    ),
    _twilio(
        60203,
        "more than 5 codes were sent to this number and not checked",
        "Wait 10 minutes, or test with another number of the operator.",
    ),
    _twilio(
        60204,
        "the Verify service does not accept codes that it has not made, such as Auth0's",
        "Select Enable Custom Verification Code for the Verify service in Twilio's console.",
    ),
    _twilio(60205, "a landline takes no SMS", "Use a mobile number in target.test_numbers.text."),
    _twilio(
        60223, "this channel is disabled in the Verify service", "Enable SMS or voice in the Verify service."
    ),
    _twilio(
        60410,
        "Twilio's fraud protection blocked numbers with this prefix for up to 12 hours",
        "Wait, or put the number on the Verify service's safe list.",
    ),
    _twilio(
        60605,
        "the Verify service may not send to this country",
        "Enable it in Verify's geo permissions.",
    ),
    # Amazon SNS, by the code in its answers and by the name in its libraries
    _sns("AuthorizationError", "the AWS user may not send messages", _AWS_POLICY),
    _sns("AuthorizationErrorException", "the AWS user may not send messages", _AWS_POLICY),
    _sns("InvalidParameter", "a parameter is not valid, often the number or the sender", _AWS_NUMBER),
    _sns(
        "InvalidParameterException", "a parameter is not valid, often the number or the sender", _AWS_NUMBER
    ),
    _sns("InvalidSecurity", "the signature of the request is not valid", _AWS_KEY),
    _sns("InvalidSecurityException", "the signature of the request is not valid", _AWS_KEY),
    _sns("SignatureDoesNotMatch", "the secret access key is wrong", _AWS_KEY, ""),
    _sns("InvalidClientTokenId", "there is no such access key", _AWS_KEY, _AWS_COMMON),
    _sns("ExpiredTokenException", "the token has expired", _AWS_KEY, _SNS_COMMON),
    _sns("ExpiredToken", "the token has expired", _AWS_KEY, ""),
)
PROVIDER_ERRORS: Final[Mapping[str, ProviderError]] = {error.code: error for error in _ERRORS}
"""By code, which no two providers share."""


def find_provider_error(codes: Iterable[str], texts: Iterable[str]) -> ProviderError | None:
    """Return the error that a code names, else the first that a text names; None when it is not known.

    Args:
        codes: error codes as a log entry has them.
        texts: texts of the entry, with phone numbers masked.
    """
    named = [*codes, *(word for text in texts for word in _TOKEN.findall(text))]
    return next((PROVIDER_ERRORS[name] for name in named if name in PROVIDER_ERRORS), None)
