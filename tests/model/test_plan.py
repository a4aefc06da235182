"""Plans: equal facts give equal checksums, other facts another, whatever their names hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.model.assessment import Assessment, Reason
from phonefleet.model.canonical import canonical, checksum
from phonefleet.model.enums import ReasonCode, Reversibility, Route, Verdict
from phonefleet.model.plan import ActionVerification, FleetPlan, LedgerState, Plan, TenantPlan
from phonefleet.model.steps import CreateActionStep
from phonefleet.planning.plan_difference import plan_difference
from tests.step_factory import new_action

ANY_TEXT = st.text(st.characters(exclude_categories=()))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


def a_plan(title: str = "create provider twilio", code: str = "exports.x = 1") -> Plan:
    step = CreateActionStep(title=title, after=new_action(code))
    return Plan(
        domain="a.eu.auth0.com",
        route=Route.TWILIO,
        basis="facts",
        steps=(step,),
        reversibility=Reversibility.REVERSIBLE,
    )


@given(JSON)
def test_canonical_json_is_read_back(value: Any) -> None:
    """Hostile names too: half a surrogate pair, which JSON can escape and UTF-8 cannot hold."""
    once = json.loads(canonical(value))
    assert canonical(once) == canonical(value)


@given(ANY_TEXT, ANY_TEXT)
def test_a_plan_read_back_keeps_its_checksum(title: str, code: str) -> None:
    plan = a_plan(title, code)
    again = Plan.model_validate_json(canonical(plan.model_dump(mode="json")))
    assert again.checksum == plan.checksum


@given(JSON, JSON)
def test_other_content_has_another_checksum(one: Any, other: Any) -> None:
    assert (checksum(one) == checksum(other)) == (canonical(one) == canonical(other))


@pytest.mark.parametrize("deep", [True, False])
def test_a_changed_plan_has_its_own_checksum(deep: bool) -> None:
    plan = a_plan()
    known = plan.checksum
    copy = plan.model_copy(update={"basis": "other facts"}, deep=deep)
    assert copy.checksum != known
    assert copy.checksum == Plan.model_validate(copy.model_dump()).checksum
    assert plan.model_copy(deep=deep).checksum == known == plan.checksum


def test_a_reworded_plan_is_the_same_plan() -> None:
    """A new version's wording voids no approval; the plan file's seal covers the wording."""
    reason = Reason(code=ReasonCode.TEMPLATE_CHANGES, message="the text changes")
    checked = ActionVerification(
        result="verified", strategy="adapter", events=20, reasons=("one",), flags=("two",)
    )
    plan = a_plan().model_copy(update={"warnings": (reason,), "verification": checked})
    reworded = a_plan("make the provider").model_copy(
        update={
            "warnings": (reason.model_copy(update={"message": "another text is sent"}),),
            "verification": checked.model_copy(update={"reasons": (), "flags": ("three",)}),
        }
    )
    assert reworded.checksum == plan.checksum
    assert plan_difference(plan, reworded) == plan_difference(plan, plan)
    worse = checked.model_copy(update={"result": "differs"})
    assert plan.model_copy(update={"verification": worse}).checksum != plan.checksum


def a_tenant(**more: Any) -> TenantPlan:
    assessment = Assessment(domain="a.eu.auth0.com", verdict=Verdict.BLOCKED)
    return TenantPlan(domain="a.eu.auth0.com", wave="all", assessment=assessment, **more)


def of(*tenants: TenantPlan) -> FleetPlan:
    ledger = LedgerState(identity="i", generation=1)
    return FleetPlan(fleet="f", phonefleet="1", created_at="now", ledger=ledger, tenants=tenants)


def test_a_changed_fleet_plan_has_its_own_checksum() -> None:
    made = of(a_tenant())
    known = made.checksum
    copy = made.model_copy(update={"tenants": (a_tenant(plan=a_plan()),)})
    assert copy.checksum == of(a_tenant(plan=a_plan())).checksum != known
    assert made.checksum == known


def test_every_part_of_what_is_approved_is_sealed() -> None:
    """Plans, proposals and the reasons that a proposal waits for; not when or by which version the file was made."""
    plan, other = a_plan(), a_plan(code="exports.x = 2")
    waiting = (ReasonCode.ACTION_NOT_VERIFIED,)
    kinds = [
        a_tenant(),
        a_tenant(plan=plan),
        a_tenant(plan=other),
        a_tenant(proposal=plan, awaiting=waiting),
        a_tenant(proposal=other, awaiting=waiting),
        a_tenant(proposal=plan, awaiting=(*waiting, ReasonCode.TEMPLATE_REFUSED)),
    ]
    assert len({of(tenant).checksum for tenant in kinds}) == len(kinds)
    later = of(kinds[1]).model_copy(update={"created_at": "later", "phonefleet": "2"})
    assert later.checksum == of(kinds[1]).checksum
