"""What the process that migrates the twins is asked for, and what it answers."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class TwinStage(StrEnum):
    """A run over the twins."""

    PLAN = "plan"
    MIGRATE = "migrate"
    ROLLBACK = "rollback"


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TwinRequest(_Message):
    """What to run.

    Attributes:
        fleet_file: the fleet file of the twins.
        simulator: the simulator's address.
        stage: which run.
        plan_out: where the plan of the twins goes.
        plan_file: the plan to migrate by; None for whatever is eligible.
        force: let `rollout.max_change` be exceeded.
        rolled_back: the tenants to roll back.
        ahead: by how many seconds the clock is ahead already.
    """

    fleet_file: str
    simulator: str
    stage: TwinStage
    plan_out: str = "plan.json"
    plan_file: str | None = None
    force: bool = False
    rolled_back: tuple[str, ...] = ()
    ahead: float = 0.0


class TwinAnswer(_Message):
    """How the stage ended: with a run and its exit code, or with an error before one began.

    Attributes:
        refused_hosts: the other machines that something tried to reach, which must be none.
    """

    run_id: str = ""
    code: int = 0
    error: str = ""
    refused_hosts: tuple[str, ...] = ()
