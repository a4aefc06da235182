"""Every expectation, by frame. Great Expectations runs them; this module is imported only there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column

from phonefleet.vocabulary import OutcomeKind, Verdict
from reports import schema

MASKED = r"^\D*(\d\D*){0,2}$"
"""A number of which at most two digits are left."""
_MISSING = "either_value_is_missing"


def rules(frame: str) -> list[Expectation]:
    """The suite of one frame; the name of each expectation is in its `meta`."""
    return [*_shape(frame), *_keys(frame), *_RULES.get(frame, lambda: iter(()))(), *_secrets(frame)]


def _rule(kind: type[Any], name: str, meaning: str, **settings: Any) -> Expectation:
    made: Expectation = kind(description=meaning, meta={"name": name}, **settings)
    return made


def _shape(frame: str) -> Iterator[Expectation]:
    known = schema.BY_NAME[frame]
    yield _rule(
        gxe.ExpectTableColumnsToMatchSet,
        f"{frame}_columns",
        "The frame has exactly the columns that the schema documents.",
        column_set=known.names,
        exact_match=False,
    )
    for column in known.columns:
        if column.dtype == schema.COUNT or column.name in ("uses", "batch"):
            yield _rule(
                gxe.ExpectColumnValuesToBeBetween,
                f"{frame}_{column.name}_not_negative",
                f"{column.name} is 0 or more.",
                column=column.name,
                min_value=0,
            )
        if column.dtype == schema.SECONDS:
            yield _rule(
                gxe.ExpectColumnValuesToBeBetween,
                f"{frame}_{column.name}_not_negative",
                f"{column.name}: nothing ends before it begins.",
                column=column.name,
                min_value=0,
            )
        if column.dtype == schema.TEXT and column.words:
            yield _rule(
                gxe.ExpectColumnValuesToBeInSet,
                f"{frame}_{column.name}_words",
                f"{column.name} is one of its documented words, or empty.",
                column=column.name,
                value_set=[*column.words, ""],
            )


def _keys(frame: str) -> Iterator[Expectation]:
    known = schema.BY_NAME[frame]
    meaning = f"There is one row per {known.row.split(';')[0]}."
    if len(known.key) == 1:
        yield _rule(gxe.ExpectColumnValuesToBeUnique, f"{frame}_key", meaning, column=known.key[0])
    else:
        yield _rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            f"{frame}_key",
            meaning,
            column_list=list(known.key),
            ignore_row_if="never",
        )
    if frame in ("steps", "findings", "dependents", "messages", "actions", "risk"):
        yield _true(f"{frame}_of_known_tenant", "Every row is about a tenant of the fleet.", "known_tenant")


def _secrets(frame: str) -> Iterator[Expectation]:
    yield _rule(
        gxe.ExpectColumnValuesToBeInSet,
        f"{frame}_without_secrets",
        "No text looks like it holds a secret; such a cell is withheld from every report.",
        column="looks_like_secret",
        value_set=[""],
    )


def _true(name: str, meaning: str, column: str, when: Any = None) -> Expectation:
    return _rule(
        gxe.ExpectColumnValuesToBeInSet, name, meaning, column=column, value_set=[True], **_when(when)
    )


def _zero(name: str, meaning: str, column: str, when: Any = None) -> Expectation:
    return _rule(gxe.ExpectColumnValuesToBeInSet, name, meaning, column=column, value_set=[0], **_when(when))


def _filled(name: str, meaning: str, column: str, when: Any = None) -> Expectation:
    return _rule(
        gxe.ExpectColumnValueLengthsToBeBetween, name, meaning, column=column, min_value=1, **_when(when)
    )


def _known(name: str, meaning: str, column: str, when: Any = None) -> Expectation:
    return _rule(gxe.ExpectColumnValuesToNotBeNull, name, meaning, column=column, **_when(when))


def _when(condition: Any) -> dict[str, Any]:
    return {} if condition is None else {"row_condition": condition}


def _outcome(kind: OutcomeKind) -> Any:
    return Column("outcome") == str(kind)


def _tenants() -> Iterator[Expectation]:
    moved, eligible = _outcome(OutcomeKind.migrated), Column("verdict") == str(Verdict.eligible)
    yield _filled("tenant_named", "Every tenant has a domain.", "domain")
    yield _known(
        "outcome_known",
        "In a run that ended, every tenant has exactly one outcome.",
        "outcome",
        Column("must_have_outcome") == True,
    )  # noqa: E712
    yield _rule(
        gxe.ExpectColumnValuesToBeInSet,
        "migrated_was_eligible",
        "Only tenants that were eligible are migrated.",
        column="verdict",
        value_set=[str(Verdict.eligible)],
        row_condition=moved,
    )
    yield _rule(
        gxe.ExpectColumnValuesToBeBetween,
        "migrated_had_plan",
        "A migrated tenant had a plan.",
        column="steps_planned",
        min_value=1,
        row_condition=moved,
    )
    yield _rule(
        gxe.ExpectColumnValuesToBeBetween,
        "migrated_is_switched",
        "A migrated tenant has a switch that is done.",
        column="switches_done",
        min_value=1,
        row_condition=moved,
    )
    yield _zero(
        "migrated_is_switched_everywhere",
        "A migrated tenant has no planned switch left.",
        "switches_left",
        moved,
    )
    yield _zero("migrated_is_complete", "A migrated tenant has no planned step left.", "steps_left", moved)
    yield _zero(
        "migrated_is_settled", "A migrated tenant has no intent whose fate is open.", "steps_open", moved
    )
    yield _zero(
        "migrated_was_tested",
        "A migrated tenant had a test message accepted by every delivery method.",
        "tests_missing",
        moved,
    )
    yield _zero(
        "migrated_test_not_failed",
        "No delivery method of a migrated tenant is known to fail.",
        "tests_failed",
        moved,
    )
    yield _zero(
        "migrated_test_delivered",
        "A migrated tenant's test messages were seen delivered, unless its outcome says that they were not seen.",
        "tests_unseen",
        moved,
    )
    yield _zero(
        "unchanged_is_untouched",
        "A tenant that is unchanged had nothing written.",
        "changes_done",
        _outcome(OutcomeKind.unchanged),
    )
    yield _known(
        "skipped_has_reason",
        "A skipped tenant has a reason.",
        "outcome_reason",
        _outcome(OutcomeKind.skipped),
    )
    yield _known(
        "held_has_reason", "A held tenant has a reason.", "outcome_reason", _outcome(OutcomeKind.held)
    )
    yield _known(
        "inconclusive_has_reason",
        "An inconclusive tenant has a reason.",
        "outcome_reason",
        _outcome(OutcomeKind.inconclusive),
    )
    yield _filled(
        "failed_has_message",
        "A failed tenant has a message.",
        "outcome_message",
        _outcome(OutcomeKind.failed),
    )
    yield _known("eligible_has_route", "An eligible tenant has a route.", "route", eligible)
    yield _known(
        "eligible_has_way_back", "An eligible tenant's reversibility was judged.", "reversibility", eligible
    )
    yield _filled(
        "verdict_has_reasons", "Every verdict carries a reason.", "reasons", Column("verdict").is_not_null()
    )
    yield _rule(
        gxe.ExpectColumnValuesToBeInSet,
        "factors_within_methods",
        "MFA factors are a subset of the provider's delivery methods.",
        column="factors_uncovered",
        value_set=[""],
    )
    yield _rule(
        gxe.ExpectColumnValuesToBeInSet,
        "use_within_methods",
        "The provider delivers everything that is in use.",
        column="methods_uncovered",
        value_set=[""],
    )
    yield _true("within_run", "Work on a tenant lies within the run.", "within_run")


def _waves() -> Iterator[Expectation]:
    stopped, passed = Column("verdict") == "stopped", Column("verdict") == "passed"
    yield _true("wave_adds_up", "The outcomes of a batch add up to its tenants.", "accounted")
    yield _filled("stopped_has_reason", "A wave that stopped says why.", "reason", stopped)
    yield _zero(
        "passed_within_tolerance",
        "A batch that passed has no more failures than tolerated.",
        "failed_over_tolerance",
        passed,
    )


def _steps() -> Iterator[Expectation]:
    yield _filled("step_named", "Every step has a title.", "title")
    yield _filled(
        "failed_step_has_detail",
        "A failed step says what went wrong.",
        "detail",
        Column("result") == "failed",
    )
    yield _known(
        "settled_step_has_end",
        "A step whose outcome is known has an end.",
        "ended_at",
        Column("result").is_in(["done", "already", "failed", "not_applied"]),
    )
    yield _rule(
        gxe.ExpectColumnValuesToBeNull,
        "planned_step_untried",
        "A step that was only planned has no intent.",
        column="intent_id",
        row_condition=Column("result") == "planned",
    )


def _findings() -> Iterator[Expectation]:
    yield _known("reason_coded", "Every reason has a code.", "code")
    yield _filled("reason_told", "Every reason is a sentence.", "message")
    yield _filled(
        "evidence_placed", "Evidence names the endpoint it was read from.", "endpoint", Column("field") != ""
    )


def _messages() -> Iterator[Expectation]:
    yield _rule(
        gxe.ExpectColumnValuesToMatchRegex,
        "number_masked",
        "Numbers are masked but for their last two digits.",
        column="to",
        regex=MASKED,
    )
    yield _rule(
        gxe.ExpectColumnPairValuesAToBeGreaterThanB,
        "seen_after_sent",
        "A message is not seen before it is sent.",
        column_A="seen_at",
        column_B="sent_at",
        or_equal=True,
        ignore_row_if=_MISSING,
    )
    yield _known(
        "evidence_seen",
        "Evidence of delivery or failure has its time.",
        "seen_at",
        Column("evidence").is_in(["delivered", "failed"]),
    )


def _actions() -> Iterator[Expectation]:
    yield _rule(
        gxe.ExpectColumnValuesToBeBetween,
        "proof_ran",
        "What is proved was run on at least one event.",
        column="events",
        min_value=1,
        row_condition=Column("result") == "proved",
    )


def _drift() -> Iterator[Expectation]:
    yield _known("drift_judged", "Every difference says whether it is better or worse.", "direction")


def _risk() -> Iterator[Expectation]:
    yield _rule(
        gxe.ExpectColumnPairValuesToBeEqual,
        "risk_adds_up",
        "What breaks adds up over how badly.",
        column_A="breaks",
        column_B="parts",
    )
    yield _known("risk_judged", "Every risk says how bad it is.", "worst")


def _run() -> Iterator[Expectation]:
    for column, what in (
        ("distinct_tenants", "by domain"),
        ("tenants_by_outcome", "by outcome"),
        ("tenants_by_wave", "by wave"),
    ):
        yield _rule(
            gxe.ExpectColumnPairValuesToBeEqual,
            f"run_adds_up_{column}",
            f"Tenants counted {what} add up to the fleet.",
            column_A="tenants",
            column_B=column,
        )
    yield _known("run_ended", "The run ended.", "ended_at")
    yield _zero(
        "clean_exit_without_failures",
        "A run that exits with 0 has no failed tenant.",
        "failed_tenants",
        Column("exit_code") == 0,
    )


_RULES: dict[str, Any] = {
    "tenants": _tenants,
    "waves": _waves,
    "steps": _steps,
    "findings": _findings,
    "messages": _messages,
    "actions": _actions,
    "drift": _drift,
    "risk": _risk,
    "run": _run,
}
