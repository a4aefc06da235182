"""The result for a custom provider's Action, and the parts that every way to make one needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from configs import SecretRef
from phonefleet.actions.parse.event_table import trigger_version_of
from phonefleet.actions.translate.former_senders import (
    LEGACY_TIMEOUT_MS,
    TIMEOUT_MS,
    GatewayAuthentication,
    GatewaySettings,
)
from phonefleet.actions.translation_model import ActionSource, NpmPackage, Translation, VerificationResult
from phonefleet.assessment.planning_input import CustomCode
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.endpoints import connection_endpoint
from phonefleet.model.enums import ReasonCode
from phonefleet.model.fact import ActionState
from phonefleet.model.plan import ActionVerification
from phonefleet.model.snapshot import SmsConnection

CACHE_SIZE = 4096
"""Translations kept: fleets run the same Action in many tenants, and verifying one takes about 0.01 s."""


@dataclass(frozen=True, slots=True)
class ProviderActionResult:
    """The Action of a custom provider, what blocks its use, and the report on it.

    A refused translation has a report but no code.
    """

    code: CustomCode | None = None
    blockers: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()
    report: TranslationReport | None = None


def action_source(action: ActionState) -> ActionSource:
    """Convert an Action of a tenant for the translation."""
    return ActionSource(
        name=action.name,
        code=action.source,
        triggers=action.triggers,
        dependencies=tuple(NpmPackage(d.name, d.version) for d in action.dependencies),
        secret_names=action.secret_names,
        runtime=action.runtime,
        trigger_version=trigger_version_of(action.trigger_version),
    )


def gateway_settings(connection: SmsConnection) -> GatewaySettings:
    """Convert a connection's gateway for the translation.

    Raises:
        ValueError: it has none.
    """
    gateway = connection.gateway
    if gateway is None:
        raise ValueError(f"connection {connection.name} has no gateway")
    authentication = (
        GatewayAuthentication(gateway.subject or None, gateway.audience, gateway.secret_base64_encoded)
        if gateway.auth_method
        else None
    )
    return GatewaySettings(
        gateway_url=gateway.address,
        sender=connection.sender or None,
        forward_req_info=gateway.forward_req_info,
        authentication=authentication,
        connection=connection.name,
    )


def custom_code(
    translation: Translation, report: TranslationReport, refs: Mapping[str, SecretRef]
) -> CustomCode:
    """Combine a translation with references to its secrets and what its report says about the verification.

    The report's reasons are masked, so the plan holds no key of the original.
    """
    return CustomCode(
        code=translation.code,
        dependencies=translation.dependencies,
        secrets=tuple((name, refs[name]) for name in translation.secret_names if name in refs),
        runtime=translation.runtime,
        verification=ActionVerification(
            result=report.result,
            strategy=report.strategy,
            events=report.events,
            reasons=report.reasons,
            flags=tuple(f"line {f.line}: {f.message}" if f.line else f.message for f in report.flags),
        ),
    )


def secret_blockers(
    translation: Translation, refs: Mapping[str, SecretRef], code: ReasonCode, key: str
) -> Iterator[Reason]:
    """Block an Action with secrets that the operator has not supplied under `target.KEY`."""
    missing = [name for name in translation.secret_names if name not in refs]
    if missing:
        yield Reason(
            code=code,
            message=f"supply {len(missing)} secret(s) under target.{key}: {', '.join(missing)}; Auth0 never "
            "returns their values",
        )


def verification_blockers(
    report: TranslationReport, what: str, advice: str, evidence: Evidence
) -> Iterator[Reason]:
    """Block an Action that is not verified, unless it is approved by name.

    Args:
        report: the report on it.
        what: the Action in a message.
        advice: what to do before approving it.
        evidence: where the result comes from.
    """
    if report.disputed:
        fields = " and ".join(report.disputed)
        yield Reason(
            code=ReasonCode.ACTION_DISPUTED_FIELD,
            message=f"{what} does the same only if the legacy event has {fields}, on which Auth0's sources disagree: "
            "look it up in the Action's logs, then accept by name (target.approve: [action_disputed_field])",
            evidence=(evidence,),
        )
    elif report.optional:
        fields = " and ".join(report.optional)
        yield Reason(
            code=ReasonCode.ACTION_OPTIONAL_FIELD,
            message=f"{what} does the same only where the new event has {fields}, which it may lack: see what the code "
            "does without, then accept by name (target.approve: [action_optional_field])",
            evidence=(evidence,),
        )
    elif report.result != VerificationResult.VERIFIED:
        yield Reason(
            code=ReasonCode.ACTION_NOT_VERIFIED,
            message=f"{what} is {report.result} ({'; '.join(report.reasons)}): {advice}, then accept by name "
            "(target.approve: [action_not_verified])",
            evidence=(evidence,),
        )


def gateway_warnings(connections: Iterable[SmsConnection]) -> Iterator[Reason]:
    """Warn of each gateway that had more time with Auth0 than the Action has."""
    for connection in connections:
        endpoint = connection_endpoint(connection.id)
        yield Reason(
            code=ReasonCode.GATEWAY_TIME_SHORTER,
            message=f"the gateway of connection {connection.name} must answer within {TIMEOUT_MS // 1000} s, and Auth0 "
            f"waited {LEGACY_TIMEOUT_MS // 1000} s for it until now: an Action is ended after 20 s. Messages for which "
            "it takes longer fail: measure it first",
            evidence=(Evidence(endpoint=endpoint, field="options.provider", value="sms_gateway"),),
        )


def blocked(code: ReasonCode, message: str, *evidence: Evidence) -> ProviderActionResult:
    """Return a result without code, for one reason."""
    return ProviderActionResult(blockers=(Reason(code=code, message=message, evidence=evidence),))
