"""What every step handler offers to the engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.model.enums import ReasonCode
from phonefleet.model.plan import Step

Seen = Any
"""What a read says about a step's object now; None when it isn't there. JSON, for the record and for messages."""
Fill = Callable[[Any], Any]
"""A request body with its `{"$secret": …}` references replaced by values; keep it no longer than the request."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a step may not be taken now, or did not do what it should."""

    code: ReasonCode
    message: str


class Handler(ABC):
    """One kind of step.

    A handler holds no state: `seen` is what `look` returned, and everything else stands in the step.
    """

    repeatable = True
    """False when writing twice does harm and a read cannot tell whether it was done (a test message)."""
    undoable = True

    @abstractmethod
    async def look(self, api: ManagementApi, step: Step) -> Seen:
        """Read the step's object."""

    @abstractmethod
    def holds(self, step: Step, seen: Seen) -> bool:
        """True when what the step should bring about is so already."""

    def provable(self, step: Step) -> bool:  # noqa: ARG002
        """False when no read can show the whole of what was written, such as credentials."""
        return True

    def hides(self, step: Step) -> bool:
        """True when part of what is written is shown by no read, even where its object is certain to be ours."""
        return not self.provable(step)

    def objection(self, step: Step, seen: Seen) -> Objection | None:  # noqa: ARG002
        """Why the step must not be taken although it doesn't hold."""
        return None

    @abstractmethod
    async def write(self, api: ManagementApi, step: Step, seen: Seen, fill: Fill) -> None:
        """Make the one write."""

    def failure(self, step: Step, seen: Seen) -> Objection:
        """What to say when the read-back doesn't show what was written."""
        return Objection(
            ReasonCode.STEP_FAILED, f"{step.title}: Auth0 accepted it, but a read shows {seen!r} instead"
        )

    def undone(self, step: Step, seen: Seen) -> bool:
        """True when the step's object is as it was before the step."""
        raise NotImplementedError

    async def undo(self, api: ManagementApi, step: Step, seen: Seen) -> None:
        """Write what `step.before` says."""
        raise NotImplementedError
