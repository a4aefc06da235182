"""Each exit code has one meaning, and the worst fact decides."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.model.enums import OutcomeKind, ReasonCode, RunVerdict, Verdict
from phonefleet.model.exit_codes import (
    EXIT_CODES,
    ExitCode,
    TenantEnding,
    exit_code,
    facts,
    other_facts,
    run_verdict,
    worst,
)

KIND, CODE, V = OutcomeKind, ReasonCode, Verdict
ENDINGS = st.lists(
    st.builds(
        TenantEnding,
        st.none() | st.sampled_from(OutcomeKind),
        st.none() | st.sampled_from(ReasonCode),
        st.none() | st.sampled_from(Verdict),
        st.lists(st.sampled_from(ReasonCode), max_size=2).map(tuple),
    )
)
VERBS = st.sampled_from(["assess", "plan", "migrate", "rollback", "finalize", "compliance", "handover"])
WORSE = [
    ExitCode.DONE,
    ExitCode.UNREAD,
    ExitCode.GATE,
    ExitCode.CHECKS,
    ExitCode.DRIFT,
    ExitCode.ERROR,
    ExitCode.OUTAGE,
    ExitCode.LEDGER,
]


@pytest.mark.parametrize(
    ("verb", "ending", "code"),
    [
        ("migrate", TenantEnding(KIND.MIGRATED, None, V.ELIGIBLE), ExitCode.DONE),
        ("migrate", TenantEnding(KIND.UNCHANGED, None, V.ALREADY_MIGRATED), ExitCode.DONE),
        ("migrate", TenantEnding(KIND.SKIPPED, None, V.NOT_APPLICABLE), ExitCode.DONE),
        ("migrate", TenantEnding(KIND.SKIPPED, None, V.BLOCKED), ExitCode.GATE),
        ("migrate", TenantEnding(KIND.SKIPPED, None, V.CONTACT_SUPPORT), ExitCode.GATE),
        ("migrate", TenantEnding(KIND.SKIPPED, None, V.NOT_AVAILABLE), ExitCode.GATE),
        ("assess", TenantEnding(None, None, V.NOT_AVAILABLE), ExitCode.DONE),
        ("migrate", TenantEnding(KIND.SKIPPED, None, V.BROKEN), ExitCode.OUTAGE),
        ("plan", TenantEnding(None, None, V.ELIGIBLE, (CODE.NOTHING_SENDS,)), ExitCode.OUTAGE),
        ("migrate", TenantEnding(KIND.HELD, None, V.ELIGIBLE, (CODE.NOTHING_SENDS,)), ExitCode.OUTAGE),
        ("migrate", TenantEnding(KIND.MIGRATED, None, V.ELIGIBLE, (CODE.NOTHING_SENDS,)), ExitCode.DONE),
        ("migrate", TenantEnding(KIND.FAILED, CODE.CANNOT_SEND, V.ELIGIBLE), ExitCode.OUTAGE),
        ("migrate", TenantEnding(KIND.ROLLED_BACK, CODE.VERIFICATION_FAILED, V.ELIGIBLE), ExitCode.ERROR),
        ("migrate", TenantEnding(KIND.HELD, CODE.WAVE_STOPPED, V.ELIGIBLE), ExitCode.GATE),
        ("migrate", TenantEnding(KIND.HELD, CODE.NOT_SELECTED, V.BLOCKED), ExitCode.DONE),
        ("migrate", TenantEnding(KIND.HELD, CODE.NOT_SELECTED, V.BROKEN), ExitCode.DONE),
        ("migrate", TenantEnding(KIND.INCONCLUSIVE, None, V.ELIGIBLE), ExitCode.GATE),
        ("migrate", TenantEnding(KIND.FAILED, None, V.ELIGIBLE), ExitCode.ERROR),
        ("migrate", TenantEnding(KIND.ROLLED_BACK, None, V.ELIGIBLE), ExitCode.ERROR),
        ("rollback", TenantEnding(KIND.ROLLED_BACK), ExitCode.DONE),
        ("rollback", TenantEnding(KIND.ROLLED_BACK, None, V.BLOCKED), ExitCode.DONE),
        ("rollback", TenantEnding(KIND.ROLLED_BACK, None, V.BROKEN), ExitCode.OUTAGE),
        ("rollback", TenantEnding(KIND.UNCHANGED, None, V.BROKEN), ExitCode.OUTAGE),
        ("rollback", TenantEnding(KIND.HELD, CODE.ROLLBACK_BREAKS), ExitCode.GATE),
        ("finalize", TenantEnding(KIND.FINALIZED), ExitCode.DONE),
        ("compliance", TenantEnding(KIND.DRIFTED, None, V.ALREADY_MIGRATED), ExitCode.DRIFT),
        ("compliance", TenantEnding(KIND.DRIFTED, None, V.BROKEN), ExitCode.OUTAGE),
        ("compliance", TenantEnding(KIND.UNCHANGED, None, V.BLOCKED), ExitCode.DONE),
        (
            "compliance",
            TenantEnding(KIND.INCONCLUSIVE, CODE.INVALID_CLIENT, V.UNREACHABLE, (CODE.INVALID_CLIENT,)),
            ExitCode.UNREAD,
        ),
        (
            "compliance",
            TenantEnding(KIND.INCONCLUSIVE, CODE.INTERRUPTED, V.UNREACHABLE, (CODE.UNREACHABLE,)),
            ExitCode.GATE,
        ),
        ("plan", TenantEnding(None, None, V.UNREACHABLE, (CODE.CREDENTIALS_REJECTED,)), ExitCode.UNREAD),
        ("assess", TenantEnding(None, None, V.UNREACHABLE, (CODE.INTERNAL_ERROR,)), ExitCode.ERROR),
        ("assess", TenantEnding(None, None, V.BROKEN), ExitCode.OUTAGE),
        ("assess", TenantEnding(), ExitCode.ERROR),
        ("assess", TenantEnding(None, None, V.ELIGIBLE), ExitCode.DONE),
    ],
)
def test_exit_code_of_one_tenant(verb: str, ending: TenantEnding, code: ExitCode) -> None:
    assert exit_code(facts(verb, [ending])) is code


def test_an_unread_tenant_never_hides_drift() -> None:
    drifted = TenantEnding(KIND.DRIFTED, CODE.DRIFT_FOUND, V.ALREADY_MIGRATED)
    unread = TenantEnding(KIND.INCONCLUSIVE, CODE.UNREACHABLE, V.UNREACHABLE, (CODE.UNREACHABLE,))
    found = facts("compliance", [drifted, unread, unread])
    assert exit_code(found) is ExitCode.DRIFT
    assert other_facts(found, ExitCode.DRIFT) == ["2 could not be read"]


@given(st.integers(0, 20), st.integers(0, 20), st.sampled_from(ExitCode))
def test_only_unread_tenants_are_ever_allowed(unread: int, allowed: int, other: ExitCode) -> None:
    """The allowance hides unread tenants up to its number, and never another fact."""
    found = Counter({other: 1}) + Counter({ExitCode.UNREAD: unread})
    without = Counter({code: count for code, count in found.items() if code is not ExitCode.UNREAD})
    is_allowed = found[ExitCode.UNREAD] <= allowed
    assert exit_code(found, unread_allowed=allowed) is exit_code(without if is_allowed else found)


@given(VERBS, ENDINGS, st.randoms())
def test_exit_code_is_the_worst_in_any_order(
    verb: str, endings: list[TenantEnding], shuffled: random.Random
) -> None:
    alone = [exit_code(facts(verb, [ending])) for ending in endings]
    expected = max(alone, key=WORSE.index, default=ExitCode.DONE)
    shuffled.shuffle(endings)
    found = facts(verb, endings)
    assert exit_code(found) is expected
    assert worst(alone) is expected
    # Nothing is hidden: every other fact is named beside the one that decided.
    assert len(other_facts(found, expected)) == len({*alone} - {expected, ExitCode.DONE})


@given(VERBS, ENDINGS)
def test_tenants_not_selected_never_count(verb: str, endings: list[TenantEnding]) -> None:
    out = [TenantEnding(e.outcome, CODE.NOT_SELECTED, e.verdict, e.reasons) for e in endings]
    assert exit_code(facts(verb, out)) is ExitCode.DONE


def test_each_exit_code_has_one_verdict() -> None:
    """What a run did is changed neither by its report nor by a damaged ledger."""
    assert set(EXIT_CODES) == set(ExitCode)
    assert len({spec.meaning for spec in EXIT_CODES.values()}) == len(ExitCode)
    of_no_run = (ExitCode.CHECKS, ExitCode.LEDGER)
    verdicts = [run_verdict(code) for code in ExitCode if code not in of_no_run]
    assert sorted(verdicts) == sorted(RunVerdict)
    for code in of_no_run:
        with pytest.raises(ValueError, match=f"exit code {int(code)} is not a run's"):
            run_verdict(code)
    assert int(ExitCode.LEDGER) == 7
