"""The engine at work: one write a step, objections, lying servers, lost answers and died runs."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.errors import ApiRefused, LeaseHeld, StepFailed, Unreachable
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import prepare, switch
from phonefleet.model.enums import (
    Operation,
    OutcomeKind,
    ReasonCode,
    StepKind,
)
from phonefleet.model.outcome import outcome_of_error
from phonefleet.model.plan import Step
from tests.tenant_bench import PATIENCE, Bench, Tenant, of_kind, policy, records, results, twin

CODE = ReasonCode
PATHS = {
    StepKind.CREATE_ACTION: ("POST", "/actions/actions"),
    StepKind.DEPLOY_ACTION: ("POST", "/actions/actions/*/deploy"),
    StepKind.CREATE_PROVIDER: ("POST", "/branding/phone/providers"),
    StepKind.UPDATE_PROVIDER: ("PATCH", "/branding/phone/providers/*"),
    StepKind.CREATE_TEMPLATE: ("POST", "/branding/phone/templates"),
    StepKind.UPDATE_TEMPLATE: ("PATCH", "/branding/phone/templates/*"),
    StepKind.ENABLE_FACTOR: ("PUT", "/guardian/factors/sms"),
    StepKind.SET_MESSAGE_TYPES: ("PUT", "/guardian/factors/phone/message-types"),
    StepKind.SWITCH_TENANT: ("PATCH", "/tenants/settings"),
    StepKind.SWITCH_CONNECTION: ("PATCH", "/connections/*"),
}
WORDS = {"enrollment_message": "Enrol {{code}}", "verification_message": "Verify {{code}}"}


async def _tenant_with(bench: Bench, kind: StepKind) -> Tenant:
    """A tenant whose plan has a step of this kind."""
    match kind:
        case StepKind.CREATE_ACTION | StepKind.DEPLOY_ACTION:
            return await bench.tenant("action_single")
        case StepKind.UPDATE_PROVIDER | StepKind.UPDATE_TEMPLATE:
            return await bench.tenant("half_migrated", guardian={"templates": WORDS})
        case StepKind.CREATE_TEMPLATE:
            return await bench.tenant("twilio_sms", guardian={"templates": WORDS})
        case StepKind.ENABLE_FACTOR | StepKind.SET_MESSAGE_TYPES:
            return await bench.tenant("passwordless_twilio", target={"factors": ["sms"]})
        case StepKind.SWITCH_CONNECTION:
            return await bench.tenant(
                "passwordless_twilio", connections={"sms": {"options": {"use_phone_provider": False}}}
            )
        case _:
            return await bench.tenant("twilio_sms")


async def _upto(worker: StepExecutor, kind: StepKind) -> Step:
    """Apply everything before the first step of a kind, but no test message."""
    for step in worker.plan.steps:
        if step.kind is kind:
            return step
        if step.kind is not StepKind.SEND_TEST:
            await worker.apply(step)
    raise AssertionError(f"no {kind} in {[s.key for s in worker.plan.steps]}")


async def _ready(bench: Bench, kind: StepKind) -> tuple[Tenant, StepExecutor, Step]:
    tenant = await _tenant_with(bench, kind)
    worker = await tenant.worker()
    return tenant, worker, await _upto(worker, kind)


def _rule(kind: StepKind, effect: str, **more: Any) -> dict[str, Any]:
    method, path = PATHS[kind]
    return {"method": method, "path": path, "effect": effect, **more}


@pytest.mark.parametrize("kind", PATHS, ids=str)
async def test_a_step_writes_once_and_what_is_so_already_is_not_written(bench: Bench, kind: StepKind) -> None:
    tenant, worker, step = await _ready(bench, kind)
    before = await tenant.writes()
    await worker.apply(step)
    after = await tenant.writes()
    assert len(after) == len(before) + 1
    assert after[-1][0] == PATHS[kind][0]
    await worker.apply(step)
    assert await tenant.writes() == after
    assert results(worker)[-1] == (str(kind), "done")
    assert records(worker)[-1].attempts >= 1
    # A worker with another plan of the same steps finds it so by a read.
    other = await bench.worker(tenant.ref, twin(worker.plan))
    await other.apply(step)
    written = len(await tenant.writes()) - len(after)
    # No read shows credentials, so they are written again.
    assert (written, results(other)[-1][1]) == (
        (1, "done") if kind is StepKind.UPDATE_PROVIDER else (0, "already")
    )


UNDOABLE = [k for k in PATHS if k is not StepKind.DEPLOY_ACTION]


@pytest.mark.parametrize("kind", UNDOABLE, ids=str)
async def test_an_undone_step_leaves_the_tenant_as_before_it(bench: Bench, kind: StepKind) -> None:
    from tests.tenant_bench import settled

    tenant, worker, step = await _ready(bench, kind)
    before = settled(await tenant.dump())
    await worker.apply(step)
    assert settled(await tenant.dump()) != before or kind is StepKind.UPDATE_PROVIDER
    await worker.undo(step)
    assert settled(await tenant.dump()) == before
    assert results(worker)[-1] == (f"revert {kind}", "done")
    writes = await tenant.writes()
    await worker.undo(step)
    assert await tenant.writes() == writes
    assert results(worker)[-1] == (f"revert {kind}", "already")
    assert step.key not in await worker.applied()


@pytest.mark.parametrize("kind", PATHS, ids=str)
async def test_an_answer_lost_after_the_write_settles_as_done_without_a_second_object(
    bench: Bench, kind: StepKind
) -> None:
    tenant, worker, step = await _ready(bench, kind)
    before = len(await tenant.writes())
    await bench.faults(_rule(kind, "drop_after", domain=tenant.domain, times=1))
    await worker.apply(step)
    assert results(worker)[-1] == (str(kind), "done")
    done = (await tenant.writes())[before:]
    # What states absolute values may be sent again; what creates may not.
    assert len(done) == 1 if PATHS[kind][0] == "POST" else len(done) <= 2


@pytest.mark.parametrize("kind", PATHS, ids=str)
async def test_a_server_that_says_yes_and_does_nothing_fails_the_step(bench: Bench, kind: StepKind) -> None:
    tenant, worker, step = await _ready(bench, kind)
    await bench.faults(_rule(kind, "lie", domain=tenant.domain))
    codes = {
        StepKind.SWITCH_TENANT: CODE.SWITCH_NOT_EFFECTIVE,
        StepKind.SWITCH_CONNECTION: CODE.CONNECTION_SWITCH_NOT_EFFECTIVE,
        StepKind.DEPLOY_ACTION: CODE.ACTION_BUILD_FAILED,
    }
    if kind is StepKind.UPDATE_PROVIDER:
        await worker.apply(step)  # the configuration was so before, and credentials can't be read
        return
    with pytest.raises(StepFailed) as failed:
        await worker.apply(step)
    assert failed.value.reason == codes.get(kind, CODE.STEP_FAILED)
    assert tenant.domain in str(failed.value)
    assert results(worker)[-1] == (str(kind), "failed")
    await tenant.delivering()
    await bench.faults()
    await worker.apply(step)
    assert results(worker)[-1] == (str(kind), "done"), "a failed step can be tried again"


@pytest.mark.parametrize("kind", [StepKind.CREATE_PROVIDER, StepKind.SWITCH_TENANT], ids=str)
async def test_a_refusal_is_recorded_and_raised(bench: Bench, kind: StepKind) -> None:
    tenant, worker, step = await _ready(bench, kind)
    before = await tenant.writes()
    await bench.faults(_rule(kind, "status", domain=tenant.domain, status=400))
    with pytest.raises(ApiRefused):
        await worker.apply(step)
    assert results(worker)[-1] == (str(kind), "failed")
    assert await tenant.writes() == before


@pytest.mark.parametrize("kind", [StepKind.CREATE_PROVIDER, StepKind.CREATE_TEMPLATE], ids=str)
async def test_a_write_that_never_arrives_is_sent_three_times_and_recorded_as_not_applied(
    bench: Bench, kind: StepKind
) -> None:
    tenant, worker, step = await _ready(bench, kind)
    writes, known = await tenant.writes(), results(worker)
    await bench.faults(_rule(kind, "status", domain=tenant.domain, status=503))
    with pytest.raises(Unreachable):
        await worker.apply(step)
    assert results(worker) == [*known, *[(str(kind), "not_applied")] * 3]
    assert await tenant.writes() == writes


async def test_credentials_whose_write_was_lost_never_count_as_done(bench: Bench) -> None:
    """All that can be read is as planned already, but whether the new credentials arrived no read can show."""
    tenant, worker, step = await _ready(bench, StepKind.UPDATE_PROVIDER)
    (provider,) = await tenant.api.phone_providers()
    body = worker.fill(step.after)
    await tenant.api.update_phone_provider(provider["id"], {**body, "credentials": {"auth_token": "e" * 32}})
    await bench.faults(_rule(StepKind.UPDATE_PROVIDER, "drop_before", domain=tenant.domain))
    with pytest.raises(Unreachable):
        await worker.apply(step)
    assert {result for _, result in results(worker)} == {"unknown"}
    await bench.faults()
    await worker.apply(step)
    assert results(worker)[-1] == ("update_provider", "done")


async def test_a_write_that_arrives_at_the_second_sending_is_done(bench: Bench) -> None:
    tenant, worker, step = await _ready(bench, StepKind.CREATE_PROVIDER)
    await bench.faults(_rule(StepKind.CREATE_PROVIDER, "drop_before", domain=tenant.domain, times=1))
    await worker.apply(step)
    assert [result for _, result in results(worker)] == ["not_applied", "done"]
    assert len(await tenant.writes()) == 1


@pytest.mark.parametrize(
    ("kind", "appear", "code"),
    [
        (StepKind.CREATE_PROVIDER, StepKind.CREATE_PROVIDER, CODE.PROVIDER_TAKEN),
        (StepKind.CREATE_TEMPLATE, StepKind.CREATE_TEMPLATE, CODE.STEP_FAILED),
        (StepKind.CREATE_ACTION, StepKind.CREATE_ACTION, CODE.CUSTOM_ACTION_TAKEN),
    ],
    ids=str,
)
async def test_a_step_objects_to_what_appeared_meanwhile(
    bench: Bench, kind: StepKind, appear: StepKind, code: ReasonCode
) -> None:
    tenant, worker, step = await _ready(bench, kind)
    after: Any = step.after
    body = worker.fill(after)
    match appear:
        case StepKind.CREATE_PROVIDER:
            await tenant.api.create_phone_provider({**body, "disabled": True})
        case StepKind.CREATE_TEMPLATE:
            await tenant.api.create_phone_template({**body, "disabled": True})
        case _:
            await tenant.api.create_action({**body, "code": body["code"] + "\n// somebody else's"})
    writes, known = await tenant.writes(), results(worker)
    with pytest.raises(StepFailed) as failed:
        await worker.apply(step)
    assert failed.value.reason == code
    assert await tenant.writes() == writes
    assert results(worker) == known


async def test_a_step_objects_to_what_vanished_meanwhile(bench: Bench) -> None:
    tenant, worker, step = await _ready(bench, StepKind.DEPLOY_ACTION)
    await tenant.poke(delete_action="phonefleet-phone-provider")
    with pytest.raises(StepFailed, match="is gone, so it cannot be deployed"):
        await worker.apply(step)
    tenant, worker, step = await _ready(bench, StepKind.UPDATE_TEMPLATE)
    template = next(
        t for t in await tenant.api.phone_templates() if t.get("id") and t["type"] == "otp_verify"
    )
    await tenant.api.delete_phone_template(template["id"])
    with pytest.raises(StepFailed, match="is gone since the plan was made"):
        await worker.apply(step)
    tenant, worker, step = await _ready(bench, StepKind.UPDATE_PROVIDER)
    await tenant.poke(delete_provider=True)
    with pytest.raises(StepFailed) as failed:
        await worker.apply(step)
    assert failed.value.reason == CODE.PROVIDER_VANISHED


async def test_an_action_of_an_unfinished_migration_is_updated(bench: Bench) -> None:
    tenant, _worker, _step = await _ready(bench, StepKind.DEPLOY_ACTION)
    action = next(a for a in await tenant.api.actions("custom-phone-provider"))
    await tenant.api.update_action(
        action["id"], {"code": "exports.onExecuteCustomPhoneProvider = async () => {};"}
    )
    again = await tenant.worker()
    update = of_kind(again.plan, StepKind.UPDATE_ACTION)
    await prepare(again, policy())
    await switch(again, tenant.ref)
    assert await tenant.delivering() == {("mfa", m): "upe_custom" for _, m in await tenant.delivering()}
    gone = await bench.worker(tenant.ref, twin(again.plan))
    await tenant.poke(delete_action="phonefleet-phone-provider")
    with pytest.raises(StepFailed, match="is gone since the plan was made"):
        await gone.apply(update)


async def test_a_provider_that_vanishes_before_the_switch_stops_it(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    worker = await tenant.worker()
    await prepare(worker, policy())
    await tenant.poke(delete_provider=True)
    with pytest.raises(StepFailed) as failed:
        await switch(worker, tenant.ref)
    assert failed.value.reason == CODE.PROVIDER_VANISHED
    assert (await tenant.dump())["flag"] is False
    await tenant.delivering()


async def test_a_toggle_that_vanishes_before_the_switch_stops_it(bench: Bench) -> None:
    tenant, worker, step = await _ready(bench, StepKind.SWITCH_TENANT)
    await tenant.poke(hidden={"has_toggle": False}, settings={"phone_consolidated_experience": None})
    with pytest.raises(StepFailed) as failed:
        await worker.apply(step)
    assert failed.value.reason == CODE.TOGGLE_MISSING_ON_LEGACY


async def test_a_tenant_that_cannot_send_after_its_switch_fails_the_verification(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    worker = await tenant.worker()
    await prepare(worker, policy())
    await worker.apply(of_kind(worker.plan, StepKind.SWITCH_TENANT))
    await tenant.poke(provider={"disabled": True})
    with pytest.raises(StepFailed) as failed:
        await switch(worker, tenant.ref)
    assert failed.value.reason == CODE.VERIFICATION_FAILED


async def test_a_test_message_that_fails_in_the_logs_stops_before_the_switch(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    worker = await tenant.worker()
    await tenant.poke(twilio_token="e" * 32)
    with pytest.raises(StepFailed) as failed:
        await prepare(worker, policy())
    assert failed.value.reason == CODE.TEST_MESSAGE_FAILED
    assert "+15005550006" not in str(failed.value)
    assert (await tenant.dump())["flag"] is False
    (message,) = bench.ledger.messages.of_tenant(tenant.domain)
    assert message.evidence == "failed"


async def test_a_lost_test_message_is_no_evidence_and_holds_or_proceeds_as_told(bench: Bench) -> None:
    await bench.faults({"path": "*/try", "effect": "test_message_lost"})
    tenant = await bench.tenant("twilio_sms")
    worker = await tenant.worker()
    with pytest.raises(StepFailed) as failed:
        await prepare(worker, policy(seconds=0.3))
    assert failed.value.reason == CODE.NO_DELIVERY_EVIDENCE
    assert outcome_of_error(failed.value).kind is OutcomeKind.INCONCLUSIVE
    assert (await tenant.dump())["flag"] is False
    assert await prepare(worker, policy(seconds=0.3, proceed=True)) is False
    assert await tenant.messages() == 1, "asking again sends nothing again"


@pytest.mark.parametrize("when", ["*/deploy", "/actions/actions"])
async def test_a_build_that_fails_is_named(bench: Bench, when: str) -> None:
    tenant = await bench.tenant("action_single")
    await bench.faults({"domain": tenant.domain, "method": "POST", "path": when, "effect": "build_fails"})
    worker = await tenant.worker()
    with pytest.raises(StepFailed) as failed:
        await prepare(worker, policy())
    assert failed.value.reason == CODE.ACTION_BUILD_FAILED
    await tenant.delivering()


async def test_a_message_that_never_left_may_be_sent_again(bench: Bench) -> None:
    tenant = await bench.tenant("twilio_sms")
    worker = await tenant.worker()
    await bench.faults({"path": "*/try", "effect": "status", "status": 400})
    with pytest.raises(ApiRefused):
        await prepare(worker, policy())
    await bench.faults()
    assert await prepare(worker, policy()) is True
    assert await tenant.messages() == 1


NEVER_ARRIVED = [
    StepKind.DEPLOY_ACTION,
    StepKind.CREATE_PROVIDER,
    StepKind.UPDATE_PROVIDER,
    StepKind.SWITCH_TENANT,
]


@pytest.mark.parametrize(
    ("kind", "arrived"), [*((k, True) for k in PATHS), *((k, False) for k in NEVER_ARRIVED)], ids=str
)
async def test_a_died_run_is_settled_by_reading_the_tenant(
    bench: Bench, kind: StepKind, arrived: bool
) -> None:
    """The run died between its intent and its result; the write had arrived, or not."""
    from phonefleet.execution.steps import handler

    tenant, worker, step = await _ready(bench, kind)
    bench.ledger.steps.intend(worker.lease(), worker.run_id, tenant.domain, worker.plan.checksum, step)
    if arrived:
        hands = handler(step)
        await hands.write(tenant.api, step, await hands.look(tenant.api, step), worker.fill)
    writes = await tenant.writes()
    short = PATIENCE.__class__(read_back=PATIENCE.read_back, build=PATIENCE.read_back)
    worker.patience = PATIENCE if arrived else short
    await worker.recover()
    assert bench.ledger.steps.open_intents(None, tenant.domain) == []
    assert await tenant.writes() == writes
    expected = "done" if arrived else "not_applied"
    assert results(worker)[-1][1] == ("unknown" if kind is StepKind.UPDATE_PROVIDER else expected)
    worker.patience = PATIENCE
    await worker.apply(step)
    assert results(worker)[-1][1] == "done"


async def test_a_died_undo_is_settled_by_reading_the_tenant(bench: Bench) -> None:
    tenant, worker, step = await _ready(bench, StepKind.SWITCH_TENANT)
    await worker.apply(step)
    lease = worker.lease()
    bench.ledger.steps.intend(
        lease, worker.run_id, tenant.domain, worker.plan.checksum, step, operation=Operation.REVERT
    )
    await worker.recover()
    assert results(worker)[-1] == ("revert switch_tenant", "not_applied")
    assert step.key in await worker.applied()
    bench.ledger.steps.intend(
        lease, worker.run_id, tenant.domain, worker.plan.checksum, step, operation=Operation.REVERT
    )
    await tenant.api.set_phone_consolidated_experience(False)
    await worker.recover()
    assert results(worker)[-1] == ("revert switch_tenant", "done")
    assert step.key not in await worker.applied()


async def test_without_a_lease_nothing_is_written(bench: Bench) -> None:
    tenant, worker, step = await _ready(bench, StepKind.CREATE_PROVIDER)
    bench.ledger.leases.force_release(tenant.domain)
    with pytest.raises(LeaseHeld):
        await worker.apply(step)
    assert await tenant.writes() == []
    assert not await worker.touched()


async def test_an_unreachable_tenant_raises_before_any_intent(bench: Bench) -> None:
    tenant, worker, step = await _ready(bench, StepKind.CREATE_PROVIDER)
    await bench.faults({"domain": tenant.domain, "path": "/branding/*", "effect": "drop_before"})
    with pytest.raises(Unreachable):
        await worker.apply(step)
    assert results(worker) == []
