"""Find who else owns a tenant's phone settings, and what the next run of such an owner would undo.

Sources: Auth0 documentation, "Migrate to Unified Phone Experience with Terraform"; the Deploy CLI's sources, which
write a file's tenant settings whole, replace the provider with its credentials, and with `AUTH0_ALLOW_DELETE` delete a
provider and Actions that the file does not list; `auth0_connection` of the Terraform provider, which replaces a
connection's options and knows no `use_phone_provider`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby

from phonefleet.model.assessment import Dependent, DependentKind
from phonefleet.model.endpoints import LEGACY_PATHS, SHARED_PATHS
from phonefleet.model.enums import Change, Severity
from phonefleet.model.ownership import (
    EFFECT_TEXTS,
    INFRASTRUCTURE_AS_CODE,
    LoggedWrite,
    Owner,
    OwnerEffect,
    OwnerKind,
    PhoneSetting,
)
from phonefleet.model.snapshot import Snapshot

ACTIVE = timedelta(days=14)
"""An owner that wrote a phone setting so recently will run again. Auth0 keeps logs for 1 to 30 days (Auth0
documentation, "Log Data Retention")."""
_KNOWS_SWITCHED = {OwnerKind.TERRAFORM: (1, 49), OwnerKind.DEPLOY_CLI: (8, 42)}
"""The first versions that get along with the Unified Phone Experience."""
_OF_EVERY_RUN = {
    OwnerEffect.DELETES_PROVIDER,
    OwnerEffect.DELETES_ACTION,
    OwnerEffect.REPLACES_TEMPLATES,
    OwnerEffect.OVERWRITES_CREDENTIALS,
}
"""An owner that ran after the switch has not done these, or compliance reports them."""
_WRITES_AGAIN = INFRASTRUCTURE_AS_CODE | {OwnerKind.OTHER_CLIENT}
"""A person in the dashboard decides each time, and phonefleet undoes nothing by itself."""


def find_owners(snapshot: Snapshot, *, since: datetime | None = None) -> tuple[Owner, ...]:
    """Return the owners that the logs show, the one that wrote last first.

    Args:
        snapshot: the tenant.
        since: when it was switched, None before. What an owner wrote after that and left the tenant working does not
            count as an effect: it has shown that it does not undo the migration.
    """
    by_writer = sorted(snapshot.writes, key=_identity)
    owners = (_owner(tuple(own), snapshot, since) for _, own in groupby(by_writer, key=_identity))
    return tuple(sorted(owners, key=lambda owner: (-owner.last_seen.timestamp(), owner.id)))


def with_recorded_writes(snapshot: Snapshot, earlier: Iterable[Snapshot]) -> Snapshot:
    """Add the writes that earlier snapshots of the tenant show: its logs may no longer hold them.

    Auth0 keeps logs for a day on the smallest plan (documentation, "Log Data Retention"), and a tenant is finalized a
    week after its switch or later.
    """
    last: dict[tuple[tuple[str, str, str], PhoneSetting, str], LoggedWrite] = {}
    for write in sorted((w for each in (*earlier, snapshot) for w in each.writes), key=lambda w: w.at):
        # Not by the whole writer: a run of compliance may not have read its client's name.
        last[_identity(write), write.setting, write.target] = write
    writes = sorted(last.values(), key=lambda write: (-write.at.timestamp(), write.path))
    return snapshot.model_copy(update={"writes": tuple(writes)})


def _identity(write: LoggedWrite) -> tuple[str, str, str]:
    return write.writer.kind, write.writer.client_id, write.writer.user


def _owner(own: tuple[LoggedWrite, ...], snapshot: Snapshot, since: datetime | None) -> Owner:
    last = max(own, key=lambda write: write.at)
    counted = [write for write in own if since is None or write.at <= since]
    found = set(_effects(counted, last, snapshot)) if counted else set()
    if since is not None and last.at > since:
        found -= _OF_EVERY_RUN
    return Owner(
        writer=last.writer,
        version=last.version,
        last_seen=last.at,
        settings=tuple(sorted({write.setting for write in own})),
        effects=tuple(effect for effect in OwnerEffect if effect in found),
        uses=sum(write.count for write in own),
    )


def _effects(own: Iterable[LoggedWrite], last: LoggedWrite, snapshot: Snapshot) -> Iterator[OwnerEffect]:
    kind = last.writer.kind
    if kind not in _WRITES_AGAIN:
        return
    if kind is OwnerKind.DEPLOY_CLI:
        # It imports a whole file: one that was exported before the migration lists no provider and no Action, and
        # since 8.23 the phone templates of that time, Auth0's default texts included.
        yield from (
            OwnerEffect.DELETES_PROVIDER,
            OwnerEffect.REPLACES_TEMPLATES,
            OwnerEffect.OVERWRITES_CREDENTIALS,
        )
    sms = {connection.id for connection in snapshot.connections}
    for write in own:
        match write.setting:
            case PhoneSetting.FLAG if write.flag is not True:
                yield OwnerEffect.REVERTS_FLAG
            case PhoneSetting.CONNECTION if write.target in sms and (
                not write.keys or "options" in write.keys
            ):
                yield OwnerEffect.REPLACES_OPTIONS
            case PhoneSetting.ACTION if kind is OwnerKind.DEPLOY_CLI:
                yield OwnerEffect.DELETES_ACTION
            case PhoneSetting.PHONE_TEMPLATE:
                yield OwnerEffect.REPLACES_TEMPLATES
            case PhoneSetting.PHONE_PROVIDER:
                yield OwnerEffect.OVERWRITES_CREDENTIALS
            case PhoneSetting.GUARDIAN if _is_refused(write):
                yield OwnerEffect.IS_REFUSED
            case _:
                pass


def _is_refused(write: LoggedWrite) -> bool:
    closes = any(part in write.path for part in LEGACY_PATHS) and not any(
        part in write.path for part in SHARED_PATHS
    )
    first = _KNOWS_SWITCHED.get(write.writer.kind)
    return closes and (first is None or _numbers(write.version) < first)


def _numbers(version: str) -> tuple[int, ...]:
    """Return major and minor number of a version; (0,) for one that is none, such as `dev`."""
    parts = version.split(".")[:2]
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else (0,)


def active_owners(snapshot: Snapshot, since: datetime) -> tuple[Owner, ...]:
    """Return the owners that wrote within `ACTIVE` and whose next run would undo the migration.

    Args:
        snapshot: the migrated tenant.
        since: when it was switched.
    """
    return tuple(
        owner
        for owner in find_owners(snapshot, since=since)
        if owner.undoes and snapshot.taken_at - owner.last_seen <= ACTIVE
    )


def owner_dependents(snapshot: Snapshot) -> Iterator[Dependent]:
    """Yield the owners that would undo a migration, or fail after it, as dependents."""
    for owner in find_owners(snapshot):
        if owner.effects or owner.writer.kind in INFRASTRUCTURE_AS_CODE:
            yield Dependent(
                kind=DependentKind.OWNER,
                id=owner.id,
                name=str(owner.writer),
                client_id=owner.writer.client_id,
                detail=describe(owner),
                breaks_on=_breaks(owner),
                last_seen=owner.last_seen,
                uses=owner.uses,
            )


def _breaks(owner: Owner) -> dict[Change, Severity]:
    if owner.undoes:
        return dict.fromkeys((Change.SWITCH, Change.FINALIZE), Severity.CHANGE_UNDONE)
    return {Change.SWITCH: Severity.TOOLING_REFUSED} if owner.effects else {}


def describe(owner: Owner) -> str:
    """Describe what an owner wrote and what its next run may do."""
    version = f" version {owner.version}" if owner.version else ""
    wrote = ", ".join(setting.replace("_", " ") for setting in owner.settings)
    may = "; ".join(EFFECT_TEXTS[effect] for effect in owner.effects)
    return f"wrote{version} {wrote}" + (f". Its next run may do this: {may}" if may else "")
