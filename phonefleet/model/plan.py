"""Plans: immutable steps with a checksum that an approval refers to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from operator import not_
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from phonefleet.model.assessment import Assessment, Reason
from phonefleet.model.canonical import checksum
from phonefleet.model.enums import SWITCHES, ReasonCode, Reversibility, Route, Verdict
from phonefleet.model.fact import Fact
from phonefleet.model.message_texts import TextChange
from phonefleet.model.steps import Step

FORMAT = 2
"""Version of the plan file; a reader refuses any other."""


_PROSE: Final[dict[str, Any]] = {
    "steps": {"__all__": {"title"}},
    "warnings": {"__all__": {"message"}},
    "verification": {"reasons", "flags"},
}
"""What a plan says to people in sentences. A reworded sentence makes no other plan and voids no approval."""


class Checksummed(BaseModel):
    """Caches what is computed from it, such as its checksum; a changed copy computes its own."""

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy as pydantic does, without the cached values of the original."""
        copied = super().model_copy(update=update, deep=deep)
        for cached in ("checksum", "_by_domain"):
            copied.__dict__.pop(cached, None)
        return copied


class ActionVerification(Fact):
    """The verification of the Action that the plan creates.

    `result` is `verified`, `differs`, `not_verifiable`, `vacuous` or `refused`; `strategy` is `adapter`, `rewrite`,
    `gateway` or `merged`.
    """

    result: str
    strategy: str
    events: int = 0
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class KeptAction(Fact):
    """The Action that a plan keeps to send through: exactly this content."""

    id: str
    name: str
    content: str
    """`phonefleet.model.action_content.content_checksum`."""


class Plan(Checksummed, Fact):
    """Everything that will be written to one tenant, in order.

    `basis` is the checksum of the facts that the plan was made from. Applying it reads the tenant again and refuses
    the plan if a new one would have another checksum.
    """

    domain: str
    route: Route
    basis: str
    steps: tuple[Step, ...]
    reversibility: Reversibility
    breaks: tuple[str, ...] = ()
    """Names (`kind:id`) of what a rollback would break."""
    warnings: tuple[Reason, ...] = ()
    verification: ActionVerification | None = None
    kept: Annotated[KeptAction | None, Field(exclude_if=not_)] = None
    """Set where the tenant's own Action is kept. Not dumped elsewhere."""
    texts: tuple[TextChange, ...] = ()
    """Messages that users will read or hear differently, with both renderings."""

    @cached_property
    def checksum(self) -> str:
        """The SHA-256 of the plan's canonical JSON without its prose; the plan file seals the prose too."""
        return checksum(self.model_dump(mode="json", exclude=_PROSE))


class TenantPlan(Fact):
    """A tenant of the fleet in a plan file: its assessment, its wave, and its plan if it is eligible.

    `proposal` is the plan that a blocked tenant has once the reasons in `awaiting` are approved.
    """

    domain: str
    wave: str
    assessment: Assessment
    plan: Plan | None = None
    proposal: Plan | None = None
    awaiting: tuple[ReasonCode, ...] = ()

    @property
    def checksum_text(self) -> str:
        """What the checksum of the plan file covers of this tenant."""
        if self.plan:
            return self.plan.checksum
        proposal = f" {' '.join(self.awaiting)} {self.proposal.checksum}" if self.proposal else ""
        return f"{self.verdict}{proposal}"

    @property
    def verdict(self) -> Verdict:
        """The assessment's verdict."""
        return self.assessment.verdict


class LedgerState(Fact):
    """A point in the life of a ledger.

    Attributes:
        identity: which ledger.
        generation: grows with every fact.
    """

    identity: str
    generation: int


class FleetPlan(Checksummed):
    """The plan file: every tenant of the fleet exactly once.

    Attributes:
        ledger: the ledger with the run that made the plan, as it was then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    fleet: str
    phonefleet: str
    created_at: str
    ledger: LedgerState
    tenants: tuple[TenantPlan, ...]

    def of(self, domain: str) -> TenantPlan | None:
        """Return a tenant's entry; None if the file does not have the tenant."""
        return self._by_domain.get(domain)

    @cached_property
    def _by_domain(self) -> dict[str, TenantPlan]:
        return {tenant.domain: tenant for tenant in self.tenants}

    @cached_property
    def checksum(self) -> str:
        """The SHA-256 over the tenants' plans: the time and the version that made the file do not change it."""
        return checksum({t.domain: t.checksum_text for t in self.tenants})


def first_switch(plan: Plan) -> int:
    """Return the index of the first switch; the steps before it leave the tenant sending as it does."""
    return next((step.index for step in plan.steps if step.kind in SWITCHES), len(plan.steps))
