"""The status and the sentences of a run's summary."""

import json

import pytest

from phonefleet.model.enums import OutcomeKind, RunVerdict
from phonefleet.model.run_record import RunRecord
from reports.build import build
from reports.expectations import ExpectationsResult, Failure
from reports.status import Status
from reports.summary import Decision, Summary, as_json, asked, summarize
from tests.reports.record_factory import make_record

PASSED = ExpectationsResult(success=True, failures=())
BROKEN = ExpectationsResult(
    success=False,
    failures=(Failure("migrated_was_tested", "tenants", "It was tested.", 2, ("domain=a", "domain=b")),),
)
RECORD = make_record(120, seed=3)
WATCHED = make_record(60, seed=3, verb="compliance")


def only(record: RunRecord, *outcomes: OutcomeKind, **changes: object) -> RunRecord:
    kept = tuple(tenant for tenant in record.tenants if tenant.outcome in outcomes)
    return record.model_copy(update={"tenants": kept, "verdict": RunVerdict.COMPLETE, **changes})


def summary(record: RunRecord, expectations: ExpectationsResult = PASSED) -> Summary:
    return summarize(build(record), expectations)


@pytest.mark.parametrize(
    ("record", "expectations", "status", "words"),
    [
        (RECORD, PASSED, Status.RED, "of 120 tenants cannot send; "),
        (only(RECORD, OutcomeKind.MIGRATED, OutcomeKind.FAILED), PASSED, Status.RED, " tenants failed."),
        (
            only(RECORD, OutcomeKind.MIGRATED, OutcomeKind.UNCHANGED),
            PASSED,
            Status.GREEN,
            "are done or need nothing.",
        ),
        (only(RECORD, OutcomeKind.MIGRATED), BROKEN, Status.RED, "not reliable: 1 check failed."),
        (only(RECORD, OutcomeKind.MIGRATED, ended_at=None), PASSED, Status.RED, "The run did not end"),
        (only(RECORD, OutcomeKind.MIGRATED, OutcomeKind.HELD), PASSED, Status.AMBER, " are left."),
        (only(RECORD, OutcomeKind.MIGRATED, verdict=RunVerdict.FAILED), PASSED, Status.RED, "The run failed"),
        (WATCHED, PASSED, Status.RED, "2 of 60 tenants cannot send; 7 drifted."),
        (WATCHED, BROKEN, Status.RED, "not reliable"),
    ],
    ids=[
        "cannot send",
        "failed",
        "settled",
        "untrusted",
        "unended",
        "held",
        "run failed",
        "drifted",
        "drift untrusted",
    ],
)
def test_the_verdict_in_words_and_color(
    record: RunRecord, expectations: ExpectationsResult, status: Status, words: str
) -> None:
    """Red, amber and green come with a sentence that says why."""
    shown = summary(record, expectations)
    assert shown.status is status
    assert words in shown.headline


def test_totals_add_up() -> None:
    """Outcomes and verdicts each count every tenant once; waves do as well."""
    shown = summary(RECORD)
    assert sum(shown.outcomes.values()) + shown.undecided == shown.tenants == 120
    assert sum(shown.verdicts.values()) + shown.unassessed == shown.tenants
    assert sum(wave.tenants for wave in shown.waves) == shown.tenants
    assert all(wave.settled + wave.failed + wave.open == wave.tenants for wave in shown.waves)
    assert sum(wave.changed for wave in shown.waves) == shown.outcomes["migrated"]


def test_a_waves_light_tells_planned_against_actual() -> None:
    """A failure or a stop is red, all settled is green; planned counts the batches' tenants."""
    shown = {wave.wave: wave for wave in summary(RECORD).waves}
    for name, wave in shown.items():
        inside = [tenant for tenant in RECORD.tenants if tenant.wave == name]
        failed = sum(tenant.outcome is OutcomeKind.FAILED for tenant in inside)
        assert wave.planned == sum(batch.planned for batch in RECORD.waves if batch.wave == name)
        assert wave.failed == failed
        assert (wave.status is Status.RED) == bool(failed)
    settled = summary(only(RECORD, OutcomeKind.MIGRATED, OutcomeKind.UNCHANGED))
    assert {wave.status for wave in settled.waves} == {Status.GREEN}


def test_waves_count_tenants_with_a_plan() -> None:
    """Before a migration, planned is what the plan would change."""
    record = make_record(60, verb="plan")
    planned = sum(wave.planned for wave in summary(record).waves)
    assert planned == sum(tenant.plan is not None for tenant in record.tenants) > 0


def test_decisions_name_whom_to_ask() -> None:
    """Each decision appears once for all owners, repairs first, and its tenants add up."""
    frames = build(RECORD)
    decisions = summarize(frames, PASSED).decisions
    assert [one.need for one in decisions] == sorted(
        (one.need for one in decisions), key=["repair", "decide", "auth0_support"].index
    )
    for decision in decisions:
        rows = frames.blocked[frames.blocked["code"] == decision.code]
        assert decision.tenants == rows["tenants"].sum()
    several = Decision("c", "decide", "Do.", 9, ("a", "b", "c", "d", "e"), 4)
    assert asked(several) == "Ask a, b, c and 2 more; 4 tenants have no owner named."
    assert asked(Decision("c", "decide", "Do.", 1, (), 1)) == "1 tenant has no owner named."


def test_a_comparison_does_not_call_a_fleet_done() -> None:
    """Tenants that are as recorded are in sync, also where they are not migrated."""
    eligible = next(t for t in RECORD.tenants if t.assessment and t.assessment.verdict == "eligible")
    same = {"outcome": OutcomeKind.UNCHANGED, "outcome_reason": None, "outcome_message": ""}
    tenants = tuple(
        eligible.model_copy(update={"domain": name, **same}) for name in ("a.example", "b.example")
    )
    run = only(WATCHED, tenants=tenants, steps=(), messages=(), drift=())
    found = summary(run)
    assert found.status is Status.GREEN
    assert found.headline == "All of 2 tenants are in sync with their recorded state."
    assert all("done" not in wave.note for wave in found.waves)
    one = summary(run.model_copy(update={"tenants": tenants[:1]}))
    assert one.headline == "The tenant is in sync with its recorded state."


def test_the_summary_is_json() -> None:
    """Everything in it is plain JSON, missing times null."""
    shown = json.loads(json.dumps(as_json(summary(make_record(10, ended=False)))))
    assert shown["run"]["ended_at"] is None
    assert shown["status"] == "red"
    assert shown["totals"]["tenants"] == 10


def test_every_drifted_tenant_waits_for_a_decision() -> None:
    """Blocked and broken ones too: what changed in them is a question of its own."""
    drift = next(one for one in summary(WATCHED).decisions if one.code == "drift_found")
    assert drift.tenants == summary(WATCHED).outcomes["drifted"] == 7
