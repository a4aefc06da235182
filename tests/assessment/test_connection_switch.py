"""A connection's own switch: every value is a fact that is kept and judged, and only `true` counts as switched."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.assessment.connection_switch import (
    has_undocumented_switch,
    needs_own_switch,
    switch_text,
    uses_tenant_provider,
)
from phonefleet.assessment.drift import differences
from phonefleet.auth0.answer_parser import parse_connection
from phonefleet.errors import ApiRefused, StepFailed
from phonefleet.execution.finalize import finalize
from phonefleet.execution.finalize_plan import finalize_plan
from phonefleet.execution.steps.connection_lookup import flag_of
from phonefleet.model.assessment import Assessment
from phonefleet.model.enums import ReasonCode, Reversibility, StepKind, Verdict
from phonefleet.model.snapshot import SmsConnection, Snapshot
from phonefleet.model.step_payloads import ConnectionFlag
from simulator.seed_rare import UNKNOWN_SWITCH
from tests.execution.test_finalize import ALL, retention
from tests.tenant_bench import Tenant, TenantBench, of_kind

CODE = ReasonCode
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
TWILIO = {"twilio_sid": "AC1", "twilio_token": "t", "from": "+15005550006"}


@given(switch=JSON, clients=st.lists(st.just("client"), max_size=2), own=st.booleans())
def test_any_value_is_kept_and_judged(switch: Any, clients: list[str], own: bool) -> None:
    """No value is an error, it survives the ledger, and what is not `true` is never certain while something else sends.

    A connection in use is either written or is `true` already.
    """
    options = {"use_phone_provider": switch} | (TWILIO if own else {})
    connection = parse_connection({"id": "con", "name": "sms", "options": options}, clients)
    assert connection.use_phone_provider == switch
    again = SmsConnection.model_validate_json(connection.model_dump_json())
    assert json.dumps(again.use_phone_provider) == json.dumps(switch)
    if clients:
        assert needs_own_switch(connection) == (switch is not True)
    if own:
        assert uses_tenant_provider(connection) == (switch is True)
    assert has_undocumented_switch(connection) == (switch is not None and not isinstance(switch, bool))
    assert switch_text(connection)


@given(ours=JSON, theirs=JSON)
def test_flags_are_compared_as_json(ours: Any, theirs: Any) -> None:
    """1 is not `true`: a write that left 1 did not have its effect."""
    first, second = flag_of({"use_phone_provider": ours}), flag_of({"use_phone_provider": theirs})
    assert first.is_same(first)
    if first.is_same(second):
        assert ours == theirs
    assert not flag_of({"use_phone_provider": 1}).is_same(ConnectionFlag(use_phone_provider=True))
    assert first.is_on == (ours is True)


async def _judged(tenant: Tenant) -> Assessment:
    return (await tenant.assess()).judgement.assessment


@pytest.mark.parametrize(
    ("kind", "value"), [("connection_unified", "unified"), ("connection_unknown", UNKNOWN_SWITCH)]
)
async def test_an_undocumented_value_is_a_fact(bench: TenantBench, kind: str, value: str) -> None:
    """The provider may send for it already, so it is overwritten only by approval; then `true` is written."""
    tenant = await bench.tenant(kind)
    found = await tenant.assess()
    assert found.snapshot.connections[0].use_phone_provider == value
    (blocker,) = found.judgement.blockers
    assert blocker.code is CODE.PROVIDER_IN_USE
    assert blocker.evidence[0].value == json.dumps(value)
    (warning,) = [w for w in found.judgement.warnings if w.code is CODE.CONNECTION_SWITCH_UNDOCUMENTED]
    assert json.dumps(value) in warning.message
    result = found.judgement.assessment.reversibility
    assert result is not None
    assert (result.level, result.reasons[0].code) == (
        Reversibility.UNKNOWN,
        CODE.CONNECTION_SWITCH_UNDOCUMENTED,
    )
    tenant.retarget(approve=[CODE.PROVIDER_IN_USE])
    step = of_kind(await tenant.plan(), StepKind.SWITCH_CONNECTION)
    assert (step.before_json, step.after_json) == (
        {"use_phone_provider": value},
        {"use_phone_provider": True},
    )
    await tenant.migrate()
    assert await _switch(tenant) is True
    assert (await _judged(tenant)).verdict is Verdict.ALREADY_MIGRATED


async def test_a_known_word_is_restored(bench: TenantBench) -> None:
    tenant = await bench.tenant("connection_unified", target={"approve": ["provider_in_use"]})
    migrated = await tenant.migrate()
    await migrated.roll_back()
    assert await _switch(tenant) == "unified"
    assert (await tenant.dump())["flag"] is False
    await tenant.delivering()


async def test_a_value_auth0_refuses_stays_switched(bench: TenantBench) -> None:
    """Auth0 does not take the old value back: the rollback says so, and the tenant goes on sending."""
    tenant = await bench.tenant("connection_unknown", target={"approve": ["provider_in_use"]})
    migrated = await tenant.migrate()
    with pytest.raises(StepFailed) as refused:
        await migrated.roll_back()
    assert refused.value.reason == CODE.ROLLBACK_NOT_EFFECTIVE
    assert isinstance(refused.value.__cause__, ApiRefused)
    assert (await tenant.dump())["flag"] is True
    assert await _switch(tenant) is True
    await tenant.delivering()


@pytest.mark.parametrize(
    "kind", ["passwordless_twilio", "passwordless_gateway", "mfa_and_passwordless_twilio"]
)
async def test_the_switch_is_written_in_use(bench: TenantBench, kind: str) -> None:
    """It is not verified that a connection without the key follows the tenant's flag, whatever sent before."""
    tenant = await bench.tenant(kind)
    migrated = await tenant.migrate()
    assert await _switch(tenant) is True
    await migrated.roll_back()
    assert await _switch(tenant) in (None, False)


async def test_all_connections_in_use_are_switched(bench: TenantBench) -> None:
    approve = ["sender_given_up", "text_given_up"]
    tenant = await bench.tenant("two_connections", target={"delivery_methods": ["text"], "approve": approve})
    plan = (await tenant.assess()).plan
    if plan is None:
        pytest.fail(str((await _judged(tenant)).reasons))
    names = {s.target for s in plan.steps if s.kind is StepKind.SWITCH_CONNECTION}
    assert names == {c["id"] for c in (await tenant.dump())["connections"] if c["strategy"] == "sms"}


@pytest.mark.parametrize("switch", [None, "unified", False])
async def test_nothing_is_cleared_without_the_switch(bench: TenantBench, switch: Any) -> None:
    """A connection that lacks `true` may send with its credentials, also one that no client uses."""
    tenant = await bench.tenant("mfa_and_passwordless_twilio")
    await tenant.migrate()
    plan, _ = await finalize_plan(tenant.api, tenant.ref)
    assert [s.kind for s in plan.steps] == [StepKind.CLEAR_CONNECTION_TWILIO]
    executor = await tenant.executor(plan)
    await tenant.change(
        connections={"sms": {"enabled_clients": [], "options": {"use_phone_provider": switch}}}
    )
    writes = await tenant.writes()
    with pytest.raises(StepFailed, match="send"):
        await finalize(executor, tenant.ref, retention(tenant), ALL)
    assert await tenant.writes() == writes
    later, _ = await finalize_plan(tenant.api, tenant.ref)
    assert later.steps == ()


async def test_a_changed_value_is_drift(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    recorded = (await tenant.assess()).snapshot
    await tenant.change(connections={"sms": {"options": {"use_phone_provider": "unified"}}})
    found = await tenant.assess()
    (change,) = differences(recorded, found.snapshot)
    assert str(change) == "connection sms.use_phone_provider was true, is unified"
    assessment = found.judgement.assessment
    assert (assessment.verdict, assessment.reasons[0].code) == (
        Verdict.ELIGIBLE,
        CODE.CONNECTION_NOT_SWITCHED,
    )
    assert Snapshot.model_validate_json(found.snapshot.model_dump_json()) == found.snapshot


async def test_a_switched_tenant_without_the_key(bench: TenantBench) -> None:
    """With a sender of its own it is not certain what sends; with none nothing but the provider can."""
    tenant = await bench.tenant(
        "connection_off", connections={"sms": {"options": {"use_phone_provider": None}}}
    )
    assessment = await _judged(tenant)
    assert (assessment.verdict, assessment.reasons[0].evidence[0].value) == (Verdict.ELIGIBLE, "absent")
    await tenant.change(connections={"sms": {"options": {"twilio_sid": None, "twilio_token": None}}})
    assert (await _judged(tenant)).verdict is Verdict.ALREADY_MIGRATED


async def _switch(tenant: Tenant) -> Any:
    """What the connection's switch is at Auth0; None where it has none."""
    (connection,) = [c for c in (await tenant.dump())["connections"] if c["strategy"] == "sms"]
    return connection["options"].get("use_phone_provider")
