"""List every expectation by frame. `derived_columns` adds columns outside of the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phonefleet.model.enums import OutcomeKind, Verdict, WaveVerdict
from phonefleet.model.run_record import MessageEvidence, StepResult
from reports import columns, schema
from reports.expectations.rule import (
    Rule,
    When,
    at_least,
    empty,
    equal,
    filled,
    having,
    is_in,
    known,
    matching,
    missing,
    not_before,
    true,
    unique,
    within,
    zero,
)
from reports.schema.vocabularies import PLANNED, VERIFICATION_RESULTS

MASKED = r"^\D*(?:\d\D*){0,2}$"
"""A phone number of which at most two digits are visible."""
NUMBERS = (columns.COUNT, columns.MAYBE, columns.SECONDS)
OF_TENANTS = (
    *("steps", "findings", "text_changes", "dependents", "messages"),
    *("actions", "custom_actions", "deviations", "risk"),
)
"""Frames whose rows must be about a tenant of the fleet."""

_MIGRATED = is_in("outcome", OutcomeKind.MIGRATED)
_ELIGIBLE = is_in("verdict", Verdict.ELIGIBLE)
_UNVERIFIED = [result for result in VERIFICATION_RESULTS if result != "verified"]

TENANT_RULES = (
    filled("tenant_named", "Every tenant has a domain.", "domain"),
    known(
        "outcome_known",
        "In a run that ended, every tenant has exactly one outcome.",
        "outcome",
        is_in("must_have_outcome", True),
    ),
    within(
        "migrated_was_eligible",
        "A migrated tenant was eligible, or was assessed again after its switch.",
        "verdict",
        [str(Verdict.ELIGIBLE), str(Verdict.BROKEN), str(Verdict.ALREADY_MIGRATED)],
        _MIGRATED,
    ),
    at_least("migrated_had_plan", "A migrated tenant had a plan.", "steps_planned", 1, _MIGRATED),
    at_least(
        "migrated_is_switched", "A migrated tenant has a switch that is done.", "switches_done", 1, _MIGRATED
    ),
    zero(
        "migrated_is_switched_everywhere",
        "A migrated tenant has no planned switch left.",
        "switches_left",
        _MIGRATED,
    ),
    zero("migrated_is_complete", "A migrated tenant has no planned step left.", "steps_left", _MIGRATED),
    zero("migrated_is_settled", "A migrated tenant has no intent without a result.", "steps_open", _MIGRATED),
    zero(
        "migrated_was_tested",
        "A test message of a migrated tenant was accepted for every delivery method of its plan.",
        "tests_missing",
        _MIGRATED,
    ),
    zero(
        "migrated_test_not_failed",
        "No delivery method of a migrated tenant failed its test.",
        "tests_failed",
        _MIGRATED,
    ),
    zero(
        "migrated_test_delivered",
        "A migrated tenant's test messages were delivered, unless its outcome says that there is no evidence.",
        "tests_unseen",
        _MIGRATED,
    ),
    zero(
        "unchanged_is_untouched",
        "Nothing was changed at a tenant that is unchanged.",
        "changes_done",
        is_in("outcome", OutcomeKind.UNCHANGED),
    ),
    *(
        known(
            f"{outcome}_has_reason",
            f"A tenant that is {outcome} has a reason.",
            "outcome_reason",
            is_in("outcome", outcome),
        )
        for outcome in (OutcomeKind.SKIPPED, OutcomeKind.HELD, OutcomeKind.INCONCLUSIVE)
    ),
    filled(
        "failed_has_message",
        "A failed tenant has a message.",
        "outcome_message",
        is_in("outcome", OutcomeKind.FAILED),
    ),
    known("eligible_has_route", "An eligible tenant has a route.", "route", _ELIGIBLE),
    known(
        "eligible_has_reversibility",
        "The reversibility of an eligible tenant is known.",
        "reversibility",
        _ELIGIBLE,
    ),
    filled("verdict_has_reasons", "Every verdict has a reason.", "reasons", When("verdict", "known")),
    empty(
        "factors_within_methods",
        "MFA factors are a subset of the provider's delivery methods.",
        "factors_uncovered",
    ),
    empty("use_within_methods", "The provider delivers everything that is in use.", "methods_uncovered"),
    true("within_run", "Work on a tenant starts and ends within the run.", "within_run"),
)

WAVE_RULES = (
    true("wave_adds_up", "The outcomes of a batch add up to the number of its tenants.", "accounted"),
    filled(
        "stopped_has_reason",
        "A batch that stopped has a reason.",
        "reason",
        is_in("verdict", WaveVerdict.STOPPED),
    ),
    zero(
        "passed_within_tolerance",
        "A batch that passed has no more failures than tolerated.",
        "failed_over_tolerance",
        is_in("verdict", WaveVerdict.PASSED),
    ),
)

STEP_RULES = (
    filled("step_named", "Every step has a title.", "title"),
    filled(
        "failed_step_has_detail",
        "A failed step has a detail.",
        "detail",
        is_in("result", StepResult.FAILED, StepResult.NOT_EFFECTIVE),
    ),
    known(
        "settled_step_has_end",
        "A step whose result is known has an end.",
        "ended_at",
        is_in("result", *(result for result in StepResult if result is not StepResult.UNKNOWN)),
    ),
    missing(
        "planned_step_untried",
        "A step that was only planned has no intent.",
        "intent_id",
        is_in("result", PLANNED),
    ),
)

FINDING_RULES = (
    known("reason_coded", "Every reason has a code.", "code"),
    filled("reason_has_message", "Every reason is a sentence.", "message"),
    filled(
        "evidence_placed", "Evidence has the endpoint where it was read.", "endpoint", When("field", "filled")
    ),
)

MESSAGE_RULES = (
    matching("number_masked", "Numbers are masked except for their last two digits.", "to", MASKED),
    not_before("seen_after_sent", "A message is not seen before it is sent.", "seen_at", "sent_at"),
    known(
        "evidence_seen",
        "Evidence of delivery or failure has its time.",
        "seen_at",
        is_in("evidence", MessageEvidence.DELIVERED, MessageEvidence.FAILED),
    ),
)

ACTION_RULES = (
    at_least(
        "verification_ran",
        "A verified Action was run on at least one event.",
        "events",
        1,
        is_in("result", "verified"),
    ),
    true("action_has_report", "Every Action has its translation report.", "known_translation"),
)

CUSTOM_ACTION_RULES = (
    filled(
        "run_action_has_needs",
        "An Action that was run has a line for each kind of message.",
        "needs",
        is_in("result", "sends", "unknown", "fails"),
    ),
)

TRANSLATION_RULES = (
    filled("original_there", "Every translated Action has its original source.", "original"),
    filled(
        "translation_there",
        "An Action that is verified, differs or delivers nothing has a translation.",
        "translated",
        is_in("result", "verified", "differs", "vacuous"),
    ),
    filled(
        "unverified_has_reason",
        "A translation that is not verified has reasons.",
        "reasons",
        is_in("result", *_UNVERIFIED),
    ),
    filled(
        "difference_has_event",
        "An Action that differs has the smallest event on which it does.",
        "difference",
        is_in("result", "differs"),
    ),
    equal("translation_adds_up", "An Action counts the tenants that have it.", "tenants", "having_it"),
)

_OF_TRANSLATIONS = tuple(
    true(f"{frame}_of_known_translation", "Every row is about an Action of the run.", "known_translation")
    for frame in ("mappings", "flags")
)

DRIFT_RULES = (known("drift_judged", "Every difference has a direction.", "direction"),)

DEVIATION_RULES = (
    true("deviation_differs", "A field that drifted differs from its expected value.", "differs"),
    not_before(
        "found_after_expected",
        "Drift is not found before the expected state was recorded.",
        "first_found_at",
        "expected_at",
    ),
    true(
        "deviation_judged", "A tenant with drift is drifted, or its drift was accepted or tested.", "judged"
    ),
)

TEXT_RULES = (true("text_differs", "A text that changes differs, or could not be rendered.", "differs"),)

RISK_RULES = (
    equal("risk_adds_up", "What breaks adds up over the severities.", "breaks", "parts"),
    known("risk_judged", "Every risk has a severity.", "worst"),
)

RUN_RULES = (
    equal(
        "run_adds_up_by_domain",
        "Tenants counted by domain add up to the fleet.",
        "tenants",
        "distinct_tenants",
    ),
    equal(
        "run_adds_up_by_outcome",
        "Tenants counted by outcome add up to the fleet.",
        "tenants",
        "tenants_by_outcome",
    ),
    equal(
        "run_adds_up_by_wave", "Tenants counted by wave add up to the fleet.", "tenants", "tenants_by_wave"
    ),
    known("run_ended", "The run ended.", "ended_at"),
    zero(
        "clean_exit_without_failures",
        "A run that exits with 0 has no failed tenant.",
        "failed_tenants",
        is_in("exit_code", 0),
    ),
)

WHEN_ENDED = frozenset({"run_ended"})
"""Rules that a run that goes on cannot keep."""

_OWN: Mapping[str, tuple[Rule, ...]] = {
    "tenants": TENANT_RULES,
    "waves": WAVE_RULES,
    "steps": STEP_RULES,
    "findings": FINDING_RULES,
    "text_changes": TEXT_RULES,
    "messages": MESSAGE_RULES,
    "actions": ACTION_RULES,
    "custom_actions": CUSTOM_ACTION_RULES,
    "translations": TRANSLATION_RULES,
    "mappings": _OF_TRANSLATIONS[:1],
    "flags": _OF_TRANSLATIONS[1:],
    "drift": DRIFT_RULES,
    "deviations": DEVIATION_RULES,
    "risk": RISK_RULES,
    "run": RUN_RULES,
}


def rules(name: str) -> Iterator[Rule]:
    """Return the rules of one frame: those that its schema implies, then its own."""
    frame = schema.BY_NAME[name]
    yield having(f"{name}_columns", "The frame has the columns that its schema documents.", frame.names)
    yield unique(f"{name}_key", f"There is one row per {frame.row.split(';')[0]}.", frame.key)
    if frame.name in OF_TENANTS:
        yield true(f"{name}_of_known_tenant", "Every row is about a tenant of the fleet.", "known_tenant")
    if any(column.dtype in NUMBERS for column in frame.columns):
        meaning = "No count is negative, and nothing ends before it starts."
        yield empty(f"{name}_not_negative", meaning, "negative")
    for column in frame.columns:
        if column.dtype == columns.TEXT and column.words:
            meaning = f"{column.name} is one of its documented words, or empty."
            yield within(f"{name}_{column.name}_words", meaning, column.name, [*column.words, ""])
    yield empty(
        f"{name}_without_secrets",
        "No text looks like it contains a secret; a cell that does is withheld from every report.",
        "looks_like_secret",
    )
    yield from _OWN.get(name, ())
