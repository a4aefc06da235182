"""Turn what the twins' ledger and their users noticed into a prediction for each tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from configs import Fleet
from flows.rehearsal.known_tenants import KnownTenant
from flows.rehearsal.service_watch import ServiceChange
from flows.rehearsal.twin_plans import is_same_plan
from flows.rehearsal.twin_world import Conditions, TwinWorld
from flows.version import VERSION
from phonefleet.ledger.location import open_ledger
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import FleetPlan, Plan
from phonefleet.model.rehearsal import (
    UNKNOWABLE,
    LockOut,
    Rehearsal,
    RehearsedBatch,
    RehearsedDecision,
    RehearsedTenant,
    assumed_rates,
)
from phonefleet.model.run_record import RunRecord, SnapshotMoment, TenantRecord
from phonefleet.model.snapshot import Snapshot
from phonefleet.system_user import operating_system_user
from simulator.pace import Timing

_MAY_DIFFER = frozenset({"taken_at", "writes", "usage", "unread"})
"""Fields of a snapshot that depend on the time and on the logs."""


@dataclass(frozen=True, slots=True)
class TwinRecords:
    """What the twins' ledger has.

    Attributes:
        migration: the run that migrated them.
        rollback: the run that rolled them back; None where there was none.
        before: each twin's snapshot before the migration.
        restored: each twin's snapshot after its rollback.
    """

    migration: RunRecord
    rollback: RunRecord | None
    before: Mapping[str, Snapshot]
    restored: Mapping[str, Snapshot]

    @classmethod
    def read(cls, twins: TwinWorld, migration: str, rollback: str) -> TwinRecords:
        """Read both runs and the snapshots."""
        domains = [tenant.domain for tenant in twins.fleet.tenants]
        with open_ledger(twins.fleet, create=False) as ledger:
            before = ledger.snapshots.latest(domains, (SnapshotMoment.BEFORE,), run_id=migration)
            restored = ledger.snapshots.latest(domains, (SnapshotMoment.ROLLED_BACK,))
            return cls(
                ledger.runs.record(migration),
                ledger.runs.record(rollback) if rollback else None,
                {domain: record.snapshot for domain, record in before.items()},
                {domain: record.snapshot for domain, record in restored.items()},
            )


def predict(
    fleet: Fleet,
    known: Sequence[KnownTenant],
    plan: FleetPlan | None,
    twins: TwinWorld,
    records: TwinRecords,
    conditions: Conditions,
    *,
    identity: str,
    killed: int,
) -> Rehearsal:
    """Return the prediction.

    Args:
        fleet: the operator's fleet.
        known: its tenants as the ledger has them.
        plan: the plan file that was rehearsed; None for whatever is eligible.
        twins: the twins, still served.
        records: what their ledger has.
        conditions: the conditions of the rehearsal.
        identity: the rehearsal's id.
        killed: how often the process was killed.
    """
    run, watch = records.migration, twins.watch
    by_domain = {tenant.domain: tenant for tenant in run.tenants}
    rolled_back = {t.domain: t for t in records.rollback.tenants} if records.rollback else {}
    made = watch.world.fleet.made()
    lock_outs, silent = _lock_outs(watch.changes, twins.domains)
    return Rehearsal(
        id=identity,
        fleet=fleet.name,
        fleet_checksum=fleet.checksum,
        by=operating_system_user(),
        phonefleet=VERSION,
        faults=conditions.faults.describe(),
        started_at=watch.time_of(run.started_at),
        ended_at=watch.time_of(run.ended_at or run.started_at),
        requests=sum(len(tenant.requests) for tenant in made),
        writes=watch.writes,
        messages_per_day=conditions.messages_per_day,
        rate_limits=conditions.rate_limits and conditions.faults.rate_limit is None,
        killed=killed,
        exit_code=run.exit_code or 0,
        tenants=tuple(
            _tenant(each, _plan_of(each, plan), by_domain[each.ref.domain], records, twins, rolled_back)
            for each in known
        ),
        batches=tuple(_batches(run, twins)),
        decisions=tuple(
            RehearsedDecision(at=watch.time_of(d.at), **d.model_dump(exclude={"at"})) for d in run.decisions
        ),
        locked_out=tuple(lock_outs),
        silent_before=tuple(silent),
        reports=str(twins.fleet.state_dir / "reports"),
        unknowable=(*UNKNOWABLE, *_assumed(conditions)),
    )


def _assumed(conditions: Conditions) -> tuple[str, ...]:
    timing = conditions.timing or Timing()
    return assumed_rates(
        conditions.messages_per_day,
        timedelta(seconds=timing.build_seconds + timing.deploy_seconds),
        timedelta(seconds=timing.log_lag),
        has_latency=conditions.latency,
    )


def _plan_of(known: KnownTenant, plan: FleetPlan | None) -> Plan | None:
    """Return the plan that is rehearsed for a tenant: that of the plan file, or the last one."""
    if plan is None:
        return known.plan
    planned = plan.of(known.ref.domain)
    return planned.plan if planned else None


def _tenant(
    known: KnownTenant,
    plan: Plan | None,
    record: TenantRecord,
    records: TwinRecords,
    twins: TwinWorld,
    rolled_back: Mapping[str, TenantRecord],
) -> RehearsedTenant:
    domain = known.ref.domain
    before = records.before.get(domain)
    undone = rolled_back.get(domain)
    undone = None if undone and undone.outcome_reason is ReasonCode.NOT_SELECTED else undone
    restored = records.restored.get(domain)
    return RehearsedTenant(
        domain=domain,
        wave=record.wave,
        batch=record.batch,
        owner=record.owner,
        region=record.region,
        verdict=record.assessment.verdict if record.assessment else None,
        outcome=record.outcome,
        reason=record.outcome_reason,
        message=record.outcome_message,
        plan_checksum=plan.checksum if plan else "",
        same_plan=is_same_plan(plan, record.plan, twins.renamed),
        differs=_differences(known.snapshot, before),
        rolled_back=undone.outcome if undone else None,
        rollback_reason=undone.outcome_reason if undone else None,
        rollback_message=undone.outcome_message if undone else "",
        not_restored=_differences(before, restored) if restored else (),
    )


_KEYS = frozenset({"fingerprint", "updated_at"})


def _differences(one: Snapshot | None, other: Snapshot | None) -> tuple[str, ...]:
    """Return the names of the fields in which two snapshots differ, of those that were read for both."""
    if one is None or other is None:
        return ()
    left, right = _comparable(one), _comparable(other)
    skipped = {*one.skipped, *other.skipped}
    unread = {field for part in skipped for field in part.fields}
    # What is refused or not offered is known only of what was asked.
    unread |= {"skipped", "not_offered", "unread"} if skipped else set()
    fields = (left.keys() | right.keys()) - unread
    return tuple(sorted(key for key in fields if left.get(key) != right.get(key)))


def _comparable(snapshot: Snapshot) -> dict[str, object]:
    """Return a snapshot without what stand-ins and times change."""
    document = snapshot.model_dump(mode="json", exclude=set(_MAY_DIFFER))
    return {key: _cleaned(value) for key, value in document.items()} | {"scopes": sorted(snapshot.scopes)}


def _cleaned(value: object) -> object:
    match value:
        case dict():
            return {key: _cleaned(each) for key, each in value.items() if key not in _KEYS}
        case list():
            return [_cleaned(each) for each in value]
        case _:
            return value


def _batches(run: RunRecord, twins: TwinWorld) -> Iterator[RehearsedBatch]:
    for wave in run.waves:
        yield RehearsedBatch(
            wave=wave.wave,
            batch=wave.batch,
            planned=wave.planned,
            started_at=twins.watch.time_of(wave.started_at) if wave.started_at else None,
            ended_at=twins.watch.time_of(wave.ended_at) if wave.ended_at else None,
            verdict=wave.verdict,
            reason=wave.reason,
        )


def _lock_outs(
    changes: Sequence[ServiceChange], domains: Mapping[str, str]
) -> tuple[list[LockOut], list[str]]:
    """Return which users lost their messages, and the tenants whose users got none before."""
    first: set[tuple[str, str]] = set()
    silent: dict[str, None] = {}
    current: dict[tuple[str, str], LockOut] = {}
    ended: list[LockOut] = []
    for change in changes:
        key = (change.domain, change.use)
        domain = domains.get(change.domain, change.domain)
        if key not in first:
            first.add(key)
            if not change.delivered:
                silent[domain] = None
        elif not change.delivered:
            current[key] = LockOut(domain=domain, use=change.use, since=change.at, reason=change.reason)
        elif key in current:
            ended.append(current.pop(key).model_copy(update={"until": change.at}))
    return sorted([*ended, *current.values()], key=lambda each: (each.since, each.domain)), list(silent)
