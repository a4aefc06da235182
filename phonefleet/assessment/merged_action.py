"""Make one Action for MFA and Passwordless with different senders, verified against each of them."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache

import orjson

from configs import SecretRef, Target
from phonefleet.actions.embedded_secrets import Mask
from phonefleet.actions.report_builder import report_of_source
from phonefleet.actions.translate.former_senders import (
    GATEWAY_SECRET,
    TWILIO_SECRET,
    GatewaySettings,
    PasswordlessRoute,
    TwilioRoute,
)
from phonefleet.actions.translate.merged_source import merged_action
from phonefleet.actions.translation_model import ActionSource, Translation, TranslationRefusal
from phonefleet.actions.verify.merged import verify_merged_once
from phonefleet.assessment.action_parts import (
    CACHE_SIZE,
    ProviderActionResult,
    action_source,
    blocked,
    custom_code,
    gateway_settings,
    gateway_warnings,
    secret_blockers,
    verification_blockers,
)
from phonefleet.assessment.key_blockers import key_blockers
from phonefleet.assessment.usage import ActionSender, GatewaySender, PasswordlessUse, TwilioSender, Usage
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import SMS_CONNECTIONS
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import TwilioSettings

PASSWORDLESS_TWILIO_SECRET = "PASSWORDLESS_TWILIO_AUTH_TOKEN"  # noqa: S105
"""The secret's name where Passwordless has a Twilio account of its own."""

_SHARED_USERS = Reason(
    code=ReasonCode.OTP_VERIFY_REUSED,
    message="an MFA challenge of a user of an SMS connection cannot be distinguished from that connection's own "
    "messages and is sent like them: through the connection's sender",
)
"""What the verification of a merged Action cannot cover, since both events are equal."""


def merged_action_for(usage: Usage, target: Target) -> ProviderActionResult:
    """Merge the senders of MFA and Passwordless into one Action, verified against each of them."""
    mfa = _mfa_original(usage)
    if mfa is None:
        labels = ", ".join(sorted({sender.label for sender in usage.senders}))
        return blocked(
            ReasonCode.PROVIDERS_DIFFER,
            f"messages are sent through {labels}, which one Action cannot serve: choose one provider for all "
            "(target.provider: twilio with target.twilio), or remove a connection",
            Evidence(endpoint=SMS_CONNECTIONS, field="options.provider", value=labels),
        )
    merged = _merge(mfa, tuple(_passwordless_route(use, mfa) for use in usage.passwordless))
    if isinstance(merged, TranslationRefusal):
        mask = Mask.of(mfa.code) if isinstance(mfa, ActionSource) else Mask()
        reasons = "; ".join(mask.hide(r.message) for r in merged.reasons)
        return blocked(ReasonCode.PROVIDERS_DIFFER, f"MFA and Passwordless cannot share an Action: {reasons}")
    translation, report = merged
    refs = _secret_references(target)
    keys = key_blockers(
        translation,
        report,
        actions=(action for s in usage.senders if isinstance(s, ActionSender) for action in s.actions),
        connections=(use.connection for use in usage.passwordless),
    )
    unverified = verification_blockers(
        report,
        "the Action that merges the different senders of MFA and Passwordless",
        "read it in the plan",
        Evidence(endpoint="merged Action", field="verification", value=report.result),
    )
    return ProviderActionResult(
        custom_code(translation, report, refs),
        (
            *keys,
            *unverified,
            *secret_blockers(translation, refs, ReasonCode.ACTION_SECRET_MISSING, "action_secrets"),
        ),
        warnings=(
            _SHARED_USERS,
            *gateway_warnings(
                use.connection for use in usage.passwordless if isinstance(use.sender, GatewaySender)
            ),
        ),
        report=report,
    )


@lru_cache(maxsize=CACHE_SIZE)
def _merge(
    mfa: ActionSource | TwilioRoute, routes: tuple[PasswordlessRoute, ...]
) -> tuple[Translation, TranslationReport] | TranslationRefusal:
    translation = merged_action(mfa, routes)
    if isinstance(translation, TranslationRefusal):
        return translation
    if isinstance(mfa, ActionSource):
        name, original, runtime = mfa.name, mfa.code.rstrip(), mfa.runtime
    else:
        name, original, runtime = "Twilio", _settings_text(mfa), ""
    originals = [original]
    originals += [f"// Passwordless {route.connection}\n{_settings_text(route.via)}" for route in routes]
    report = report_of_source(
        f"{name} and {', '.join(route.connection for route in routes)}",
        "\n\n".join(originals) + "\n",
        translation,
        verify_merged_once(mfa, routes, translation),
        strategy="merged",
        runtime_before=runtime,
    )
    return translation, report


def _settings_text(settings: GatewaySettings | TwilioRoute) -> str:
    return orjson.dumps(asdict(settings), option=orjson.OPT_INDENT_2).decode()


def _mfa_original(usage: Usage) -> ActionSource | TwilioRoute | None:
    """Return what sends MFA's messages; None when one Action cannot serve it."""
    match usage.mfa.sender if usage.mfa else None:
        case ActionSender(actions) if len(actions) == 1 and actions[0].deployed:
            return action_source(actions[0])
        case TwilioSender(settings):
            return _twilio_route(settings, TWILIO_SECRET)
        case _:
            return None


def _twilio_route(settings: TwilioSettings, secret_name: str) -> TwilioRoute:
    return TwilioRoute(settings.sid, settings.default_from or None, settings.mssid or None, secret_name)


def _passwordless_route(use: PasswordlessUse, mfa: ActionSource | TwilioRoute) -> PasswordlessRoute:
    match use.sender:
        case GatewaySender():
            return PasswordlessRoute(use.connection.name, gateway_settings(use.connection))
        case TwilioSender(settings):
            same = isinstance(mfa, TwilioRoute) and mfa.sid == settings.sid
            name = TWILIO_SECRET if same else PASSWORDLESS_TWILIO_SECRET
            return PasswordlessRoute(use.connection.name, _twilio_route(settings, name))


def _secret_references(target: Target) -> dict[str, SecretRef]:
    refs = {
        GATEWAY_SECRET: target.gateway_secret,
        TWILIO_SECRET: target.twilio.auth_token if target.twilio else None,
    }
    return {name: ref for name, ref in refs.items() if ref} | dict(target.action_secrets)
