"""Who wrote which phone setting, from log entries as they were recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from phonefleet.auth0.logged_writes import logged_writes, read_writes, writes_about
from phonefleet.model.ownership import OwnerKind, PhoneSetting
from tests.tenant_bench import TenantBench

API = "/api/v2/"
PROVIDERS = "branding/phone/providers"
TERRAFORM = "Terraform-Provider-Auth0/1.26.0 (Go-Auth0-SDK/1.24.0; Terraform-SDK/2.37.0; Terraform/1.9.5)"
DEPLOY_CLI = "deploy-cli/8.44.0 (node.js/20.19.0)"


def entry(
    path: str, agent: str = DEPLOY_CLI, body: Any = None, at: int = 0, method: str = "patch", **more: Any
) -> dict[str, Any]:
    """A `sapi` entry as recorded: no client name, and a user agent that says Other."""
    request = {"channel": "api", "auth": {"strategy": "jwt", "user": {}}, "body": body, "method": method}
    request |= {"path": path if path.startswith("/") else API + path, "userAgent": agent}
    return {
        "type": "sapi",
        "date": f"2026-11-20T10:00:{at:02}.000Z",
        "log_id": f"log{at}",
        "client_id": "client1",
        "client_name": "",
        "user_agent": "Other 0.0.0 / Other 0.0.0",
        "details": {"request": request | more.pop("request", {}), "response": {"statusCode": 200}},
        **more,
    }


@pytest.mark.parametrize(
    ("agent", "more", "kind", "version"),
    [
        (TERRAFORM, {}, OwnerKind.TERRAFORM, "1.26.0"),
        ("Terraform-Provider-Auth0/dev (Go-Auth0-SDK/1.0)", {}, OwnerKind.TERRAFORM, "dev"),
        (
            "Go-Auth0/1.24.0",
            {"auth0_client": {"name": "go-auth0", "env": {"Terraform-Provider-Auth0": "1.49.0"}}},
            OwnerKind.TERRAFORM,
            "1.49.0",
        ),
        (DEPLOY_CLI, {}, OwnerKind.DEPLOY_CLI, "8.44.0"),
        ("phonefleet/0.1.0", {}, OwnerKind.PHONEFLEET, "0.1.0"),
        ("Go-Auth0/latest", {}, OwnerKind.OTHER_CLIENT, ""),
        ("", {}, OwnerKind.OTHER_CLIENT, ""),
    ],
)
def test_the_user_agent_names_the_program(agent: str, more: Any, kind: OwnerKind, version: str) -> None:
    (write,) = logged_writes([entry("tenants/settings", agent, **more)], {"client1": "Pipelines"})
    assert (write.writer.kind, write.version) == (kind, version)
    assert (write.writer.client_id, write.writer.client_name) == ("client1", "Pipelines")


def test_a_write_in_the_dashboard_names_the_person() -> None:
    """Source: Auth0 community, how to filter logs for operations by administrators."""
    request = {
        "channel": "https://manage.auth0.com/",
        "auth": {
            "strategy": "jwt",
            "user": {"user_id": "okta|bob", "name": "Bob", "email": "bob@acme.example"},
        },
    }
    made = entry(
        "tenants/settings",
        "Mozilla/5.0 (Macintosh)",
        {"phone_consolidated_experience": False},
        request=request,
    )
    (write,) = logged_writes([made], {})
    assert (write.writer.kind, write.writer.user) == (OwnerKind.DASHBOARD, "bob@acme.example")
    assert str(write) == (
        "bob@acme.example in the dashboard at 2026-11-20 10:00:00 UTC: PATCH /api/v2/tenants/settings"
    )


@pytest.mark.parametrize(
    ("path", "setting", "target"),
    [
        ("tenants/settings", PhoneSetting.FLAG, ""),
        ("/v2/tenants/settings", PhoneSetting.FLAG, ""),
        ("connections", PhoneSetting.CONNECTION, ""),
        ("connections/con_1", PhoneSetting.CONNECTION, "con_1"),
        ("connections/con_1/clients", PhoneSetting.CONNECTION_CLIENTS, "con_1"),
        ("actions/actions/a1", PhoneSetting.ACTION, "a1"),
        ("actions/actions/a1/deploy", PhoneSetting.ACTION, "a1"),
        ("actions/actions/a1/versions/v1/deploy", PhoneSetting.ACTION, "a1"),
        ("actions/triggers/send-phone-message/bindings", PhoneSetting.BINDINGS, "send-phone-message"),
        ("guardian/factors/sms", PhoneSetting.GUARDIAN, "factors/sms"),
        ("guardian/factors/phone/message-types", PhoneSetting.GUARDIAN, "factors/phone/message-types"),
        (PROVIDERS, PhoneSetting.PHONE_PROVIDER, ""),
        (f"{PROVIDERS}/pro_1", PhoneSetting.PHONE_PROVIDER, "pro_1"),
        ("branding/phone/templates/tem_1", PhoneSetting.PHONE_TEMPLATE, "tem_1"),
    ],
)
def test_the_path_names_what_was_written(path: str, setting: PhoneSetting, target: str) -> None:
    (write,) = logged_writes([entry(path)], {})
    assert (write.setting, write.target) == (setting, target)


@pytest.mark.parametrize(
    "path",
    ["users/auth0|1", f"{PROVIDERS}/pro_1/try", "guardian/factors/otp", "branding/themes/1", "clients/x"],
)
def test_other_writes_are_left_out(path: str) -> None:
    assert logged_writes([entry(path)], {}) == ()


@pytest.mark.parametrize(
    ("body", "setting", "flag"),
    [
        ({"phone_consolidated_experience": False}, PhoneSetting.FLAG, False),
        ({"phone_consolidated_experience": True, "friendly_name": "x"}, PhoneSetting.FLAG, True),
        ({"friendly_name": "x"}, PhoneSetting.TENANT_SETTINGS, None),
        ({}, PhoneSetting.FLAG, None),
        (None, PhoneSetting.FLAG, None),
    ],
)
def test_a_body_shows_what_happens_to_the_flag(body: Any, setting: PhoneSetting, flag: bool | None) -> None:
    """A body that the log does not show may have the flag."""
    (write,) = logged_writes([entry("tenants/settings", body=body)], {})
    assert (write.setting, write.flag) == (setting, flag)


def test_the_last_write_to_each_object_is_kept() -> None:
    entries = [entry(f"{PROVIDERS}/pro_1", at=at) for at in (1, 3, 2)] + [entry("tenants/settings", at=5)]
    writes = logged_writes([*entries, {"type": "gd_send_sms", "date": "2026-11-20T10:00:09.000Z"}], {})
    assert [(w.setting, w.count, w.log_id) for w in writes] == [
        (PhoneSetting.FLAG, 1, "log5"),
        (PhoneSetting.PHONE_PROVIDER, 3, "log3"),
    ]


def test_writes_to_other_objects_are_left_out() -> None:
    """A deleted object may have been one of the tenant's own."""
    entries = [entry(f"connections/con_{n}", at=n) for n in (1, 2)]
    entries.append(entry("connections/con_3", at=3, method="delete"))
    entries.append(entry("actions/triggers/post-login/bindings", at=4))
    kept = writes_about(logged_writes(entries, {}), {"con_1"})
    assert [(w.method, w.target) for w in kept] == [("DELETE", "con_3"), ("PATCH", "con_1")]


async def test_own_writes_are_told_from_others(bench: TenantBench) -> None:
    """Another program with phonefleet's own client is not phonefleet."""
    tenant = await bench.tenant("already_migrated")
    start = datetime.now(UTC)
    (provider,) = await tenant.api.phone_providers()
    await tenant.api.update_phone_provider(provider["id"], {"disabled": False})
    (own,) = await read_writes(tenant.api, start)
    assert (own.writer.kind, own.writer.client_id) == (OwnerKind.PHONEFLEET, tenant.ref.client_id)
    assert own.user_agent.startswith("phonefleet/")
