"""The executor: one write a step, preconditions, writes without effect, lost answers and killed runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from phonefleet.errors import ApiRefused, LeaseHeld, StepFailed, Unreachable
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import prepare, switch
from phonefleet.execution.steps.registry import handler_for
from phonefleet.model.enums import (
    Operation,
    OutcomeKind,
    ReasonCode,
    StepKind,
)
from phonefleet.model.outcome import outcome_of_error
from phonefleet.model.plan import Plan
from phonefleet.model.steps import CreateActionStep, SendTestStep, Step
from simulator.operations import Timing
from tests.tenant_bench import (
    QUICK_RETRY,
    Tenant,
    TenantBench,
    of_kind,
    policy,
    records,
    request_body,
    results,
    twin,
)

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
SAME_CONFIGURATION = "half-migrated-9a5d4c89"
"""A tenant whose provider has the planned configuration already."""
WORDS = {"enrollment_message": "Enrol {{code}}", "verification_message": "Verify {{code}}"}


async def _tenant_with(bench: TenantBench, kind: StepKind, seed: str) -> Tenant:
    """A tenant whose plan has a step of this kind."""
    match kind:
        case StepKind.CREATE_ACTION | StepKind.DEPLOY_ACTION:
            return await bench.tenant("action_single")
        case StepKind.UPDATE_PROVIDER | StepKind.UPDATE_TEMPLATE:
            return await bench.tenant("half_migrated", seed=seed, guardian={"templates": WORDS})
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


async def _upto(executor: StepExecutor, kind: StepKind) -> Step:
    """Apply everything before the first step of a kind, but no test message."""
    for step in executor.plan.steps:
        if step.kind is kind:
            return step
        if step.kind is not StepKind.SEND_TEST:
            await executor.apply(step)
    raise AssertionError(f"no {kind} in {[s.key for s in executor.plan.steps]}")


async def _ready(bench: TenantBench, kind: StepKind, seed: str = "") -> tuple[Tenant, StepExecutor, Step]:
    tenant = await _tenant_with(bench, kind, seed)
    executor = await tenant.executor()
    return tenant, executor, await _upto(executor, kind)


def _rule(kind: StepKind, effect: str, **more: Any) -> dict[str, Any]:
    method, path = PATHS[kind]
    return {"method": method, "path": path, "effect": effect, **more}


@pytest.mark.parametrize("kind", PATHS, ids=str)
async def test_a_step_writes_once(bench: TenantBench, kind: StepKind) -> None:
    tenant, executor, step = await _ready(bench, kind)
    before = await tenant.writes()
    await executor.apply(step)
    after = await tenant.writes()
    assert len(after) == len(before) + 1
    assert after[-1][0] == PATHS[kind][0]
    await executor.apply(step)
    assert await tenant.writes() == after
    assert results(executor)[-1] == (str(kind), "done")
    assert records(executor)[-1].attempts >= 1
    # A executor with another plan of the same steps finds it so by a read.
    other = await bench.executor(tenant.ref, twin(executor.plan))
    await other.apply(step)
    written = len(await tenant.writes()) - len(after)
    # No read shows credentials, so they are written again.
    assert (written, results(other)[-1][1]) == (
        (1, "done") if kind is StepKind.UPDATE_PROVIDER else (0, "already")
    )


UNDOABLE = [k for k in PATHS if k is not StepKind.DEPLOY_ACTION]


@pytest.mark.parametrize("kind", UNDOABLE, ids=str)
async def test_a_reverted_step_restores_the_tenant(bench: TenantBench, kind: StepKind) -> None:
    from tests.tenant_bench import settled

    tenant, executor, step = await _ready(bench, kind)
    before = settled(await tenant.dump())
    await executor.apply(step)
    assert settled(await tenant.dump()) != before or kind is StepKind.UPDATE_PROVIDER
    await executor.revert(step)
    assert settled(await tenant.dump()) == before
    assert results(executor)[-1] == (f"revert {kind}", "done")
    writes = await tenant.writes()
    await executor.revert(step)
    assert await tenant.writes() == writes
    assert results(executor)[-1] == (f"revert {kind}", "already")
    assert step.key not in await executor.applied()


@pytest.mark.parametrize("kind", PATHS, ids=str)
async def test_a_lost_answer_makes_no_second_object(bench: TenantBench, kind: StepKind) -> None:
    tenant, executor, step = await _ready(bench, kind)
    before = len(await tenant.writes())
    await bench.faults(_rule(kind, "drop_after", domain=tenant.domain, times=1))
    await executor.apply(step)
    assert results(executor)[-1] == (str(kind), "done")
    done = (await tenant.writes())[before:]
    # What states absolute values may be sent again; what creates may not.
    assert len(done) == 1 if PATHS[kind][0] == "POST" else len(done) <= 2


@pytest.mark.parametrize("kind", PATHS, ids=str)
async def test_an_accepted_write_without_effect_fails(bench: TenantBench, kind: StepKind) -> None:
    tenant, executor, step = await _ready(bench, kind, SAME_CONFIGURATION)
    await bench.faults(_rule(kind, "lie", domain=tenant.domain))
    codes = {
        StepKind.SWITCH_TENANT: CODE.SWITCH_NOT_EFFECTIVE,
        StepKind.SWITCH_CONNECTION: CODE.CONNECTION_SWITCH_NOT_EFFECTIVE,
        StepKind.DEPLOY_ACTION: CODE.ACTION_BUILD_FAILED,
    }
    if kind is StepKind.UPDATE_PROVIDER:
        await executor.apply(step)  # the configuration was so before, and credentials can't be read
        return
    with pytest.raises(StepFailed) as failed:
        await executor.apply(step)
    assert failed.value.reason == codes.get(kind, CODE.STEP_FAILED)
    assert tenant.domain in str(failed.value)
    assert results(executor)[-1] == (str(kind), "not_effective")
    await tenant.delivering()
    await bench.faults()
    await executor.apply(step)
    assert results(executor)[-1] == (str(kind), "done"), "a failed step can be tried again"


@pytest.mark.parametrize("kind", [StepKind.CREATE_PROVIDER, StepKind.SWITCH_TENANT], ids=str)
async def test_a_refusal_is_recorded_and_raised(bench: TenantBench, kind: StepKind) -> None:
    tenant, executor, step = await _ready(bench, kind)
    before = await tenant.writes()
    await bench.faults(_rule(kind, "status", domain=tenant.domain, status=400))
    with pytest.raises(ApiRefused):
        await executor.apply(step)
    assert results(executor)[-1] == (str(kind), "failed")
    assert await tenant.writes() == before


@pytest.mark.parametrize("kind", [StepKind.CREATE_PROVIDER, StepKind.CREATE_TEMPLATE], ids=str)
async def test_a_write_that_never_arrives_is_retried(bench: TenantBench, kind: StepKind) -> None:
    tenant, executor, step = await _ready(bench, kind)
    writes, known = await tenant.writes(), results(executor)
    await bench.faults(_rule(kind, "status", domain=tenant.domain, status=503))
    with pytest.raises(Unreachable):
        await executor.apply(step)
    assert results(executor) == [*known, *[(str(kind), "not_applied")] * 3]
    assert await tenant.writes() == writes


async def test_lost_credentials_never_count_as_done(bench: TenantBench) -> None:
    """All that can be read is as planned already, but whether the new credentials arrived no read can show."""
    tenant, executor, step = await _ready(bench, StepKind.UPDATE_PROVIDER)
    (provider,) = await tenant.api.phone_providers()
    body = request_body(executor, step)
    await tenant.api.update_phone_provider(provider["id"], {**body, "credentials": {"auth_token": "e" * 32}})
    await bench.faults(_rule(StepKind.UPDATE_PROVIDER, "drop_before", domain=tenant.domain))
    with pytest.raises(Unreachable):
        await executor.apply(step)
    assert {result for _, result in results(executor)} == {"unknown"}
    await bench.faults()
    await executor.apply(step)
    assert results(executor)[-1] == ("update_provider", "done")


async def test_a_write_that_arrives_on_retry_is_done(bench: TenantBench) -> None:
    tenant, executor, step = await _ready(bench, StepKind.CREATE_PROVIDER)
    await bench.faults(_rule(StepKind.CREATE_PROVIDER, "drop_before", domain=tenant.domain, times=1))
    await executor.apply(step)
    assert [result for _, result in results(executor)] == ["not_applied", "done"]
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
async def test_a_step_refuses_an_object_that_appeared(
    bench: TenantBench, kind: StepKind, appear: StepKind, code: ReasonCode
) -> None:
    tenant, executor, step = await _ready(bench, kind)
    body = request_body(executor, step)
    match appear:
        case StepKind.CREATE_PROVIDER:
            await tenant.api.create_phone_provider({**body, "disabled": True})
        case StepKind.CREATE_TEMPLATE:
            await tenant.api.create_phone_template({**body, "disabled": True})
        case _:
            await tenant.api.create_action({**body, "code": body["code"] + "\n// somebody else's"})
    writes, known = await tenant.writes(), results(executor)
    with pytest.raises(StepFailed) as failed:
        await executor.apply(step)
    assert failed.value.reason == code
    assert await tenant.writes() == writes
    assert results(executor) == known


async def test_a_step_refuses_a_missing_object(bench: TenantBench) -> None:
    tenant, executor, step = await _ready(bench, StepKind.DEPLOY_ACTION)
    await tenant.change(delete_action="phonefleet-phone-provider")
    with pytest.raises(StepFailed, match="is gone, so it cannot be deployed"):
        await executor.apply(step)
    tenant, executor, step = await _ready(bench, StepKind.UPDATE_TEMPLATE)
    template = next(
        t for t in await tenant.api.phone_templates() if t.get("id") and t["type"] == "otp_verify"
    )
    await tenant.api.delete_phone_template(template["id"])
    with pytest.raises(StepFailed, match="is gone since the plan was made"):
        await executor.apply(step)
    tenant, executor, step = await _ready(bench, StepKind.UPDATE_PROVIDER)
    await tenant.change(delete_provider=True)
    with pytest.raises(StepFailed) as failed:
        await executor.apply(step)
    assert failed.value.reason == CODE.PROVIDER_VANISHED


def _with_older_code(plan: Plan) -> Plan:
    """The plan as an older version made it."""
    create = of_kind(plan, StepKind.CREATE_ACTION)
    assert isinstance(create, CreateActionStep)
    code = "exports.onExecuteCustomPhoneProvider = async () => {};"
    older = create.model_copy(update={"after": create.after.model_copy(update={"code": code})})
    return plan.model_copy(update={"steps": (older, *plan.steps[1:])})


async def test_an_action_of_an_earlier_plan_is_updated(bench: TenantBench) -> None:
    tenant = await bench.tenant("action_single")
    earlier = await bench.executor(tenant.ref, _with_older_code(await tenant.plan()))
    await earlier.apply(earlier.plan.steps[0])
    again = await tenant.executor()
    update = of_kind(again.plan, StepKind.UPDATE_ACTION)
    await prepare(again, policy())
    await switch(again, tenant.ref)
    assert await tenant.delivering() == {("mfa", m): "upe_custom" for _, m in await tenant.delivering()}
    gone = await bench.executor(tenant.ref, twin(again.plan))
    await tenant.change(delete_action="phonefleet-phone-provider")
    with pytest.raises(StepFailed, match="is gone since the plan was made"):
        await gone.apply(update)


async def test_an_edited_action_of_ours_is_not_overwritten(bench: TenantBench) -> None:
    tenant, _executor, _step = await _ready(bench, StepKind.DEPLOY_ACTION)
    action = next(a for a in await tenant.api.actions("custom-phone-provider"))
    await tenant.api.update_action(action["id"], {"code": action["code"] + "\n// by hand"})
    found = await tenant.assess()
    assert [r.code for r in found.judgement.blockers] == [CODE.CUSTOM_ACTION_TAKEN]


async def test_a_missing_provider_stops_the_switch(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await prepare(executor, policy())
    await tenant.change(delete_provider=True)
    with pytest.raises(StepFailed) as failed:
        await switch(executor, tenant.ref)
    assert failed.value.reason == CODE.PROVIDER_VANISHED
    assert (await tenant.dump())["flag"] is False
    await tenant.delivering()


async def test_a_missing_toggle_stops_the_switch(bench: TenantBench) -> None:
    tenant, executor, step = await _ready(bench, StepKind.SWITCH_TENANT)
    await tenant.change(hidden={"has_toggle": False}, settings={"phone_consolidated_experience": None})
    with pytest.raises(StepFailed) as failed:
        await executor.apply(step)
    assert failed.value.reason == CODE.TOGGLE_MISSING_ON_LEGACY


async def test_a_disabled_provider_cannot_send(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await prepare(executor, policy())
    await executor.apply(of_kind(executor.plan, StepKind.SWITCH_TENANT))
    await tenant.change(provider={"disabled": True})
    with pytest.raises(StepFailed) as failed:
        await switch(executor, tenant.ref)
    assert failed.value.reason == CODE.CANNOT_SEND


async def test_a_failed_test_message_stops_the_switch(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await tenant.change(twilio_token="e" * 32)
    with pytest.raises(StepFailed) as failed:
        await prepare(executor, policy())
    assert failed.value.reason == CODE.TEST_MESSAGE_FAILED
    assert "+15005550006" not in str(failed.value)
    assert (await tenant.dump())["flag"] is False
    (message,) = bench.ledger.messages.of_tenant(tenant.domain)
    assert message.evidence == "failed"


async def test_missing_evidence_holds_or_proceeds_by_policy(bench: TenantBench) -> None:
    await bench.faults({"path": "*/try", "effect": "test_message_lost"})
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    with pytest.raises(StepFailed) as failed:
        await prepare(executor, policy(seconds=0.3))
    assert failed.value.reason == CODE.NO_DELIVERY_EVIDENCE
    assert outcome_of_error(failed.value).kind is OutcomeKind.INCONCLUSIVE
    assert (await tenant.dump())["flag"] is False
    assert await prepare(executor, policy(seconds=0.3, proceed=True)) is False
    assert await tenant.messages() == 1, "asking again sends nothing again"


@pytest.mark.parametrize("when", ["*/deploy", "/actions/actions"])
async def test_a_build_that_fails_is_named(bench: TenantBench, when: str) -> None:
    tenant = await bench.tenant("action_single")
    await bench.faults({"domain": tenant.domain, "method": "POST", "path": when, "effect": "build_fails"})
    executor = await tenant.executor()
    with pytest.raises(StepFailed) as failed:
        await prepare(executor, policy())
    assert failed.value.reason == CODE.ACTION_BUILD_FAILED
    await tenant.delivering()


@pytest.fixture
def slow_builds(bench: TenantBench) -> Iterator[None]:
    """Builds and deployments that do not end during a test."""
    before = bench.world.timing
    bench.world.timing = Timing(log_lag=0.0, build_seconds=60, deploy_seconds=60)
    yield
    bench.world.timing = before


async def _creating(bench: TenantBench) -> tuple[Tenant, StepExecutor, Step, Any]:
    """A tenant whose Action was just created, the step that deploys it, and the simulator's Action."""
    tenant = await bench.tenant("action_single")
    executor = await tenant.executor()
    executor.retry_policy = replace(QUICK_RETRY, build=timedelta(seconds=0.2))
    await executor.apply(of_kind(executor.plan, StepKind.CREATE_ACTION))
    action = bench.world.fleet.get(tenant.domain).custom_phone_action()
    return tenant, executor, of_kind(executor.plan, StepKind.DEPLOY_ACTION), action


@pytest.mark.usefixtures("slow_builds")
async def test_a_build_has_a_deadline(bench: TenantBench) -> None:
    """Nothing is deployed before the build is done; then the same step continues."""
    tenant, executor, deploy, action = await _creating(bench)
    with pytest.raises(StepFailed, match=r"is building after 0\.2 s") as failed:
        await executor.apply(deploy)
    assert failed.value.reason == CODE.ACTION_BUILD_FAILED
    assert [path for _, path in await tenant.writes() if path.endswith("/deploy")] == []
    assert [name for name, _ in results(executor)] == ["create_action"]
    action.built_at = 0.0
    with pytest.raises(StepFailed, match="not built in time"):
        await executor.apply(deploy)
    for version in action.versions:
        version.deployed_at = 0.0
    await executor.apply(deploy)
    assert len([path for _, path in await tenant.writes() if path.endswith("/deploy")]) == 1


@pytest.mark.usefixtures("slow_builds")
async def test_a_lease_lost_during_a_build_stops(bench: TenantBench) -> None:
    tenant, executor, deploy, action = await _creating(bench)
    executor.retry_policy = replace(QUICK_RETRY, build=timedelta(seconds=20))
    applying = asyncio.create_task(executor.apply(deploy))
    await asyncio.sleep(0.2)
    bench.ledger.leases.unlock(tenant.domain, "ann")
    action.built_at = 0.0
    with pytest.raises(LeaseHeld):
        await applying
    assert [path for _, path in await tenant.writes() if path.endswith("/deploy")] == []


async def test_a_message_that_never_left_may_be_sent_again(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    await bench.faults({"path": "*/try", "effect": "status", "status": 400})
    with pytest.raises(ApiRefused):
        await prepare(executor, policy())
    await bench.faults()
    assert await prepare(executor, policy()) is True
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
async def test_an_open_intent_is_settled_by_reading(
    bench: TenantBench, kind: StepKind, arrived: bool
) -> None:
    """The run died between its intent and its result; the write had arrived, or not."""
    tenant, executor, step = await _ready(bench, kind)
    bench.ledger.steps.intend(executor.lease(), executor.run_id, tenant.domain, executor.plan.checksum, step)
    if arrived:
        handler = handler_for(step)
        assert await handler.wait_until_writable(tenant.api, QUICK_RETRY) is None
        await handler.write(tenant.api, await handler.read(tenant.api), executor.resolve_secret)
    writes = await tenant.writes()
    short = replace(QUICK_RETRY, build=QUICK_RETRY.read_back)
    executor.retry_policy = QUICK_RETRY if arrived else short
    await executor.recover()
    assert bench.ledger.steps.open_intents(None, tenant.domain) == []
    assert await tenant.writes() == writes
    expected = "done" if arrived else "not_applied"
    assert results(executor)[-1][1] == ("unknown" if kind is StepKind.UPDATE_PROVIDER else expected)
    executor.retry_policy = QUICK_RETRY
    await executor.apply(step)
    assert results(executor)[-1][1] == "done"


async def test_an_open_revert_is_settled_by_reading(bench: TenantBench) -> None:
    tenant, executor, step = await _ready(bench, StepKind.SWITCH_TENANT)
    await executor.apply(step)
    lease = executor.lease()
    bench.ledger.steps.intend(
        lease, executor.run_id, tenant.domain, executor.plan.checksum, step, operation=Operation.REVERT
    )
    await executor.recover()
    assert results(executor)[-1] == ("revert switch_tenant", "not_applied")
    assert step.key in await executor.applied()
    bench.ledger.steps.intend(
        lease, executor.run_id, tenant.domain, executor.plan.checksum, step, operation=Operation.REVERT
    )
    await tenant.api.set_phone_consolidated_experience(False)
    await executor.recover()
    assert results(executor)[-1] == ("revert switch_tenant", "done")
    assert step.key not in await executor.applied()


async def test_without_a_lease_nothing_is_written(bench: TenantBench) -> None:
    tenant, executor, step = await _ready(bench, StepKind.CREATE_PROVIDER)
    bench.ledger.leases.unlock(tenant.domain, "ann")
    with pytest.raises(LeaseHeld):
        await executor.apply(step)
    assert await tenant.writes() == []
    assert not await executor.has_writes()


async def test_an_unreachable_tenant_leaves_no_intent(bench: TenantBench) -> None:
    tenant, executor, step = await _ready(bench, StepKind.CREATE_PROVIDER)
    await bench.faults({"domain": tenant.domain, "path": "/branding/*", "effect": "drop_before"})
    with pytest.raises(Unreachable):
        await executor.apply(step)
    assert results(executor) == []


async def test_a_written_template_is_tested(bench: TenantBench) -> None:
    """The test message has the wording that users will get: `otp_verify`, by each method for which it has one."""
    tenant = await bench.tenant("twilio_both", guardian={"templates": WORDS})
    executor = await tenant.executor()
    assert {s.after.template for s in executor.plan.steps if isinstance(s, SendTestStep)} == {"otp_verify"}
    await prepare(executor, policy())
    tried = [path for method, path in await tenant.writes() if method == "POST" and path.endswith("/try")]
    template = next(
        t for t in await tenant.api.phone_templates() if t.get("id") and t["type"] == "otp_verify"
    )
    assert tried == [f"/branding/phone/templates/{template['id']}/try"] * 2
    entries = await tenant.api.logs("type:gd_send_*", limit=10)
    assert {e["details"]["message_type"] for e in entries if e["details"].get("is_test")} == {"otp_verify"}


async def test_a_template_that_is_gone_is_not_tested(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms", guardian={"templates": WORDS})
    executor = await tenant.executor()
    for step in executor.plan.steps:
        if step.kind is StepKind.SEND_TEST:
            break
        await executor.apply(step)
    template = next(
        t for t in await tenant.api.phone_templates() if t.get("id") and t["type"] == "otp_verify"
    )
    await tenant.api.delete_phone_template(template["id"])
    with pytest.raises(StepFailed, match="template otp_verify is gone, so its test message was not sent"):
        await executor.apply(step)
    assert await tenant.messages() == 0
