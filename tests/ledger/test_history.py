"""A tenant's history: everything, in order."""

from __future__ import annotations

from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, ReasonCode
from tests.ledger.factories import (
    DOMAIN,
    OTHER,
    TEST,
    Clock,
    make_assessment,
    make_plan,
    make_snapshot,
    ready,
    start,
)


def test_a_reading_is_listed_as_it_came_about(ledger: Ledger) -> None:
    """One instant for all of it: first what the tenant was, then what that means, then what would be done."""
    run_id, plan = start(ledger), make_plan()
    ledger.tenants.add_reading(run_id, DOMAIN, make_snapshot(), make_assessment(), plan)
    listed = [entry.what for entry in ledger.history.of_tenant(DOMAIN)]
    assert listed == ["run", "snapshot", "assessed", "planned"]


def test_a_history_has_everything_in_order(ledger: Ledger, clock: Clock) -> None:
    run_id, lease, plan = ready(ledger)
    clock.advance(1)
    ledger.tenants.add_assessment(run_id, DOMAIN, make_assessment())
    ledger.approvals.approve_plans([(plan, [ReasonCode.PROVIDERS_DIFFER])], "lee", "fine")
    ledger.approvals.approve_plans([(make_plan(OTHER), [])], "lee")
    clock.advance(1)
    ledger.tenants.mark_started(run_id, DOMAIN)
    ledger.snapshots.add(run_id, DOMAIN, "before", make_snapshot())
    clock.advance(1)
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, TEST)
    clock.advance(1)
    ledger.steps.settle(number, "done", attempts=1, detail="202")
    ledger.messages.add_evidence(number, "delivered", log_id="log-1", log_type="gd_send_sms")
    clock.advance(1)
    ledger.tenants.set_outcome(
        run_id, DOMAIN, OutcomeKind.FAILED, ReasonCode.SWITCH_NOT_EFFECTIVE, "still off"
    )
    ledger.runs.end(run_id, "failed", 2)
    clock.advance(1)
    ledger.runs.resume(run_id, "sam")

    history = ledger.history.of_tenant(DOMAIN)
    assert [(entry.what, entry.text, entry.detail) for entry in history] == [
        ("run", "migrate of fleet acme started by kim", ""),
        ("planned", f"plan {plan.checksum}", ""),
        ("assessed", "eligible, route twilio", "mfa_twilio"),
        ("approval", f"plan {plan.checksum} approved by lee for providers_differ", "fine"),
        ("snapshot", "snapshot recorded: before", ""),
        ("started", "the run began to change the tenant", ""),
        ("intent", f"#{number} apply send_test test:text (send_test text)", "by worker-1"),
        ("message", "test message by text to +*********06: delivered", f"#{number}"),
        ("result", f"#{number} apply send_test test:text (send_test text): done, 1 request(s)", "202"),
        ("evidence", f"#{number}: delivered, log entry log-1 (gd_send_sms)", ""),
        ("outcome", "failed (switch_not_effective)", "still off"),
        ("run", "run ended: failed", ""),
        ("run", "run resumed by sam", ""),
    ]
    assert {entry.run_id for entry in history if entry.what != "approval"} == {run_id}
    assert {entry.verb for entry in history if entry.what != "approval"} == {"migrate"}
    assert [entry.at for entry in history] == sorted(entry.at for entry in history)


def test_a_history_covers_all_runs_of_the_tenant(ledger: Ledger, clock: Clock) -> None:
    first = start(ledger, DOMAIN, OTHER)
    clock.advance(1)
    second = start(ledger, DOMAIN, verb="rollback")
    ledger.tenants.set_outcome(second, DOMAIN, OutcomeKind.ROLLED_BACK)
    ledger.tenants.add_plan(first, OTHER, make_plan(OTHER))
    assert [(entry.run_id, entry.verb, entry.what) for entry in ledger.history.of_tenant(DOMAIN)] == [
        (first, "migrate", "run"),
        (second, "rollback", "run"),
        (second, "rollback", "outcome"),
    ]
    assert [entry.what for entry in ledger.history.of_tenant(OTHER)] == ["run", "planned"]
    assert ledger.history.of_tenant("unknown.eu.auth0.com") == []


def test_unencodable_names_are_recorded(ledger: Ledger) -> None:
    """Half of a surrogate pair in whatever a tenant may name: nothing is refused, the rest of the text stays."""
    message = TEST.after.model_copy(update={"to": "b\udfff"})
    plan = make_plan(steps=[TEST.model_copy(update={"title": "send \ud800", "after": message})])
    run_id, lease, _ = ready(ledger, plan)
    ledger.snapshots.add(run_id, DOMAIN, "before", make_snapshot(friendly_name="Caf\ud83d"))
    assessment = make_assessment()
    (reason,) = assessment.reasons
    odd = reason.model_copy(update={"message": "connection \udc00 sends"})
    ledger.tenants.add_assessment(run_id, DOMAIN, assessment.model_copy(update={"reasons": (odd,)}))
    number = ledger.steps.intend(lease, run_id, DOMAIN, plan.checksum, plan.steps[0])
    ledger.steps.settle(number, "failed", detail="Auth0 said \ud800")
    ledger.tenants.set_outcome(
        run_id, DOMAIN, OutcomeKind.FAILED, ReasonCode.API_REFUSED, "\ud800 is no name"
    )
    assert ledger.plans.get(plan.checksum).checksum == plan.checksum
    assert ledger.snapshots.of_tenant(DOMAIN)[0].snapshot.friendly_name == "Caf\ufffd"
    (tenant,) = ledger.runs.record(run_id).tenants
    assert tenant.outcome_message == "\ufffd is no name"
    assert tenant.assessment is not None
    assert tenant.assessment.reasons[0].message == "connection \ufffd sends"
    assert ledger.history.of_tenant(DOMAIN)[-1].text == "failed (api_refused)"
