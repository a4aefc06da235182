"""How errors become outcomes and outcomes an exit code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.assessment import Assessment, Reason
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
from phonefleet.verdicts import ExitCode, ending_of, ending_without_plan, exit_code, verdict_word
from phonefleet.vocabulary import OutcomeKind, ReasonCode, Verdict

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
WORSE = (ExitCode.done, ExitCode.drift, ExitCode.gate, ExitCode.error)


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (LeaseHeld("held"), KIND.held, CODE.leased_elsewhere),
        (PlanRefused("changed"), KIND.failed, CODE.plan_changed),
        (Unreachable(D, "gone"), KIND.failed, CODE.unreachable),
        (CredentialsRejected(D, "no"), KIND.failed, CODE.credentials_rejected),
        (InsufficientScope(D, "no", scopes=("a",)), KIND.failed, CODE.insufficient_scope),
        (ApiRefused(D, "no", status=409), KIND.failed, CODE.api_refused),
        (StepFailed(D, "switch_not_effective", "no"), KIND.failed, CODE.switch_not_effective),
        (StepFailed(D, "test_fate_unknown", "no"), KIND.inconclusive, CODE.test_fate_unknown),
        (StepFailed(D, "no_delivery_evidence", "no"), KIND.inconclusive, CODE.no_delivery_evidence),
        (TenantError(D, "its secret leads to no value"), KIND.failed, CODE.internal_error),
        (LedgerError("disk full"), KIND.failed, CODE.internal_error),
        (PhonefleetError("other"), KIND.failed, CODE.internal_error),
    ],
)
def test_an_error_becomes_this_outcome(error: PhonefleetError, kind: OutcomeKind, reason: ReasonCode) -> None:
    ending = ending_of(error)
    assert (ending.kind, ending.reason, ending.message) == (kind, reason, str(error))


@given(st.sampled_from(ReasonCode), st.text())
def test_every_failed_step_has_an_outcome_with_its_own_reason(code: ReasonCode, message: str) -> None:
    ending = ending_of(StepFailed(D, code, message))
    assert ending.reason is code
    assert ending.kind in (KIND.failed, KIND.inconclusive)


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.eligible])
def test_a_tenant_without_a_plan_is_unchanged_or_skipped_with_its_first_reason(verdict: Verdict) -> None:
    reason = Reason(code=CODE.half_done, message="half done")
    ending = ending_without_plan(Assessment(domain=D, verdict=verdict, reasons=(reason,)))
    assert ending.reason is CODE.half_done
    if verdict is Verdict.already_migrated:
        assert (ending.kind, ending.message) == (KIND.unchanged, "half done")
    else:
        assert (ending.kind, ending.message) == (KIND.skipped, f"{verdict}: half done")
    assert ending_without_plan(Assessment(domain=D, verdict=verdict)).reason is None


@pytest.mark.parametrize(
    ("verb", "row", "code"),
    [
        ("migrate", (KIND.migrated, None, Verdict.eligible), ExitCode.done),
        ("migrate", (KIND.unchanged, None, Verdict.already_migrated), ExitCode.done),
        ("migrate", (KIND.skipped, None, Verdict.not_applicable), ExitCode.done),
        ("migrate", (KIND.skipped, None, Verdict.blocked), ExitCode.gate),
        ("migrate", (KIND.skipped, None, Verdict.contact_support), ExitCode.gate),
        ("migrate", (KIND.skipped, None, Verdict.broken), ExitCode.gate),
        ("migrate", (KIND.held, CODE.wave_stopped, Verdict.eligible), ExitCode.gate),
        ("migrate", (KIND.held, CODE.not_selected, Verdict.blocked), ExitCode.done),
        ("migrate", (KIND.inconclusive, None, Verdict.eligible), ExitCode.gate),
        ("migrate", (KIND.failed, None, Verdict.eligible), ExitCode.error),
        ("migrate", (KIND.rolled_back, None, Verdict.eligible), ExitCode.error),
        ("rollback", (KIND.rolled_back, None, None), ExitCode.done),
        ("rollback", (KIND.rolled_back, None, Verdict.blocked), ExitCode.done),
        ("rollback", (KIND.unchanged, None, Verdict.broken), ExitCode.gate),
        ("finalize", (KIND.finalized, None, None), ExitCode.done),
        ("compliance", (KIND.drifted, None, Verdict.already_migrated), ExitCode.drift),
        ("compliance", (KIND.unchanged, None, Verdict.blocked), ExitCode.done),
        ("compliance", (KIND.unchanged, None, Verdict.unreachable), ExitCode.gate),
        ("assess", (None, None, Verdict.unreachable), ExitCode.gate),
        ("assess", (None, None, Verdict.eligible), ExitCode.done),
    ],
)
def test_one_tenant_leads_to_this_exit_code(verb: str, row: Row, code: ExitCode) -> None:
    assert exit_code(verb, [row]) is code


VERBS = st.sampled_from(["assess", "plan", "migrate", "rollback", "finalize", "compliance"])


@given(VERBS, ROWS, st.randoms())
def test_the_exit_code_is_the_worst_tenants_in_whatever_order(
    verb: str, rows: list[Row], random: object
) -> None:
    alone = [exit_code(verb, [row]) for row in rows]
    worst = max(alone, key=WORSE.index, default=ExitCode.done)
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert exit_code(verb, rows) is worst


@given(VERBS, ROWS)
def test_tenants_that_the_operator_left_out_never_count(verb: str, rows: list[Row]) -> None:
    out = [(kind, CODE.not_selected, verdict) for kind, _, verdict in rows]
    assert exit_code(verb, out) is ExitCode.done


def test_each_exit_code_has_its_word() -> None:
    words = {code: verdict_word(code) for code in ExitCode}
    assert words == {
        ExitCode.done: "complete",
        ExitCode.drift: "drift",
        ExitCode.error: "failed",
        ExitCode.gate: "stopped",
    }
