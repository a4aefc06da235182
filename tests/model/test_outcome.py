"""Outcomes of errors, and exit codes of outcomes."""

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
from phonefleet.model.outcome import ExitCode, exit_code, outcome_of_error, outcome_without_plan, run_verdict

D = "acme.eu.auth0.com"
KIND, CODE = OutcomeKind, ReasonCode
Row = tuple[OutcomeKind | None, ReasonCode | None, Verdict | None]
ROWS = st.lists(
    st.tuples(
        st.none() | st.sampled_from(OutcomeKind),
        st.none() | st.sampled_from(ReasonCode),
        st.none() | st.sampled_from(Verdict),
    )
)
WORSE = (ExitCode.DONE, ExitCode.DRIFT, ExitCode.GATE, ExitCode.ERROR)


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


@pytest.mark.parametrize(
    ("verb", "row", "code"),
    [
        ("migrate", (KIND.MIGRATED, None, Verdict.ELIGIBLE), ExitCode.DONE),
        ("migrate", (KIND.UNCHANGED, None, Verdict.ALREADY_MIGRATED), ExitCode.DONE),
        ("migrate", (KIND.SKIPPED, None, Verdict.NOT_APPLICABLE), ExitCode.DONE),
        ("migrate", (KIND.SKIPPED, None, Verdict.BLOCKED), ExitCode.GATE),
        ("migrate", (KIND.SKIPPED, None, Verdict.CONTACT_SUPPORT), ExitCode.GATE),
        ("migrate", (KIND.SKIPPED, None, Verdict.NOT_AVAILABLE), ExitCode.GATE),
        ("assess", (None, None, Verdict.NOT_AVAILABLE), ExitCode.DONE),
        ("migrate", (KIND.SKIPPED, None, Verdict.BROKEN), ExitCode.GATE),
        ("migrate", (KIND.HELD, CODE.WAVE_STOPPED, Verdict.ELIGIBLE), ExitCode.GATE),
        ("migrate", (KIND.HELD, CODE.NOT_SELECTED, Verdict.BLOCKED), ExitCode.DONE),
        ("migrate", (KIND.INCONCLUSIVE, None, Verdict.ELIGIBLE), ExitCode.GATE),
        ("migrate", (KIND.FAILED, None, Verdict.ELIGIBLE), ExitCode.ERROR),
        ("migrate", (KIND.ROLLED_BACK, None, Verdict.ELIGIBLE), ExitCode.ERROR),
        ("rollback", (KIND.ROLLED_BACK, None, None), ExitCode.DONE),
        ("rollback", (KIND.ROLLED_BACK, None, Verdict.BLOCKED), ExitCode.DONE),
        ("rollback", (KIND.UNCHANGED, None, Verdict.BROKEN), ExitCode.GATE),
        ("rollback", (KIND.HELD, CODE.ROLLBACK_BREAKS, None), ExitCode.GATE),
        ("finalize", (KIND.FINALIZED, None, None), ExitCode.DONE),
        ("compliance", (KIND.DRIFTED, None, Verdict.ALREADY_MIGRATED), ExitCode.DRIFT),
        ("compliance", (KIND.UNCHANGED, None, Verdict.BLOCKED), ExitCode.DONE),
        ("compliance", (KIND.UNCHANGED, None, Verdict.UNREACHABLE), ExitCode.GATE),
        ("assess", (None, None, Verdict.UNREACHABLE), ExitCode.GATE),
        ("assess", (None, None, Verdict.ELIGIBLE), ExitCode.DONE),
    ],
)
def test_exit_code_of_one_tenant(verb: str, row: Row, code: ExitCode) -> None:
    assert exit_code(verb, [row]) is code


VERBS = st.sampled_from(["assess", "plan", "migrate", "rollback", "finalize", "compliance"])


@given(VERBS, ROWS, st.randoms())
def test_exit_code_is_the_worst_in_any_order(verb: str, rows: list[Row], random: object) -> None:
    alone = [exit_code(verb, [row]) for row in rows]
    worst = max(alone, key=WORSE.index, default=ExitCode.DONE)
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert exit_code(verb, rows) is worst


@given(VERBS, ROWS)
def test_tenants_not_selected_never_count(verb: str, rows: list[Row]) -> None:
    out = [(kind, CODE.NOT_SELECTED, verdict) for kind, _, verdict in rows]
    assert exit_code(verb, out) is ExitCode.DONE


def test_each_exit_code_has_its_word() -> None:
    words = {code: run_verdict(code) for code in ExitCode}
    assert words == {
        ExitCode.DONE: "complete",
        ExitCode.DRIFT: "drift",
        ExitCode.ERROR: "failed",
        ExitCode.GATE: "stopped",
    }
