"""From a snapshot to a verdict. Pure: the same snapshot and target always give the same assessment."""

from __future__ import annotations

from collections.abc import Iterator

from configs import DeliveryMethod, MessageType, Target
from phonefleet.assessment.connection_switch import uses_tenant_provider
from phonefleet.assessment.connections import open_connections
from phonefleet.assessment.delivery_methods import required_methods
from phonefleet.assessment.dependents import dependents
from phonefleet.assessment.desired_state import desired_state, number_blockers, split_decisions
from phonefleet.assessment.factors import enabled_factors
from phonefleet.assessment.judgement import DesiredState, Judgement
from phonefleet.assessment.reversibility import judge_reversibility
from phonefleet.assessment.usage import Usage, find_usage, usage_reasons
from phonefleet.errors import CredentialsRejected, InsufficientScope, NotRecorded, TenantError
from phonefleet.model.api_scopes import OPTIONAL_READS, missing_scopes
from phonefleet.model.assessment import Assessment, Evidence, Reason
from phonefleet.model.endpoints import (
    PHONE_PROVIDERS,
    PROVIDER_ACTIONS,
    SELECTED_PROVIDER,
    SETTINGS,
    TOKEN,
    UPE_FLAG,
    connection_endpoint,
)
from phonefleet.model.enums import ReasonCode, Route, Verdict
from phonefleet.model.snapshot import PhoneProvider, SmsConnection, Snapshot

_WAKING = frozenset({ReasonCode.FACTOR_STARTS_SENDING, ReasonCode.CONNECTION_STARTS_SENDING})


def classify(snapshot: Snapshot, target: Target) -> Judgement:
    """Give a tenant its verdict, with the reasons and the evidence for it."""
    if snapshot.on_upe:
        return _on_upe(snapshot, target)
    found = find_usage(snapshot)
    if not found:
        return Judgement(_not_applicable(snapshot, found))
    if snapshot.flag is None:
        return Judgement(_contact_support(snapshot, found))
    desired = desired_state(snapshot, found, target)
    blockers = (*desired.blockers, *_scope_blockers(snapshot))
    assessment = _qualifies(snapshot, found, desired, blockers)
    return Judgement(assessment, desired, desired.blockers, desired.warnings)


def unreachable(error: TenantError) -> Assessment:
    """The verdict for a tenant that could not be read."""
    match error:
        case CredentialsRejected():
            code = ReasonCode.CREDENTIALS_REJECTED
        case InsufficientScope():
            code = ReasonCode.INSUFFICIENT_SCOPE
        case NotRecorded():
            code = ReasonCode.NOT_RECORDED
        case _:
            code = ReasonCode.UNREACHABLE
    return Assessment(
        domain=error.domain, verdict=Verdict.UNREACHABLE, reasons=(Reason(code=code, message=str(error)),)
    )


def _flag_evidence(snapshot: Snapshot) -> Evidence:
    value = "absent" if snapshot.flag is None else str(snapshot.flag).lower()
    return Evidence(endpoint=SETTINGS, field=UPE_FLAG, value=value)


def _probe_evidence(snapshot: Snapshot) -> Evidence:
    refusal = snapshot.legacy_refusal
    value = f"{refusal.status} {refusal.error_code}" if refusal else "200"
    return Evidence(endpoint=refusal.endpoint if refusal else SELECTED_PROVIDER, field="status", value=value)


def _qualifies(
    snapshot: Snapshot, found: Usage, desired: DesiredState, blockers: tuple[Reason, ...]
) -> Assessment:
    half_done = (
        (
            Reason(
                code=ReasonCode.HALF_DONE,
                message=f"a tenant-level {snapshot.provider.name} provider is there although the flag is false",
                evidence=(
                    _flag_evidence(snapshot),
                    Evidence(endpoint=PHONE_PROVIDERS, field="name", value=snapshot.provider.name),
                ),
            ),
        )
        if snapshot.provider
        else ()
    )
    # Told beside blockers too: they may be there for such a factor or connection alone.
    waking = (w for w in desired.warnings if w.code in _WAKING)
    return Assessment(
        domain=snapshot.domain,
        verdict=Verdict.BLOCKED if blockers else Verdict.ELIGIBLE,
        route=desired.route,
        reasons=(*blockers, *usage_reasons(found, snapshot), *half_done, *found.discounted, *waking),
        reversibility=judge_reversibility(snapshot, found, desired),
        dependents=dependents(snapshot, legacy_remains=not snapshot.legacy_refusal),
        factors=found.factors,
        required_methods=required_methods(found.factors, passwordless=bool(found.passwordless)),
        passwordless=bool(found.passwordless),
        action=desired.report,
    )


def _scope_blockers(snapshot: Snapshot) -> Iterator[Reason]:
    lacking = missing_scopes("migrate", snapshot.scopes)
    scopes = sorted({any_of[0] for operation, any_of in lacking.items() if operation not in OPTIONAL_READS})
    if scopes:
        yield Reason(
            code=ReasonCode.MISSING_SCOPE,
            message=f"grant the {len(scopes)} missing scope(s) to client {snapshot.client_id}: {' '.join(scopes)}",
            evidence=(Evidence(endpoint=TOKEN, field="scope", value=" ".join(sorted(snapshot.scopes))),),
        )


def _not_applicable(snapshot: Snapshot, found: Usage) -> Assessment:
    reasons = found.discounted or (
        Reason(
            code=ReasonCode.NO_PHONE_MESSAGING,
            message="neither MFA by phone nor Passwordless SMS is enabled and configured",
            evidence=(_flag_evidence(snapshot),),
        ),
    )
    return Assessment(
        domain=snapshot.domain,
        verdict=Verdict.NOT_APPLICABLE,
        reasons=reasons,
        dependents=dependents(snapshot, legacy_remains=True),
    )


def _contact_support(snapshot: Snapshot, found: Usage) -> Assessment:
    reason = Reason(
        code=ReasonCode.TOGGLE_MISSING_ON_LEGACY,
        message="the tenant has no toggle and its legacy endpoints answer: only Auth0 Support can move it",
        evidence=(_flag_evidence(snapshot), _probe_evidence(snapshot)),
    )
    return Assessment(
        domain=snapshot.domain,
        verdict=Verdict.CONTACT_SUPPORT,
        reasons=(reason, *usage_reasons(found, snapshot)),
        dependents=dependents(snapshot, legacy_remains=True),
        factors=found.factors,
        required_methods=required_methods(found.factors, passwordless=bool(found.passwordless)),
        passwordless=bool(found.passwordless),
    )


def _on_upe(snapshot: Snapshot, target: Target) -> Judgement:
    factors = enabled_factors(snapshot)
    connections = open_connections(snapshot)
    faults = tuple(_faults(snapshot, factors, connections))
    unswitched = tuple(_unswitched(connections))
    # Passwordless needs `text` alone; whatever else the provider delivers is in use already.
    blockers, warnings = split_decisions(
        number_blockers(target, (DeliveryMethod.TEXT,)) if unswitched else (), target
    )
    if faults:
        verdict, reasons = _cannot_send(snapshot, factors, connections, faults)
    elif unswitched:
        verdict, reasons = Verdict.BLOCKED if blockers else Verdict.ELIGIBLE, (*blockers, *unswitched)
    else:
        verdict, reasons = Verdict.ALREADY_MIGRATED, ()
    assessment = Assessment(
        domain=snapshot.domain,
        verdict=verdict,
        route=_route_of_provider(snapshot.provider) if unswitched and not faults else None,
        reasons=(*reasons, _how_on_upe(snapshot)),
        dependents=dependents(snapshot, legacy_remains=False),
        factors=factors,
        required_methods=required_methods(factors, passwordless=bool(connections)),
        passwordless=bool(connections),
    )
    return Judgement(assessment, None, blockers, warnings)


def _cannot_send(
    snapshot: Snapshot,
    factors: tuple[MessageType, ...],
    connections: tuple[SmsConnection, ...],
    faults: tuple[Reason, ...],
) -> tuple[Verdict, tuple[Reason, ...]]:
    """Without a toggle and with nothing that sends, it doesn't matter that nothing could."""
    in_use = bool(factors or connections or any(i.enabled_clients for i in snapshot.identifiers))
    if in_use or snapshot.flag:
        return Verdict.BROKEN, faults
    return Verdict.NOT_APPLICABLE, (_unused(snapshot),)


def _route_of_provider(provider: PhoneProvider | None) -> Route:
    """The route of a connection that is to join a provider already in use."""
    return Route.TWILIO if provider and provider.name == "twilio" else Route.CUSTOM_GATEWAY


def _unused(snapshot: Snapshot) -> Reason:
    return Reason(
        code=ReasonCode.NO_PHONE_MESSAGING,
        message="on the Unified Phone Experience without a provider, and nothing sends phone messages",
        evidence=(_flag_evidence(snapshot),),
    )


def _how_on_upe(snapshot: Snapshot) -> Reason:
    code = ReasonCode.FLAG_ON if snapshot.flag else ReasonCode.TOGGLE_MISSING_ON_UPE
    message = (
        "the tenant's flag is on"
        if snapshot.flag
        else "the tenant has no toggle and its legacy endpoints are closed: it is on the Unified Phone Experience"
    )
    return Reason(code=code, message=message, evidence=(_flag_evidence(snapshot), _probe_evidence(snapshot)))


def _faults(
    snapshot: Snapshot, factors: tuple[MessageType, ...], connections: tuple[SmsConnection, ...]
) -> Iterator[Reason]:
    """Why messages cannot go out on the Unified Phone Experience; the first that applies."""
    provider = snapshot.provider
    listed = Evidence(endpoint=PHONE_PROVIDERS, field="providers", value=str(len(snapshot.providers)))
    if provider is None:
        yield Reason(
            code=ReasonCode.UPE_WITHOUT_PROVIDER,
            message="no tenant-level provider: phone messages cannot go out. Configure one now",
            evidence=(listed,),
        )
    elif provider.disabled:
        yield Reason(
            code=ReasonCode.UPE_PROVIDER_DISABLED,
            message=f"provider {provider.name} is disabled: phone messages cannot go out. Enable it now",
            evidence=(listed, Evidence(endpoint=listed.endpoint, field="disabled", value="true")),
        )
    elif provider.name == "custom" and not any(a.deployed for a in snapshot.custom_actions):
        yield Reason(
            code=ReasonCode.UPE_ACTION_NOT_DEPLOYED,
            message="provider custom has no deployed custom-phone-provider Action: phone messages cannot go out",
            evidence=(
                Evidence(
                    endpoint=PROVIDER_ACTIONS,
                    field="deployed",
                    value="0",
                ),
            ),
        )
    else:
        yield from _uncovered(provider, factors, connections)


def _uncovered(
    provider: PhoneProvider, factors: tuple[MessageType, ...], connections: tuple[SmsConnection, ...]
) -> Iterator[Reason]:
    in_use = required_methods(factors, passwordless=bool(connections))
    undelivered = [method for method in in_use if method not in provider.delivery_methods]
    if undelivered:
        yield Reason(
            code=ReasonCode.UPE_METHODS_NOT_COVERING,
            message=f"provider {provider.name} delivers {', '.join(provider.delivery_methods) or 'nothing'}, and "
            f"{', '.join(undelivered)} is in use: those messages cannot go out",
            evidence=(
                Evidence(
                    endpoint=PHONE_PROVIDERS,
                    field="configuration.delivery_methods",
                    value=", ".join(provider.delivery_methods),
                ),
            ),
        )


def _unswitched(connections: tuple[SmsConnection, ...]) -> Iterator[Reason]:
    """Connections that keep their own way to send, or may, although the tenant has moved."""
    for connection in connections:
        if not uses_tenant_provider(connection):
            off = connection.use_phone_provider is False
            yield Reason(
                code=ReasonCode.CONNECTION_NOT_SWITCHED,
                message=f"connection {connection.name} "
                + (
                    "still sends on its own: its switch is off"
                    if off
                    else "has a custom gateway and no switch of its own, so it isn't certain which of them sends"
                ),
                evidence=(
                    Evidence(
                        endpoint=connection_endpoint(connection.id),
                        field="options.use_phone_provider",
                        value="false" if off else "absent",
                    ),
                ),
            )
