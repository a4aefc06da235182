"""Hold a finalization while another owner may undo the migration or may have overwritten its credentials."""

from __future__ import annotations

from datetime import datetime

from phonefleet.assessment.drift import attributed
from phonefleet.assessment.owners import ACTIVE, active_owners, describe
from phonefleet.assessment.unseen_changes import unseen_changes
from phonefleet.errors import StepFailed
from phonefleet.model.assessment import DependentKind
from phonefleet.model.enums import ReasonCode
from phonefleet.model.impact_name import UNTESTED_CREDENTIALS, ImpactName, parse_names
from phonefleet.model.run_record import SnapshotRecord
from phonefleet.model.snapshot import Snapshot


def check_owners(snapshot: Snapshot, since: datetime, accepted: frozenset[str]) -> None:
    """Check that no active owner would undo the migration, unless the operator accepts it by name.

    Without its legacy side, a tenant that is switched back has nothing to send through.

    Raises:
        StepFailed: `owner_active`, naming each.
    """
    names = parse_names(accepted)
    owners = {ImpactName(DependentKind.OWNER, owner.id): owner for owner in active_owners(snapshot, since)}
    held = {name: owner for name, owner in owners.items() if name not in names}
    if held:
        listed = "; ".join(
            f"{name}: {owner.writer}, last seen {owner.last_seen:%Y-%m-%d %H:%M} UTC, {describe(owner)}"
            for name, owner in held.items()
        )
        raise StepFailed(
            snapshot.domain,
            ReasonCode.OWNER_ACTIVE,
            f"{len(held)} owner(s) of its settings wrote within {ACTIVE.days} days, would undo the migration, and have "
            f"not shown since the switch that they do not: {listed}. Bring their files to the migrated state and let "
            "them run once, or accept each by name (--accept NAME)",
        )


def check_credentials(recorded: SnapshotRecord | None, snapshot: Snapshot, accepted: frozenset[str]) -> None:
    """Check that the provider's credentials are those that were tested, unless the operator accepts it by name.

    Raises:
        StepFailed: `credentials_uncertain`.
    """
    if recorded is None or ImpactName(UNTESTED_CREDENTIALS) in parse_names(accepted):
        return
    since = recorded.snapshot.taken_at
    if unseen := unseen_changes(recorded.snapshot, snapshot):
        changes = "; ".join(str(attributed(change, snapshot.writes, since)) for change in unseen)
        raise StepFailed(
            snapshot.domain,
            ReasonCode.CREDENTIALS_UNCERTAIN,
            f"{changes}. A rollback may still be needed, so nothing was removed: send a test message (phonefleet "
            f"compliance FLEET --test), or accept it (--accept {UNTESTED_CREDENTIALS})",
        )
