"""Who depends on a tenant's phone messaging, and which change would break them how badly.

Source for what breaks: Auth0 documentation, "Unified Phone Experience", section "Disable phone provider", and the
list of Guardian endpoints that answer 403 after the switch.
"""

from __future__ import annotations

from collections.abc import Iterator

from phonefleet.model.api_scopes import closes_at_switch
from phonefleet.model.assessment import Dependent
from phonefleet.model.enums import Change, Severity
from phonefleet.model.snapshot import ClientAccess, Experience, Snapshot

_DISABLE, _ROLLBACK, _FINALIZE, _SWITCH = Change.DISABLE, Change.ROLLBACK, Change.FINALIZE, Change.SWITCH
_LOGINS, _MESSAGES, _TOOLING, _TEXT = (
    Severity.LOGINS_BLOCKED,
    Severity.MESSAGES_LOST,
    Severity.TOOLING_REFUSED,
    Severity.TEXT_CHANGES,
)


def dependents(snapshot: Snapshot, *, legacy_remains: bool) -> tuple[Dependent, ...]:
    """Everything that would notice, worst first.

    Before the migration a rollback restores what is there now, so only a phone identifier, which gets a provider by
    the migration, would lose by it. On the Unified Phone Experience everything may have come to depend on it.

    Args:
        snapshot: the tenant now.
        legacy_remains: whether the legacy configuration is known to be there still; without it a rollback leaves
            MFA and Passwordless with nothing to send through.
    """
    found = (
        *_mfa(snapshot, legacy_remains),
        *_connections(snapshot, legacy_remains),
        *_identifiers(snapshot),
        *_actions(snapshot),
        *_templates(snapshot),
        *_clients(snapshot),
        *_logs(snapshot),
    )
    worst = list(Severity)
    return tuple(
        sorted(
            found,
            key=lambda d: (
                min((worst.index(s) for s in d.breaks_on.values()), default=len(worst)),
                d.kind,
                d.id,
            ),
        )
    )


def _mfa(snapshot: Snapshot, legacy_remains: bool) -> Iterator[Dependent]:
    if not snapshot.factor_enabled or not snapshot.message_types:
        return
    back = {} if legacy_remains else {_ROLLBACK: _LOGINS}
    yield Dependent(
        kind="mfa_factor",
        id="sms",
        name="Phone message",
        detail="MFA by " + " and ".join(snapshot.message_types),
        breaks_on={_DISABLE: _LOGINS, **back},
    )
    if "all-applications" in snapshot.policies:
        yield Dependent(
            kind="mfa_policy",
            id="all-applications",
            name="Require MFA: always",
            detail="every login asks for a factor",
            breaks_on={_DISABLE: _LOGINS, **back},
        )


def _connections(snapshot: Snapshot, legacy_remains: bool) -> Iterator[Dependent]:
    for connection in snapshot.connections:
        if not connection.enabled_clients:
            continue
        back = {} if legacy_remains and connection.configured else {_ROLLBACK: _LOGINS}
        yield Dependent(
            kind="passwordless_connection",
            id=connection.id,
            name=connection.name,
            detail=f"Passwordless SMS for {len(connection.enabled_clients)} client(s)",
            breaks_on={_DISABLE: _LOGINS, **back},
        )


def _identifiers(snapshot: Snapshot) -> Iterator[Dependent]:
    """A phone identifier always sends through the tenant-level provider, whatever the flag says."""
    for connection in snapshot.identifiers:
        if connection.enabled_clients:
            yield Dependent(
                kind="phone_identifier",
                id=connection.id,
                name=connection.name,
                detail=f"phone number as identifier for {len(connection.enabled_clients)} client(s)",
                breaks_on={_DISABLE: _LOGINS, _ROLLBACK: _LOGINS},
            )


def _actions(snapshot: Snapshot) -> Iterator[Dependent]:
    for action in snapshot.custom_actions:
        yield Dependent(
            kind="custom_action",
            id=action.id,
            name=action.name,
            detail="Action on custom-phone-provider",
            breaks_on={_DISABLE: _MESSAGES},
        )
    for action in snapshot.legacy_actions:
        if action.bound:
            yield Dependent(
                kind="custom_action",
                id=action.id,
                name=action.name,
                detail="Action bound to send-phone-message: the way back",
                breaks_on={_FINALIZE: _MESSAGES},
            )


def _templates(snapshot: Snapshot) -> Iterator[Dependent]:
    for template in snapshot.templates:
        if template.id:
            yield Dependent(
                kind="phone_template",
                id=template.type,
                name=template.type,
                detail="customised notification template",
                breaks_on={_DISABLE: _TEXT, **_since(snapshot, _TEXT)},
            )


def _clients(snapshot: Snapshot) -> Iterator[Dependent]:
    for access in snapshot.access:
        if access.client_id != snapshot.client_id:
            yield Dependent(
                kind="client_grant",
                id=access.client_id,
                name=access.client_name,
                detail="granted " + " ".join(access.scopes),
                breaks_on=_breaks(access, snapshot),
            )


def _breaks(access: ClientAccess, snapshot: Snapshot) -> dict[Change, Severity]:
    """Guardian scopes reach endpoints that close at the switch, phone scopes ones that lose their object on disable."""
    legacy = any(closes_at_switch(scope) for scope in access.scopes)
    new = not all(closes_at_switch(scope) for scope in access.scopes)
    return ({_SWITCH: _TOOLING} if legacy else {}) | (
        {_DISABLE: _TOOLING, **_since(snapshot, _TOOLING)} if new else {}
    )


def _since(snapshot: Snapshot, severity: Severity) -> dict[Change, Severity]:
    """What has come to depend on the Unified Phone Experience breaks on rollback; before the switch nothing has."""
    return {_ROLLBACK: severity} if snapshot.on_upe else {}


def _logs(snapshot: Snapshot) -> Iterator[Dependent]:
    for use in snapshot.usage:
        if use.client_id == snapshot.client_id:
            continue
        new = {_DISABLE: _TOOLING, **_since(snapshot, _TOOLING)}
        breaks = {_SWITCH: _TOOLING} if use.experience is Experience.LEGACY else new
        yield Dependent(
            kind="client_in_logs",
            id=f"{use.client_id}/{use.experience}",
            name=use.client_name,
            detail=f"called {use.experience} phone endpoints",
            breaks_on=breaks,
            last_seen=use.last_seen,
            uses=use.count,
        )


def broken_by(found: tuple[Dependent, ...], change: Change) -> tuple[str, ...]:
    """Names (`kind:id`) of those that a change breaks; these are the names an operator accepts breakage by."""
    return tuple(f"{d.kind}:{d.id}" for d in found if change in d.breaks_on)
