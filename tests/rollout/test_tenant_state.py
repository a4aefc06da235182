"""Where one tenant is, by what is recorded about it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.tenant_facts import TenantFacts
from phonefleet.rollout.tenant_state import NextCommand, TenantPlace, TenantPosition, TenantState, position
from tests.rollout.fleet_facts import at, ending, reading, tenant_facts

KIND, CODE, STATE, NEXT = OutcomeKind, ReasonCode, TenantState, NextCommand
ELIGIBLE = reading(1, Verdict.ELIGIBLE, CODE.MFA_TWILIO)
BROKEN = reading(1, Verdict.BROKEN, CODE.FLAG_ON, CODE.UPE_WITHOUT_PROVIDER)
BLOCKED = reading(1, Verdict.BLOCKED, CODE.MFA_TWILIO, CODE.TEXT_GIVEN_UP)
SILENT = reading(1, Verdict.ELIGIBLE, CODE.NOTHING_SENDS, CODE.CONNECTION_NOT_SWITCHED)
CUT_OFF = ending(2, KIND.FAILED, CODE.CANNOT_SEND)
NO_ACCESS = reading(2, Verdict.UNREACHABLE, CODE.CREDENTIALS_REJECTED)


def where(**facts: Any) -> TenantPosition:
    return position(TenantPlace("a.example", "canary"), TenantFacts(domain="a.example", **facts))


@pytest.mark.parametrize(
    ("facts", "state", "reason"),
    [
        ({}, STATE.NOT_READ, None),
        ({"read": ELIGIBLE}, STATE.READY, None),
        ({"read": reading(1, Verdict.NOT_APPLICABLE)}, STATE.NOTHING_TO_DO, None),
        ({"read": reading(1, Verdict.ALREADY_MIGRATED)}, STATE.DONE, None),
        ({"read": BLOCKED}, STATE.WAITING_FOR_YOU, CODE.TEXT_GIVEN_UP),
        ({"read": BLOCKED, "approved": {CODE.TEXT_GIVEN_UP}}, STATE.READY, None),
        ({"read": BROKEN}, STATE.FAILING, CODE.UPE_WITHOUT_PROVIDER),
        ({"read": ELIGIBLE, "changed": ending(2, KIND.MIGRATED)}, STATE.DONE, None),
        ({"read": ELIGIBLE, "changed": ending(2, KIND.PREPARED)}, STATE.READY, None),
        (
            {"read": ELIGIBLE, "changed": ending(2, KIND.FAILED, CODE.TEST_MESSAGE_FAILED)},
            STATE.WAITING_FOR_YOU,
            CODE.TEST_MESSAGE_FAILED,
        ),
        ({"read": ELIGIBLE, "changed": CUT_OFF}, STATE.FAILING, CODE.CANNOT_SEND),
        ({"read": reading(3, Verdict.ALREADY_MIGRATED), "changed": CUT_OFF}, STATE.DONE, None),
        ({"read": reading(3, Verdict.BROKEN), "changed": ending(2, KIND.MIGRATED)}, STATE.FAILING, None),
        ({"read": BROKEN, "changed": ending(2, KIND.ROLLED_BACK)}, STATE.WAITING_FOR_YOU, None),
        *(
            ({"read": reading(3, verdict), "changed": ending(2, KIND.ROLLED_BACK, verb="rollback")}, state, None)
            for verdict, state in (
                (Verdict.ELIGIBLE, STATE.WAITING_FOR_YOU), (Verdict.ALREADY_MIGRATED, STATE.DONE),
            )
        ),
        ({"read": BROKEN, "changed": ending(2, KIND.FAILED, verb="rollback")}, STATE.FAILING, CODE.FLAG_ON),
        ({"read": SILENT}, STATE.FAILING, CODE.NOTHING_SENDS),
        ({"read": SILENT, "held": ending(2, KIND.HELD, CODE.OUTSIDE_WINDOW)}, STATE.FAILING, CODE.NOTHING_SENDS),
        ({"read": SILENT, "changed": ending(2, KIND.MIGRATED)}, STATE.DONE, None),
        ({"unread": NO_ACCESS}, STATE.WAITING_FOR_YOU, CODE.CREDENTIALS_REJECTED),
        ({"read": BROKEN, "unread": NO_ACCESS}, STATE.FAILING, CODE.UPE_WITHOUT_PROVIDER),
        ({"read": ELIGIBLE, "interrupted": "r7"}, STATE.WAITING_FOR_YOU, CODE.INTERRUPTED),
        ({"read": ELIGIBLE, "held": ending(2, KIND.HELD, CODE.PLAN_CHANGED)}, STATE.WAITING_FOR_YOU, CODE.PLAN_CHANGED),
        ({"read": ELIGIBLE, "held": ending(2, KIND.HELD, CODE.OUTSIDE_WINDOW)}, STATE.READY, None),
        ({"read": reading(3, Verdict.ELIGIBLE), "held": ending(2, KIND.HELD, CODE.PLAN_CHANGED)}, STATE.READY, None),
    ],
)  # fmt: skip
def test_facts_decide_the_state(facts: dict[str, Any], state: TenantState, reason: ReasonCode | None) -> None:
    found = where(**facts)
    assert found.state is state
    if reason is not CODE.FLAG_ON:
        assert found.reason is reason


@pytest.mark.parametrize("kind", [KIND.ROLLED_BACK, KIND.MIGRATED, KIND.FINALIZED])
def test_a_run_that_leaves_a_tenant_broken_is_no_repair(kind: OutcomeKind) -> None:
    """The run reads the tenant after its change, and records the outcome after that."""
    left = ending(2, kind, verb="rollback").model_copy(update={"run_id": BROKEN.run_id})
    assert where(read=BROKEN, changed=left).state is STATE.FAILING
    assert where(read=BROKEN, changed=ending(3, kind)).state is not STATE.FAILING


def test_drift_waits_until_compliance_accepts_it() -> None:
    """What a migration left is compared with; a later reading does not make a difference go away."""
    drifted = ending(5, KIND.DRIFTED, CODE.DRIFT_FOUND, verb="compliance")
    later = reading(9, Verdict.ALREADY_MIGRATED)
    done = {"read": later, "changed": ending(2, KIND.MIGRATED)}
    assert where(**done, checked=drifted).state is STATE.WAITING_FOR_YOU
    assert where(**done, checked=ending(10, KIND.UNCHANGED, verb="compliance")).state is STATE.DONE
    # A tenant that was never changed has no other recorded state than its last reading.
    assert where(read=reading(9, Verdict.ELIGIBLE), checked=drifted).state is STATE.READY


def test_a_failed_test_after_the_switch_is_failing() -> None:
    """Until a test, an acceptance or a confirmed change: no later reading shows that messages go out."""
    failed = ending(5, KIND.FAILED, CODE.TEST_MESSAGE_FAILED, verb="compliance")
    drifted = ending(7, KIND.DRIFTED, CODE.CREDENTIALS_UNCERTAIN, verb="compliance")
    same = {"read": reading(9, Verdict.ALREADY_MIGRATED), "changed": ending(2, KIND.MIGRATED)}
    assert where(**same, checked=failed, tested=failed).state is STATE.FAILING
    assert where(**same, checked=drifted, tested=failed).state is STATE.FAILING
    again = ending(8, KIND.UNCHANGED, CODE.CREDENTIALS_TESTED, verb="compliance")
    assert where(**same, checked=again, tested=again).state is STATE.DONE
    assert (
        where(read=ELIGIBLE, changed=ending(6, KIND.FAILED, verb="rollback"), tested=failed).state
        is STATE.FAILING
    )
    assert where(read=ELIGIBLE, changed=ending(6, KIND.MIGRATED), tested=failed).state is STATE.DONE


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (KIND.DRIFTED, CODE.CREDENTIALS_UNCERTAIN),
        (KIND.INCONCLUSIVE, CODE.NO_DELIVERY_EVIDENCE),
        (KIND.INCONCLUSIVE, CODE.TEST_RESULT_UNKNOWN),
    ],
)
def test_credentials_that_may_be_others_are_uncertain(kind: OutcomeKind, reason: ReasonCode) -> None:
    """The board must not say that it is safe."""
    checked = ending(5, kind, reason, verb="compliance")
    found = where(read=ELIGIBLE, changed=ending(2, KIND.MIGRATED), checked=checked)
    assert (found.state, found.is_uncertain, found.command) == (STATE.WAITING_FOR_YOU, True, NEXT.TEST)
    template = ending(5, KIND.DRIFTED, CODE.DRIFT_FOUND, verb="compliance")
    assert not where(read=ELIGIBLE, changed=ending(2, KIND.MIGRATED), checked=template).is_uncertain


def test_an_unconfirmed_switch_is_uncertain() -> None:
    """Until a read shows what became of it, nobody may be shown that it is safe."""
    failed = ending(2, KIND.FAILED, CODE.VERIFICATION_FAILED)
    assert where(read=ELIGIBLE, changed=failed, switched=True).is_uncertain
    assert not where(read=ELIGIBLE, changed=failed).is_uncertain
    assert not where(read=reading(3, Verdict.ELIGIBLE), changed=failed, switched=True).is_uncertain
    assert where(read=ELIGIBLE, interrupted="r7", switched=True).is_uncertain


@pytest.mark.parametrize(
    ("facts", "command"),
    [
        ({}, NEXT.ASSESS),
        ({"read": ELIGIBLE}, NEXT.MIGRATE),
        ({"read": BLOCKED}, NEXT.APPROVE),
        ({"read": reading(1, Verdict.BLOCKED, CODE.TEXT_GIVEN_UP, CODE.SENDER_MISSING)}, NEXT.PLAN),
        ({"unread": NO_ACCESS}, NEXT.DOCTOR),
        ({"interrupted": "r7", "interrupted_verb": "migrate"}, NEXT.RESUME),
        ({"interrupted": "r7", "interrupted_verb": "rollback"}, NEXT.REPEAT),
        ({"read": BROKEN}, NEXT.CHECK),
        ({"read": ELIGIBLE, "changed": ending(2, KIND.FAILED, verb="rollback")}, NEXT.REPEAT),
        ({"read": reading(1, Verdict.ALREADY_MIGRATED)}, None),
    ],
)
def test_each_position_has_its_next_command(facts: dict[str, Any], command: NextCommand | None) -> None:
    assert where(**facts).command is command


@given(facts=tenant_facts())
def test_a_known_outage_is_never_hidden(facts: TenantFacts) -> None:
    """A tenant that reads as broken is failing, unless a later change was confirmed."""
    found = position(TenantPlace("a.example", "canary"), facts)
    confirmed = facts.changed and facts.changed.kind in (KIND.MIGRATED, KIND.FINALIZED, KIND.ROLLED_BACK)
    if facts.read and facts.read.verdict is Verdict.BROKEN:
        later = confirmed and facts.changed and facts.changed.at > facts.read.at
        assert later or found.state is STATE.FAILING


@given(facts=tenant_facts())
def test_a_tenant_is_done_only_on_evidence(facts: TenantFacts) -> None:
    """Either its last reading shows it, or its last change was confirmed and nothing was read since."""
    found = position(TenantPlace("a.example", "canary"), facts)
    if found.state is STATE.DONE:
        shown = facts.read and facts.read.verdict is Verdict.ALREADY_MIGRATED
        changed = facts.changed and facts.changed.kind in (KIND.MIGRATED, KIND.FINALIZED)
        assert shown or changed
        assert not facts.interrupted
        assert facts.unread is None or (facts.changed and facts.changed.at > facts.unread.at)


@given(facts=tenant_facts())
def test_who_waits_has_a_reason_and_a_command(facts: TenantFacts) -> None:
    found = position(TenantPlace("a.example", "canary"), facts)
    assert found.state is not STATE.WAITING_FOR_WAVE
    if found.state is STATE.WAITING_FOR_YOU:
        assert found.command is not None
        assert found.since is not None or facts.interrupted
    assert at(0) <= (found.since or at(0))
