"""What the ledger has of each tenant: the only thing that a rehearsal knows of the fleet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from configs import Fleet, TenantRef
from phonefleet.errors import PlanRefused
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import Verdict
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import SnapshotMoment, TenantRecord
from phonefleet.model.snapshot import Snapshot

_RUNS_SEARCHED = 100


@dataclass(frozen=True, slots=True)
class KnownTenant:
    """A tenant as it was last read.

    Attributes:
        ref: the tenant in the fleet file.
        assessment: the last one.
        snapshot: the last one; None for a tenant that could not be read the last time.
        plan: what the last assessment planned.
    """

    ref: TenantRef
    assessment: Assessment
    snapshot: Snapshot | None
    plan: Plan | None = None


def known_tenants(fleet: Fleet, ledger: Ledger) -> tuple[KnownTenant, ...]:
    """Return every tenant of the fleet, in the fleet's order.

    Raises:
        PlanRefused: a tenant was never read.
    """
    last = _last_assessed(fleet, ledger)
    if missing := [t.domain for t in fleet.tenants if t.domain not in last]:
        raise PlanRefused(
            f"{len(missing)} of {len(fleet.tenants)} tenants of fleet {fleet.name} were never read, such as "
            f"{missing[0]}, so they have no twin: read them first (phonefleet plan {fleet.source}), or repeat with "
            "--read"
        )
    read = [d for d, tenant in last.items() if _assessment(tenant).verdict is not Verdict.UNREACHABLE]
    snapshots = _snapshots(ledger, read)
    return tuple(
        KnownTenant(
            ref=ref,
            assessment=_assessment(last[ref.domain]),
            snapshot=snapshots.get(ref.domain),
            plan=last[ref.domain].plan,
        )
        for ref in fleet.tenants
    )


def _snapshots(ledger: Ledger, domains: Iterable[str]) -> dict[str, Snapshot]:
    """Return each tenant's last snapshot.

    A run of compliance that found a tenant unchanged has not read who depends on its provider: that is taken from the
    state that it compared with.
    """
    found = {d: r.snapshot for d, r in ledger.snapshots.latest(domains, tuple(SnapshotMoment)).items()}
    left = ledger.snapshots.latest([domain for domain, snapshot in found.items() if snapshot.skipped])
    return found | {domain: found[domain].filled_from(record.snapshot) for domain, record in left.items()}


def _assessment(tenant: TenantRecord) -> Assessment:
    assert tenant.assessment is not None
    return tenant.assessment


def _last_assessed(fleet: Fleet, ledger: Ledger) -> Mapping[str, TenantRecord]:
    wanted = {tenant.domain for tenant in fleet.tenants}
    last: dict[str, TenantRecord] = {}
    for run in ledger.runs.recent(limit=_RUNS_SEARCHED):
        if run.fleet != fleet.name or wanted <= last.keys():
            continue
        for tenant in ledger.runs.record(run.run_id).tenants:
            if tenant.domain in wanted and tenant.assessment is not None:
                last.setdefault(tenant.domain, tenant)
    return last
