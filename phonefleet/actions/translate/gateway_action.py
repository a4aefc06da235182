"""A Passwordless SMS connection's custom gateway as a custom-phone-provider Action.

Facts from Auth0's page "Set Up Custom SMS Gateway for Passwordless Connections": the gateway receives
``{recipient, body, sender}`` and, with ``forward_req_info``, ``req``; a bearer token has ``sub`` and
``aud`` and is signed with the shared secret; only the status counts and only 200 is success; the limit is 30
seconds.
"""

from __future__ import annotations

from typing import Final

from phonefleet.actions.reason_codes import FlagCode
from phonefleet.actions.translate.adapter import DROP, OnError, failure_part, other_part
from phonefleet.actions.translate.code_assembly import comment_text, fill, literal, part
from phonefleet.actions.translate.former_senders import GATEWAY_SECRET, GatewaySettings
from phonefleet.actions.translation_model import FieldMapping as Row
from phonefleet.actions.translation_model import Flag, Strategy, Translation

GATEWAY_RUNTIME: Final = "node22"


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
        Row("recipient", "event.notification.recipient"),
        Row("body", "event.notification.as_text", "the otp_verify template replaces the connection's"),
        Row("sender", f"the connection's from: {settings.sender!r}"),
    ]
    if settings.forward_req_info:
        rows += [
            Row("req.ip", "event.request.ip"),
            Row("req.user-agent", "event.request.user_agent"),
        ]
    if settings.authentication:
        rows.append(Row("Authorization", "bearer JWT", f"HS256 with the secret {GATEWAY_SECRET}"))
    return tuple(rows)


def gateway_decisions(settings: GatewaySettings) -> tuple[str, ...]:
    """What the operator must know or supply for this gateway."""
    decisions = [
        "The gateway's failures no longer reach the caller of /passwordless/start as a 400: with the tenant-level "
        "provider, Auth0 reports nothing about delivery to the end user.",
    ]
    if settings.authentication:
        decisions.append(
            f"Supply the gateway's shared secret as {GATEWAY_SECRET}; it is never read from the connection."
        )
    return tuple(decisions)


def otp_verify_flag() -> Flag:
    """The flag that every Action for the new trigger has."""
    return Flag(
        FlagCode.OTP_VERIFY_REUSED,
        0,
        "otp_verify is also sent for Passwordless and for phone numbers as identifiers, not for MFA alone",
    )
