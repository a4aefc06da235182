"""Find what depends on a tenant's phone messaging, and which change breaks it how badly.

Source for what breaks: Auth0 documentation, "Unified Phone Experience", section "Disable phone provider", and the
list of Guardian endpoints that answer 403 after the switch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from phonefleet.assessment.owners import owner_dependents
from phonefleet.model.api_scopes import closes_at_switch
from phonefleet.model.assessment import Dependent, DependentKind
from phonefleet.model.endpoints import LEGACY_TRIGGER, PROVIDER_TRIGGER
from phonefleet.model.enums import Change, Severity
from phonefleet.model.snapshot import Experience, Snapshot

_SEVERITY = {severity: index for index, severity in enumerate(Severity)}


def find_dependents(snapshot: Snapshot, *, legacy_remains: bool) -> tuple[Dependent, ...]:
    """Return everything that a change may break, worst first.

    Before the migration a rollback restores the present state, so it breaks only a phone identifier, which gets a
    provider by the migration. On the Unified Phone Experience everything may have come to depend on it.

    Args:
        snapshot: the tenant now.
        legacy_remains: whether the legacy configuration is known to exist. Without it a rollback leaves MFA and
            Passwordless without a sender.
    """
    dependents = (
        *_senders(snapshot, legacy_remains),
        *_provider_parts(snapshot),
        *_tooling(snapshot),
        *owner_dependents(snapshot),
    )
    return tuple(sorted(dependents, key=lambda d: (_worst(d), d.kind, d.id)))


def _worst(dependent: Dependent) -> int:
    return min((_SEVERITY[s] for s in dependent.breaks_on.values()), default=len(_SEVERITY))


def _senders(snapshot: Snapshot, legacy_remains: bool) -> Iterator[Dependent]:
    """Find what sends phone messages to users: MFA, Passwordless connections and phone identifiers."""
    disable = {Change.DISABLE: Severity.LOGINS_BLOCKED}
    both = {**disable, Change.ROLLBACK: Severity.LOGINS_BLOCKED}
    if snapshot.factor_enabled and snapshot.message_types:
        yield Dependent(
            kind=DependentKind.MFA_FACTOR,
            id="sms",
            name="Phone message",
            detail="MFA by " + " and ".join(snapshot.message_types),
            breaks_on=disable if legacy_remains else both,
        )
        if "all-applications" in snapshot.policies:
            yield Dependent(
                kind=DependentKind.MFA_POLICY,
                id="all-applications",
                name="Require MFA: always",
                detail="every login asks for a factor",
                breaks_on=disable if legacy_remains else both,
            )
    for connection in snapshot.connections:
        if connection.enabled_clients:
            yield Dependent(
                kind=DependentKind.PASSWORDLESS_CONNECTION,
                id=connection.id,
                name=connection.name,
                detail=f"Passwordless SMS for {len(connection.enabled_clients)} client(s)",
                breaks_on=disable if legacy_remains and connection.configured else both,
            )
    for identifier in snapshot.identifiers:
        if identifier.enabled_clients:
            yield Dependent(
                kind=DependentKind.PHONE_IDENTIFIER,
                id=identifier.id,
                name=identifier.name,
                detail=f"phone number as identifier for {len(identifier.enabled_clients)} client(s)",
                # It sends through the tenant-level provider whether the flag is on or off.
                breaks_on=both,
            )


def _provider_parts(snapshot: Snapshot) -> Iterator[Dependent]:
    """Find the Actions and templates that messages are made with."""
    for action in snapshot.custom_actions:
        yield Dependent(
            kind=DependentKind.CUSTOM_ACTION,
            id=action.id,
            name=action.name,
            detail=f"Action on {PROVIDER_TRIGGER}",
            breaks_on={Change.DISABLE: Severity.MESSAGES_LOST},
        )
    for action in snapshot.legacy_actions:
        if action.bound:
            yield Dependent(
                kind=DependentKind.CUSTOM_ACTION,
                id=action.id,
                name=action.name,
                detail=f"Action bound to {LEGACY_TRIGGER}, needed for a rollback",
                breaks_on={Change.FINALIZE: Severity.MESSAGES_LOST},
            )
    for template in snapshot.templates:
        if template.id:
            yield Dependent(
                kind=DependentKind.PHONE_TEMPLATE,
                id=template.type,
                name=template.type,
                detail="customised notification template",
                breaks_on=_breaks_with_provider(snapshot, Severity.TEXT_CHANGES),
            )


def _tooling(snapshot: Snapshot) -> Iterator[Dependent]:
    """Find the clients that may call, or have called, phone endpoints of the Management API."""
    at_switch = {Change.SWITCH: Severity.TOOLING_REFUSED}
    with_provider = _breaks_with_provider(snapshot, Severity.TOOLING_REFUSED)
    for access in snapshot.access:
        if access.client_id == snapshot.client_id:
            continue
        legacy = {closes_at_switch(scope) for scope in access.scopes}
        yield Dependent(
            kind=DependentKind.CLIENT_GRANT,
            id=access.client_id,
            name=access.client_name,
            client_id=access.client_id,
            detail="granted " + " ".join(access.scopes),
            breaks_on=(at_switch if True in legacy else {}) | (with_provider if False in legacy else {}),
        )
    for use in snapshot.usage:
        if use.client_id != snapshot.client_id:
            yield Dependent(
                kind=DependentKind.CLIENT_IN_LOGS,
                id=f"{use.client_id}/{use.experience}",
                name=use.client_name,
                client_id=use.client_id,
                detail=f"called {use.experience} phone endpoints",
                breaks_on=at_switch if use.experience is Experience.LEGACY else with_provider,
                last_seen=use.last_seen,
                uses=use.count,
            )


def _breaks_with_provider(snapshot: Snapshot, severity: Severity) -> dict[Change, Severity]:
    """A rollback removes the provider too; before the switch nothing has come to depend on it."""
    rollback = {Change.ROLLBACK: severity} if snapshot.on_upe else {}
    return {Change.DISABLE: severity, **rollback}


def find_broken(dependents: Iterable[Dependent], change: Change) -> tuple[Dependent, ...]:
    """Return those that a change breaks; an operator accepts each by its `qualified_id`."""
    return tuple(d for d in dependents if change in d.breaks_on)
