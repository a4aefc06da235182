"""What a run has open, found by its id by every task of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from configs import TenantRef
from phonefleet.errors import PhonefleetError
from phonefleet.execution.phases import DeliveryPolicy
from phonefleet.execution.session import Session
from phonefleet.model.plan import FleetPlan, Plan
from phonefleet.planning.approval import Proposal


class Progress(Protocol):
    """Who is told how a run goes on."""

    def begin(self, phase: str, total: int) -> None:
        """A phase over `total` tenants begins."""

    def done(self, domain: str, what: str, *, failed: bool = False) -> None:
        """One tenant is through with the phase; `what` is its verdict or outcome."""

    def say(self, text: str) -> None:
        """Something worth a line: a wave begins, a gate stops, the run is paused."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator asked of a migration.

    Attributes:
        approved: The plan that was approved; None plans and applies in one go.
        wave: Only this wave.
        force: Let `rollout.max_change` be exceeded.
    """

    approved: FleetPlan | None = None
    wave: str | None = None
    force: bool = False


@dataclass
class Desk:
    """A run's open session and what it knows of its tenants."""

    session: Session
    tenants: Mapping[str, TenantRef]
    policy: DeliveryPolicy
    progress: Progress
    reports_dir: Path
    wishes: Wishes = Wishes()
    accepted: frozenset[str] = frozenset()
    """Names of dependents whose breakage the operator accepts, or of leftovers to remove for good."""
    plans: dict[str, Plan] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    """Plans of blocked tenants that wait for approval."""


_desks: dict[str, Desk] = {}


@contextmanager
def at_desk(desk: Desk) -> Iterator[Desk]:
    """Let the tasks of this run find its desk for as long as the context lasts."""
    _desks[desk.session.run_id] = desk
    try:
        yield desk
    finally:
        del _desks[desk.session.run_id]


def desk_of(run_id: str) -> Desk:
    """The desk of a run that is open in this process.

    Raises:
        PhonefleetError: it isn't; phonefleet's flows cannot be started from Prefect's UI alone.
    """
    try:
        return _desks[run_id]
    except KeyError:
        raise PhonefleetError(
            f"run {run_id} is not open in this process: start it with the phonefleet command, which opens the ledger "
            "and the tenants' doors"
        ) from None
