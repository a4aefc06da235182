"""Drift: what differs between two moments of a tenant, told by field; what a business changes is none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from phonefleet.assessment.drift import differences
from phonefleet.model.snapshot import Snapshot
from tests.tenant_bench import Tenant, TenantBench

Change = Callable[[Tenant], Awaitable[None]]


def changing(**changes: Any) -> Change:
    async def change(tenant: Tenant) -> None:
        await tenant.change(**changes)

    return change


async def write_template(tenant: Tenant) -> None:
    template = next(t for t in await tenant.api.phone_templates() if t.get("id"))
    await tenant.api.update_phone_template(
        template["id"], {"content": {"body": {"text": "Call us: {{ code }}"}}}
    )


async def redeploy(tenant: Tenant) -> None:
    (action,) = await tenant.api.actions("custom-phone-provider")
    await tenant.api.update_action(
        action["id"], {"code": "exports.onExecuteCustomPhoneProvider = async () => {};"}
    )
    while (await tenant.api.action(action["id"]))["status"] != "built":
        pass
    await tenant.api.deploy_action(action["id"])
    while not (await tenant.api.action(action["id"]))["all_changes_deployed"]:
        pass


async def make_provider_anew(tenant: Tenant) -> None:
    (provider,) = await tenant.api.phone_providers()
    await tenant.api.delete_phone_provider(provider["id"])
    kept = {key: provider[key] for key in ("name", "configuration")}
    await tenant.api.create_phone_provider(
        {**kept, "disabled": False, "credentials": {"auth_token": "another" * 5}}
    )


async def read(tenant: Tenant) -> Snapshot:
    return (await tenant.assess()).snapshot


CHANGES = [
    ("twilio_sms", changing(settings={"phone_consolidated_experience": False}), {"flag", "legacy endpoints"}),
    ("twilio_sms", changing(delete_provider=True), {"provider"}),
    ("twilio_sms", changing(provider={"disabled": True}), {"provider.disabled"}),
    ("twilio_sms", make_provider_anew, {"provider.id"}),
    (
        "twilio_both",
        changing(provider={"configuration": {"delivery_methods": ["text"]}}),
        {"provider.delivery_methods"},
    ),
    ("twilio_sms", changing(guardian={"factors": {"sms": False}}), {"factor sms"}),
    ("twilio_sms", changing(guardian={"message_types": ["voice"]}), {"message types"}),
    ("action_single", redeploy, {"Action phonefleet-phone-provider.code"}),
    (
        "action_single",
        changing(delete_action="phonefleet-phone-provider"),
        {"Action phonefleet-phone-provider"},
    ),
    (
        "passwordless_gateway",
        changing(connections={"sms": {"options": {"use_phone_provider": False}}}),
        {"connection sms.use_phone_provider"},
    ),
    (
        "passwordless_gateway",
        changing(connections={"sms": {"enabled_clients": []}}),
        {"connection sms.in use"},
    ),
    (
        "passwordless_twilio",
        changing(connections={"sms": {"options": {"twilio_token": None}}}),
        {"connection sms.twilio token"},
    ),
]


@pytest.mark.parametrize(("kind", "change", "fields"), CHANGES)
async def test_a_change_behind_our_back_is_told_by_its_field(
    bench: TenantBench, kind: str, change: Change, fields: set[str]
) -> None:
    tenant = await bench.tenant(kind)
    await tenant.migrate()
    left = await read(tenant)
    assert differences(left, await read(tenant)) == ()
    await change(tenant)
    found = differences(left, await read(tenant))
    assert {d.field for d in found} == fields
    assert all(d.was != d.now for d in found)


OTHER_ACCOUNT = "AC" + "9" * 32


@pytest.mark.parametrize(
    ("kind", "changes", "fields"),
    [
        ("twilio_sms", {"guardian": {"selected_provider": "auth0"}}, {"legacy MFA.provider"}),
        ("twilio_sms", {"guardian": {"twilio": {"sid": OTHER_ACCOUNT}}}, {"legacy MFA.twilio account"}),
        ("twilio_sms", {"guardian": {"twilio": {"from": "+15005550009"}}}, {"legacy MFA.twilio sender"}),
        (
            "passwordless_twilio",
            {"connections": {"sms": {"options": {"from": "+15005550009"}}}},
            {"connection sms.twilio sender"},
        ),
    ],
)
async def test_another_sender_after_a_rollback_is_drift(
    bench: TenantBench, kind: str, changes: dict[str, Any], fields: set[str]
) -> None:
    """On the legacy experience again, what sends is what the legacy settings say."""
    tenant = await bench.tenant(kind)
    left = await read(tenant)
    assert differences(left, await read(tenant)) == ()
    await tenant.change(**changes)
    assert {d.field for d in differences(left, await read(tenant))} == fields


async def test_a_changed_text_is_told_shortened(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    left = await read(tenant)
    await write_template(tenant)
    found = differences(left, await read(tenant))
    assert [d for d in found if d.field.endswith(".text") and d.now == "Call us: {{ code }}"]
    assert all(len(d.was) < 70 for d in found)


async def test_an_unbound_legacy_action_is_told_since_it_is_the_way_back(bench: TenantBench) -> None:
    tenant = await bench.tenant("action_single")
    await tenant.migrate()
    left = await read(tenant)
    await tenant.change(unbind="send-phone-message")
    (found,) = differences(left, await read(tenant))
    assert found.field.startswith("legacy Action ")
    assert (found.was, found.now) == ("present", "absent")


async def test_what_a_business_changes_is_no_drift(bench: TenantBench) -> None:
    """A name, a policy, an edited draft that nobody deployed."""
    tenant = await bench.tenant("action_single")
    await tenant.migrate()
    left = await read(tenant)
    await tenant.change(settings={"friendly_name": "Renamed"}, guardian={"policies": []})
    (action,) = await tenant.api.actions("custom-phone-provider")
    await tenant.api.update_action(action["id"], {"code": "// a draft"})
    assert differences(left, await read(tenant)) == ()
