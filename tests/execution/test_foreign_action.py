"""Somebody else's custom-phone-provider Action, in each of its states: refused, adopted or kept, and undone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from phonefleet.assessment.drift import differences
from phonefleet.errors import StepFailed
from phonefleet.execution.phases import check_plan, prepare, switch
from phonefleet.model.enums import ReasonCode, Reversibility, Route, StepKind, Verdict
from phonefleet.model.steps import AdoptActionStep
from phonefleet.planning.approval import propose
from tests.tenant_bench import Tenant, TenantBench, of_kind, policy

CODE = ReasonCode
BEFORE = (
    *("foreign_action_draft", "foreign_action_deployed"),
    *("foreign_action_newer_draft", "foreign_action_with_provider"),
)
"""Kinds before the switch."""
DEPLOYED = BEFORE[1:]
POST = "await fetch('https://x.example/s', {method: 'POST', body: JSON.stringify(event.notification)});"


def _code(body: str) -> str:
    return f"exports.onExecuteCustomPhoneProvider = async (event, api) => {{{body}}};"


async def _tenant(bench: TenantBench, kind: str, **target: Any) -> Tenant:
    return await bench.tenant(kind, target=target)


async def _beside(bench: TenantBench, kind: str, **target: Any) -> Tenant:
    """A tenant that sends through a legacy Action, with the foreign Action and the provider of this kind."""
    foreign = bench.world.fleet.get((await bench.tenant(kind)).domain)
    tenant = await _tenant(bench, "action_single", **target)
    world = bench.world.fleet.get(tenant.domain)
    for action in foreign.actions.values():
        world.actions[action.id] = deepcopy(action)
    world.providers |= deepcopy(foreign.providers)
    return tenant


async def _action(tenant: Tenant) -> dict[str, Any]:
    (action,) = await tenant.api.actions("custom-phone-provider")
    return dict(action)


def _codes(reasons: Any) -> set[ReasonCode]:
    return {reason.code for reason in reasons}


async def _edit(tenant: Tenant, code: str, *, deploy: bool = True) -> None:
    """Change the Action as its owner does."""
    action = await _action(tenant)
    world = tenant.bench.world.fleet.get(tenant.domain).actions[action["id"]]
    world.code, world.changed_since_deploy = code, not deploy
    if deploy:
        world.versions[-1].code = code


# ---- before the switch -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BEFORE)
@pytest.mark.parametrize("provider", ["auto", "custom"])
async def test_a_foreign_action_blocks_by_name(bench: TenantBench, kind: str, provider: str) -> None:
    tenant = await _tenant(bench, kind, provider=provider)
    found = await tenant.assess()
    assert found.plan is None
    assert found.judgement.assessment.verdict is Verdict.BLOCKED
    (reason,) = [r for r in found.judgement.blockers if r.code is CODE.CUSTOM_ACTION_TAKEN]
    action = await _action(tenant)
    assert action["name"] in reason.message
    assert action["id"] in reason.message
    assert "target.action" in reason.message
    report = found.judgement.assessment.custom_action
    assert report is not None
    assert (report.content.code, report.content.secret_names) == (
        action.get("deployed_version", action)["code"],
        ("SMS_ENDPOINT", "SMS_PASSWORD"),
    )
    assert propose(found, tenant.ref) is None, "no approval of a plan takes the decision"


async def test_a_chosen_twilio_leaves_the_action_alone(bench: TenantBench) -> None:
    tenant = await _tenant(bench, "foreign_action_deployed", provider="twilio")
    before = await _action(tenant)
    migrated = await tenant.migrate()
    assert CODE.CUSTOM_ACTION_UNUSED in _codes(migrated.before.judgement.assessment.reasons)
    assert await _action(tenant) == before
    assert set((await tenant.delivering()).values()) == {"upe_twilio"}


@pytest.mark.parametrize("kind", BEFORE)
async def test_an_adopted_action_is_replaced_and_restored(bench: TenantBench, kind: str) -> None:
    """One PATCH of the same Action; a rollback restores code, dependencies and runtime, and says what it cannot."""
    tenant = await _beside(bench, kind, action="adopt")
    before = await _action(tenant)
    migrated = await tenant.migrate()
    plan = migrated.before.plan
    assert plan is not None
    step = of_kind(plan, StepKind.ADOPT_ACTION)
    assert isinstance(step, AdoptActionStep)
    assert (step.before.draft.code, step.before.id) == (before["code"], before["id"])
    assert plan.reversibility is Reversibility.LOSSY
    result = migrated.before.judgement.assessment.reversibility
    assert result is not None
    (lossy,) = [r for r in result.reasons if r.code is CODE.CUSTOM_ACTION_OVERWRITTEN]
    for name in step.before.secret_names:
        assert name in lossy.message
    writes = await tenant.writes()
    assert ("POST", "/actions/actions") not in writes
    assert ("PATCH", f"/actions/actions/{before['id']}") in writes
    assert (await _action(tenant))["id"] == before["id"]
    assert set((await tenant.delivering()).values()) == {"upe_custom"}
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ALREADY_MIGRATED

    back = await migrated.roll_back()
    restored = await _action(tenant)
    assert restored["code"] == before["code"]
    assert (restored["dependencies"], restored["runtime"]) == (before["dependencies"], before["runtime"])
    if "deployed_version" in before:
        assert restored["deployed_version"]["code"] == before["deployed_version"]["code"]
        kept = {s["name"] for s in before["deployed_version"]["secrets"]}
        assert {s["name"] for s in restored["secrets"]} == kept
        world = bench.world.fleet.get(tenant.domain).actions[before["id"]]
        assert (
            world.deployed().secrets["SMS_PASSWORD"].value == world.versions[0].secrets["SMS_PASSWORD"].value
        )
    else:
        assert restored["secrets"] == []
    assert set(step.before.losses) <= set(back.losses)
    assert step.before.losses
    await tenant.delivering()


async def test_no_value_of_ours_stays_in_the_draft(bench: TenantBench) -> None:
    tenant = await _beside(bench, "foreign_action_draft", action="adopt")
    migrated = await tenant.migrate()
    await migrated.roll_back()
    world = bench.world.fleet.get(tenant.domain).actions[(await _action(tenant))["id"]]
    assert world.secrets == {}


async def test_an_action_without_secrets_is_restored_whole(bench: TenantBench) -> None:
    tenant = await _beside(bench, "foreign_action_deployed", action="adopt")
    world = bench.world.fleet.get(tenant.domain).actions[(await _action(tenant))["id"]]
    world.secrets = {}
    world.versions[-1].secrets = {}
    migrated = await tenant.migrate()
    assert migrated.before.plan is not None
    assert migrated.before.plan.reversibility is Reversibility.REVERSIBLE
    back = await migrated.roll_back()
    assert back.losses == ()


async def test_a_rollback_refuses_an_edited_action(bench: TenantBench) -> None:
    tenant = await _beside(bench, "foreign_action_deployed", action="adopt")
    migrated = await tenant.migrate()
    action = await _action(tenant)
    await tenant.api.update_action(action["id"], {"code": action["code"] + "\n// repaired by hand\n"})
    with pytest.raises(StepFailed, match="changed:action") as refused:
        await migrated.roll_back()
    assert refused.value.reason == CODE.ROLLBACK_BREAKS
    await migrated.roll_back("changed:action", "changed:action:deploy")
    assert "repaired by hand" not in (await _action(tenant))["code"]


async def test_an_edit_before_the_write_is_not_lost(bench: TenantBench) -> None:
    tenant = await _beside(bench, "foreign_action_deployed", action="adopt")
    executor = await tenant.executor()
    await _edit(tenant, _code(POST), deploy=False)
    with pytest.raises(StepFailed, match="was edited since the plan was made") as refused:
        await executor.apply(of_kind(executor.plan, StepKind.ADOPT_ACTION))
    assert refused.value.reason == CODE.CUSTOM_ACTION_TAKEN
    assert await tenant.writes() == []


@pytest.mark.parametrize("state", ["draft", "newer_draft"])
async def test_a_draft_with_a_key_is_not_adopted(bench: TenantBench, state: str) -> None:
    tenant = await _beside(bench, f"foreign_action_{state}", action="adopt")
    await _edit(tenant, _code(f"const key = 'sk_live_{'4eC39HqLyjWDarjtT1zdp7dc'}'; {POST}"), deploy=False)
    blockers = (await tenant.assess()).judgement.blockers
    assert any(r.code is CODE.CUSTOM_ACTION_TAKEN and "key" in r.message for r in blockers)


async def test_a_deployed_key_is_restored_by_its_version(bench: TenantBench) -> None:
    tenant = await _beside(bench, "foreign_action_deployed", action="adopt")
    code = _code(f"const key = 'sk_live_{'4eC39HqLyjWDarjtT1zdp7dc'}'; {POST}")
    await _edit(tenant, code)
    migrated = await tenant.migrate()
    assert migrated.before.plan is not None
    assert "4eC39HqLyjWDarjtT1zdp7dc" not in migrated.before.plan.model_dump_json()
    await migrated.roll_back()
    restored = await _action(tenant)
    assert (restored["code"], restored["deployed_version"]["code"]) == (code, code)


async def test_an_action_on_two_triggers_is_not_adopted(bench: TenantBench) -> None:
    tenant = await _beside(bench, "foreign_action_deployed", action="adopt")
    world = bench.world.fleet.get(tenant.domain).actions[(await _action(tenant))["id"]]
    world.supported_triggers.append({"id": "post-login", "version": "v3"})
    assert CODE.CUSTOM_ACTION_TAKEN in _codes((await tenant.assess()).judgement.blockers)


async def test_a_second_action_is_named(bench: TenantBench) -> None:
    """Created between the plan's read and the write: Auth0 answers 403, and the error says whose Action it is."""
    tenant = await bench.tenant("action_single")
    executor = await tenant.executor()
    create = of_kind(executor.plan, StepKind.CREATE_ACTION)
    refusal = {
        "statusCode": 403,
        "error": "Forbidden",
        "message": "Only one action is allowed",
        "errorCode": "actions_cardinality_custom_phone_provider_not_allowed",
    }
    rule = {"domain": tenant.domain, "method": "POST", "path": "*/actions/actions", "effect": "status"}
    await bench.faults({**rule, "status": 403, "body": refusal})
    with pytest.raises(StepFailed, match=r"target\.action") as failed:
        await executor.apply(create)
    assert failed.value.reason == CODE.CUSTOM_ACTION_TAKEN
    assert "actions_cardinality_custom_phone_provider_not_allowed" in str(failed.value)
    await bench.faults()
    theirs = {"name": "Theirs", "supported_triggers": [{"id": "custom-phone-provider", "version": "v1"}]}
    await tenant.api.create_action({**theirs, "code": _code(POST)})
    with pytest.raises(StepFailed, match="Action Theirs"):
        await executor.apply(create)


async def test_our_rollback_deletes_no_foreign_action(bench: TenantBench) -> None:
    tenant = await bench.tenant("action_single")
    migrated = await tenant.migrate()
    await tenant.change(delete_action="phonefleet-phone-provider")
    theirs = {"name": "Theirs", "supported_triggers": [{"id": "custom-phone-provider", "version": "v1"}]}
    await tenant.api.create_action({**theirs, "code": _code(POST)})
    await migrated.roll_back()
    assert (await _action(tenant))["name"] == "Theirs"


# ---- keep --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DEPLOYED)
async def test_a_kept_action_sends_unchanged(bench: TenantBench, kind: str) -> None:
    tenant = await _tenant(bench, kind, action="keep")
    before = await _action(tenant)
    migrated = await tenant.migrate()
    plan = migrated.before.plan
    assert plan is not None
    assert plan.kept is not None
    assert (plan.route, plan.kept.id) == (Route.CUSTOM_KEPT, before["id"])
    assert CODE.CUSTOM_ACTION_SENDS in _codes(migrated.before.judgement.assessment.reasons)
    assert not any(path.startswith("/actions") for _, path in await tenant.writes())
    assert await _action(tenant) == before
    assert set((await tenant.delivering()).values()) == {"upe_custom"}
    after = await tenant.assess()
    assert after.judgement.assessment.verdict is Verdict.ALREADY_MIGRATED
    await migrated.roll_back()
    assert await _action(tenant) == before
    await tenant.delivering()


async def test_a_kept_action_replaces_evaluation_messages(bench: TenantBench) -> None:
    """Auth0's own SMS has no counterpart, and the tenant's own Action is one."""
    foreign = bench.world.fleet.get((await bench.tenant("foreign_action_deployed")).domain)
    tenant = await _tenant(bench, "legacy_auth0", action="keep")
    bench.world.fleet.get(tenant.domain).actions |= deepcopy(foreign.actions)
    migrated = await tenant.migrate()
    assert migrated.before.judgement.assessment.route is Route.CUSTOM_KEPT


async def test_a_draft_cannot_be_kept(bench: TenantBench) -> None:
    tenant = await _tenant(bench, "foreign_action_draft", action="keep")
    assert CODE.CUSTOM_ACTION_NOT_DEPLOYED in _codes((await tenant.assess()).judgement.blockers)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "sends_nothing"),
        ("api.notification.drop('no');", "drops"),
        ("throw new Error('no');", "throws"),
        (f"if (event.notification.message_type === 'otp_enroll') {{{POST}}}", "sends_nothing"),
    ],
    ids=["nothing", "drops", "throws", "enrollment only"],
)
async def test_an_action_that_sends_too_little_is_not_kept(bench: TenantBench, body: str, what: str) -> None:
    tenant = await _tenant(
        bench, "foreign_action_deployed", action="keep", approve=["custom_action_not_verified"]
    )
    await _edit(tenant, _code(body))
    found = await tenant.assess()
    (reason,) = [r for r in found.judgement.blockers if r.code is CODE.CUSTOM_ACTION_NOT_SENDING]
    assert "otp_verify by text" in reason.message
    assert what in {evidence.value for evidence in reason.evidence}
    assert propose(found, tenant.ref) is None, "it cannot be approved"


async def test_an_unclear_action_waits_for_approval(bench: TenantBench) -> None:
    tenant = await _tenant(bench, "foreign_action_deployed", action="keep")
    await _edit(tenant, _code(f"if (event.secrets.SMS_PASSWORD === 'live') {{{POST}}}"))
    found = await tenant.assess()
    assert _codes(found.judgement.blockers) == {CODE.CUSTOM_ACTION_NOT_VERIFIED}
    proposal = propose(found, tenant.ref)
    assert proposal is not None
    assert proposal.codes == (CODE.CUSTOM_ACTION_NOT_VERIFIED,)
    tenant.retarget(approve=["custom_action_not_verified"])
    await check_plan(tenant.api, tenant.ref, proposal.plan)


async def test_an_approved_plan_is_the_evidence_later(bench: TenantBench) -> None:
    """The approval of the plan covers exactly the Action that it kept."""
    tenant = await _tenant(
        bench, "foreign_action_deployed", action="keep", approve=["custom_action_not_verified"]
    )
    unclear = _code(f"if (event.user.nickname) {{{POST}}}")
    await _edit(tenant, unclear)
    await tenant.migrate()
    tenant.retarget(approve=[])
    found = (await tenant.assess()).judgement.assessment
    assert found.verdict is Verdict.ALREADY_MIGRATED
    assert CODE.CUSTOM_ACTION_ACCEPTED in _codes(found.reasons)
    await _edit(tenant, unclear + "\n// edited")
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.BLOCKED


# ---- after the switch --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["foreign_action_live", "foreign_action_live_draft"])
async def test_a_live_action_that_sends_is_migrated(bench: TenantBench, kind: str) -> None:
    found = (await (await bench.tenant(kind)).assess()).judgement.assessment
    assert found.verdict is Verdict.ALREADY_MIGRATED
    (reason,) = [r for r in found.reasons if r.code is CODE.CUSTOM_ACTION_SENDS]
    assert {(e.field, e.value) for e in reason.evidence} == {
        ("code, run on otp_enroll by text", "sends"),
        ("code, run on otp_verify by text", "sends"),
    }


async def test_a_live_action_that_drops_is_broken(bench: TenantBench) -> None:
    tenant = await _tenant(bench, "foreign_action_drops", approve=["custom_action_not_verified"])
    found = (await tenant.assess()).judgement.assessment
    assert found.verdict is Verdict.BROKEN
    assert found.reasons[0].code is CODE.UPE_ACTION_NOT_SENDING
    assert (await tenant.deliver("mfa"))["delivered"] is False


async def test_a_live_action_without_provider_is_broken(bench: TenantBench) -> None:
    found = (await (await bench.tenant("foreign_action_no_provider")).assess()).judgement.assessment
    assert (found.verdict, found.reasons[0].code) == (Verdict.BROKEN, CODE.UPE_WITHOUT_PROVIDER)


async def test_an_unclear_live_action_is_not_migrated(bench: TenantBench) -> None:
    tenant = await bench.tenant("foreign_action_unclear")
    found = (await tenant.assess()).judgement.assessment
    assert (found.verdict, found.reasons[0].code) == (Verdict.BLOCKED, CODE.CUSTOM_ACTION_NOT_VERIFIED)
    tenant.retarget(approve=["custom_action_not_verified"])
    found = (await tenant.assess()).judgement.assessment
    assert found.verdict is Verdict.ALREADY_MIGRATED
    assert CODE.CUSTOM_ACTION_ACCEPTED in _codes(found.reasons)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [("", Verdict.BROKEN), (POST, Verdict.ALREADY_MIGRATED)],
    ids=["sends nothing", "sends"],
)
async def test_changed_code_of_ours_is_examined_again(
    bench: TenantBench, body: str, verdict: Verdict
) -> None:
    """The code that a plan deployed is evidence enough; other code is drift and is run."""
    tenant = await bench.tenant("action_single")
    await tenant.migrate()
    recorded = await tenant.assess()
    (reason,) = [r for r in recorded.judgement.assessment.reasons if r.code is CODE.CUSTOM_ACTION_SENDS]
    assert [e.value for e in reason.evidence] == ["deployed_here"]
    await _edit(tenant, _code(body))
    now = await tenant.assess()
    assert any(d.field.endswith(".code") for d in differences(recorded.snapshot, now.snapshot))
    assert now.judgement.assessment.verdict is verdict


async def test_a_migration_ends_with_an_examined_action(bench: TenantBench) -> None:
    """An Action that somebody replaced before the switch's read-back makes the migration fail."""
    tenant = await _tenant(bench, "foreign_action_deployed", action="keep")
    executor = await tenant.executor()
    await prepare(executor, policy())
    await _edit(tenant, _code("api.notification.drop('no');"))
    with pytest.raises(StepFailed, match="users do not get these messages"):
        await switch(executor, tenant.ref)


async def test_two_actions_block_by_name(bench: TenantBench) -> None:
    """As tenants may have from before Auth0 allowed one."""
    tenant = await _beside(bench, "foreign_action_deployed", action="adopt")
    world = bench.world.fleet.get(tenant.domain)
    second = deepcopy(next(a for a in world.actions.values() if a.serves("custom-phone-provider")))
    second.id, second.name = "00000000-second", "Second"
    world.actions[second.id] = second
    (reason,) = [r for r in (await tenant.assess()).judgement.blockers if r.code is CODE.CUSTOM_ACTION_TAKEN]
    assert "Second" in reason.message


async def test_our_action_is_examined_for_a_later_use(bench: TenantBench) -> None:
    """The Action for an SMS gateway drops calls; later somebody enables them as Auth0 documents it."""
    tenant = await bench.tenant("passwordless_gateway")
    await tenant.migrate()
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ALREADY_MIGRATED
    world = bench.world.fleet.get(tenant.domain)
    (provider,) = world.providers.values()
    provider["configuration"]["delivery_methods"] = ["text", "voice"]
    world.guardian.factors["sms"] = True
    world.guardian.message_types = ["sms", "voice"]
    found = (await tenant.assess()).judgement.assessment
    assert found.verdict is Verdict.BROKEN
    assert CODE.UPE_ACTION_NOT_SENDING in _codes(found.reasons)
