"""Plans: immutable steps with a checksum that approvals are bound to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, JsonValue
from typing_extensions import override

from phonefleet.model.assessment import Assessment, Reason
from phonefleet.model.canonical import checksum
from phonefleet.model.enums import ReasonCode, Reversibility, Route, StepKind, Verdict
from phonefleet.model.snapshot import Fact

FORMAT = 1
"""Version of the plan file; a reader refuses any other."""


class Sealed(BaseModel):
    """Keeps what is computed of it, such as its checksum; a changed copy computes its own."""

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's, without what was computed of what it was copied from."""
        copied = super().model_copy(update=update, deep=deep)
        for kept in ("checksum", "_by_domain"):
            copied.__dict__.pop(kept, None)
        return copied


class Step(Fact):
    """One write, described before it is made.

    `before` and `after` are redacted JSON; a secret stands in `after` as `{"$secret": "env:NAME"}` and becomes
    a value only in the request. `key` names the step uniquely within its plan, for example `template:otp_verify`.
    """

    index: int
    kind: StepKind
    key: str
    title: str
    before: JsonValue = None
    after: JsonValue = None

    @property
    def target(self) -> str:
        """What of the tenant the step changes: a template's type, a connection's id, a delivery method."""
        return self.subject

    @property
    def subject(self) -> str:
        """What the key names after its colon: a template's type, a connection's id, a delivery method."""
        return self.key.partition(":")[2]


class ActionVerification(Fact):
    """What is known about an Action that the plan creates.

    `result` is the verifier's word (`verified`, `differs`, `not_verifiable`, `vacuous`, `refused`), `strategy` is
    `adapter`, `rewrite`, `gateway` or `merged`.
    """

    result: str
    strategy: str
    events: int = 0
    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Plan(Sealed, Fact):
    """Everything that will be written to one tenant, in order.

    `basis` is the checksum of the facts it was made from; applying re-reads the tenant and refuses the plan
    when its checksum would differ now.
    """

    domain: str
    route: Route
    basis: str
    steps: tuple[Step, ...]
    reversibility: Reversibility
    breaks: tuple[str, ...] = ()
    """What a rollback would break, one name each."""
    warnings: tuple[Reason, ...] = ()
    verification: ActionVerification | None = None

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the plan's canonical JSON."""
        return checksum(self.model_dump(mode="json"))


class TenantPlan(Fact):
    """A tenant of the fleet in a plan file: its assessment, its wave, and its plan where it is eligible.

    `proposal` is the plan of a blocked tenant once the reasons in `awaiting` are approved, none before.
    """

    domain: str
    wave: str
    assessment: Assessment
    plan: Plan | None = None
    proposal: Plan | None = None
    awaiting: tuple[ReasonCode, ...] = ()

    @property
    def sealed(self) -> str:
        """What of it the file's checksum is of."""
        if self.plan:
            return self.plan.checksum
        asked = f" {' '.join(self.awaiting)} {self.proposal.checksum}" if self.proposal else ""
        return f"{self.verdict}{asked}"

    @property
    def verdict(self) -> Verdict:
        """The assessment's verdict."""
        return self.assessment.verdict


class FleetPlan(Sealed):
    """The plan file: every tenant of the fleet exactly once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    fleet: str
    phonefleet: str
    created_at: str
    tenants: tuple[TenantPlan, ...]

    def of(self, domain: str) -> TenantPlan | None:
        """What it says of a tenant, None when it doesn't know it."""
        return self._by_domain.get(domain)

    @cached_property
    def _by_domain(self) -> dict[str, TenantPlan]:
        return {tenant.domain: tenant for tenant in self.tenants}

    @cached_property
    def checksum(self) -> str:
        """SHA-256 over the tenants' plans only: unchanged by when or by which version it was made."""
        return checksum({t.domain: t.sealed for t in self.tenants})
