"""The code of a custom provider: what it comes from, whether it is verified, and which secrets it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import orjson

from configs import Target
from phonefleet.actions.report_builder import report_of_attempt, report_of_source
from phonefleet.actions.translate.gateway_action import gateway_action
from phonefleet.actions.translate.routes import GATEWAY_SECRET, GatewaySettings
from phonefleet.actions.translation_model import (
    ActionSource,
    OriginalKind,
    StrategyResult,
    Translation,
    VerificationResult,
)
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.verifier import verify_translation
from phonefleet.assessment.action_parts import (
    CACHE,
    CustomCode,
    ProviderActionResult,
    blocked,
    gateway_settings,
    source_of,
    supplied,
    verification_reason,
)
from phonefleet.assessment.key_blockers import key_blockers
from phonefleet.assessment.merged_action import merged_action_for
from phonefleet.assessment.usage import ActionSender, GatewaySender, Usage
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.enums import ReasonCode, Route
from phonefleet.model.snapshot import ActionState

__all__ = ["CustomCode", "ProviderActionResult", "gateway_settings", "provider_action_for"]


@dataclass(frozen=True, slots=True)
class _TranslatedAction:
    """The attempt to use for an Action, and its account."""

    attempt: StrategyResult
    account: TranslationReport


def provider_action_for(route: Route, found: Usage, target: Target) -> ProviderActionResult:
    """The custom provider's code for a route other than `twilio`."""
    match route:
        case Route.CUSTOM_ACTION:
            return _from_action(found, target)
        case Route.CUSTOM_GATEWAY:
            return _from_gateway(found, target)
        case _:
            return merged_action_for(found, target)


def _from_action(found: Usage, target: Target) -> ProviderActionResult:
    actions = [a for s in found.senders if isinstance(s, ActionSender) for a in s.actions]
    if len(actions) != 1:
        names = ", ".join(a.name for a in actions)
        return blocked(
            ReasonCode.SEVERAL_ACTIONS,
            f"{len(actions)} Actions are bound to send-phone-message ({names}) and a custom provider has "
            "one: unbind all "
            "but one",
            Evidence(
                endpoint="GET actions/triggers/send-phone-message/bindings", field="bindings", value=names
            ),
        )
    action = actions[0]
    if not action.deployed:
        return blocked(
            ReasonCode.ACTION_NOT_DEPLOYED,
            f"Action {action.name} is bound but not deployed, so it sends nothing: deploy it or remove it first",
            Evidence(endpoint=f"GET actions/actions/{action.id}", field="deployed_version", value="absent"),
        )
    return _judged(_carried(source_of(action)), action, target)


@lru_cache(maxsize=CACHE)
def _carried(source: ActionSource) -> _TranslatedAction:
    """The attempt to use: the verified one, else the adapter with the reasons why it is not."""
    result = translate(source, both=False)
    attempt = result.best or result.adapter
    return _TranslatedAction(attempt, report_of_attempt(source, attempt, result.flags))


def _judged(carried: _TranslatedAction, action: ActionState, target: Target) -> ProviderActionResult:
    attempt, account = carried.attempt, carried.account
    name = account.name
    evidence = Evidence(endpoint=f"Action {name}", field="verification", value=str(attempt.result))
    if attempt.translation is None:
        refused = blocked(
            ReasonCode.ACTION_REFUSED,
            f"Action {name} cannot be carried over: {'; '.join(account.reasons)}. Write its "
            "custom-phone-provider Action by hand",
            evidence,
        )
        return replace(refused, account=account)
    made = attempt.translation
    keys = key_blockers(made, account, actions=(action,))
    unverified = _unverified(attempt, account, evidence)
    code, missing = supplied(made, target.action_secrets, ReasonCode.ACTION_SECRET_MISSING, "action_secrets")
    return ProviderActionResult(
        replace(code, verification=verification_reason(account)),
        (*keys, *unverified, *missing),
        account=account,
    )


def _unverified(attempt: StrategyResult, account: TranslationReport, evidence: Evidence) -> Iterator[Reason]:
    if attempt.result is not VerificationResult.VERIFIED:
        yield Reason(
            code=ReasonCode.ACTION_NOT_VERIFIED,
            message=f"the translation of Action {account.name} is {attempt.result} ({'; '.join(account.reasons)}): "
            "read both sources, then accept by name (target.approve: [action_not_verified])",
            evidence=(evidence,),
        )


def _from_gateway(found: Usage, target: Target) -> ProviderActionResult:
    uses = [u for u in found.passwordless if isinstance(u.sender, GatewaySender)]
    made, account = _gateway(gateway_settings(uses[0].connection))
    refs = {GATEWAY_SECRET: target.gateway_secret} if target.gateway_secret else {}
    code, missing = supplied(made, refs, ReasonCode.GATEWAY_SECRET_MISSING, "gateway_secret")
    verification = verification_reason(account)
    keys = key_blockers(made, account, connections=(u.connection for u in uses))
    evidence = Evidence(
        endpoint=f"GET connections/{uses[0].connection.id}", field="verification", value=verification.result
    )
    unverified = (
        ()
        if verification.result == VerificationResult.VERIFIED
        else (
            Reason(
                code=ReasonCode.ACTION_NOT_VERIFIED,
                message=f"the Action for the gateway of connection {uses[0].connection.name} is {verification.result} "
                f"({'; '.join(verification.reasons)}): read "
                "it, then accept by name (target.approve: [action_not_verified])",
                evidence=(evidence,),
            ),
        )
    )
    return ProviderActionResult(
        replace(code, verification=verification), (*keys, *unverified, *missing), account=account
    )


@lru_cache(maxsize=CACHE)
def _gateway(settings: GatewaySettings) -> tuple[Translation, TranslationReport]:
    made = gateway_action(settings)
    original = orjson.dumps(settings.to_json(), option=orjson.OPT_INDENT_2).decode()
    found = verify_translation(
        original,
        made.code,
        secret_names=made.secret_names,
        mode=OriginalKind.GATEWAY,
    )
    return made, report_of_source(settings.connection, original, made, found, strategy="gateway")
