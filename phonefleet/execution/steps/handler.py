"""The interface of every step handler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.execution.retry_policy import RetryPolicy
from phonefleet.model.enums import ReasonCode
from phonefleet.model.step_payloads import SecretReference
from phonefleet.model.steps import BaseStep

PlannedStep = TypeVar("PlannedStep", bound=BaseStep)
Observed = TypeVar("Observed")
"""What a read shows of the step's object; None if the object does not exist."""
SecretResolver = Callable[[SecretReference], str]
"""Looks a secret's value up for a request; do not keep it longer than the request."""


@dataclass(frozen=True, slots=True)
class StepProblem:
    """Why a step must not be taken now, or did not have its effect."""

    code: ReasonCode
    message: str


def provider_missing(step_name: str) -> StepProblem:
    """Describe that the provider disappeared between the plan and a step that needs it."""
    return StepProblem(
        ReasonCode.PROVIDER_VANISHED,
        f"the tenant-level provider is gone, so {step_name} was not attempted: find out who removed it, then plan "
        "again",
    )


class Handler(ABC, Generic[PlannedStep, Observed]):
    """Handle one step of a plan on one object of a tenant.

    The order of steps, the ledger and the leases are the executor's business. A handler keeps nothing but its step;
    `observed` is what `read` returned.
    """

    is_idempotent = True
    """False if writing twice does harm and no read shows whether it was done (a test message)."""

    def __init__(self, step: PlannedStep) -> None:
        self.step = step

    @property
    def is_revertible(self) -> bool:
        """False if a rollback leaves what the step wrote as it is."""
        return True

    @property
    def is_verifiable(self) -> bool:
        """False if no read can show all of what is written, such as credentials."""
        return True

    @property
    def has_write_only_fields(self) -> bool:
        """True if no read shows some part of what is written, even of an object that phonefleet created."""
        return not self.is_verifiable

    def is_unshown(self, before: Observed) -> bool:
        """Whether no read can show that a write arrived.

        Args:
            before: the object before the write; if it shows all that a read can show, nothing visible changes.
        """
        return not self.is_verifiable or (self.has_write_only_fields and self.is_applied(before))

    @abstractmethod
    async def read(self, api: ManagementApi) -> Observed:
        """Read the step's object."""

    @abstractmethod
    def is_applied(self, observed: Observed) -> bool:
        """Whether the object is as the step should leave it."""

    def precondition_failure(self, observed: Observed) -> StepProblem | None:  # noqa: ARG002
        """Return why the step must not be taken although it is not applied."""
        return None

    async def wait_until_writable(self, api: ManagementApi, policy: RetryPolicy) -> StepProblem | None:  # noqa: ARG002
        """Wait for what Auth0 must have done before it accepts the write; return why that is not done in time."""
        return None

    @abstractmethod
    async def write(self, api: ManagementApi, observed: Observed, resolve: SecretResolver) -> None:
        """Make the one write."""

    def no_effect(self, observed: Observed) -> StepProblem:
        """Describe that Auth0 accepted the write and a read does not show it."""
        return StepProblem(
            ReasonCode.STEP_FAILED,
            f"{self.step.title}: Auth0 accepted it, but a read shows {observed!r} instead",
        )

    def is_reverted(self, observed: Observed) -> bool:
        """Whether the object is as it was before the step."""
        raise NotImplementedError

    async def revert(self, api: ManagementApi, observed: Observed) -> None:
        """Write what was there before the step."""
        raise NotImplementedError
