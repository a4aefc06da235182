"""A generated Action gives up its request before Auth0 ends the Action, so the log has the reason."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.model.enums import ReasonCode
from tests.tenant_bench import NUMBER, Tenant, TenantBench


async def types_and_details(tenant: Tenant) -> list[tuple[str, Any]]:
    """The type and details of every log entry of a message or an Action."""
    logs = await tenant.api.logs("type:cs OR type:fn OR type:gd_send_* OR type:actions_execution_failed")
    return [(entry["type"], entry["details"]) for entry in logs]


async def send(tenant: Tenant, use: str) -> None:
    answer = await tenant.bench.control.post(
        f"/_simulator/tenants/{tenant.domain}/send", json={"use": use, "to": NUMBER}
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", ["passwordless_gateway", "merged"])
@pytest.mark.parametrize("seconds", [17.0, 25.0])
async def test_slow_gateway_fails_with_a_reason(bench: TenantBench, kind: str, seconds: float) -> None:
    tenant = await bench.tenant(kind)
    if kind == "merged" and not any(
        c["options"].get("gateway_url") for c in (await tenant.dump())["connections"]
    ):
        pytest.skip("this tenant has a second Twilio account")
    await tenant.migrate()
    await tenant.change(hidden={"gateway_seconds": seconds})
    before = len(await types_and_details(tenant))
    await send(tenant, "passwordless")
    new = (await types_and_details(tenant))[: -before or None]
    assert [kind for kind, _ in new] == ["fn"]
    assert "no answer within 15 seconds" in new[0][1]["error"]


async def test_the_plan_warns_of_a_gateways_time(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_gateway")
    (warning,) = [w for w in (await tenant.plan()).warnings if w.code is ReasonCode.GATEWAY_TIME_SHORTER]
    assert "15 s" in warning.message
    twilio = await bench.tenant("twilio_sms")
    assert ReasonCode.GATEWAY_TIME_SHORTER not in [w.code for w in (await twilio.plan()).warnings]
