"""Whether a tenant could be taken back: the verdict given before the switch, and asked again before a rollback."""

from __future__ import annotations

from phonefleet.assessment.judgement import DesiredState
from phonefleet.assessment.usage import Usage
from phonefleet.model.assessment import Evidence, Reason, ReversibilityResult
from phonefleet.model.endpoints import (
    CLIENT_GRANTS,
    CONNECTIONS,
    DATABASE_CONNECTIONS,
    PHONE_PROVIDERS,
    SELECTED_PROVIDER,
    TRIGGERS,
    connection_endpoint,
)
from phonefleet.model.enums import ReasonCode, Reversibility
from phonefleet.model.snapshot import PhoneIdentifier, SmsConnection, Snapshot

_DECIDING = frozenset({CLIENT_GRANTS, DATABASE_CONNECTIONS})


def judge_reversibility(snapshot: Snapshot, found: Usage, desired: DesiredState) -> ReversibilityResult:
    """Reversibility of a migration that has not happened yet.

    Two migration flags that the Management API doesn't show decide whether a tenant may use the legacy experience;
    an answer of the legacy endpoints now is the evidence that it may. A rollback proves it again afterwards.
    """
    if snapshot.legacy_refusal:
        return ReversibilityResult(level=Reversibility.ONE_WAY, reasons=(_door_closed(snapshot),))
    if unread := [r for r in snapshot.unread if r.endpoint in _DECIDING]:
        return ReversibilityResult(level=Reversibility.UNKNOWN, reasons=(_unread(unread[0].endpoint),))
    if snapshot.provider is not None:
        return ReversibilityResult(level=Reversibility.LOSSY, reasons=(_overwritten(snapshot, desired),))
    if active := [i for i in snapshot.identifiers if i.enabled_clients]:
        return ReversibilityResult(level=Reversibility.LOSSY, reasons=(_identifiers(active),))
    return ReversibilityResult(level=Reversibility.REVERSIBLE, reasons=(_present(found),))


def _door_closed(snapshot: Snapshot) -> Reason:
    refusal = snapshot.legacy_refusal
    return Reason(
        code=ReasonCode.LEGACY_DOOR_CLOSED,
        message="the legacy endpoints are closed to this tenant, so there is nothing to go back to",
        evidence=(Evidence(endpoint=refusal.endpoint, field="errorCode", value=refusal.error_code),)
        if refusal
        else (),
    )


def _unread(endpoint: str) -> Reason:
    return Reason(
        code=ReasonCode.DEPENDENTS_UNREAD,
        message=f"{endpoint} was refused, so who depends on the provider is not known: grant the scope and "
        "assess again",
        evidence=(Evidence(endpoint=endpoint, field="status", value="403"),),
    )


def _overwritten(snapshot: Snapshot, desired: DesiredState) -> Reason:
    existing = snapshot.provider
    return Reason(
        code=ReasonCode.PROVIDER_OVERWRITTEN,
        message=f"a tenant-level provider {existing.name if existing else ''} is there already; its credentials cannot "
        f"be read, so a rollback keeps those of the {desired.route} route",
        evidence=(Evidence(endpoint=PHONE_PROVIDERS, field="id", value=existing.id if existing else ""),),
    )


def _identifiers(active: list[PhoneIdentifier]) -> Reason:
    return Reason(
        code=ReasonCode.IDENTIFIER_DEPENDS_ON_PROVIDER,
        message=f"phone identifiers on {', '.join(i.name for i in active)} always use the tenant-level "
        "provider, which a "
        "rollback removes",
        evidence=tuple(
            Evidence(
                endpoint=connection_endpoint(i.id), field="options.attributes.phone_number", value="active"
            )
            for i in active
        ),
    )


def _present(found: Usage) -> Reason:
    what = [f"MFA by {' and '.join(found.factors)}"] if found.mfa else []
    what += [f"connection {use.connection.name}" for use in found.passwordless]
    return Reason(
        code=ReasonCode.LEGACY_CONFIGURATION_PRESENT,
        message=f"the legacy configuration of {' and '.join(what)} stays in place and its endpoints answer now",
        evidence=(Evidence(endpoint=SELECTED_PROVIDER, field="status", value="200"),),
    )


def legacy_missing(before: Snapshot, now: Snapshot) -> tuple[Reason, ...]:
    """What of the legacy configuration that a rollback needs is not there any more; empty when all of it is.

    Guardian's Twilio settings cannot be read on the Unified Phone Experience, and nobody can change them there
    through the API; they count as present.
    """
    found: list[Reason] = []
    deployed = {a.id for a in now.legacy_actions if a.bound and a.deployed}
    if before.selected_provider == "phone-message-hook":
        found += (
            _missing(f"Action {action.name} is no longer bound and deployed", TRIGGERS)
            for action in before.legacy_actions
            if action.bound and action.id not in deployed
        )
    connections = {c.id: c for c in now.connections}
    for connection in before.connections:
        if not connection.enabled_clients or not connection.configured:
            continue
        remains = connections.get(connection.id)
        # One that was deleted since sends nothing, whichever way the tenant goes.
        if remains is not None and (not remains.configured or _lost_secret(connection, remains)):
            found.append(_missing(f"connection {connection.name} has no way of its own to send", CONNECTIONS))
    return tuple(found)


def _lost_secret(before: SmsConnection, now: SmsConnection) -> bool:
    return bool(before.gateway and before.gateway.has_secret and not (now.gateway and now.gateway.has_secret))


def _missing(what: str, endpoint: str) -> Reason:
    return Reason(
        code=ReasonCode.LEGACY_CONFIGURATION_MISSING,
        message=f"{what}: restore it before rolling back",
        evidence=(Evidence(endpoint=endpoint, field="before-snapshot", value="was there"),),
    )
