"""A test message whose answer was lost: the result by the tenant's logs, and the error if they do not show it."""

from __future__ import annotations

from phonefleet.delivery.lost_answer import SendOutcome
from phonefleet.errors import StepFailed
from phonefleet.model.enums import ReasonCode
from phonefleet.model.run_record import StepResult
from phonefleet.model.steps import SendTestStep

RESULTS = {
    SendOutcome.TAKEN: StepResult.DONE,
    SendOutcome.NEVER_ARRIVED: StepResult.NOT_APPLIED,
    SendOutcome.UNKNOWN: StepResult.UNKNOWN,
}
EXPLANATIONS = {
    SendOutcome.TAKEN: "the tenant's log shows that it was taken",
    SendOutcome.NEVER_ARRIVED: "the tenant's log shows later writes and not this one: it never arrived",
    SendOutcome.UNKNOWN: "the tenant's log does not show it",
}


def unknown_send_outcome(domain: str, step: SendTestStep) -> StepFailed:
    """Make the error for a test message that may or may not have been sent."""
    return StepFailed(
        domain,
        ReasonCode.TEST_RESULT_UNKNOWN,
        f"whether the test message by {step.after.delivery_method} was sent is not known, so it is not sent again: "
        "look at the phone, then repeat with --resend-tests",
    )
