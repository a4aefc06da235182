"""One Action for MFA and Passwordless that had different senders, proved against each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import orjson

from configs import SecretRef, Target
from phonefleet.actions.account import ActionAccount
from phonefleet.actions.accounting import account_of_made
from phonefleet.actions.gateway import GATEWAY_SECRET, GatewaySettings
from phonefleet.actions.literals import Mask
from phonefleet.actions.merged import TWILIO_SECRET, PasswordlessRoute, merged_action
from phonefleet.actions.merged import TwilioSettings as TwilioAccount
from phonefleet.actions.merged_proof import prove_merged
from phonefleet.actions.model import ActionSource, ProofResult, Refusal, Translation
from phonefleet.assessment import Evidence, Reason
from phonefleet.code_parts import CACHE, Found, blocked, gateway_settings, source_of, supplied, told_proof
from phonefleet.key_blockers import key_blockers
from phonefleet.plan import Proof
from phonefleet.snapshot import TwilioSettings
from phonefleet.uses import ByAction, ByGateway, ByTwilio, Passwordless, Uses
from phonefleet.vocabulary import ReasonCode

PASSWORDLESS_TWILIO_SECRET = "PASSWORDLESS_TWILIO_AUTH_TOKEN"  # noqa: S105
"""The secret's name where Passwordless has a Twilio account of its own."""


def joint_code(found: Uses, target: Target) -> Found:
    """One Action for two senders, proved against each of them."""
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
    if isinstance(joined, Refusal):
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
        actions=(action for s in found.senders if isinstance(s, ByAction) for action in s.actions),
        connections=(use.connection for use in found.passwordless),
    )
    proof = told_proof(joined.account)
    return Found(
        replace(code, proof=proof),
        (*keys, *_unproved_join(proof), *missing),
        warnings=(_SHARED_USERS,),
        account=joined.account,
    )


_SHARED_USERS = Reason(
    code=ReasonCode.OTP_VERIFY_REUSED,
    message="an MFA challenge of a user of an SMS connection cannot be told from that connection's own messages and "
    "goes out as they do: through the connection's sender",
)
"""What no proof of a joint Action covers, since both events look the same."""


@dataclass(frozen=True, slots=True)
class _Joined:
    """The Action that joins MFA and Passwordless, and its account."""

    made: Translation
    account: ActionAccount


@lru_cache(maxsize=CACHE)
def _join(mfa: ActionSource | TwilioAccount, routes: tuple[PasswordlessRoute, ...]) -> _Joined | Refusal:
    made = merged_action(mfa, routes)
    if isinstance(made, Refusal):
        return made
    found = prove_merged(mfa, routes, made)
    name = mfa.name if isinstance(mfa, ActionSource) else "Twilio"
    account = account_of_made(
        f"{name} and {', '.join(route.connection for route in routes)}",
        _originals(mfa, routes),
        made,
        found,
        strategy="merged",
        runtime_before=mfa.runtime if isinstance(mfa, ActionSource) else "",
    )
    return _Joined(made, account)


def _originals(mfa: ActionSource | TwilioAccount, routes: tuple[PasswordlessRoute, ...]) -> str:
    """What the joint Action stands for: the MFA Action's code or account, then each connection's settings."""
    first = mfa.code if isinstance(mfa, ActionSource) else _settings_text(mfa)
    rest = (f"// Passwordless {route.connection}\n{_settings_text(route.via)}" for route in routes)
    return "\n\n".join((first.rstrip(), *rest)) + "\n"


def _settings_text(settings: GatewaySettings | TwilioAccount) -> str:
    return orjson.dumps(asdict(settings), option=orjson.OPT_INDENT_2).decode()


def _unproved_join(proof: Proof) -> Iterator[Reason]:
    if proof.result != ProofResult.PROVED:
        yield Reason(
            code=ReasonCode.ACTION_NOT_PROVED,
            message="MFA and Passwordless go out through different providers; the Action that joins them is "
            f"{proof.result} ({'; '.join(proof.reasons)}): read "
            "it in the plan, then accept by name (target.approve: [action_not_proved])",
            evidence=(Evidence(endpoint="merged Action", field="proof", value=proof.result),),
        )


def _mfa_sender(found: Uses) -> ActionSource | TwilioAccount | None:
    match found.mfa.sender if found.mfa else None:
        case ByAction(actions) if len(actions) == 1 and actions[0].deployed:
            return source_of(actions[0])
        case ByTwilio(settings):
            return _account(settings)
        case _:
            return None


def _account(settings: TwilioSettings, secret_name: str = TWILIO_SECRET) -> TwilioAccount:
    return TwilioAccount(settings.sid, settings.default_from or None, settings.mssid or None, secret_name)


def _route(use: Passwordless, mfa: ActionSource | TwilioAccount) -> PasswordlessRoute:
    match use.sender:
        case ByGateway():
            return PasswordlessRoute(use.connection.name, gateway_settings(use.connection))
        case ByTwilio(settings):
            same = isinstance(mfa, TwilioAccount) and mfa.sid == settings.sid
            name = TWILIO_SECRET if same else PASSWORDLESS_TWILIO_SECRET
            return PasswordlessRoute(use.connection.name, _account(settings, name))


def _merged_secrets(target: Target) -> dict[str, SecretRef]:
    refs = {
        GATEWAY_SECRET: target.gateway_secret,
        TWILIO_SECRET: target.twilio.auth_token if target.twilio else None,
    }
    return {name: ref for name, ref in refs.items() if ref} | dict(target.action_secrets)
