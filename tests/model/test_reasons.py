"""The table of reasons."""

from __future__ import annotations

import pytest

from configs import ApprovableReason
from phonefleet.errors import StepFailed
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.exit_codes import ExitCode, TenantEnding, exit_code, facts
from phonefleet.model.outcome import outcome_of_error
from phonefleet.model.reason_spec import Actor, ApprovalPlace, Need, ReasonEffect, ReasonSpec
from phonefleet.model.reasons import REASONS

ROWS = pytest.mark.parametrize("spec", [pytest.param(spec, id=code) for code, spec in REASONS.items()])
QUIET = (ReasonEffect.DESCRIBES, ReasonEffect.SETTLES, ReasonEffect.RATES_ROLLBACK)


def test_the_fleet_file_may_approve_what_may_be_approved() -> None:
    assert {str(each) for each in ApprovableReason} == {
        str(code) for code, spec in REASONS.items() if spec.may_be_approved
    }


def test_each_code_has_exactly_one_entry() -> None:
    assert set(REASONS) == set(ReasonCode)
    assert len(REASONS) == len(ReasonCode)


@ROWS
def test_texts_are_one_sentence_each(spec: ReasonSpec) -> None:
    for text in (spec.meaning, spec.next_step):
        assert text[0].isupper() or text.startswith("phonefleet")
        assert text.endswith((".", ")."))
        assert ". " not in text


@ROWS
def test_no_one_acts_where_nothing_is_needed(spec: ReasonSpec) -> None:
    assert (spec.actor is Actor.NO_ONE) == (spec.need is None)
    assert spec.need is not None or spec.effect in QUIET


@ROWS
def test_only_blockers_are_approved(spec: ReasonSpec) -> None:
    assert spec.effect is ReasonEffect.BLOCKS or spec.approval is ApprovalPlace.NOWHERE
    assert not spec.plan_may_be_approved or spec.may_be_approved


def test_every_word_of_the_policy_is_used() -> None:
    assert {spec.need for spec in REASONS.values()} == {*Need, None}
    assert {spec.effect for spec in REASONS.values()} == set(ReasonEffect)
    assert {spec.actor for spec in REASONS.values()} == set(Actor)
    assert {spec.approval for spec in REASONS.values()} == set(ApprovalPlace)


HOLDS = (ReasonEffect.HOLDS, ReasonEffect.DRIFTS)


@pytest.mark.parametrize("code", [c for c, s in REASONS.items() if s.effect in HOLDS])
@pytest.mark.parametrize("verb", ["migrate", "rollback", "finalize"])
def test_a_reason_that_holds_waits_for_a_person(code: ReasonCode, verb: str) -> None:
    outcome = outcome_of_error(StepFailed("a.eu.auth0.com", code, "no"))
    assert outcome.kind is OutcomeKind.HELD
    expected = ExitCode.DONE if code in (ReasonCode.NOT_SELECTED, ReasonCode.OVERTAKEN) else ExitCode.GATE
    assert exit_code(facts(verb, [TenantEnding(outcome.kind, outcome.reason)])) is expected


def test_keys_are_accepted_in_the_fleet_file_only() -> None:
    """A proposal would hold the key before anybody has said that it is none."""
    by_file = {code for code, spec in REASONS.items() if spec.approval is ApprovalPlace.FLEET_FILE}
    assert by_file == {ReasonCode.KEY_IN_CODE, ReasonCode.KEY_IN_GATEWAY_URL}
