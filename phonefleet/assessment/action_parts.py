"""What the code of a custom provider is made of: its secrets by reference, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from configs import SecretRef
from phonefleet.actions.translate.routes import GatewayAuthentication, GatewaySettings
from phonefleet.actions.translation_model import ActionSource, NpmPackage, Translation, VerificationResult
from phonefleet.model.action_report import TranslationReport
from phonefleet.model.assessment import Evidence, Reason
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import ActionVerification
from phonefleet.model.snapshot import ActionState, SmsConnection

CACHE = 4096
"""Fleets run the same Action in many tenants; a verification takes about a hundredth of a second."""


@dataclass(frozen=True, slots=True)
class CustomCode:
    """The Action to create: its code, dependencies, secrets by reference, and what is known of it."""

    code: str = field(repr=False)
    dependencies: tuple[NpmPackage, ...]
    secrets: tuple[tuple[str, SecretRef], ...]
    runtime: str
    verification: ActionVerification


@dataclass(frozen=True, slots=True)
class ProviderActionResult:
    """The code where there is some, what stands in the way of using it, and the account that people read of it.

    A refused Action has an account too, but no code.
    """

    code: CustomCode | None = None
    blockers: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()
    account: TranslationReport | None = None


def source_of(action: ActionState) -> ActionSource:
    """An Action of a tenant in the terms of the translation."""
    return ActionSource(
        name=action.name,
        code=action.source,
        triggers=action.triggers,
        dependencies=tuple(NpmPackage(d.name, d.version) for d in action.dependencies),
        secret_names=action.secret_names,
        runtime=action.runtime,
    )


def gateway_settings(connection: SmsConnection) -> GatewaySettings:
    """A connection's gateway in the terms of the translation."""
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


def supplied(
    made: Translation, refs: Mapping[str, SecretRef], code: ReasonCode, key: str
) -> tuple[CustomCode, tuple[Reason, ...]]:
    """The code with its secrets by reference; one reason for all that the operator has not supplied."""
    missing = [name for name in made.secret_names if name not in refs]
    custom = CustomCode(
        code=made.code,
        dependencies=made.dependencies,
        secrets=tuple((name, refs[name]) for name in made.secret_names if name in refs),
        runtime=made.runtime,
        verification=ActionVerification(
            result=str(VerificationResult.NOT_VERIFIABLE), strategy=str(made.strategy)
        ),
    )
    if not missing:
        return custom, ()
    reason = Reason(
        code=code,
        message=f"supply {len(missing)} secret(s) under target.{key}: {', '.join(missing)}; Auth0 never "
        "gives their values",
    )
    return custom, (reason,)


def verification_reason(account: TranslationReport) -> ActionVerification:
    """What a plan says about the verification: as the account tells it, so that no key stands in its reasons."""
    return ActionVerification(
        result=account.result,
        strategy=account.strategy,
        events=account.events,
        reasons=account.reasons,
        flags=tuple(f"line {f.line}: {f.message}" if f.line else f.message for f in account.flags),
    )


def blocked(code: ReasonCode, message: str, *evidence: Evidence) -> ProviderActionResult:
    """No code, for one reason."""
    return ProviderActionResult(blockers=(Reason(code=code, message=message, evidence=evidence),))
