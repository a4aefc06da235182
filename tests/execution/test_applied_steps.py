"""What a tenant's intents say is decided by their typed results, whatever their details say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from phonefleet.execution.applied_steps import (
    applied_steps,
    has_writes,
    removed_leftovers,
    steps_in_place,
    switched_at,
    switched_keys,
)
from phonefleet.model.enums import Operation, StepKind
from phonefleet.model.impact_name import ImpactName, parse_names
from phonefleet.model.run_record import IntentRecord, StepResult

START = datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
DETAILS = ("", "Auth0 accepted the switch, but a read shows the flag False", "refused", "nothing to revert")
APPLY, REVERT, MARK = Operation.APPLY, Operation.REVERT, Operation.MARK


def records(
    *steps: tuple[Operation, StepKind, StepResult | None], detail: str = "", attempts: int = 1
) -> list[IntentRecord]:
    """Make the intents of one plan, a minute apart."""
    return [
        IntentRecord(
            domain="a.eu.auth0.com",
            intent_id=number,
            plan_checksum="c" * 64,
            index=0,
            operation=operation,
            kind=kind,
            key=str(kind),
            title=str(kind),
            intended_at=START + timedelta(minutes=number),
            ended_at=START + timedelta(minutes=number),
            result=result,
            attempts=attempts,
            detail=detail,
            run_id="run",
            holder="me",
            fence=1,
        )
        for number, (operation, kind, result) in enumerate(steps, start=1)
    ]


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize(
    ("result", "attempts", "switched"),
    [
        (StepResult.DONE, 1, True),
        (StepResult.NOT_EFFECTIVE, 1, True),
        (StepResult.UNKNOWN, 1, True),
        (None, 0, True),
        (StepResult.FAILED, 1, False),
        (StepResult.FAILED, 2, True),
    ],
)
def test_only_a_refused_switch_is_not_in_effect(
    detail: str, result: StepResult | None, attempts: int, switched: bool
) -> None:
    """Of several sendings an earlier one may have been taken."""
    made = records((APPLY, StepKind.SWITCH_TENANT, result), detail=detail, attempts=attempts)
    assert bool(switched_keys(made)) is switched


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("result", [StepResult.DONE, StepResult.ALREADY])
def test_a_reverted_switch_is_not_in_effect(detail: str, result: StepResult) -> None:
    kind = StepKind.SWITCH_TENANT
    made = records((APPLY, kind, StepResult.DONE), (REVERT, kind, result), detail=detail)
    assert switched_keys(made) == set()
    assert switched_at(made) is None
    assert applied_steps(made) == {}
    assert not has_writes(made)


@pytest.mark.parametrize("detail", DETAILS)
def test_an_ineffective_revert_leaves_the_step_applied(detail: str) -> None:
    kind = StepKind.SWITCH_TENANT
    made = records((APPLY, kind, StepResult.DONE), (REVERT, kind, StepResult.NOT_EFFECTIVE), detail=detail)
    assert switched_keys(made) == set(applied_steps(made)) == {str(kind)}
    assert switched_at(made) == START + timedelta(minutes=1)


@pytest.mark.parametrize("result", [each for each in StepResult if each not in ("done", "already")] + [None])
def test_a_failed_rewrite_leaves_the_step_in_place(result: StepResult | None) -> None:
    """A rollback has it to revert, and no read shows the credentials of the second write."""
    kind = StepKind.CREATE_PROVIDER
    made = records((APPLY, kind, StepResult.DONE), (APPLY, kind, result))
    assert applied_steps(made) == {}
    assert steps_in_place(made) == {str(kind)}
    assert has_writes(made)
    reverted = records((APPLY, kind, StepResult.DONE), (APPLY, kind, result), (REVERT, kind, StepResult.DONE))
    assert steps_in_place(reverted) == set()


def test_only_a_write_may_be_in_place_unknown() -> None:
    made = records(
        (APPLY, StepKind.SEND_TEST, StepResult.UNKNOWN), (APPLY, StepKind.UPDATE_PROVIDER, StepResult.UNKNOWN)
    )
    assert steps_in_place(made) == {"update_provider"}


def test_a_mark_is_no_step() -> None:
    made = records((MARK, StepKind.SEND_TEST, StepResult.DONE))
    assert applied_steps(made) == {}


@pytest.mark.parametrize("result", [StepResult.NOT_EFFECTIVE, StepResult.FAILED, StepResult.ALREADY, None])
def test_only_a_done_removal_counts(result: StepResult | None) -> None:
    kind = StepKind.UNBIND_ACTION
    made = records((APPLY, kind, result), (APPLY, kind, StepResult.DONE))
    assert [record.intent_id for record in removed_leftovers(made)] == [2]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("changed:template:otp_verify", ImpactName("changed", "template:otp_verify")),
        ("client_in_logs:abc/legacy", ImpactName("client_in_logs", "abc/legacy")),
        ("unbind_action", ImpactName("unbind_action")),
    ],
)
def test_a_name_is_rendered_as_it_is_parsed(text: str, name: ImpactName) -> None:
    assert parse_names([text]) == {name}
    assert str(name) == text
