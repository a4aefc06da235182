"""Exit code, message and report agree about which tenants' users get no messages now."""

from __future__ import annotations

from itertools import product

import pandas as pd

from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.exit_codes import ExitCode, TenantEnding, exit_code, facts
from phonefleet.model.run_record import TenantOutline
from phonefleet.model.verdict_groups import gets_no_messages
from phonefleet.rollout.run_messages import is_locked_out
from reports.summary import _cannot_send

Combination = tuple[Verdict | None, OutcomeKind | None, ReasonCode | None]
ALL: list[Combination] = list(product([None, *Verdict], [None, *OutcomeKind], [None, *ReasonCode]))


def in_report(combinations: list[Combination]) -> int:
    """Return how many of such tenants a report says cannot send."""
    rows = [(verdict, outcome, reason or "") for verdict, outcome, reason in combinations]
    frame = pd.DataFrame(rows, columns=["verdict", "outcome", "outcome_reason"])
    return _cannot_send(frame.astype({"verdict": "category", "outcome": "category", "outcome_reason": "str"}))


def test_a_tenant_that_the_run_says_nothing_of_does_not_count() -> None:
    for reason in (ReasonCode.NOT_SELECTED, ReasonCode.OVERTAKEN):
        assert not gets_no_messages(Verdict.BROKEN, OutcomeKind.HELD, reason)
    assert gets_no_messages(Verdict.BROKEN, OutcomeKind.HELD, ReasonCode.WAVE_STOPPED)
    assert gets_no_messages(Verdict.BROKEN, None, None)
    assert gets_no_messages(Verdict.ELIGIBLE, OutcomeKind.FAILED, ReasonCode.CANNOT_SEND)
    assert not gets_no_messages(Verdict.ELIGIBLE, OutcomeKind.FAILED, None)
    failed = OutcomeKind.FAILED, ReasonCode.TEST_MESSAGE_FAILED
    assert gets_no_messages(Verdict.ALREADY_MIGRATED, *failed)
    assert not gets_no_messages(Verdict.ELIGIBLE, *failed)


def test_all_agree_for_every_combination() -> None:
    for verdict, outcome, reason in ALL:
        silent = gets_no_messages(verdict, outcome, reason)
        for verb in ("assess", "migrate", "rollback", "compliance"):
            found = exit_code(facts(verb, [TenantEnding(outcome, reason, verdict)]))
            assert (found is ExitCode.OUTAGE) == silent, (verb, verdict, outcome, reason)
        tenant = TenantOutline(domain="a", verdict=verdict, outcome=outcome, outcome_reason=reason)
        assert is_locked_out(tenant) == silent, (verdict, outcome, reason)
    silent = [each for each in ALL if gets_no_messages(*each)]
    assert in_report(silent) == len(silent)
    assert in_report([each for each in ALL if not gets_no_messages(*each)]) == 0
