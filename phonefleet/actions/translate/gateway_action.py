"""A Passwordless SMS connection's custom gateway as a custom-phone-provider Action.

Facts from Auth0's page "Set Up Custom SMS Gateway for Passwordless Connections": the gateway receives
``{recipient, body, sender}`` and, with ``forward_req_info``, ``req``; a bearer token carries ``sub`` and
``aud`` and is signed with the shared secret; only the status counts and only 200 is success; the limit is 30
seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from phonefleet.actions.refusal_codes import FlagCode, RefusalCode
from phonefleet.actions.translate.adapter import DROP, OnError, failure_part, other_part
from phonefleet.actions.translate.code_assembly import comment_text, fill, literal, part
from phonefleet.actions.translation_model import FieldMapping as Row
from phonefleet.actions.translation_model import (
    Flag,
    RefusalReason,
    Strategy,
    Translation,
    TranslationRefusal,
)

GATEWAY_SECRET: Final = "GATEWAY_SECRET"  # noqa: S105  the secret's name
GATEWAY_RUNTIME: Final = "node22"
TIMEOUT_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class GatewayAuthentication:
    """The claims of the bearer token; the shared secret itself is never held here."""

    subject: str | None
    audience: str
    secret_base64_encoded: bool = False


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What a connection's options say about its gateway.

    ``gateway_url`` is absolute; ``sender`` is the connection's ``from``; ``connection`` its name.
    """

    gateway_url: str = field(repr=False)
    sender: str | None = None
    forward_req_info: bool = False
    authentication: GatewayAuthentication | None = None
    connection: str = "sms"

    def to_json(self) -> dict[str, Any]:
        """The settings as plain data, in the form that a verification of mode ``gateway`` takes as its original."""
        return asdict(self)


def gateway_settings(
    options: Mapping[str, Any], connection: str = "sms"
) -> GatewaySettings | TranslationRefusal:
    """Read the ``options`` of a connection with provider ``sms_gateway``, or say what is wrong with them."""
    url = options.get("gateway_url")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        return _refuse(RefusalCode.GATEWAY_INCOMPLETE, f"connection {connection} has no absolute gateway_url")
    authentication = _authentication(options.get("gateway_authentication"), connection)
    if isinstance(authentication, TranslationRefusal):
        return authentication
    return GatewaySettings(
        gateway_url=url,
        sender=options.get("from") or None,
        forward_req_info=_truthy(options.get("forward_req_info")),
        authentication=authentication,
        connection=connection,
    )


def gateway_action(settings: GatewaySettings, *, other_types: str = DROP) -> Translation:
    """The Action that serves one gateway and nothing else."""
    code = fill(
        part("gateway"),
        {
            "TITLE": comment_text(literal(settings.connection)),
            "SETTINGS": settings_literal(settings, GATEWAY_SECRET),
            "PARTS": "\n\n".join((gateway_part(), other_part(other_types), failure_part(OnError.DROP))),
        },
    )
    return Translation(
        strategy=Strategy.ADAPTER,
        code=code,
        dependencies=(),
        secret_names=(GATEWAY_SECRET,) if settings.authentication else (),
        runtime=GATEWAY_RUNTIME,
        flags=(otp_verify_flag(),),
        mapping=gateway_mapping(settings),
        decisions=gateway_decisions(settings),
    )


def settings_literal(settings: GatewaySettings, secret_name: str) -> str:
    """The settings as the JavaScript object that ``gateway_parts.js`` reads."""
    claims = settings.authentication
    return literal(
        {
            "url": settings.gateway_url,
            "sender": settings.sender,
            "forwardReqInfo": settings.forward_req_info,
            "secret": secret_name,
            "authentication": claims
            and {
                **({"subject": claims.subject} if claims.subject is not None else {}),
                "audience": claims.audience,
                "secretBase64": claims.secret_base64_encoded,
            },
        }
    )


def gateway_part() -> str:
    """The JavaScript functions that call a gateway."""
    return part("gateway_parts").rstrip()


def gateway_mapping(settings: GatewaySettings) -> tuple[Row, ...]:
    """Each field of the gateway's request and where the new Action takes it from."""
    rows = [
        Row("recipient", "event.notification.recipient", 0),
        Row("body", "event.notification.as_text (the otp_verify template replaces the connection's)", 0),
        Row("sender", f"the connection's from: {settings.sender!r}", 0),
    ]
    if settings.forward_req_info:
        rows += [
            Row("req.ip", "event.request.ip", 0),
            Row("req.user-agent", "event.request.user_agent", 0),
        ]
    if settings.authentication:
        rows.append(Row("Authorization", f"bearer JWT, HS256 with the secret {GATEWAY_SECRET}", 0))
    return tuple(rows)


def gateway_decisions(settings: GatewaySettings) -> tuple[str, ...]:
    """What the operator must know or supply for this gateway."""
    decisions = [
        "The gateway's failures no longer reach the caller of /passwordless/start as a 400: under the "
        "tenant-level provider Auth0 tells the end user nothing about delivery.",
    ]
    if settings.authentication:
        decisions.append(
            f"Supply the gateway's shared secret as {GATEWAY_SECRET}; it is never read from the connection."
        )
    return tuple(decisions)


def otp_verify_flag() -> Flag:
    """The flag that every Action under the new trigger carries."""
    return Flag(
        FlagCode.OTP_VERIFY_REUSED,
        0,
        "otp_verify is also sent for Passwordless and for phone numbers as identifiers, not for MFA alone",
    )


def _authentication(value: Any, connection: str) -> GatewayAuthentication | TranslationRefusal | None:
    if not value:
        return None
    method = str(value.get("method") or "bearer").lower()
    if method != "bearer":
        return _refuse(
            RefusalCode.GATEWAY_METHOD_UNKNOWN,
            f"connection {connection} authenticates to its gateway by {method!r}; only bearer is documented",
        )
    if not value.get("audience"):
        return _refuse(
            RefusalCode.GATEWAY_INCOMPLETE, f"connection {connection} names no audience for its token"
        )
    return GatewayAuthentication(
        subject=value.get("subject") or None,
        audience=str(value["audience"]),
        secret_base64_encoded=_truthy(value.get("secret_base64_encoded")),
    )


def _truthy(value: Any) -> bool:
    """The documentation's own example writes ``forward_req_info`` as the text ``"true"``."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _refuse(code: RefusalCode, message: str) -> TranslationRefusal:
    return TranslationRefusal((RefusalReason(code, message),))
