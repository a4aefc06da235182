"""A tenant on the Unified Phone Experience of which only a connection is switched, and rolled back again."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.assessment.verdict import classify
from phonefleet.execution.rollback_checks import RollbackImpossible
from phonefleet.model.enums import ReasonCode, Reversibility, StepKind, Verdict
from tests.assessment.test_connections import IDENTIFIER, add_connection
from tests.tenant_bench import TenantBench, settled

CODE = ReasonCode


@pytest.mark.parametrize(
    ("switch", "level", "code"),
    [
        (False, Reversibility.REVERSIBLE, CODE.LEGACY_CONFIGURATION_PRESENT),
        (None, Reversibility.REVERSIBLE, CODE.LEGACY_CONFIGURATION_PRESENT),
        ("unified", Reversibility.UNKNOWN, CODE.CONNECTION_SWITCH_UNDOCUMENTED),
    ],
)
async def test_its_reversibility_is_judged(
    bench: TenantBench, switch: Any, level: Reversibility, code: ReasonCode
) -> None:
    tenant = await bench.tenant("connection_off")
    (sms,) = [c for c in bench.world.fleet.get(tenant.domain).connections.values() if c["strategy"] == "sms"]
    sms["options"]["use_phone_provider"] = switch
    if switch is None:
        del sms["options"]["use_phone_provider"]
    found = await tenant.assess()
    assert found.judgement.assessment.verdict is Verdict.ELIGIBLE
    result = found.judgement.assessment.reversibility
    assert result is not None
    assert (result.level, result.reasons[0].code) == (level, code)
    assert result.reasons[0].evidence
    assert found.plan is not None
    assert found.plan.reversibility is level
    start = settled(await tenant.dump())
    migrated = await tenant.migrate()
    assert await tenant.delivering() == {("passwordless", "text"): "upe_twilio"}
    back = await migrated.roll_back()
    assert (back.changed, back.losses) == (True, ())
    assert settled(await tenant.dump()) == start
    again = classify(back.after, tenant.ref.target).assessment
    assert again.reversibility == result, "as it is recorded after the rollback"


async def test_an_identifier_is_not_broken_by_it(bench: TenantBench) -> None:
    """The provider and the tenant's flag stay, so whoever else depends on them loses nothing."""
    tenant = await bench.tenant("connection_off")
    migrated = await tenant.migrate()
    add_connection(bench, tenant, "auth0", **IDENTIFIER)
    await migrated.roll_back()
    assert (await tenant.dump())["flag"] is True
    assert (await tenant.deliver("phone_identifier"))["delivered"]
    assert await tenant.delivering() == {("passwordless", "text"): "twilio_legacy"}


async def test_a_lost_sender_refuses_the_rollback(bench: TenantBench) -> None:
    tenant = await bench.tenant("connection_off")
    migrated = await tenant.migrate()
    await tenant.change(connections={"sms": {"options": {"twilio_sid": None, "twilio_token": None}}})
    writes = await tenant.writes()
    with pytest.raises(RollbackImpossible):
        await migrated.roll_back()
    assert await tenant.writes() == writes
    assert await tenant.delivering() == {("passwordless", "text"): "upe_twilio"}


async def test_a_plan_of_connections_alone(bench: TenantBench) -> None:
    plan = await (await bench.tenant("connection_off")).plan()
    assert [s.kind for s in plan.steps] == [StepKind.SEND_TEST, StepKind.SWITCH_CONNECTION]
