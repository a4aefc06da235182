"""Each expectation fails for data that violates it and names the rows."""

from collections.abc import Callable, Collection
from typing import Any

import pandas as pd
import pytest

from phonefleet.model.enums import OutcomeKind, ReasonCode, StepKind, Verdict
from reports import columns, schema
from reports.build import build
from reports.expectations import check
from reports.expectations.derived_columns import with_derived_columns
from reports.expectations.rule import When, is_in, zero
from reports.expectations.rules import NUMBERS, OF_TENANTS, rules
from reports.expectations.run import Batches, quiet
from reports.frames import Frames
from reports.secret_filter import WithheldCell, without_secrets
from tests.reports.record_factory import make_record


@pytest.fixture(scope="module")
def frames() -> Frames:
    watched = build(make_record(90, seed=2, verb="compliance")).deviations
    return build(make_record(90, seed=2), make_record(90, seed=3)).with_frames(deviations=watched)


def put(frames: Frames, name: str, where: Any, **values: Any) -> Frames:
    """Return the frames with values put into the first row of one where `where` is true."""
    frame = getattr(frames, name).copy()
    row = frame.index[where(frame)][0]
    for column, value in values.items():
        frame.loc[row, column] = value
    return frames.with_frames(**{name: frame})


def everywhere(frame: pd.DataFrame) -> Any:
    return pd.Series(True, index=frame.index)


def outcome(kind: OutcomeKind) -> Callable[[pd.DataFrame], Any]:
    return lambda frame: frame["outcome"] == kind


def verdict(kind: Verdict) -> Callable[[pd.DataFrame], Any]:
    return lambda frame: frame["verdict"] == kind


def of_first_migrated(frames: Frames, name: str, kind: str = "") -> Callable[[pd.DataFrame], Any]:
    domain = frames.tenants.loc[frames.tenants["outcome"] == OutcomeKind.MIGRATED, "domain"].iloc[0]
    return lambda frame: (frame["domain"] == domain) & ((frame["kind"] == kind) if kind else True)


def without(frames: Frames, name: str, kind: str = "") -> Frames:
    frame = getattr(frames, name)
    return frames.with_frames(
        **{name: frame[~of_first_migrated(frames, name, kind)(frame)].reset_index(drop=True)}
    )


MIGRATED, UNCHANGED = outcome(OutcomeKind.MIGRATED), outcome(OutcomeKind.UNCHANGED)
EARLY = pd.Timestamp("2020-01-01", tz="UTC")
SWITCH, PROVIDER = StepKind.SWITCH_TENANT, StepKind.CREATE_PROVIDER

BROKEN: dict[str, Callable[[Frames], Frames]] = {
    "tenant_named": lambda f: put(f, "tenants", everywhere, domain=""),
    "outcome_known": lambda f: put(f, "tenants", MIGRATED, outcome=None),
    "migrated_was_eligible": lambda f: put(f, "tenants", MIGRATED, verdict="blocked"),
    "migrated_had_plan": lambda f: put(f, "tenants", MIGRATED, steps_planned=0),
    "migrated_is_switched": lambda f: without(f, "steps", SWITCH),
    "migrated_is_switched_everywhere": lambda f: put(
        f, "steps", of_first_migrated(f, "steps", SWITCH), result="failed"
    ),
    "migrated_is_complete": lambda f: put(f, "steps", of_first_migrated(f, "steps"), result="not_applied"),
    "migrated_is_settled": lambda f: put(f, "tenants", MIGRATED, steps_open=1),
    "migrated_was_tested": lambda f: without(f, "messages"),
    "migrated_test_not_failed": lambda f: put(
        f, "messages", of_first_migrated(f, "messages"), evidence="failed"
    ),
    "migrated_test_delivered": lambda f: put(
        f, "messages", of_first_migrated(f, "messages"), evidence="none"
    ),
    "unchanged_is_untouched": lambda f: put(f, "tenants", MIGRATED, outcome="unchanged"),
    "skipped_has_reason": lambda f: put(f, "tenants", outcome(OutcomeKind.SKIPPED), outcome_reason=None),
    "held_has_reason": lambda f: put(f, "tenants", outcome(OutcomeKind.HELD), outcome_reason=None),
    "inconclusive_has_reason": lambda f: put(
        f, "tenants", outcome(OutcomeKind.INCONCLUSIVE), outcome_reason=None
    ),
    "failed_has_message": lambda f: put(f, "tenants", outcome(OutcomeKind.FAILED), outcome_message=""),
    "eligible_has_route": lambda f: put(f, "tenants", verdict(Verdict.ELIGIBLE), route=None),
    "eligible_has_reversibility": lambda f: put(f, "tenants", verdict(Verdict.ELIGIBLE), reversibility=None),
    "verdict_has_reasons": lambda f: put(f, "tenants", verdict(Verdict.BLOCKED), reasons=""),
    "factors_within_methods": lambda f: put(f, "tenants", MIGRATED, provider_methods="voice"),
    "use_within_methods": lambda f: put(
        f, "tenants", MIGRATED, required_methods="text voice", provider_methods="text"
    ),
    "within_run": lambda f: put(f, "tenants", MIGRATED, started_at=EARLY),
    "wave_adds_up": lambda f: put(f, "waves", everywhere, migrated=77),
    "stopped_has_reason": lambda f: put(f, "waves", everywhere, verdict="stopped", reason=""),
    "passed_within_tolerance": lambda f: put(f, "waves", everywhere, failed=5, failure_tolerance=4),
    "step_named": lambda f: put(f, "steps", everywhere, title=""),
    "failed_step_has_detail": lambda f: put(f, "steps", everywhere, result="failed", detail=""),
    "settled_step_has_end": lambda f: put(f, "steps", lambda s: s["result"] == "done", ended_at=pd.NaT),
    "planned_step_untried": lambda f: put(f, "steps", lambda s: s["result"] == "planned", intent_id=7),
    "reason_coded": lambda f: put(f, "findings", everywhere, code=None),
    "reason_has_message": lambda f: put(f, "findings", everywhere, message=""),
    "evidence_placed": lambda f: put(f, "findings", lambda x: x["field"] != "", endpoint=""),
    "number_masked": lambda f: put(f, "messages", everywhere, to="+15005550006"),
    "seen_after_sent": lambda f: put(f, "messages", lambda m: m["seen_at"].notna(), seen_at=EARLY),
    "evidence_seen": lambda f: put(f, "messages", lambda m: m["evidence"] == "delivered", seen_at=pd.NaT),
    "verification_ran": lambda f: put(f, "actions", lambda a: a["result"] == "verified", events=0),
    "action_has_report": lambda f: put(f, "actions", everywhere, translation="0" * 16),
    "run_action_has_needs": lambda f: put(f, "custom_actions", lambda a: a["result"] == "sends", needs=""),
    "original_there": lambda f: put(f, "translations", everywhere, original=""),
    "translation_there": lambda f: put(f, "translations", lambda t: t["result"] == "verified", translated=""),
    "unverified_has_reason": lambda f: put(f, "translations", lambda t: t["result"] == "refused", reasons=""),
    "difference_has_event": lambda f: put(
        f, "translations", lambda t: t["result"] == "differs", difference=""
    ),
    "translation_adds_up": lambda f: put(f, "translations", everywhere, tenants=1000),
    "mappings_of_known_translation": lambda f: put(f, "mappings", everywhere, translation="stranger"),
    "flags_of_known_translation": lambda f: put(f, "flags", everywhere, translation="stranger"),
    "text_differs": lambda f: put(f, "text_changes", everywhere, old="same", new="same"),
    "deviation_differs": lambda f: put(f, "deviations", everywhere, found="same", expected="same"),
    "found_after_expected": lambda f: put(f, "deviations", everywhere, first_found_at=EARLY),
    "deviation_judged": lambda f: put(f, "deviations", everywhere, outcome="migrated"),
    "drift_judged": lambda f: put(f, "drift", everywhere, direction=None),
    "risk_adds_up": lambda f: put(f, "risk", everywhere, breaks=99),
    "risk_judged": lambda f: put(f, "risk", everywhere, worst=None),
    "run_adds_up_by_domain": lambda f: put(f, "tenants", UNCHANGED, domain=f.tenants["domain"].iloc[-1]),
    "run_adds_up_by_outcome": lambda f: f.with_frames(tenants=f.tenants.iloc[1:].reset_index(drop=True)),
    "run_adds_up_by_wave": lambda f: put(f, "waves", everywhere, tenants=1000),
    "run_ended": lambda f: put(f, "run", everywhere, ended_at=pd.NaT),
    "clean_exit_without_failures": lambda f: put(f, "run", everywhere, exit_code=0),
} | {
    f"{name}_of_known_tenant": lambda f, name=name: put(f, name, everywhere, domain="stranger")
    for name in OF_TENANTS
}
FRAME_OF = {rule.name: name for name in schema.BY_NAME for rule in rules(name)}
GENERATED = sorted(set(FRAME_OF) - set(BROKEN))


def failing(
    frames: Frames, only: Collection[str], withheld: tuple[WithheldCell, ...] = ()
) -> dict[str, tuple[str, ...]]:
    return {failure.name: failure.rows for failure in check(frames, withheld, only=only).failures}


def test_a_sound_run_passes_every_expectation(frames: Frames) -> None:
    """The base of all other tests here: before it is broken, nothing fails."""
    result = check(frames)
    assert result.success, [str(failure) for failure in result.failures]
    assert {one.name for one in result.checks} == set(FRAME_OF)


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_data_fails_and_names_the_row(name: str, frames: Frames) -> None:
    """The expectation written for exactly this fault fails, and tells where."""
    broken = BROKEN[name](frames)
    rows = failing(broken, [name])
    assert name in rows
    assert rows[name]
    key = schema.BY_NAME[FRAME_OF[name]].key[0]
    assert all(row.startswith(f"{key}=") for row in rows[name])


@pytest.mark.parametrize("frame", list(schema.BY_NAME))
def test_the_schema_of_each_frame_is_held(frame: str, frames: Frames) -> None:
    """Duplicate keys, negative numbers, unknown words, missing columns and secrets fail."""
    generated = {name for name in GENERATED if FRAME_OF[name] == frame}
    known = schema.BY_NAME[frame]
    twice = pd.concat([getattr(frames, frame)] * 2, ignore_index=True)
    for column in known.columns:
        if column.dtype in NUMBERS:
            twice[column.name] = -1
        if column.dtype == columns.TEXT and column.words:
            twice[column.name] = "undocumented"
    withheld = (WithheldCell(frame, 0, known.names[0], "JWT at character 4"),)
    found = failing(frames.with_frames(**{frame: twice}), generated, withheld)
    less = frames.with_frames(**{frame: getattr(frames, frame).drop(columns=known.names[-1])})
    found |= failing(less, [f"{frame}_columns"])
    assert generated <= set(found)
    numbers = [c.name for c in known.columns if c.dtype in NUMBERS and c.name != "exit_code"]
    assert all(name in found[f"{frame}_not_negative"][0] for name in numbers)


def test_a_rule_that_concerns_no_row_holds_for_great_expectations_too(frames: Frames) -> None:
    """Such rules are not handed to it: they must be those that it says hold."""
    spared = 0
    with quiet():
        batches = Batches()
        for name, frame in with_derived_columns(frames, ()).items():
            cases = [(frame.iloc[:0], list(rules(name)))]
            cases += [
                (frame[~rule.when.rows(frame)].reset_index(drop=True), [rule])
                for rule in rules(name)
                if rule.when is not None
            ]
            for less, suite in cases:
                unconcerned = [rule for rule in suite if not rule.concerns(less)]
                found = batches.results(less, unconcerned, {"result_format": "BOOLEAN_ONLY"})
                assert [rule.name for rule in unconcerned if not found[rule.name].success] == []
                assert all(
                    rule.expectation == found[rule.name].expectation_config.type for rule in unconcerned
                )
                spared += len(unconcerned)
    assert spared > len(FRAME_OF)


def selected(frame: pd.DataFrame, conditions: Collection[When]) -> list[int]:
    """How many rows Great Expectations selects by each condition."""
    counted = frame.assign(one=1)
    suite = [zero(str(number), "Zero.", "one", when) for number, when in enumerate(conditions)]
    with quiet():
        found = Batches().results(counted, suite, {"result_format": "BASIC"})
    return [found[rule.name].result["element_count"] for rule in suite]


@pytest.mark.parametrize("frame", [name for name in schema.BY_NAME if any(rule.when for rule in rules(name))])
def test_every_condition_selects_what_great_expectations_selects(frame: str, frames: Frames) -> None:
    data = with_derived_columns(put(frames, "run", everywhere, exit_code=0), ())[frame]
    conditions = [rule.when for rule in rules(frame) if rule.when]
    ours = [int(when.rows(data).sum()) for when in conditions]
    assert selected(data, conditions) == ours
    assert any(ours)


@pytest.mark.parametrize("dtype", ["str", "category", "object"])
def test_a_condition_on_missing_and_empty_texts_selects_alike(dtype: str) -> None:
    frame = pd.DataFrame({"word": pd.Series(["x", "", None, "z"], dtype=dtype)})
    conditions = [When("word", "known"), When("word", "filled"), is_in("word", "x"), is_in("word", "x", "y")]
    assert selected(frame, conditions) == [int(when.rows(frame).sum()) for when in conditions]


def test_missing_evidence_is_accepted_by_outcome(frames: Frames) -> None:
    """An operator may go on without delivery evidence; the outcome has a reason for it."""
    broken = BROKEN["migrated_test_delivered"](frames)
    accepted = put(broken, "tenants", MIGRATED, outcome_reason=ReasonCode.NO_DELIVERY_EVIDENCE)
    assert failing(broken, ["migrated_test_delivered"])
    assert not failing(accepted, ["migrated_test_delivered"])


def test_a_secret_is_withheld_and_located(frames: Frames) -> None:
    """A value that looks like a secret is in no frame, and the failure does not repeat it."""
    secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    leaking = put(frames, "findings", everywhere, value=f"Authorization: Bearer {secret}")
    clean, withheld = without_secrets(leaking)
    result = check(clean, withheld, only=["findings_without_secrets", "reason_has_message"])
    assert [failure.name for failure in result.failures] == ["findings_without_secrets"]
    assert "value" in result.failures[0].rows[0]
    assert secret not in str(result)
    assert not any(
        frame.astype(str).apply(lambda c: c.str.contains(secret, regex=False)).any().any()
        for _, frame in clean.items()
    )
    assert clean.findings["value"].iloc[0].startswith("[withheld: ")
