"""The policy of one reason code: what it means, who acts, and what it does to a tenant's outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Actor(StrEnum):
    """Who takes the next step."""

    OPERATOR = "operator"
    """Runs phonefleet and maintains the fleet file."""
    TENANT_OWNER = "tenant_owner"
    AUTH0_SUPPORT = "auth0_support"
    MAINTAINERS = "maintainers"
    """phonefleet's own maintainers."""
    NO_ONE = "no_one"
    """Nothing has to be done."""


class Need(StrEnum):
    """What kind of help a reason takes."""

    SUPPLY = "supply"
    """The operator supplies a secret or a setting."""
    DECIDE = "decide"
    """The tenant's owner decides or approves."""
    REPAIR = "repair"
    """The tenant's configuration must be corrected."""
    ACCESS = "access"
    """phonefleet's own client needs more scopes or other credentials."""
    AUTH0_SUPPORT = "auth0_support"
    INVESTIGATE = "investigate"
    """A person looks at the evidence."""
    RESUME = "resume"
    """Nothing is wrong with the tenant: run again."""


class ReasonEffect(StrEnum):
    """What a reason does to a tenant's verdict or outcome."""

    DESCRIBES = "describes"
    """States what the tenant has. Never keeps it from being migrated."""
    SETTLES = "settles"
    """Nothing is left to do."""
    CONTINUES = "continues"
    """The next migration completes the tenant."""
    RATES_ROLLBACK = "rates_rollback"
    """Explains whether the tenant can be rolled back."""
    BLOCKS = "blocks"
    """The tenant is not migrated before the next step is taken."""
    BREAKS = "breaks"
    """The tenant's messages cannot be sent now."""
    HOLDS = "holds"
    """A run does not start on the tenant, or stops before its first write to it."""
    INCONCLUSIVE = "inconclusive"
    """The result of a write or of a test message is not known."""
    FAILS = "fails"
    """The tenant could not be read or changed."""
    DRIFTS = "drifts"
    """The tenant differs from its last recorded state."""


class ApprovalPlace(StrEnum):
    """Where a person may approve a reason by its name."""

    NOWHERE = "nowhere"
    FLEET_FILE = "fleet_file"
    """In `target.approve` only."""
    FLEET_FILE_OR_PLAN = "fleet_file_or_plan"
    """In `target.approve`, or by approving the plan that the tenant would have."""


@dataclass(frozen=True, slots=True)
class ReasonSpec:
    """The policy of a reason code.

    Attributes:
        meaning: one sentence.
        actor: who takes the next step.
        next_step: one sentence.
        effect: on the tenant's verdict or outcome.
        need: the kind of help it takes; None for a reason that needs none.
        approval: where it may be approved by name.
    """

    meaning: str
    actor: Actor
    next_step: str
    effect: ReasonEffect
    need: Need | None = None
    approval: ApprovalPlace = ApprovalPlace.NOWHERE

    @property
    def only_describes(self) -> bool:
        """Whether it states what a tenant has and has no effect of its own."""
        return self.effect is ReasonEffect.DESCRIBES

    @property
    def may_be_approved(self) -> bool:
        """Whether `target.approve` turns it from a blocker into a warning."""
        return self.approval is not ApprovalPlace.NOWHERE

    @property
    def plan_may_be_approved(self) -> bool:
        """Whether the approval of a tenant's plan covers it."""
        return self.approval is ApprovalPlace.FLEET_FILE_OR_PLAN
