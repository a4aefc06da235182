"""What stands in the way of a custom provider's code, and what two senders joined in one Action need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from configs import ProviderChoice
from phonefleet.assessment.action_parts import gateway_settings
from phonefleet.assessment.merged_action import merged_action_for
from phonefleet.assessment.provider_action import action_from_action, action_from_gateway
from phonefleet.assessment.usage import find_usage
from phonefleet.execution.phases import prepare, switch
from phonefleet.model.enums import ReasonCode
from phonefleet.model.snapshot import SmsConnection, Snapshot
from tests.tenant_bench import Tenant, TenantBench, policy

CODE = ReasonCode


async def _facts(tenant: Tenant) -> Snapshot:
    return (await tenant.assess()).snapshot


async def test_several_bound_actions_are_named(bench: TenantBench) -> None:
    tenant = await bench.tenant("action_single")
    snapshot = await _facts(tenant)
    (action,) = [a for a in snapshot.legacy_actions if a.bound]
    two = snapshot.model_copy(
        update={"legacy_actions": (action, action.model_copy(update={"id": "other", "name": "Other"}))}
    )
    (blocker,) = action_from_action(find_usage(two), tenant.ref.target).blockers
    assert blocker.code is CODE.SEVERAL_ACTIONS
    assert action.name in blocker.message
    assert "Other" in blocker.message


async def test_an_action_that_cannot_be_carried_over_is_refused_with_its_reason(bench: TenantBench) -> None:
    tenant = await bench.tenant("action_single")
    snapshot = await _facts(tenant)
    for code in ("this is no JavaScript (", "exports.somethingElse = async () => {};"):
        broken = tuple(a.model_copy(update={"code": code}) for a in snapshot.legacy_actions)
        found = action_from_action(
            find_usage(snapshot.model_copy(update={"legacy_actions": broken})),
            tenant.ref.target,
        )
        assert found.blockers[0].code in (CODE.ACTION_REFUSED, CODE.ACTION_NOT_VERIFIED)
        assert found.blockers[0].evidence


SENDING = """exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient, text } = MESSAGE;
  await fetch('https://sms.example', { method: 'POST', body: JSON.stringify({ recipient, text EXTRA }) });
};"""


async def _found(
    bench: TenantBench, code: str, target: Mapping[str, Any] | None = None, version: str = "v2"
) -> Any:
    tenant = await bench.tenant("action_single", target={"provider": "custom", **(target or {})})
    snapshot = await _facts(tenant)
    update = {"code": code, "original": None, "secret_names": (), "trigger_version": version}
    actions = tuple(a.model_copy(update=update) for a in snapshot.legacy_actions)
    snapshot = snapshot.model_copy(update={"legacy_actions": actions})
    return action_from_action(find_usage(snapshot), tenant.ref.target)


async def test_a_disputed_field_is_a_decision_of_its_own(bench: TenantBench) -> None:
    code = SENDING.replace("MESSAGE", "event.message_options").replace(
        "EXTRA", ", lang: event.message_options.language"
    )
    found = await _found(bench, code)
    assert [b.code for b in found.blockers] == [CODE.ACTION_DISPUTED_FIELD]
    assert "event.message_options.language" in found.blockers[0].message
    assert found.report.disputed == ("event.message_options.language",)


async def test_an_optional_field_is_a_decision_of_its_own(bench: TenantBench) -> None:
    code = SENDING.replace("MESSAGE", "event.message_options").replace("EXTRA", ", by: event.request.method")
    found = await _found(bench, code)
    assert [b.code for b in found.blockers] == [CODE.ACTION_OPTIONAL_FIELD]
    assert "event.request.method" in found.blockers[0].message
    assert found.report.optional == ("event.request.method",)


async def test_the_trigger_version_decides_the_event(bench: TenantBench) -> None:
    code = SENDING.replace("MESSAGE", "event").replace("EXTRA", ", lang: event.language")
    assert not (await _found(bench, code, version="v1")).blockers
    assert [b.code for b in (await _found(bench, code)).blockers] == [CODE.ACTION_NOT_VERIFIED]
    assert [b.code for b in (await _found(bench, code, version="v9")).blockers] == [CODE.ACTION_REFUSED]


async def test_the_trigger_version_is_read(bench: TenantBench) -> None:
    snapshot = await _facts(await bench.tenant("action_single"))
    assert {a.trigger_version for a in snapshot.legacy_actions} <= {"v1", "v2"}


async def test_the_rewrite_is_deployed_where_it_is_preferred(bench: TenantBench) -> None:
    code = SENDING.replace("MESSAGE", "event.message_options").replace("EXTRA", "")
    assert (await _found(bench, code)).report.strategy == "adapter"
    assert (await _found(bench, code, {"action_style": "rewrite"})).report.strategy == "rewrite"
    written = code.replace("const {", "event.message_options.text += '!'; const {")
    assert (await _found(bench, written, {"action_style": "rewrite"})).report.strategy == "adapter"


async def test_a_signed_gateway_needs_its_secret(bench: TenantBench) -> None:
    tenant = await bench.tenant("merged", target={"provider": "custom"})
    for _ in range(9):
        if tenant.created.get("gateway_secret"):
            break
        tenant = await bench.tenant("merged", target={"provider": "custom"})
    snapshot = await _facts(tenant)
    alone = snapshot.model_copy(update={"factor_enabled": False})
    bare = tenant.ref.target.model_copy(update={"gateway_secret": None})
    found = action_from_gateway(find_usage(alone), bare)
    assert [b.code for b in found.blockers] == [CODE.GATEWAY_SECRET_MISSING]


def test_a_connection_without_gateway_has_no_gateway_settings() -> None:
    with pytest.raises(ValueError, match="has no gateway"):
        gateway_settings(SmsConnection(id="con_1", name="sms"))


async def test_auth0s_own_messages_cannot_be_joined_with_another_sender(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_gateway")
    snapshot = (await _facts(tenant)).model_copy(
        update={"factor_enabled": True, "message_types": ("sms",), "selected_provider": "auth0"}
    )
    found = merged_action_for(find_usage(snapshot), tenant.ref.target)
    assert [b.code for b in found.blockers] == [CODE.PROVIDERS_DIFFER]


async def test_a_proved_joint_action_delivers_both_ways_with_no_approval(bench: TenantBench) -> None:
    for _ in range(3):
        tenant = await bench.tenant("merged")
        ways = await tenant.delivering()
        executor = await tenant.executor()
        await prepare(executor, policy())
        assert await tenant.delivering() == ways
        await switch(executor, tenant.ref)
        assert await tenant.delivering() == dict.fromkeys(ways, "upe_custom")


async def test_a_twilio_account_chosen_for_all_says_which_sender_changes(bench: TenantBench) -> None:
    tenant = await bench.tenant("mfa_and_passwordless_twilio", target={"provider": ProviderChoice.TWILIO})
    await tenant.change(
        connections={"sms": {"options": {"from": "+15005550009", "messaging_service_sid": None}}}
    )
    found = await tenant.assess()
    assert [b.code for b in found.judgement.blockers] == [CODE.SENDER_GIVEN_UP]
    tenant.retarget(approve=["sender_given_up"])
    plan = await tenant.plan()
    assert CODE.SENDER_GIVEN_UP in {w.code for w in plan.warnings}
