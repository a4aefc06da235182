"""What a report shows of the Action on `custom-phone-provider` that a tenant already has, without secrets."""

from __future__ import annotations

from enum import StrEnum

from phonefleet.model.fact import ActionContent, Fact


class ActionStage(StrEnum):
    """Whether an Action runs, and whether its draft is what runs."""

    DRAFT = "draft"
    """Never deployed."""
    DEPLOYED = "deployed"
    NEWER_DRAFT = "deployed_with_newer_draft"


class ActionOrigin(StrEnum):
    """What is known of an Action before it is run."""

    DEPLOYED_HERE = "deployed_here"
    """The ledger has a plan that wrote exactly this code."""
    KEPT_HERE = "kept_here"
    """The ledger has a plan that kept exactly this code."""
    FOREIGN = "foreign"


class ExaminationResult(StrEnum):
    """What the runs show of all kinds of message that the tenant's users need."""

    SENDS = "sends"
    UNKNOWN = "unknown"
    """The runs do not show it of each of them."""
    FAILS = "fails"
    """At least one of them is not sent."""
    NOT_RUN = "not_run"
    """Nothing is deployed, or the ledger has a plan that deployed exactly this code."""


class NeedReport(Fact):
    """What the Action does with one kind of message: `otp_verify by text`, `sends`, on how many events, and why."""

    need: str
    handling: str
    events: int
    detail: str = ""


class CustomActionReport(Fact):
    """The Action, and what it does with each kind of message that the tenant needs.

    Attributes:
        content: what is deployed; of an Action that was never deployed, its draft.
        draft: the newer draft, if its content is another one.
        decision: `adopt`, `keep` or `refuse` of the target; empty where nothing is to be decided.
        needs: empty where the Action was not run, because what it does is known otherwise or nothing is deployed.
    """

    id: str
    name: str
    stage: ActionStage
    origin: ActionOrigin
    content: ActionContent
    draft: ActionContent | None = None
    decision: str = ""
    needs: tuple[NeedReport, ...] = ()

    @property
    def result(self) -> ExaminationResult:
        """The worst of what it does with all kinds of message."""
        handlings = {need.handling for need in self.needs}
        if not handlings:
            return ExaminationResult.NOT_RUN
        if handlings - {ExaminationResult.SENDS, ExaminationResult.UNKNOWN}:
            return ExaminationResult.FAILS
        unknown = ExaminationResult.UNKNOWN in handlings
        return ExaminationResult.UNKNOWN if unknown else ExaminationResult.SENDS
