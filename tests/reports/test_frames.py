"""Frames say what the record says: dtypes, totals, and each fact in its column."""

import subprocess
import sys
from datetime import timedelta

import pandas as pd
import pytest

from phonefleet.model.enums import Change, OutcomeKind, ReasonCode, RunVerdict, Verdict
from phonefleet.model.run_record import RunRecord
from phonefleet.model.snapshot_parts import SnapshotPart
from reports import columns, schema
from reports.blocked import open_reasons
from reports.build import build, compare, summary_row
from reports.columns import Column, FrameSchema
from reports.expectations import ExpectationsResult
from reports.frames import Frames
from reports.status import Status, tenant_status
from reports.summary import summarize
from tests.reports.record_factory import START, make_record

RECORD = make_record(120, seed=3)


@pytest.fixture(scope="module")
def frames() -> Frames:
    return build(RECORD, make_record(120, seed=4))


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        make_record(30, verb="assess"),
        make_record(30, verb="plan"),
        make_record(30, hostile=True),
        make_record(30, ended=False),
        RunRecord(run_id="x", verb="plan", fleet="f", phonefleet="0", started_at=START, tenants=()),
    ],
    ids=["migrate", "assess", "plan", "hostile", "unended", "empty"],
)
def test_frames_have_their_columns_and_dtypes(record: RunRecord) -> None:
    """Whatever the run, names and dtypes are those that are documented, empty frames included."""
    for name, frame in build(record).items():
        expected = {column.name: column.dtype for column in schema.BY_NAME[name].columns}
        assert {str(column): str(dtype) for column, dtype in frame.dtypes.items()} == expected, name


def test_each_tenant_is_in_one_row_and_one_outcome(frames: Frames) -> None:
    """Rows, outcomes and waves all add up to the fleet."""
    tenants = frames.tenants
    assert list(tenants["domain"]) == [tenant.domain for tenant in RECORD.tenants]
    assert tenants["outcome"].value_counts().sum() == len(RECORD.tenants)
    assert frames.waves["tenants"].sum() == len(RECORD.tenants)
    outcomes = frames.waves[[*map(str, OutcomeKind), "undecided"]].sum(axis=1)
    assert (outcomes == frames.waves["tenants"]).all()


def test_a_tenants_row_repeats_its_record(frames: Frames) -> None:
    """Verdict, plan, messages and steps of a tenant are in its row."""
    for number, tenant in enumerate(RECORD.tenants):
        row = frames.tenants.iloc[number]
        assert tenant.assessment
        assert row["verdict"] == tenant.assessment.verdict
        assert row["reasons"].split() == [reason.code for reason in tenant.assessment.reasons]
        assert row["steps_planned"] == (len(tenant.plan.steps) if tenant.plan else 0)
        sent = [m for m in RECORD.messages if m.domain == tenant.domain]
        assert row["tests_sent"] == len(sent)
        assert row["tests_delivered"] == sum(m.evidence == "delivered" for m in sent)
        steps = [s for s in RECORD.steps if s.domain == tenant.domain]
        assert row["requests"] == sum(s.attempts for s in steps)
        assert row["steps_failed"] == sum(s.result == "failed" for s in steps)
        if tenant.started_at and tenant.ended_at:
            assert row["duration_s"] == pytest.approx((tenant.ended_at - tenant.started_at).total_seconds())
        if tenant.plan:
            assert row["provider_methods"] == " ".join(tenant.assessment.required_methods)
            assert row["factors_after"] == " ".join(tenant.assessment.factors)
        for change in Change:
            broken = [d.breaks_on[change] for d in tenant.assessment.dependents if change in d.breaks_on]
            assert row[f"breaks_on_{change}"] == len(broken)
            worst = min(broken, key=list(columns.WORST_FIRST).index) if broken else None
            assert (row[f"worst_on_{change}"] == worst) if worst else pd.isna(row[f"worst_on_{change}"])


def test_steps_have_each_intent_and_planned_step(frames: Frames) -> None:
    """What was tried has its intent, what was not has none, and nothing planned is missing."""
    tried = frames.steps[frames.steps["intent_id"].notna()]
    assert list(tried["intent_id"]) == [step.intent_id for step in RECORD.steps]
    planned = {(t.domain, step.key) for t in RECORD.tenants if t.plan for step in t.plan.steps}
    assert planned == set(zip(frames.steps["domain"], frames.steps["key"], strict=True))
    untried = frames.steps[frames.steps["intent_id"].isna()]
    assert set(untried["result"]) == {"planned"}
    assert tried["before"].str.len().gt(0).all()


def test_findings_hold_every_piece_of_evidence(frames: Frames) -> None:
    """Each reason has a row per evidence, and one without evidence has one row."""
    expected = sum(
        max(1, len(reason.evidence))
        for t in RECORD.tenants
        for reasons in (
            t.assessment.reasons if t.assessment else (),
            t.assessment.reversibility.reasons if t.assessment and t.assessment.reversibility else (),
            t.plan.warnings if t.plan else (),
        )
        for reason in reasons
    )
    assert len(frames.findings) == expected


def test_text_changes_hold_both_renderings(frames: Frames) -> None:
    """Each message that changes has a row with what users read now and what they will read."""
    expected = [(t.domain, c.old, c.new) for t in RECORD.tenants if t.plan for c in t.plan.texts]
    found = frames.text_changes
    assert expected
    assert list(zip(found["domain"], found["old"], found["new"], strict=True)) == expected


def test_risk_counts_breaks_and_ranks_worst_first(frames: Frames) -> None:
    """Every dependent that a change breaks is counted once, and logins come before tooling."""
    broken = sum(
        len(d.breaks_on) - (Change.SWITCH in d.breaks_on and t.assessment.verdict is Verdict.ALREADY_MIGRATED)
        for t in RECORD.tenants
        if t.assessment and t.assessment.verdict is not Verdict.NOT_APPLICABLE
        for d in t.assessment.dependents
    )
    assert frames.risk["breaks"].sum() == broken
    places = frames.risk["worst"].cat.codes
    assert (places.diff().dropna() >= 0).all()
    assert list(frames.risk["rank"]) == list(range(1, len(frames.risk) + 1))
    first = frames.risk.iloc[0]
    assert first["worst"] == "logins_blocked"
    assert first["what"].startswith("logins blocked: ")
    assert first["reversibility_reason"]


def test_a_past_switch_breaks_nothing(frames: Frames) -> None:
    """A tenant is not switched twice; its disable and its rollback may break something."""
    verdicts = frames.tenants.set_index("domain")["verdict"].astype("str")
    of = frames.risk["domain"].map(verdicts)
    settled = frames.risk[of.isin(["already_migrated", "not_applicable"])]
    assert "switch" not in set(settled["change"])
    assert "switch" in set(frames.risk["change"])


def test_shared_clients_are_counted_by_name(frames: Frames) -> None:
    """A client with many client_ids but one name is one row, counting each tenant once."""
    row = frames.clients[frames.clients["client"] == "Terraform"].iloc[0]
    found = {
        t.domain
        for t in RECORD.tenants
        if t.assessment
        and any(d.name == "Terraform" and "switch" in d.breaks_on for d in t.assessment.dependents)
    }
    assert row["tenants"] == len(found)
    assert set(row["domains"].splitlines()) == found
    assert row["client_ids"] == len(found)


def test_blocked_covers_every_unsettled_tenant(frames: Frames) -> None:
    """Every tenant that needs something is in the list of reasons, and no settled one is."""
    listed = set(open_reasons(frames.tenants, frames.findings)["domain"])
    assert listed == set(frames.tenants.loc[frames.tenants["status"] != Status.GREEN, "domain"])
    by_code = frames.blocked.groupby("code", observed=True)["tenants"].sum()
    assert by_code["twilio_token_missing"] == sum(
        t.assessment is not None and t.assessment.reasons[0].code is ReasonCode.TWILIO_TOKEN_MISSING
        for t in RECORD.tenants
    )


def test_drift_is_what_differs(frames: Frames) -> None:
    """Rows are the differing cells; better and worse follow the order of the words."""
    before = build(make_record(120, seed=4)).tenants.set_index("domain")
    after = frames.tenants.set_index("domain")
    shown = frames.drift[frames.drift["field"] == "verdict"]
    differing = after.index[after["verdict"].astype(str) != before["verdict"].astype(str)]
    assert set(shown["domain"]) == set(differing)
    light = frames.drift[frames.drift["field"] == "status"]
    order = list(Status)
    for row in light.itertuples():
        better = order.index(row.after) < order.index(row.before)
        assert row.direction == ("better" if better else "worse")


def test_a_run_does_not_differ_from_itself() -> None:
    """Equal runs do not differ; tenants that came or went are named."""
    assert len(compare(RECORD, RECORD).frame) == 0
    fewer = RECORD.model_copy(update={"tenants": RECORD.tenants[1:], "run_id": "fewer"})
    gone, new = compare(RECORD, fewer).frame, compare(fewer, RECORD).frame
    assert gone[["domain", "direction"]].to_numpy().tolist() == [[RECORD.tenants[0].domain, "gone"]]
    assert new["direction"].tolist() == ["new"]


def test_what_was_not_read_does_not_differ() -> None:
    """Who depends on a tenant is compared only where both runs read it."""
    read = RECORD.model_copy(update={"tenants": tuple(t for t in RECORD.tenants if t.assessment)})
    part = [
        t.model_copy(
            update={
                "assessment": t.assessment.model_copy(
                    update={"dependents": (), "skipped": (SnapshotPart.ACCESS, SnapshotPart.USAGE)}
                )
            }
        )
        for t in read.tenants
        if t.assessment
    ]
    partly = read.model_copy(update={"run_id": "partly", "tenants": tuple(part)})
    assert build(read).tenants["dependents"].sum() > 0
    assert len(compare(read, partly).frame) == 0
    assert len(compare(partly, read).frame) == 0
    passed = ExpectationsResult(success=True, failures=())
    assert f"{len(part)} tenants not read whole" in " ".join(summarize(build(partly), passed).sentences)


def test_a_trend_ends_with_this_run() -> None:
    """Earlier runs come from the ledger as summary rows; this run is added once."""
    old = summary_row(
        make_record(20, run_id="old").model_copy(update={"started_at": START - timedelta(days=2)})
    )
    trend = build(RECORD, trend=[summary_row(RECORD), old]).trend
    assert trend["run_id"].tolist() == ["old", RECORD.run_id]
    assert trend["outcome_failed"].iloc[-1] == sum(t.outcome is OutcomeKind.FAILED for t in RECORD.tenants)


@pytest.mark.parametrize(
    ("verb", "verdict", "outcome", "status"),
    [
        ("migrate", Verdict.ELIGIBLE, OutcomeKind.MIGRATED, Status.GREEN),
        ("migrate", Verdict.ALREADY_MIGRATED, OutcomeKind.UNCHANGED, Status.GREEN),
        ("migrate", Verdict.NOT_APPLICABLE, OutcomeKind.SKIPPED, Status.GREEN),
        ("migrate", Verdict.ELIGIBLE, OutcomeKind.FAILED, Status.RED),
        ("migrate", Verdict.ALREADY_MIGRATED, OutcomeKind.FAILED, Status.RED),
        ("migrate", Verdict.ELIGIBLE, OutcomeKind.ROLLED_BACK, Status.AMBER),
        ("migrate", Verdict.ELIGIBLE, OutcomeKind.HELD, Status.AMBER),
        ("migrate", Verdict.ELIGIBLE, OutcomeKind.INCONCLUSIVE, Status.AMBER),
        ("migrate", Verdict.BROKEN, OutcomeKind.SKIPPED, Status.RED),
        ("rollback", Verdict.ALREADY_MIGRATED, OutcomeKind.ROLLED_BACK, Status.GREEN),
        ("finalize", Verdict.ALREADY_MIGRATED, OutcomeKind.FINALIZED, Status.GREEN),
        ("compliance", Verdict.ALREADY_MIGRATED, OutcomeKind.UNCHANGED, Status.GREEN),
        ("compliance", Verdict.ALREADY_MIGRATED, OutcomeKind.DRIFTED, Status.AMBER),
        ("compliance", Verdict.NOT_APPLICABLE, OutcomeKind.INCONCLUSIVE, Status.AMBER),
        ("compliance", Verdict.BROKEN, OutcomeKind.UNCHANGED, Status.RED),
        ("compliance", Verdict.BROKEN, OutcomeKind.DRIFTED, Status.RED),
        ("rollback", Verdict.BROKEN, OutcomeKind.ROLLED_BACK, Status.RED),
        ("finalize", Verdict.BROKEN, OutcomeKind.FINALIZED, Status.RED),
        ("migrate", Verdict.BROKEN, OutcomeKind.MIGRATED, Status.RED),
        ("assess", Verdict.BLOCKED, None, Status.AMBER),
        ("assess", Verdict.NOT_APPLICABLE, None, Status.GREEN),
        ("assess", None, None, Status.AMBER),
    ],
)
def test_a_tenants_light(
    verb: str, verdict: Verdict | None, outcome: OutcomeKind | None, status: Status
) -> None:
    """Green is nothing left to do; red is failed, broken or unreachable; the rest is amber."""
    assert tenant_status(verb, verdict, outcome) is status


@pytest.mark.parametrize("verb", ["assess", "plan", "migrate", "rollback", "finalize", "compliance"])
def test_an_outage_is_always_red(verb: str) -> None:
    """Whatever the outcome: the exit code of such a run is 6."""
    lights = {tenant_status(verb, Verdict.BROKEN, outcome) for outcome in (None, *OutcomeKind)}
    assert lights == {Status.RED}


def test_a_runs_light() -> None:
    """Red with a failure or without an end, green when all are settled, amber otherwise."""
    settled = tuple(t for t in RECORD.tenants if t.outcome in (OutcomeKind.MIGRATED, OutcomeKind.UNCHANGED))
    good = RECORD.model_copy(update={"tenants": settled, "verdict": RunVerdict.COMPLETE})
    held = tuple(t for t in RECORD.tenants if t.outcome is OutcomeKind.HELD)
    assert summary_row(RECORD).status is Status.RED
    assert summary_row(good).status is Status.GREEN
    assert summary_row(good.model_copy(update={"ended_at": None})).status is Status.RED
    assert summary_row(good.model_copy(update={"tenants": settled + held})).status is Status.AMBER


def test_a_word_outside_its_vocabulary_is_refused() -> None:
    """A cast never turns an unknown word into a missing one."""
    frame = FrameSchema("f", "row", ("word",), (Column("word", columns.WORD, "A word.", "", ("a", "b")),))
    assert frame.frame({"word": ["a", None]})["word"].isna().tolist() == [False, True]
    with pytest.raises(ValueError, match="1 values outside"):
        frame.frame({"word": ["a", "z"]})
    with pytest.raises(ValueError, match="differ from its schema"):
        frame.frame({"other": []})


def test_the_schema_describes_every_column() -> None:
    """The printed schema names each frame, column, dtype and meaning."""
    text = schema.describe()
    for name, column in schema.rows():
        assert f"{name}: one row per" in text
        assert column.name in text
        assert column.meaning in text
        assert column.meaning.endswith(".")


def test_importing_reports_is_quick_to_do() -> None:
    """Great Expectations and Altair are imported only where they run."""
    code = "import reports, sys; print(sorted({'great_expectations', 'altair'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_test_numbers_are_masked_in_steps_too(frames: Frames) -> None:
    """A report shows only the last two digits of a test message's number."""
    sent = frames.steps[frames.steps["kind"] == "send_test"]
    assert len(sent)
    assert not sent["after"].str.contains("5005550", regex=False).any()
    assert sent["after"].str.contains("06", regex=False).all()
