"""Outcomes of errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.errors import (
    ApiRefused,
    CredentialsRejected,
    InsufficientScope,
    LeaseHeld,
    LedgerError,
    PhonefleetError,
    PlanRefused,
    StepFailed,
    TenantError,
    Unreachable,
)
from phonefleet.model.assessment import Assessment, Reason
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.outcome import outcome_of_error, outcome_without_plan

D = "acme.eu.auth0.com"
KIND, CODE = OutcomeKind, ReasonCode


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (LeaseHeld("held"), KIND.HELD, CODE.LEASED_ELSEWHERE),
        (PlanRefused("changed"), KIND.HELD, CODE.PLAN_CHANGED),
        (Unreachable(D, "gone"), KIND.FAILED, CODE.UNREACHABLE),
        (CredentialsRejected(D, "no"), KIND.FAILED, CODE.CREDENTIALS_REJECTED),
        (InsufficientScope(D, "no", scopes=("a",)), KIND.FAILED, CODE.INSUFFICIENT_SCOPE),
        (ApiRefused(D, "no", status=409), KIND.FAILED, CODE.API_REFUSED),
        (StepFailed(D, "switch_not_effective", "no"), KIND.FAILED, CODE.SWITCH_NOT_EFFECTIVE),
        (StepFailed(D, "test_result_unknown", "no"), KIND.INCONCLUSIVE, CODE.TEST_RESULT_UNKNOWN),
        (StepFailed(D, "no_delivery_evidence", "no"), KIND.INCONCLUSIVE, CODE.NO_DELIVERY_EVIDENCE),
        (StepFailed(D, "rollback_breaks", "no"), KIND.HELD, CODE.ROLLBACK_BREAKS),
        (StepFailed(D, "finalize_not_accepted", "no"), KIND.HELD, CODE.FINALIZE_NOT_ACCEPTED),
        (StepFailed(D, "soaking", "no"), KIND.HELD, CODE.SOAKING),
        (TenantError(D, "its secret leads to no value"), KIND.FAILED, CODE.INTERNAL_ERROR),
        (LedgerError("disk full"), KIND.FAILED, CODE.INTERNAL_ERROR),
        (PhonefleetError("other"), KIND.FAILED, CODE.INTERNAL_ERROR),
    ],
)
def test_outcome_of_error(error: PhonefleetError, kind: OutcomeKind, reason: ReasonCode) -> None:
    ending = outcome_of_error(error)
    assert (ending.kind, ending.reason, ending.message) == (kind, reason, str(error))


@given(st.sampled_from(ReasonCode), st.text())
def test_a_failed_step_keeps_its_reason(code: ReasonCode, message: str) -> None:
    ending = outcome_of_error(StepFailed(D, code, message))
    assert ending.reason is code
    assert ending.kind in (KIND.FAILED, KIND.INCONCLUSIVE, KIND.HELD)


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.ELIGIBLE])
def test_outcome_without_plan_has_the_first_reason(verdict: Verdict) -> None:
    reason = Reason(code=CODE.HALF_DONE, message="half done")
    ending = outcome_without_plan(Assessment(domain=D, verdict=verdict, reasons=(reason,)))
    assert ending.reason is CODE.HALF_DONE
    if verdict is Verdict.ALREADY_MIGRATED:
        assert (ending.kind, ending.message) == (KIND.UNCHANGED, "half done")
    else:
        assert (ending.kind, ending.message) == (KIND.SKIPPED, f"{verdict}: half done")
    assert outcome_without_plan(Assessment(domain=D, verdict=verdict)).reason is None
