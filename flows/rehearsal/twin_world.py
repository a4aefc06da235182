"""Serve the twins of a fleet, with everything that their migration needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from configs import Fleet, load_fleet
from flows.rehearsal.known_tenants import KnownTenant
from flows.rehearsal.rehearsal_faults import FAILS, RehearsalFaults, selected
from flows.rehearsal.service_watch import ServiceWatch
from flows.rehearsal.stand_ins import StandIns
from flows.rehearsal.twin_fleet import TwinFleet, write_twin_fleet
from flows.rehearsal.twin_tenant import describe_twin, describe_unread
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.snapshot import Snapshot
from simulator.faults import FaultDocument, RateOverride
from simulator.pace import Timing
from simulator.serve import running
from simulator.state import Traffic

NO_LIMIT = RateOverride(burst=1000, per_second=1000)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions the twins are migrated.

    Attributes:
        faults: what goes wrong.
        rate_limits: whether the twins have the rate limits of their tiers.
        latency: whether they answer as slowly as in recorded exchanges.
        messages_per_day: how many messages users request, of each way of sending.
        timing: how long Auth0's background work takes; None for the simulator's figures.
    """

    faults: RehearsalFaults = field(default_factory=RehearsalFaults)
    rate_limits: bool = True
    latency: bool = True
    messages_per_day: float = 100.0
    timing: Timing | None = None

    def document(self) -> FaultDocument:
        """Return what the simulator injects by itself."""
        document = self.faults.document()
        unlimited = None if self.rate_limits or document.rate_limit else NO_LIMIT
        return document.model_copy(
            update={
                "latency": "recorded" if self.latency else None,
                "rate_limit": document.rate_limit or unlimited,
            }
        )


@dataclass(frozen=True, slots=True)
class TwinWorld:
    """Twins that are being served.

    Attributes:
        url: where.
        fleet_file: their fleet file.
        fleet: what it says.
        watch: what their users notice.
        renamed: references of the operator's fleet file that have another name in theirs.
        domains: each tenant's domain by its twin's domain in the simulator.
    """

    url: str
    fleet_file: Path
    fleet: Fleet
    watch: ServiceWatch
    renamed: Mapping[str, str]
    domains: Mapping[str, str]


@contextmanager
def twins_served(
    fleet: Fleet, known: Sequence[KnownTenant], folder: Path, conditions: Conditions
) -> Iterator[TwinWorld]:
    """Serve the twins of the known tenants for the length of the block.

    Raises:
        PlanRefused: a fault names a region or domain that the fleet does not have.
    """
    faults = conditions.faults
    failing = selected(faults.provider_fails, fleet.tenants)
    failing_later = selected(faults.provider_fails_after_switch, fleet.tenants)
    with running(0, faults.seed, faults=conditions.document(), timing=conditions.timing) as served:
        world, stand_ins = served.app.state.world, StandIns()
        written: TwinFleet = write_twin_fleet(fleet, folder, served.url, stand_ins)
        domains: dict[str, str] = {}
        for each in known:
            traffic = traffic_of(each.snapshot, conditions.messages_per_day) if each.snapshot else ()
            twin = (
                describe_twin(each.snapshot, each.ref, stand_ins, traffic)
                if each.snapshot
                else describe_unread(each.ref, each.assessment, stand_ins)
            )
            if twin is None:
                continue
            domains[twin.domain] = each.ref.domain
            made = world.fleet.describe(twin.domain, twin.description)
            made.hidden.outside_fails = FAILS if each.ref.domain in failing else ""
        later = frozenset(twin for twin, real in domains.items() if real in failing_later)
        watch = ServiceWatch(world, later)
        watch.begin()
        twins = load_fleet(written.path, environ={})
        yield TwinWorld(served.url, written.path, twins, watch, written.renamed, domains)


def traffic_of(snapshot: Snapshot, per_day: float) -> tuple[Traffic, ...]:
    """Return the messages that users of a tenant are taken to request, of each way of sending."""
    types = snapshot.message_types if snapshot.factor_enabled else ()
    methods = ["voice" if each == "voice" else "text" for each in types]
    mfa = [Traffic("mfa", method, per_day=per_day) for method in methods]
    names = [connection.name for connection in snapshot.enabled_connections]
    return (*mfa, *(Traffic("passwordless", connection=name, per_day=per_day) for name in names))


def copy_approvals(real: Ledger, twins: Fleet) -> None:
    """Give the plans of the twins the approvals that the same plans of the tenants have."""
    with open_ledger(twins) as ledger:
        for tenant in twins.tenants:
            for approval in real.approvals.of_tenant(tenant.domain):
                plan = real.plans.get(approval.checksum)
                ledger.approvals.approve_plans([(plan, approval.reasons)], approval.by, approval.note)
