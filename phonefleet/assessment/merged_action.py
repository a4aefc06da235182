"""One Action for MFA and Passwordless that had different senders, verified against each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import orjson

from configs import SecretRef, Target
from phonefleet.actions.embedded_secrets import Mask
from phonefleet.actions.report_builder import report_of_source
from phonefleet.actions.translate.merged_source import merged_action
from phonefleet.actions.translate.routes import (
    GATEWAY_SECRET,
    TWILIO_SECRET,
    GatewaySettings,
    PasswordlessRoute,
)
from phonefleet.actions.translate.routes import TwilioRoute as TwilioAccount
from phonefleet.actions.translation_model import (
    ActionSource,
    Translation,
    TranslationRefusal,
    VerificationResult,
)
from phonefleet.actions.verify.merged import verify_merged
from phonefleet.assessment.action_parts import (
    CACHE,
    ProviderActionResult,
    blocked,
    gateway_settings,
    source_of,
    supplied,
    verification_reason,
)
from phonefleet.assessment.key_blockers import key_blockers
from phonefleet.assessment.usage import ActionSender, GatewaySender, PasswordlessUse, TwilioSender, Usage
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import ActionVerification
from phonefleet.model.snapshot import TwilioSettings

PASSWORDLESS_TWILIO_SECRET = "PASSWORDLESS_TWILIO_AUTH_TOKEN"  # noqa: S105
"""The secret's name where Passwordless has a Twilio account of its own."""


def merged_action_for(found: Usage, target: Target) -> ProviderActionResult:
    """One Action for two senders, verified against each of them."""
    mfa = _mfa_sender(found)
    if mfa is None:
        kinds = sorted({type(s).__name__.removeprefix("By").lower() for s in found.senders})
        return blocked(
            ReasonCode.PROVIDERS_DIFFER,
            f"messages go out through {', '.join(kinds)}, which one Action cannot serve: choose one provider for all "
            "(target.provider: twilio with target.twilio), or remove a connection",
            Evidence(
                endpoint="GET connections?strategy=sms", field="options.provider", value=", ".join(kinds)
            ),
        )
    joined = _join(mfa, tuple(_route(use, mfa) for use in found.passwordless))
    if isinstance(joined, TranslationRefusal):
        mask = Mask.of(mfa.code) if isinstance(mfa, ActionSource) else Mask()
        return blocked(
            ReasonCode.PROVIDERS_DIFFER,
            f"MFA and Passwordless cannot share an Action: {'; '.join(mask.hide(r.message) for r in joined.reasons)}",
        )
    code, missing = supplied(
        joined.made, _merged_secrets(target), ReasonCode.ACTION_SECRET_MISSING, "action_secrets"
    )
    keys = key_blockers(
        joined.made,
        joined.account,
        actions=(action for s in found.senders if isinstance(s, ActionSender) for action in s.actions),
        connections=(use.connection for use in found.passwordless),
    )
    verification = verification_reason(joined.account)
    return ProviderActionResult(
        replace(code, verification=verification),
        (*keys, *_unverified_join(verification), *missing),
        warnings=(_SHARED_USERS,),
        account=joined.account,
    )


_SHARED_USERS = Reason(
    code=ReasonCode.OTP_VERIFY_REUSED,
    message="an MFA challenge of a user of an SMS connection cannot be told from that connection's own messages and "
    "goes out as they do: through the connection's sender",
)
"""What no verification of a joint Action covers, since both events look the same."""


@dataclass(frozen=True, slots=True)
class _MergedAction:
    """The Action that joins MFA and Passwordless, and its account."""

    made: Translation
    account: TranslationReport


@lru_cache(maxsize=CACHE)
def _join(
    mfa: ActionSource | TwilioAccount, routes: tuple[PasswordlessRoute, ...]
) -> _MergedAction | TranslationRefusal:
    made = merged_action(mfa, routes)
    if isinstance(made, TranslationRefusal):
        return made
    found = verify_merged(mfa, routes, made)
    name = mfa.name if isinstance(mfa, ActionSource) else "Twilio"
    account = report_of_source(
        f"{name} and {', '.join(route.connection for route in routes)}",
        _originals(mfa, routes),
        made,
        found,
        strategy="merged",
        runtime_before=mfa.runtime if isinstance(mfa, ActionSource) else "",
    )
    return _MergedAction(made, account)


def _originals(mfa: ActionSource | TwilioAccount, routes: tuple[PasswordlessRoute, ...]) -> str:
    """What the joint Action stands for: the MFA Action's code or account, then each connection's settings."""
    first = mfa.code if isinstance(mfa, ActionSource) else _settings_text(mfa)
    rest = (f"// Passwordless {route.connection}\n{_settings_text(route.via)}" for route in routes)
    return "\n\n".join((first.rstrip(), *rest)) + "\n"


def _settings_text(settings: GatewaySettings | TwilioAccount) -> str:
    return orjson.dumps(asdict(settings), option=orjson.OPT_INDENT_2).decode()


def _unverified_join(verification: ActionVerification) -> Iterator[Reason]:
    if verification.result != VerificationResult.VERIFIED:
        yield Reason(
            code=ReasonCode.ACTION_NOT_VERIFIED,
            message="MFA and Passwordless go out through different providers; the Action that joins them is "
            f"{verification.result} ({'; '.join(verification.reasons)}): read "
            "it in the plan, then accept by name (target.approve: [action_not_verified])",
            evidence=(Evidence(endpoint="merged Action", field="verification", value=verification.result),),
        )


def _mfa_sender(found: Usage) -> ActionSource | TwilioAccount | None:
    match found.mfa.sender if found.mfa else None:
        case ActionSender(actions) if len(actions) == 1 and actions[0].deployed:
            return source_of(actions[0])
        case TwilioSender(settings):
            return _account(settings)
        case _:
            return None


def _account(settings: TwilioSettings, secret_name: str = TWILIO_SECRET) -> TwilioAccount:
    return TwilioAccount(settings.sid, settings.default_from or None, settings.mssid or None, secret_name)


def _route(use: PasswordlessUse, mfa: ActionSource | TwilioAccount) -> PasswordlessRoute:
    match use.sender:
        case GatewaySender():
            return PasswordlessRoute(use.connection.name, gateway_settings(use.connection))
        case TwilioSender(settings):
            same = isinstance(mfa, TwilioAccount) and mfa.sid == settings.sid
            name = TWILIO_SECRET if same else PASSWORDLESS_TWILIO_SECRET
            return PasswordlessRoute(use.connection.name, _account(settings, name))


def _merged_secrets(target: Target) -> dict[str, SecretRef]:
    refs = {
        GATEWAY_SECRET: target.gateway_secret,
        TWILIO_SECRET: target.twilio.auth_token if target.twilio else None,
    }
    return {name: ref for name, ref in refs.items() if ref} | dict(target.action_secrets)
