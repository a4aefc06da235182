"""What runs left tenants as, which later ones are held against."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import func, select

from phonefleet.assessment import Assessment
from phonefleet.ledger import tables
from phonefleet.ledger.models import SnapshotMoment, SnapshotRecord
from phonefleet.ledger.reading import snapshot_record
from phonefleet.ledger.store import Store, chunks
from phonefleet.vocabulary import Verdict

LEFT = (SnapshotMoment.AFTER, SnapshotMoment.ROLLED_BACK)
"""The moments at which a verb that changes tenants leaves one."""
_UNREAD = f'%"verdict":"{Verdict.UNREACHABLE}"%'


class Baselines(Store):
    """Reads the last thing that is known of many tenants, in a few queries."""

    def last_snapshots(
        self, domains: Iterable[str], moments: Collection[SnapshotMoment] = LEFT, *, run_id: str | None = None
    ) -> dict[str, SnapshotRecord]:
        """The last snapshot of each domain that was kept at one of these moments, of one run where given."""
        kept = tables.snapshots.c
        found: dict[str, SnapshotRecord] = {}
        with self._reading() as db:
            for some in chunks(domains):
                last = select(func.max(kept.id)).where(kept.domain.in_(some), kept.moment.in_([*moments]))
                last = last if run_id is None else last.where(kept.run_id == run_id)
                query = select(tables.snapshots).where(kept.id.in_(last.group_by(kept.domain)))
                found |= {row.domain: snapshot_record(row) for row in db.execute(query)}
        return found

    def last_verdicts(self, domains: Iterable[str], *, besides: Collection[str] = ()) -> dict[str, Verdict]:
        """Each domain's last verdict other than `unreachable`, by runs of other verbs than `besides`."""
        assessed = tables.assessments.c
        found: dict[str, Verdict] = {}
        with self._reading() as db:
            for some in chunks(domains):
                last = (
                    select(func.max(assessed.id))
                    .join(tables.runs, tables.runs.c.id == assessed.run_id)
                    .where(assessed.domain.in_(some), tables.runs.c.verb.not_in([*besides]))
                    .where(assessed.assessment.not_like(_UNREAD))
                    .group_by(assessed.domain)
                )
                query = select(assessed.domain, assessed.assessment).where(assessed.id.in_(last))
                rows = db.execute(query).all()
                found |= {r.domain: Assessment.model_validate_json(r.assessment).verdict for r in rows}
        return found
