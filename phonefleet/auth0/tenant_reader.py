"""Read a `Snapshot` of one tenant from the Management API.

What decides is read first; what was left unread then is in `Snapshot.skipped`. Reads that do not depend on each other
run concurrently; the transport keeps them within the tenant's rate limit. A read that only shows who depends on the
provider may be refused; `Snapshot.unread` then says so. A read that decides the verdict may not.

Auth0 also leaves fields out of answers. Absent is not empty:

| read             | left out                          | when                                  | here            |
| ---------------- | --------------------------------- | ------------------------------------- | --------------- |
| connections      | options                           | no scope read:connections_options (1) | unknown (2)     |
| connections      | enabled_clients                   | in lists (3)                          | read one by one |
| clients          | all but client_id, name and a few | only read:client_summary (4)          | not asked for   |
| client-grants    | scope                             | allow_all_scopes (5)                  | every scope     |
| phone providers  | credentials                       | always (3)                            | written again   |
| actions          | values of secrets                 | always (6)                            | supplied        |
| tenants/settings | phone_consolidated_experience     | no toggle (7)                         | endpoints tell  |

(1) Auth0 documentation, "Migrate to Management API Connection Options Scopes". (2) `SmsConnection.options_hidden`, for
databases `Snapshot.unread`; a write raises `OptionsNotShown`. (3) Recorded exchanges. (4) Management API description,
`GET clients`. (5) Its schema `ClientGrantResponseContent`. (6) Its schema of an Action's secrets. (7) Auth0
documentation, "Unified Phone Experience".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from phonefleet.auth0.answer_shapes import described
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.part_reads import PartReads
from phonefleet.errors import Unreachable
from phonefleet.model.snapshot import Snapshot
from phonefleet.model.snapshot_parts import COMPARED_PARTS, EVERY_PART, SnapshotPart

_HOOK = "phone-message-hook"


@dataclass(frozen=True, slots=True)
class Enough:
    """When a tenant need not be read further. Without a function it is read whole.

    Attributes:
        on_legacy: asked of a tenant on the legacy experience once it is known what it uses.
        on_upe: asked of a tenant on the Unified Phone Experience once everything that is compared is known.
    """

    on_legacy: Callable[[Snapshot], bool] | None = None
    on_upe: Callable[[Snapshot], bool] | None = None


WHOLE = Enough()


async def read_tenant(api: ManagementApi, client_id: str, now: datetime, enough: Enough = WHOLE) -> Snapshot:
    """Read everything that decides a tenant's migration and everything that depends on its provider.

    Args:
        api: the tenant's Management API.
        client_id: phonefleet's own client in the tenant.
        now: the snapshot's time, aware UTC.
        enough: when the rest is left unread.

    Raises:
        Unreachable, CredentialsRejected: the tenant cannot be read at all.
        InsufficientScope: a deciding read is not granted; the message names the scope.
        ApiRefused: a deciding read was refused for another reason.
    """
    try:
        return await _read(PartReads(api, client_id), now, enough)
    except ValidationError as error:
        fields = described(error)
    # Outside the handler: the error has the tenant's words as its input.
    raise Unreachable(
        api.domain,
        f"Auth0 answered values that phonefleet does not know: {fields}. Look for a newer phonefleet",
    )


async def _read(reads: PartReads, now: datetime, enough: Enough) -> Snapshot:
    await reads.begin()
    begun = reads.snapshot(now)
    ask = enough.on_upe if begun.on_upe else enough.on_legacy
    if ask:
        await reads.read(COMPARED_PARTS if begun.on_upe else _of_use(begun))
        found = reads.snapshot(now)
        if found.on_upe is begun.on_upe and ask(found):
            # Its logs may no longer show its owners once it is in use and migrated: `with_recorded_writes`.
            await reads.read({SnapshotPart.WRITES})
            return reads.snapshot(now)
    await reads.read(EVERY_PART)
    return reads.snapshot(now)


def _of_use(begun: Snapshot) -> frozenset[SnapshotPart]:
    """Return the parts that show what a tenant on the legacy experience uses, beside its connections."""
    parts: set[SnapshotPart] = set()
    if begun.factor_enabled:
        parts |= {SnapshotPart.MESSAGE_TYPES, SnapshotPart.GUARDIAN}
        if begun.selected_provider == _HOOK:
            parts.add(SnapshotPart.LEGACY_ACTIONS)
    if begun.flag is None:
        # The endpoints of Guardian may be closed although the selected provider can be read.
        parts.add(SnapshotPart.GUARDIAN)
    return frozenset(parts)
