"""`rehearse`: migrate a simulated twin of the fleet, and say what would become of each tenant."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs import Fleet
from flows.plan_file import read_plan, with_approvals, write_plan_file
from flows.rehearsal.known_tenants import known_tenants
from flows.rehearsal.prediction import TwinRecords, predict
from flows.rehearsal.twin_plans import for_twins
from flows.rehearsal.twin_request import TwinAnswer, TwinRequest, TwinStage
from flows.rehearsal.twin_runner import RehearsalFailed, TwinRunner
from flows.rehearsal.twin_world import Conditions, TwinWorld, copy_approvals, twins_served
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.enums import OutcomeKind
from phonefleet.model.plan import FleetPlan
from phonefleet.model.rehearsal import Rehearsal
from phonefleet.private_files import make_private_folder
from phonefleet.system_user import operating_system_user
from reports.rehearsal_report import write_rehearsal

FOLDER = "rehearsals"
_PLAN, _TWIN_PLAN = "plan.json", "plan-of-twins.json"


@dataclass(frozen=True, slots=True)
class RehearsalRequest:
    """What is rehearsed.

    Attributes:
        plan: the plan file to migrate by; None for whatever is eligible.
        conditions: under which conditions.
        roll_back: roll back afterwards what was migrated.
        force: let `rollout.max_change` be exceeded, as `migrate --force` does.
    """

    plan: Path | None = None
    conditions: Conditions = Conditions()  # noqa: RUF009 -- frozen
    roll_back: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A rehearsal that has ended, its folder, and its report by format."""

    rehearsal: Rehearsal
    folder: Path
    reports: Mapping[str, Path]


def rehearse(
    fleet: Fleet,
    ledger: Ledger,
    request: RehearsalRequest,
    *,
    serve_prefect: Callable[[Path], str],
    say: Callable[[str], object] = lambda _text: None,
) -> Rehearsed:
    """Rehearse a migration on the twins of a fleet, and mark the plans that were rehearsed.

    No tenant of the fleet is read or written: everything that is known of them is in the ledger.

    Args:
        fleet: the operator's fleet.
        ledger: its ledger, for snapshots, approvals and marks.
        request: what is rehearsed.
        serve_prefect: returns the address of Prefect's API on this machine, given the twins' fleet file.
        say: is called with what goes on.

    Raises:
        PlanRefused: a tenant was never read, the plan file does not fit, or a fault names no tenant.
        RehearsalFailed: the rehearsal could not be carried out.
    """
    plan = with_approvals(read_plan(request.plan, fleet), ledger) if request.plan else None
    known = known_tenants(fleet, ledger)
    identity = uuid.uuid4().hex[:12]
    folder = (fleet.state_dir / FOLDER / identity).absolute()
    make_private_folder(folder)
    with twins_served(fleet, known, folder, request.conditions) as twins:
        copy_approvals(ledger, twins.fleet)
        say(f"rehearsal {identity}: {len(twins.domains)} twins of {len(known)} tenants at {twins.url}")
        runner = TwinRunner(twins, folder, serve_prefect(twins.fleet_file))
        runs = _Stages(twins, runner, folder, say)
        plan_file = runs.plan(plan) if plan else None
        twins.watch.kill_after = request.conditions.faults.dead_worker or 0
        twins.watch.kill_after += twins.watch.writes if twins.watch.kill_after else 0
        migrated = runs.migrate(plan_file, force=request.force)
        rolled_back = runs.roll_back(migrated.run_id) if request.roll_back else None
        records = TwinRecords.read(twins, migrated.run_id, rolled_back.run_id if rolled_back else "")
        rehearsal = predict(
            fleet, known, plan, twins, records, request.conditions, identity=identity, killed=runner.killed
        )
    _mark(ledger, rehearsal)
    return Rehearsed(rehearsal, folder, write_rehearsal(rehearsal, folder))


class _Stages:
    def __init__(
        self, twins: TwinWorld, runner: TwinRunner, folder: Path, say: Callable[[str], object]
    ) -> None:
        self._twins, self._runner, self._folder, self._say = twins, runner, folder, say

    def plan(self, real: FleetPlan) -> str:
        """Let the twins be planned, and return the plan file to migrate them by."""
        out = self._folder / _TWIN_PLAN
        self._say("plan the twins")
        self._run(self._request(TwinStage.PLAN, plan_out=str(out)))
        twins = read_plan(out, self._twins.fleet)
        chosen = self._folder / _PLAN
        write_plan_file(for_twins(real, twins, self._twins.renamed), chosen)
        return str(chosen)

    def migrate(self, plan_file: str | None, *, force: bool) -> TwinAnswer:
        self._say("migrate the twins")
        return self._run(self._request(TwinStage.MIGRATE, plan_file=plan_file, force=force))

    def roll_back(self, run_id: str) -> TwinAnswer | None:
        """Roll back what was migrated, with every loss that a dependent would have accepted by no one."""
        with open_ledger(self._twins.fleet, create=False) as ledger:
            record = ledger.runs.record(run_id)
        migrated = [
            t.domain for t in record.tenants if t.outcome in (OutcomeKind.MIGRATED, OutcomeKind.INCONCLUSIVE)
        ]
        if not migrated:
            return None
        self._say(f"roll {len(migrated)} twins back")
        return self._run(self._request(TwinStage.ROLLBACK, rolled_back=tuple(migrated)))

    def _request(self, stage: TwinStage, **more: object) -> TwinRequest:
        asked = {
            "fleet_file": str(self._twins.fleet_file),
            "simulator": self._twins.url,
            "stage": stage,
            "ahead": self._twins.watch.passed,
        }
        return TwinRequest.model_validate(asked | more)

    def _run(self, request: TwinRequest) -> TwinAnswer:
        answer = self._runner.run(request)
        if answer.error:
            raise RehearsalFailed(f"the rehearsal could not {request.stage} the twins: {answer.error}")
        return answer


def _mark(ledger: Ledger, rehearsal: Rehearsal) -> None:
    """Record the rehearsal with each plan that a twin was migrated by."""
    plans = {
        tenant.plan_checksum: (tenant.domain, tenant.outcome)
        for tenant in rehearsal.tenants
        if tenant.same_plan and tenant.outcome is not None
    }
    if plans:
        ledger.audit.mark_rehearsed(plans, rehearsal.id, operating_system_user(), rehearsal.faults)


def unmarked(rehearsal: Rehearsal) -> Sequence[str]:
    """Return the tenants with a plan that this rehearsal could not rehearse, because the twin's plan is another."""
    return [t.domain for t in rehearsal.tenants if t.plan_checksum and not t.same_plan]
