"""The pool against the simulated fleet: every operation, under faults, within rate limits."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from configs import Tier
from phonefleet.auth0.client_authentication import ClientSecretPost
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.transport import create_ssl_context
from phonefleet.errors import ApiRefused, CredentialsRejected, InsufficientScope, Unreachable
from simulator.serve import Running, running
from tests.auth0.http_peer import QUICK

NUMBER = "+15005550006"
CODE = "exports.onExecuteCustomPhoneProvider = async (event, api) => {};"


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    with running() as served:
        yield served


@dataclass
class Fleet:
    """The simulator's control plane, and a pool onto it."""

    control: httpx.AsyncClient
    pool: ClientPool

    async def tenant(
        self, domain: str, kind: str, tier: str = "unlimited", **overrides: Any
    ) -> ManagementApi:
        """Make a tenant; where the simulator sets no limit, we keep to the largest tier's."""
        body = {"kind": kind, "overrides": {"tier": tier, **overrides}}
        made = (await self.control.put(f"/_simulator/tenants/{domain}", json=body)).raise_for_status().json()
        ours = Tier.ENTERPRISE_PRODUCTION if tier == "unlimited" else Tier(tier)
        return self.pool.tenant(
            domain, made["client_id"], ClientSecretPost(lambda: SecretStr(made["client_secret"])), ours
        )

    async def faults(self, **document: Any) -> None:
        (await self.control.put("/_simulator/faults", json=document)).raise_for_status()

    async def requests(self, domain: str) -> list[dict[str, Any]]:
        answer = await self.control.get(f"/_simulator/tenants/{domain}/requests")
        requests: list[dict[str, Any]] = answer.json()["requests"]
        return requests


@pytest.fixture
async def fleet(served: Running) -> AsyncIterator[Fleet]:
    async with (
        httpx.AsyncClient(base_url=served.url, trust_env=False) as control,
        ClientPool(served.url, retry_limits=QUICK) as pool,
    ):
        fleet = Fleet(control, pool)
        await fleet.faults()
        yield fleet
        await fleet.faults()


async def test_every_read_of_a_legacy_tenant_passes_the_sdks_models(fleet: Fleet) -> None:
    api = await fleet.tenant("legacy.auth0.com", "twilio_both")
    assert (await api.settings())["phone_consolidated_experience"] is False
    assert any(factor["name"] == "sms" and factor["enabled"] for factor in await api.factors())
    assert sorted(await api.message_types()) == ["sms", "voice"]
    assert (await api.selected_provider())["provider"] == "twilio"
    assert (await api.twilio_provider())["sid"].startswith("AC")
    await api.guardian_templates()
    assert isinstance(await api.mfa_policies(), list)
    assert await api.phone_providers() == []
    assert isinstance(await api.phone_templates(), list)
    assert await api.bindings("send-phone-message") == []
    assert isinstance(await api.client_grants(f"https://{api.domain}/api/v2/"), list)
    assert api.client_id in {client["client_id"] for client in await api.clients()}
    assert isinstance(await api.logs("type:sapi", limit=50), list)
    assert "read:tenant_settings" in await api.granted_scopes()


async def test_actions_and_connections_are_read_with_what_belongs_to_them(fleet: Fleet) -> None:
    api = await fleet.tenant("action.auth0.com", "action_single")
    (bound,) = await api.bindings("send-phone-message")
    action = await api.action(bound["action"]["id"])
    assert "onExecuteSendPhoneMessage" in action["code"]
    assert action["id"] in {listed["id"] for listed in await api.actions("send-phone-message")}
    api = await fleet.tenant("gateway.auth0.com", "passwordless_gateway")
    (connection,) = await api.connections("sms")
    assert (await api.connection(connection["id"]))["options"]["gateway_url"]
    assert await api.connection_clients(connection["id"])


async def test_every_write_passes_the_sdks_models_and_is_read_back(fleet: Fleet) -> None:
    api = await fleet.tenant("writes.auth0.com", "twilio_both")
    await api.set_twilio_provider({"sid": "AC" + "0" * 32, "auth_token": "t" * 32, "from": NUMBER})
    assert (await api.twilio_provider())["from"] == NUMBER
    await api.set_selected_provider("twilio")
    messages = {"enrollment_message": "Enrol {{code}}", "verification_message": "Code {{code}}"}
    await api.set_guardian_templates(messages)
    assert await api.guardian_templates() == messages
    await api.set_factor("sms", True)
    await api.set_message_types(["sms"])
    assert await api.message_types() == ["sms"]
    await _tenant_level(api)
    await api.set_phone_consolidated_experience(True)
    assert (await api.settings())["phone_consolidated_experience"] is True
    with pytest.raises(ApiRefused) as refused:
        await api.selected_provider()
    assert refused.value.error_code.startswith("legacy_")
    await api.set_phone_consolidated_experience(False)


async def _tenant_level(api: ManagementApi) -> None:
    body = {
        "name": "twilio",
        "configuration": {"sid": "AC" + "0" * 32, "default_from": NUMBER, "delivery_methods": ["text"]},
        "credentials": {"auth_token": "t" * 32},
    }
    provider = await api.create_phone_provider(body)
    changed = {**body, "configuration": {**body["configuration"], "delivery_methods": ["text", "voice"]}}  # type: ignore[dict-item]
    await api.update_phone_provider(provider["id"], changed)
    read = await api.phone_provider(provider["id"])
    assert read["configuration"]["delivery_methods"] == ["text", "voice"]
    await api.try_phone_provider(provider["id"], NUMBER, "text")
    content = {"from": "Acme", "body": {"text": "{{ code }}", "voice": "{{ code }}"}}
    template = await api.create_phone_template({"type": "otp_verify", "disabled": False, "content": content})
    await api.update_phone_template(template["id"], {"disabled": True})
    assert any(t.get("id") == template["id"] and t["disabled"] for t in await api.phone_templates())
    await api.delete_phone_template(template["id"])
    await api.delete_phone_provider(provider["id"])
    assert await api.phone_providers() == []


async def test_actions_are_created_deployed_bound_and_deleted(fleet: Fleet) -> None:
    api = await fleet.tenant("builds.auth0.com", "action_single")
    (bound,) = await api.bindings("send-phone-message")
    await api.set_bindings("send-phone-message", [])
    assert await api.bindings("send-phone-message") == []
    again = [{"ref": {"type": "action_id", "value": bound["action"]["id"]}, "display_name": "Again"}]
    assert len(await api.set_bindings("send-phone-message", again)) == 1
    action = await api.create_action(
        {
            "name": "custom-phone-provider",
            "supported_triggers": [{"id": "custom-phone-provider", "version": "v1"}],
            "code": CODE,
            "runtime": "node22",
            "secrets": [{"name": "API_KEY", "value": "a-value"}],
        }
    )
    await api.update_action(action["id"], {"code": CODE + " "})
    await _built(api, action["id"])
    await api.deploy_action(action["id"])
    await api.delete_action(action["id"])
    with pytest.raises(ApiRefused) as gone:
        await api.action(action["id"])
    assert gone.value.status == 404


async def _built(api: ManagementApi, action_id: str) -> None:
    end = asyncio.get_running_loop().time() + 20
    while asyncio.get_running_loop().time() < end:
        if (await api.action(action_id))["status"] == "built":
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"{action_id} was not built within 20 s")


async def test_options_of_a_connection_are_written_back_whole(fleet: Fleet) -> None:
    api = await fleet.tenant("options.auth0.com", "passwordless_gateway")
    (connection,) = await api.connections("sms")
    options = connection["options"] | {"use_phone_provider": True}
    await api.update_connection_options(connection["id"], options)
    assert (await api.connection(connection["id"]))["options"] == options


async def test_wrong_credentials_and_missing_scopes_are_told_apart(fleet: Fleet) -> None:
    made = await fleet.tenant("scopes.auth0.com", "twilio_sms", scopes=["read:tenant_settings"])
    assert await made.granted_scopes() == {"read:tenant_settings"}
    with pytest.raises(InsufficientScope, match="read:guardian_factors"):
        await made.factors()
    wrong = fleet.pool.tenant(
        "unknown-client.auth0.com", "nobody", ClientSecretPost(lambda: SecretStr("nothing")), Tier.FREE
    )
    await fleet.control.put("/_simulator/tenants/unknown-client.auth0.com", json={"kind": "empty"})
    with pytest.raises(CredentialsRejected):
        await wrong.settings()


async def test_tls_with_a_throw_away_authority() -> None:
    with running(tls=True) as served:
        async with (
            httpx.AsyncClient(
                base_url=served.url, verify=create_ssl_context(served.ca_file), trust_env=False
            ) as control,
            ClientPool(served.url, served.ca_file, retry_limits=QUICK) as pool,
        ):
            api = await Fleet(control, pool).tenant("tls.eu.auth0.com", "twilio_sms")
            assert (await api.settings())["phone_consolidated_experience"] is False


async def test_one_token_serves_a_tenants_parallel_reads(fleet: Fleet) -> None:
    api = await fleet.tenant("token.auth0.com", "twilio_sms")
    await asyncio.gather(*(api.settings() for _ in range(20)))
    paths = Counter(request["path"] for request in await fleet.requests(api.domain))
    assert paths["/oauth/token"] == 1


async def test_fifty_parallel_reads_with_burst_ten_meet_hardly_a_429(fleet: Fleet) -> None:
    api = await fleet.tenant("limited.auth0.com", "twilio_sms")
    await fleet.faults(rate_limit={"burst": 10, "per_second": 50})
    await asyncio.gather(*(api.settings() for _ in range(50)))
    statuses = Counter(r["status"] for r in await fleet.requests(api.domain) if r["path"] != "/oauth/token")
    assert statuses[200] == 50
    assert statuses[429] <= 2


async def test_five_hundred_operations_under_faults_end_right_and_no_post_arrives_twice(fleet: Fleet) -> None:
    """5 % of requests answer 500 and 5 % lose their connection, before or after the work."""
    apis = [await fleet.tenant(f"faulty-{n}.auth0.com", "twilio_both") for n in range(10)]
    await fleet.faults(seed=7, error_rate=0.05, drop_rate=0.05)
    outcomes = await asyncio.gather(*(_fifty_operations(api) for api in apis))
    await fleet.faults()
    for api, expected in zip(apis, outcomes, strict=True):
        assert sorted(await api.message_types()) == expected["types"]
        assert len(await api.phone_providers()) == expected["providers"]
        requests = await fleet.requests(api.domain)
        created = [
            r for r in requests if r["method"] == "POST" and r["path"].endswith("/providers") and r["applied"]
        ]
        assert len(created) == expected["created"]
    requests = [request for api in apis for request in await fleet.requests(api.domain)]
    seen = Counter(request["status"] for request in requests)
    assert len(requests) > 500
    assert seen[None] > 5
    assert seen[500] > 5


async def _fifty_operations(api: ManagementApi) -> dict[str, Any]:
    chance = random.Random(api.domain)
    types, providers, created = ["sms"], 0, 0
    await api.set_message_types(types)
    for _ in range(48):
        match chance.choice(["read", "types", "create", "delete"]):
            case "read":
                await asyncio.gather(api.settings(), api.factors())
            case "types":
                types = sorted(chance.choice([["sms"], ["voice"], ["sms", "voice"]]))
                # The tenant-level provider delivers both, so either is taken.
                await api.set_message_types(types)
            case "create" if providers == 0:
                await _create(api)
                providers, created = 1, created + 1
            case "delete" if providers == 1:
                (provider,) = await api.phone_providers()
                await api.delete_phone_provider(provider["id"])
                providers = 0
    return {"types": types, "providers": providers, "created": created}


async def _create(api: ManagementApi) -> None:
    """Create the provider; when its fate is unknown, read before trying again."""
    body = {
        "name": "twilio",
        "configuration": {
            "sid": "AC" + "0" * 32,
            "default_from": NUMBER,
            "delivery_methods": ["text", "voice"],
        },
        "credentials": {"auth_token": "t" * 32},
    }
    while not await api.phone_providers():
        try:
            await api.create_phone_provider(body)
        except Unreachable as lost:
            if not lost.maybe_applied:
                raise
