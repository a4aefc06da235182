"""Give a tenant on the Unified Phone Experience its verdict: migrated, broken, or with connections to switch."""

from __future__ import annotations

from collections.abc import Iterator

from configs import DeliveryMethod, MessageType, Target
from phonefleet.assessment.blockers import number_blockers, split_accepted
from phonefleet.assessment.connection_switch import uses_tenant_provider
from phonefleet.assessment.delivery_methods import required_methods
from phonefleet.assessment.dependents import find_dependents
from phonefleet.assessment.factors import enabled_factors
from phonefleet.assessment.planning_input import Judgement
from phonefleet.assessment.snapshot_evidence import flag_evidence, legacy_endpoint_evidence
from phonefleet.model.assessment import Assessment, Evidence, Reason
from phonefleet.model.endpoints import (
    PHONE_PROVIDERS,
    PROVIDER_ACTIONS,
    PROVIDER_TRIGGER,
    connection_endpoint,
)
from phonefleet.model.enums import ReasonCode, Route, Verdict
from phonefleet.model.snapshot import PhoneProvider, SmsConnection, Snapshot


def judge_migrated(snapshot: Snapshot, target: Target) -> Judgement:
    """Return the verdict of a tenant on the Unified Phone Experience."""
    provider, factors = snapshot.provider, enabled_factors(snapshot)
    connections = snapshot.enabled_connections
    faults = tuple(_faults(snapshot, factors, connections))
    unswitched = tuple(_unswitched(connections))
    # Passwordless needs `text` alone; every other delivery method of the provider is in use already.
    numbers = number_blockers(target, (DeliveryMethod.TEXT,)) if unswitched else ()
    blockers, warnings = split_accepted(numbers, target)
    in_use = bool(factors or connections or snapshot.enabled_identifiers)
    route: Route | None = None
    reasons: tuple[Reason, ...] = ()
    if faults and not in_use and not snapshot.flag:
        # Without a toggle and without use nothing is broken.
        verdict, reasons = (
            Verdict.NOT_APPLICABLE,
            (
                Reason(
                    code=ReasonCode.NO_PHONE_MESSAGING,
                    message="on the Unified Phone Experience without a provider, and nothing sends phone messages",
                    evidence=(flag_evidence(snapshot),),
                ),
            ),
        )
    elif faults:
        verdict, reasons = Verdict.BROKEN, faults
    elif unswitched:
        verdict, reasons = Verdict.BLOCKED if blockers else Verdict.ELIGIBLE, (*blockers, *unswitched)
        # Connections to switch use the provider that exists.
        route = Route.TWILIO if provider and provider.name == "twilio" else Route.CUSTOM_GATEWAY
    else:
        verdict = Verdict.ALREADY_MIGRATED
    assessment = Assessment(
        domain=snapshot.domain,
        verdict=verdict,
        route=route,
        reasons=(*reasons, _experience_reason(snapshot)),
        dependents=find_dependents(snapshot, legacy_remains=False),
        factors=factors,
        required_methods=required_methods(factors, passwordless=bool(connections)),
        passwordless=bool(connections),
    )
    return Judgement(assessment, None, blockers, warnings)


def _experience_reason(snapshot: Snapshot) -> Reason:
    """Say why the tenant counts as being on the Unified Phone Experience."""
    if snapshot.flag:
        code, message = ReasonCode.FLAG_ON, "the tenant's flag is on"
    else:
        code = ReasonCode.TOGGLE_MISSING_ON_UPE
        message = "the tenant has no toggle and its legacy endpoints are closed: it is on the Unified Phone Experience"
    evidence = (flag_evidence(snapshot), legacy_endpoint_evidence(snapshot))
    return Reason(code=code, message=message, evidence=evidence)


def _faults(
    snapshot: Snapshot, factors: tuple[MessageType, ...], connections: tuple[SmsConnection, ...]
) -> Iterator[Reason]:
    """Yield the first reason why messages cannot be sent; none when they can."""
    provider = snapshot.provider
    listed = Evidence(endpoint=PHONE_PROVIDERS, field="providers", value=str(len(snapshot.providers)))
    if provider is None:
        yield Reason(
            code=ReasonCode.UPE_WITHOUT_PROVIDER,
            message="no tenant-level provider: phone messages cannot be sent. Configure one now",
            evidence=(listed,),
        )
    elif provider.disabled:
        yield Reason(
            code=ReasonCode.UPE_PROVIDER_DISABLED,
            message=f"provider {provider.name} is disabled: phone messages cannot be sent. Enable it now",
            evidence=(listed, Evidence(endpoint=listed.endpoint, field="disabled", value="true")),
        )
    elif provider.name == "custom" and not any(a.deployed for a in snapshot.custom_actions):
        yield Reason(
            code=ReasonCode.UPE_ACTION_NOT_DEPLOYED,
            message=f"provider custom has no deployed {PROVIDER_TRIGGER} Action: phone messages cannot be sent",
            evidence=(Evidence(endpoint=PROVIDER_ACTIONS, field="deployed", value="0"),),
        )
    else:
        yield from _missing_methods(provider, required_methods(factors, passwordless=bool(connections)))


def _missing_methods(provider: PhoneProvider, in_use: tuple[DeliveryMethod, ...]) -> Iterator[Reason]:
    missing = [method for method in in_use if method not in provider.delivery_methods]
    delivered = ", ".join(provider.delivery_methods)
    if missing:
        yield Reason(
            code=ReasonCode.UPE_METHODS_NOT_COVERING,
            message=f"provider {provider.name} delivers {delivered or 'nothing'}, and {', '.join(missing)} is in use: "
            "those messages cannot be sent",
            evidence=(
                Evidence(endpoint=PHONE_PROVIDERS, field="configuration.delivery_methods", value=delivered),
            ),
        )


def _unswitched(connections: tuple[SmsConnection, ...]) -> Iterator[Reason]:
    """Yield the connections that still use, or may use, their own sender although the tenant is switched."""
    for connection in connections:
        if uses_tenant_provider(connection):
            continue
        if connection.use_phone_provider is False:
            what, value = "still uses its own sender: its switch is off", "false"
        else:
            what = "has a custom gateway and no switch of its own, so it is not certain which of them sends"
            value = "absent"
        endpoint = connection_endpoint(connection.id)
        yield Reason(
            code=ReasonCode.CONNECTION_NOT_SWITCHED,
            message=f"connection {connection.name} {what}",
            evidence=(Evidence(endpoint=endpoint, field="options.use_phone_provider", value=value),),
        )
