"""Make the Action of a custom provider from a `send-phone-message` Action or from a gateway."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import orjson

from configs import Target
from phonefleet.actions.report_builder import report_of_attempt, report_of_source
from phonefleet.actions.translate.former_senders import GATEWAY_SECRET, GatewaySettings
from phonefleet.actions.translate.gateway_action import gateway_action
from phonefleet.actions.translation_model import (
    ActionSource,
    OriginalKind,
    Strategy,
    StrategyResult,
    Translation,
)
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.verifier import verify_once
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
from phonefleet.assessment.usage import ActionSender, GatewaySender, Usage
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Evidence
from phonefleet.model.endpoints import (
    LEGACY_BINDINGS,
    LEGACY_TRIGGER,
    PROVIDER_TRIGGER,
    action_endpoint,
    connection_endpoint,
)
from phonefleet.model.enums import ReasonCode


def action_from_action(usage: Usage, target: Target) -> ProviderActionResult:
    """Translate the one Action that sends the tenant's messages."""
    actions = [a for s in usage.senders if isinstance(s, ActionSender) for a in s.actions]
    if len(actions) != 1:
        names = ", ".join(a.name for a in actions)
        return blocked(
            ReasonCode.SEVERAL_ACTIONS,
            f"{len(actions)} Actions are bound to {LEGACY_TRIGGER} ({names}) and a custom provider has one: unbind "
            "all but one",
            Evidence(endpoint=LEGACY_BINDINGS, field="bindings", value=names),
        )
    action = actions[0]
    if not action.deployed:
        return blocked(
            ReasonCode.ACTION_NOT_DEPLOYED,
            f"Action {action.name} is bound but not deployed, so it sends nothing: deploy it or remove it first",
            Evidence(endpoint=action_endpoint(action.id), field="deployed_version", value="absent"),
        )
    attempt, report = _translate(action_source(action), Strategy(target.action_style))
    evidence = Evidence(endpoint=f"Action {report.name}", field="verification", value=str(attempt.result))
    translation = attempt.translation
    if translation is None:
        refused = blocked(
            ReasonCode.ACTION_REFUSED,
            f"Action {report.name} cannot be translated: {'; '.join(report.reasons)}. Write its {PROVIDER_TRIGGER} "
            "Action by hand",
            evidence,
        )
        return replace(refused, report=report)
    refs = target.action_secrets
    what = f"the translation of Action {report.name}"
    return ProviderActionResult(
        custom_code(translation, report, refs),
        (
            *key_blockers(translation, report, actions=(action,)),
            *verification_blockers(report, what, "read both sources", evidence),
            *secret_blockers(translation, refs, ReasonCode.ACTION_SECRET_MISSING, "action_secrets"),
        ),
        report=report,
    )


@lru_cache(maxsize=CACHE_SIZE)
def _translate(source: ActionSource, style: Strategy) -> tuple[StrategyResult, TranslationReport]:
    """Return the verified attempt in the wanted style, else the adapter with the reasons why it is not verified."""
    result = translate(source, both=style is Strategy.REWRITE)
    attempt = result.preferring(style) or result.adapter
    return attempt, report_of_attempt(source, attempt, result.flags)


def action_from_gateway(usage: Usage, target: Target) -> ProviderActionResult:
    """Make an Action that calls the one gateway in use as Auth0 called it."""
    connections = [u.connection for u in usage.passwordless if isinstance(u.sender, GatewaySender)]
    first = connections[0]
    translation, report = _translate_gateway(gateway_settings(first))
    refs = {GATEWAY_SECRET: target.gateway_secret} if target.gateway_secret else {}
    evidence = Evidence(endpoint=connection_endpoint(first.id), field="verification", value=report.result)
    what = f"the Action for the gateway of connection {first.name}"
    return ProviderActionResult(
        custom_code(translation, report, refs),
        (
            *key_blockers(translation, report, connections=connections),
            *verification_blockers(report, what, "read it", evidence),
            *secret_blockers(translation, refs, ReasonCode.GATEWAY_SECRET_MISSING, "gateway_secret"),
        ),
        warnings=tuple(gateway_warnings((first,))),
        report=report,
    )


@lru_cache(maxsize=CACHE_SIZE)
def _translate_gateway(settings: GatewaySettings) -> tuple[Translation, TranslationReport]:
    translation = gateway_action(settings)
    original = orjson.dumps(settings.to_json(), option=orjson.OPT_INDENT_2).decode()
    verification = verify_once(
        original,
        translation.code,
        secret_names=translation.secret_names,
        mode=OriginalKind.GATEWAY,
    )
    return translation, report_of_source(
        settings.connection, original, translation, verification, strategy="gateway"
    )
