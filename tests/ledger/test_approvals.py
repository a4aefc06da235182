"""Approvals: of one checksum, all of a command's plans or none."""

from __future__ import annotations

import pytest

from phonefleet.errors import NotRecorded
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import ReasonCode
from tests.ledger.factories import DOMAIN, OTHER, Clock, make_plan
from tests.step_factory import leaky_plan


def test_plans_are_recorded_with_their_approvals(ledger: Ledger, clock: Clock) -> None:
    plan, other = make_plan(DOMAIN), make_plan(OTHER)
    made = ledger.approvals.approve_plans(
        [(plan, [ReasonCode.ACTION_NOT_VERIFIED]), (other, [])], "ann", "read both"
    )
    assert ledger.plans.get(plan.checksum) == plan
    assert ledger.approvals.of_plan(plan.checksum) == made[:1]
    assert (made[0].by, made[0].note, made[0].reasons, made[0].at) == (
        "ann",
        "read both",
        (ReasonCode.ACTION_NOT_VERIFIED,),
        clock.now,
    )
    (entry,) = ledger.history.of_tenant(DOMAIN)
    assert entry.text == f"plan {plan.checksum} approved by ann for action_not_verified"
    assert entry.detail == "read both"


def test_an_approval_is_of_one_plan_alone(ledger: Ledger) -> None:
    plan, changed = make_plan(), make_plan(basis="other facts")
    ledger.approvals.approve_plans([(plan, [ReasonCode.ACTION_NOT_VERIFIED])], "ann")
    assert ledger.approvals.of_plan(changed.checksum) == []
    assert [a.checksum for a in ledger.approvals.of_tenant(DOMAIN)] == [plan.checksum]
    assert ledger.approvals.of_tenant(OTHER) == []


def test_a_plan_may_be_approved_twice(ledger: Ledger) -> None:
    plan = make_plan()
    ledger.approvals.approve_plans([(plan, [])], "ann")
    ledger.approvals.approve_plans([(plan, [])], "bob")
    assert [a.by for a in ledger.approvals.of_plan(plan.checksum)] == ["ann", "bob"]


def test_all_plans_are_approved_or_none(ledger: Ledger) -> None:
    with pytest.raises(NotRecorded, match="auth_token"):
        ledger.approvals.approve_plans([(make_plan(DOMAIN), []), (leaky_plan(make_plan(OTHER)), [])], "ann")
    assert ledger.approvals.of_tenant(DOMAIN) == []
