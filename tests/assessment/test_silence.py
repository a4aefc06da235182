"""A tenant whose users get nothing now is broken, whatever it drifted from."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.assessment.silence import judge_silence, silent_uses
from phonefleet.assessment.verdict import classify
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.snapshot import Snapshot
from tests.tenant_bench import TenantBench


async def read(tenant: Any) -> Snapshot:
    return (await tenant.assess()).snapshot


FLAG_OFF = {"settings": {"phone_consolidated_experience": False}}


@pytest.mark.parametrize(
    "kind",
    [
        *("twilio_sms", "twilio_both", "action_single", "passwordless_gateway", "passwordless_twilio"),
        *("mfa_and_passwordless_twilio", "merged", "already_migrated", "phone_identifier", "legacy_auth0"),
        *("connection_on", "connection_off", "options_hidden", "not_configured", "empty"),
    ],
)
async def test_silence_is_what_is_not_delivered(bench: TenantBench, kind: str) -> None:
    """For a tenant as it is in the wild, compared with the simulator's own delivery."""
    tenant = await bench.tenant(kind)
    assert silent_uses(await read(tenant)) == ()


@pytest.mark.parametrize(
    ("kind", "changes", "silent"),
    [
        ("twilio_sms", {"delete_provider": True}, ["mfa_factor:sms"]),
        ("twilio_sms", {"provider": {"disabled": True}}, ["mfa_factor:sms"]),
        ("twilio_sms", FLAG_OFF, []),
        ("twilio_sms", FLAG_OFF | {"delete_provider": True}, []),
        ("passwordless_gateway", {"delete_provider": True}, ["passwordless_connection"]),
        ("passwordless_gateway", FLAG_OFF | {"delete_provider": True}, ["passwordless_connection"]),
    ],
)
async def test_users_without_messages_make_it_broken(
    bench: TenantBench, kind: str, changes: dict[str, Any], silent: list[str]
) -> None:
    tenant = await bench.tenant(kind)
    await tenant.migrate()
    recorded = await read(tenant)
    assert silent_uses(recorded) == ()
    await tenant.change(**changes)
    now = await read(tenant)
    assert [name.partition(":con_")[0] for name in silent_uses(now)] == silent
    judged = judge_silence(classify(now, tenant.ref.target).assessment, recorded, now)
    assert (judged.verdict is Verdict.BROKEN) is bool(silent)


async def test_a_finalized_tenant_that_is_switched_back(bench: TenantBench) -> None:
    """By itself it is `not_applicable`: nothing is configured. Its users got messages before."""
    tenant = await bench.tenant("action_single")
    await tenant.migrate()
    recorded = await read(tenant)
    await tenant.api.set_bindings("send-phone-message", [])
    await tenant.change(**FLAG_OFF)
    now = await read(tenant)
    found = classify(now, tenant.ref.target).assessment
    assert found.verdict is Verdict.NOT_APPLICABLE
    judged = judge_silence(found, recorded, now)
    assert (judged.verdict, judged.reasons[0].code) == (Verdict.BROKEN, ReasonCode.NOTHING_SENDS)
    assert judge_silence(found, now, now) is found
