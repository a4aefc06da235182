"""Decide whether a tenant can be rolled back: before its switch, and again before its rollback."""

from __future__ import annotations

from collections.abc import Iterator

from phonefleet.assessment.connection_switch import has_undocumented_switch, switch_evidence, switch_text
from phonefleet.assessment.planning_input import DesiredState
from phonefleet.assessment.snapshot_evidence import (
    hidden_options_evidence,
    identifier_evidence,
)
from phonefleet.assessment.usage import Usage
from phonefleet.model.api_scopes import READ_OPTIONS
from phonefleet.model.assessment import Evidence, Reason, ReversibilityResult
from phonefleet.model.endpoints import (
    CLIENT_GRANTS,
    CONNECTIONS,
    DATABASE_CONNECTIONS,
    PHONE_PROVIDERS,
    SELECTED_PROVIDER,
    TRIGGERS,
    action_endpoint,
)
from phonefleet.model.enums import ReasonCode, Reversibility, Route
from phonefleet.model.snapshot import SmsConnection, Snapshot
from phonefleet.model.step_payloads import AdoptedAction

_DECIDING = frozenset({CLIENT_GRANTS, DATABASE_CONNECTIONS})


def judge_reversibility(snapshot: Snapshot, usage: Usage, desired: DesiredState) -> ReversibilityResult:
    """Decide the reversibility of a migration that has not happened yet.

    Two migration flags that the Management API does not show decide whether a tenant may use the legacy experience;
    that the legacy endpoints answer now is the evidence that it may. A rollback verifies it again afterwards.
    """
    if refusal := snapshot.legacy_refusal:
        return _result(
            Reversibility.ONE_WAY,
            ReasonCode.LEGACY_ENDPOINTS_CLOSED,
            "the legacy endpoints are closed to this tenant, so it cannot be rolled back",
            Evidence(endpoint=refusal.endpoint, field="errorCode", value=refusal.error_code),
        )
    if unread := next((r for r in snapshot.unread if r.endpoint in _DECIDING), None):
        return _result(
            Reversibility.UNKNOWN,
            ReasonCode.DEPENDENTS_UNREAD,
            f"{unread.endpoint} was not read, so the dependents of the provider are not known: {unread.message}",
            Evidence(endpoint=unread.endpoint, field="status", value=str(unread.status)),
        )
    if undocumented := tuple(c for c in snapshot.enabled_connections if has_undocumented_switch(c)):
        return _undocumented(undocumented)
    if missing := snapshot.lacks(SELECTED_PROVIDER):
        return _result(
            Reversibility.UNKNOWN,
            ReasonCode.LEGACY_CONFIGURATION_UNREADABLE,
            "the tenant is not offered the legacy Guardian endpoints, so no read shows whether Auth0 lets it return to "
            "the legacy experience",
            Evidence(endpoint=SELECTED_PROVIDER, field="status", value=str(missing[0].status)),
        )
    if losses := tuple(_losses(snapshot, desired)):
        return ReversibilityResult(level=Reversibility.LOSSY, reasons=losses)
    what = [f"MFA by {' and '.join(usage.factors)}"] if usage.mfa else []
    what += [f"connection {use.connection.name}" for use in usage.passwordless]
    return _result(
        Reversibility.REVERSIBLE,
        ReasonCode.LEGACY_CONFIGURATION_PRESENT,
        f"the legacy configuration of {' and '.join(what)} stays in place and its endpoints answer now",
        Evidence(endpoint=SELECTED_PROVIDER, field="status", value="200"),
    )


def _losses(snapshot: Snapshot, desired: DesiredState) -> Iterator[Reason]:
    """Yield what a rollback does not restore as it was; the tenant works again."""
    provider, adopted = snapshot.provider, desired.adopted
    if adopted and (losses := AdoptedAction.of(adopted).losses):
        yield Reason(
            code=ReasonCode.CUSTOM_ACTION_OVERWRITTEN,
            message=f"a rollback restores the code of Action {adopted.name}, and not all of it: {'; '.join(losses)}",
            evidence=(
                Evidence(
                    endpoint=action_endpoint(adopted.id),
                    field="secrets",
                    value=", ".join(AdoptedAction.of(adopted).secret_names) or "none",
                ),
            ),
        )
    if provider and not (provider.name == "custom" and desired.route is not Route.TWILIO):
        yield Reason(
            code=ReasonCode.PROVIDER_OVERWRITTEN,
            message=f"a tenant-level provider {provider.name} exists already; its credentials cannot be read, so a "
            f"rollback keeps those of the {desired.route} route",
            evidence=(Evidence(endpoint=PHONE_PROVIDERS, field="id", value=provider.id),),
        )
    elif not provider and (identifiers := snapshot.enabled_identifiers):
        yield Reason(
            code=ReasonCode.IDENTIFIER_DEPENDS_ON_PROVIDER,
            message=f"phone identifiers on {', '.join(i.name for i in identifiers)} always use the tenant-level "
            "provider, which a rollback removes",
            evidence=identifier_evidence(identifiers),
        )


def judge_connection_switches(connections: tuple[SmsConnection, ...]) -> ReversibilityResult:
    """Decide the reversibility where only these connections are to be switched and the tenant's flag stays on.

    A rollback restores each connection's own switch and nothing else. The provider and all that depends on it stay.
    """
    if hidden := tuple(c for c in connections if c.options_hidden):
        return hidden_reversibility(hidden)
    if undocumented := tuple(c for c in connections if has_undocumented_switch(c)):
        return _undocumented(undocumented)
    return _result(
        Reversibility.REVERSIBLE,
        ReasonCode.LEGACY_CONFIGURATION_PRESENT,
        f"only the switch of {_names(connections)} changes, and a rollback restores it; the tenant stays on the "
        "Unified Phone Experience, and the options of the connection stay in place",
        *switch_evidence(connections),
    )


def hidden_reversibility(connections: tuple[SmsConnection, ...]) -> ReversibilityResult:
    """Say that it is not known because the options of these connections are not shown."""
    return _result(
        Reversibility.UNKNOWN,
        ReasonCode.LEGACY_CONFIGURATION_UNREADABLE,
        f"the options of {_names(connections)} are not shown, so what a rollback would restore is not known: grant "
        f"{READ_OPTIONS} and assess again",
        *hidden_options_evidence(connections),
    )


def _undocumented(connections: tuple[SmsConnection, ...]) -> ReversibilityResult:
    values = ", ".join(dict.fromkeys(switch_text(c) for c in connections))
    return _result(
        Reversibility.UNKNOWN,
        ReasonCode.CONNECTION_SWITCH_UNDOCUMENTED,
        f"use_phone_provider of {_names(connections)} is {values}, which is not documented, so it is not known whether "
        "Auth0 takes that value back in a rollback",
        *switch_evidence(connections),
    )


def _names(connections: tuple[SmsConnection, ...]) -> str:
    return f"connection {', '.join(c.name for c in connections)}"


def _result(level: Reversibility, code: ReasonCode, message: str, *evidence: Evidence) -> ReversibilityResult:
    return ReversibilityResult(level=level, reasons=(Reason(code=code, message=message, evidence=evidence),))


def legacy_missing(before: Snapshot, now: Snapshot) -> tuple[Reason, ...]:
    """Return what a rollback needs of the legacy configuration and no longer exists; empty when all of it does.

    Guardian's Twilio settings can neither be read nor changed on the Unified Phone Experience; they count as present.
    """
    return (*_missing_actions(before, now), *_missing_senders(before, now))


def _missing_actions(before: Snapshot, now: Snapshot) -> Iterator[Reason]:
    deployed = {a.id for a in now.legacy_actions if a.bound and a.deployed}
    if before.selected_provider == "phone-message-hook":
        for action in before.legacy_actions:
            if action.bound and action.id not in deployed:
                yield _missing(f"Action {action.name} is no longer bound and deployed", TRIGGERS)


def _missing_senders(before: Snapshot, now: Snapshot) -> Iterator[Reason]:
    connections = {c.id: c for c in now.connections}
    for connection in before.connections:
        if not connection.enabled_clients or not connection.configured:
            continue
        # A connection deleted since sends nothing, before and after a rollback.
        remaining = connections.get(connection.id)
        if remaining is None:
            continue
        had_secret = connection.gateway is not None and connection.gateway.has_secret
        has_secret = remaining.gateway is not None and remaining.gateway.has_secret
        if not remaining.configured or (had_secret and not has_secret):
            yield _missing(f"connection {connection.name} has no sender of its own", CONNECTIONS)


def _missing(what: str, endpoint: str) -> Reason:
    return Reason(
        code=ReasonCode.LEGACY_CONFIGURATION_MISSING,
        message=f"{what}: restore it before rolling back",
        evidence=(Evidence(endpoint=endpoint, field="before-snapshot", value="present"),),
    )
