"""Which log entries are evidence, and when a switched tenant is ill."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.delivery.evidence import NONE, find_evidence
from phonefleet.delivery.health import health_problem
from phonefleet.delivery.log_entries import Addressee, addressee
from phonefleet.secrets.phone_numbers import mask_number, mask_numbers
from tests.tenant_bench import NUMBER, Tenant, TenantBench


@pytest.mark.parametrize(
    ("details", "ours"),
    [
        ({"to": "+15005550006"}, True),
        ({"to": "+1 500 555-0006"}, True),
        ({"to": "XXXXXXX0006"}, True),
        ({"to": "+*******0006"}, True),
        ({"request": {"body": [{"recipient": "+15005550006"}]}}, True),
        ({"to": "+15005550007"}, False),
        ({"to": "XXXXXXX0007"}, False),
        ({"to": "+49005550006"}, False),
        ({"to": "0006"}, False),
        ({"to": ""}, False),
        ({"code": 15005550006}, False),
        ({}, False),
        (None, False),
    ],
)
def test_an_entry_counts_only_when_it_names_our_recipient(details: Any, ours: bool) -> None:
    assert (addressee({"details": details}, NUMBER) is Addressee.OURS) is ours
    assert addressee({"user_name": NUMBER}, NUMBER) is not Addressee.OURS


@given(st.from_regex(r"\A\+[1-9][0-9]{6,13}\Z"), st.from_regex(r"\A\+[1-9][0-9]{6,13}\Z"))
def test_a_full_number_names_itself_and_no_other(one: str, other: str) -> None:
    found = addressee({"details": {"to": one}}, other)
    assert (found is Addressee.OURS) is (one == other)


@given(
    st.from_regex(r"\A\+[1-9][0-9]{6,13}\Z"), st.sampled_from(["{}", "to {}.", "%2B{} and {}", "({}): 21211"])
)
def test_a_number_inside_a_text_is_masked_however_it_is_grouped(number: str, text: str) -> None:
    """It keeps its last two digits; an error code beside it is kept whole."""
    spaced = f"{number[:3]} ({number[3:5]}) {number[5:]}"
    for written in (number, spaced, number.removeprefix("+"), "\u2011".join(number)):
        told = mask_numbers(text.format(written, written))
        assert number[1:] not in "".join(c for c in told if c.isdigit())
        assert told == text.format(mask_number(written), mask_number(written))


async def test_what_a_tenants_log_repeats_of_numbers_and_keys_is_told_nowhere(bench: TenantBench) -> None:
    tenant = await bench.tenant("phone_identifier")
    sent = datetime.now(UTC)
    key = "SK" + "0123456789abcdef" * 2

    async def detail(error: Any) -> str:
        at = sent.timestamp()
        book = bench.world.fleet.get(tenant.domain).logs
        about = {"client_id": "", "client_name": "", "description": "Attempt to send SMS failed"}
        book.write("gd_send_sms_failure", at, at, details={"to": NUMBER, "error": error}, **about)
        quick = {"deadline": timedelta(seconds=0.2), "pause": timedelta(seconds=0.02)}
        found = await find_evidence(tenant.api, "text", NUMBER, sent, known=seen, **quick)
        seen.append(found.log_id)
        assert found.evidence == "failed"
        return found.detail

    seen: list[str] = []
    refused = "The 'To' number +1 500 555-0006 is not valid, nor is +15005550009 (21211)"
    masks = "The 'To' number +* *** ***-**06 is not valid, nor is +*********09 (21211)"
    for error in ({"message": refused}, refused):
        assert (await detail(error)).startswith(
            f"{masks}; Twilio 21211: the recipient is not a valid phone number"
        )
    assert (
        await detail({"message": f"authenticate with {key}"}) == "[withheld: Twilio API key at character 18]"
    )


async def _send(tenant: Tenant, method: str = "text") -> datetime:
    """Several tests' messages are told apart by when they were sent."""
    sent = datetime.now(UTC)
    (provider,) = await tenant.api.phone_providers()
    await tenant.api.try_phone_provider(provider["id"], NUMBER, method)
    return sent


async def test_a_message_is_delivered_failed_or_unknown_as_the_logs_say(bench: TenantBench) -> None:
    tenant = await bench.tenant("phone_identifier")
    quick = {"deadline": timedelta(seconds=0.2), "pause": timedelta(seconds=0.02)}
    sent = await _send(tenant)
    found = await find_evidence(tenant.api, "text", NUMBER, sent, **quick)
    assert (found.evidence, found.log_type) == ("delivered", "gd_send_sms")
    assert found.log_id
    assert found.seen_at is not None
    assert await find_evidence(tenant.api, "text", "+15005550007", sent, **quick) is NONE
    assert await find_evidence(tenant.api, "voice", NUMBER, sent, **quick) is NONE
    later = sent + timedelta(minutes=1)
    assert await find_evidence(tenant.api, "text", NUMBER, later, **quick) is NONE
    await bench.faults({"effect": "test_message_fails", "path": "*/try"})
    failed = await find_evidence(tenant.api, "text", NUMBER, await _send(tenant), **quick)
    assert (failed.evidence, failed.log_type) == ("failed", "gd_send_sms_failure")
    assert failed.detail


@pytest.mark.parametrize(("seconds_before", "counts"), [(1, False), (120, False), (126, True)])
async def test_an_earlier_tests_entry_is_no_evidence(
    bench: TenantBench, seconds_before: float, counts: bool
) -> None:
    """It may be dated after our message minus the clocks' difference, and then says nothing of ours."""
    tenant = await bench.tenant("phone_identifier")
    await _send(tenant)
    await asyncio.sleep(0.05)
    quick = {"deadline": timedelta(seconds=0.2), "pause": timedelta(seconds=0.02)}
    await bench.faults({"effect": "test_message_lost", "path": "*/try"})
    sent = await _send(tenant)
    earlier = [sent - timedelta(seconds=seconds_before)]
    found = await find_evidence(tenant.api, "text", NUMBER, sent, earlier=earlier, **quick)
    assert (found is not NONE) is counts
    await bench.faults()
    again = await _send(tenant)
    found = await find_evidence(tenant.api, "text", NUMBER, again, earlier=[*earlier, sent], **quick)
    assert found.evidence == "delivered"
    assert found.seen_at is not None
    assert found.seen_at >= again


async def test_a_clock_ahead_of_auth0_changes_nothing(bench: TenantBench) -> None:
    """The entry is older than the message by our clock; it counts, and is not seen before the message was sent."""
    tenant = await bench.tenant("phone_identifier")
    quick = {"deadline": timedelta(seconds=0.2), "pause": timedelta(seconds=0.02)}
    ahead = await _send(tenant) + timedelta(seconds=4)
    found = await find_evidence(tenant.api, "text", NUMBER, ahead, **quick)
    assert (found.evidence, found.seen_at) == ("delivered", ahead)


async def problem(tenant: Tenant, since: datetime) -> str:
    found = await health_problem(tenant.api, tenant.ref.client_id, since)
    return found.message if found else ""


@pytest.mark.parametrize("lost", ["action", "text", "connection"])
async def test_a_tenant_whose_settings_let_nothing_send_is_not_well(bench: TenantBench, lost: str) -> None:
    tenant = await bench.tenant("passwordless_gateway")
    await tenant.migrate()
    since, world = datetime.now(UTC), bench.world.fleet.get(tenant.domain)
    assert await problem(tenant, since) == ""
    (provider,) = world.providers.values()
    (connection,) = (c for c in world.connections.values() if c["strategy"] == "sms")
    match lost:
        case "action":
            next(a for a in world.actions.values() if a.serves("custom-phone-provider")).versions.clear()
        case "text":
            provider["configuration"]["delivery_methods"] = ["voice"]
        case _:
            connection["options"] = {"use_phone_provider": False}
    assert f"nothing sends for passwordless_connection:{connection['id']}" in await problem(tenant, since)


async def test_a_tenant_is_well_until_it_is_switched_back_loses_its_provider_or_fails_more(
    bench: TenantBench,
) -> None:
    tenant = await bench.tenant("already_migrated")
    since = datetime.now(UTC)
    assert await problem(tenant, since) == ""
    await bench.faults({"effect": "test_message_fails", "path": "*/try"})
    await _send(tenant)
    await asyncio.sleep(0.05)
    assert await problem(tenant, since) == "", "one failure is no judgement"
    await _send(tenant)
    await _send(tenant)
    await asyncio.sleep(0.05)
    assert "3 of 3 messages failed since the switch" in await problem(tenant, since)
    await tenant.change(provider={"disabled": True})
    assert "missing or disabled" in await problem(tenant, since)
    await tenant.change(delete_provider=True)
    assert "missing or disabled" in await problem(tenant, since)
    await tenant.change(settings={"phone_consolidated_experience": False})
    assert "the tenant was switched back" in await problem(tenant, since)
