"""Auth0's Python SDK calls every operation of the simulator."""

import asyncio

import httpx
import pytest
from auth0.management import AsyncManagementClient
from auth0.management.core.api_error import ApiError

from simulator.app import OPERATIONS


class ToSimulator(httpx.AsyncHTTPTransport):
    """Sends every tenant's requests to one address and keeps their Host."""

    def __init__(self, url):
        super().__init__()
        self.url = httpx.URL(url)
        self.sent = set()

    async def handle_async_request(self, request):
        self.sent.add((request.method, request.url.path))
        host = request.url.host
        request.url = request.url.copy_with(scheme="http", host=self.url.host, port=self.url.port)
        request.headers["host"] = host
        return await super().handle_async_request(request)


@pytest.fixture
async def connect(served):
    transport = ToSimulator(served.url)
    async with httpx.AsyncClient(transport=transport) as http:

        def client(tenant):
            if not tenant.token:
                tenant.token = tenant.ask_token().json()["access_token"]
            return AsyncManagementClient(domain=tenant.domain, token=tenant.token, httpx_client=http)

        client.transport = transport
        yield client


async def _settings(sdk):
    assert (await sdk.tenants.settings.get()).phone_consolidated_experience is False
    assert (await sdk.tenants.settings.update(friendly_name="x")).friendly_name == "x"


async def _guardian(sdk):
    assert {factor.name for factor in await sdk.guardian.factors.list()} >= {"sms", "otp"}
    assert (await sdk.guardian.factors.set("sms", enabled=True)).enabled is True
    phone, sms = sdk.guardian.factors.phone, sdk.guardian.factors.sms
    assert (await phone.set_message_types(message_types=["sms", "voice"])).message_types == ["sms", "voice"]
    assert (await phone.get_message_types()).message_types == ["sms", "voice"]
    for twin in (phone, sms):
        await twin.set_twilio_provider(sid="AC1", auth_token="t", from_="+12125550100")
        assert (await twin.get_twilio_provider()).sid == "AC1"
        await twin.set_provider(provider="phone-message-hook")
        assert (await twin.get_selected_provider()).provider == "phone-message-hook"
        await twin.set_templates(enrollment_message="a", verification_message="b")
        assert (await twin.get_templates()).verification_message == "b"
    assert await sdk.guardian.policies.set(request=["all-applications"]) == ["all-applications"]
    assert await sdk.guardian.policies.list() == ["all-applications"]
    await sdk.guardian.factors.phone.set(otp_length=8, otp_expiration_time=120)
    assert (await sdk.guardian.factors.phone.get()).otp_length == 8
    remember = (await sdk.guardian.get()).model_dump()
    assert (await sdk.guardian.set(**remember)).model_dump() == remember


async def _poll(sdk, identity, is_done):
    for _ in range(500):
        if is_done(await sdk.actions.get(identity)):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{identity} is still at work after 5 s")


async def _actions(sdk):
    triggers = [{"id": "send-phone-message", "version": "v2"}]
    made = await sdk.actions.create(name="a", supported_triggers=triggers, code="exports.a = 1;")
    await sdk.actions.update(made.id, secrets=[{"name": "A", "value": "b"}])
    await _poll(sdk, made.id, lambda action: action.status == "built")
    version = await sdk.actions.deploy(made.id)
    assert version.number == 1
    await sdk.actions.versions.deploy(made.id, version.id, request={})
    await _poll(sdk, made.id, lambda action: action.all_changes_deployed)
    assert [one.number async for one in await sdk.actions.versions.list(made.id)] == [2, 1]
    assert (await sdk.actions.versions.get(made.id, version.id)).number == 1
    assert (await sdk.actions.test(made.id, payload={"a": 1})).payload == {"a": 1}
    assert [action.id async for action in await sdk.actions.list()] == [made.id]
    assert len((await sdk.actions.triggers.list()).triggers) > 5
    bindings = sdk.actions.triggers.bindings
    ref = {"type": "action_id", "value": made.id}
    await bindings.update_many("send-phone-message", bindings=[{"ref": ref, "display_name": "a"}])
    assert [bound.action.id async for bound in await bindings.list("send-phone-message")] == [made.id]
    await sdk.actions.delete(made.id, force=True)


async def _modules(sdk):
    modules = sdk.actions.modules
    made = await modules.create(name="m", code="exports.a = 1;")
    await modules.update(made.id, code="exports.a = 2;")
    version = await modules.versions.create(made.id)
    assert [one.id async for one in await modules.list()] == [made.id]
    assert (await modules.get(made.id)).all_changes_published is True
    assert [one async for one in await modules.list_actions(made.id)] == []
    assert [one.version_number async for one in await modules.versions.list(made.id)] == [1]
    assert (await modules.versions.get(made.id, version.id)).code == "exports.a = 2;"
    await modules.delete(made.id)


async def _branding(sdk):
    providers, templates = sdk.branding.phone.providers, sdk.branding.phone.templates
    configuration = {"sid": "AC1", "default_from": "+12125550100", "delivery_methods": ["text"]}
    made = await providers.create(name="twilio", configuration=configuration, credentials={"auth_token": "t"})
    assert (await providers.list()).providers[0].id == made.id
    assert (await providers.get(made.id)).configuration.sid == "AC1"
    assert (await providers.update(made.id, disabled=True)).disabled is True
    assert (await providers.test(made.id, to="+15005550006", delivery_method="text")).code == 202
    template = await templates.create(type="otp_verify", content={"body": {"text": "{{ code }}"}})
    assert (await templates.get(template.id)).content.body.text == "{{ code }}"
    assert (await templates.update(template.id, disabled=True)).disabled is True
    await templates.reset(template.id, request={})
    assert (await templates.test(template.id, to="+15005550006")).message
    assert len((await templates.list()).templates) == 4
    await templates.delete(template.id)
    await providers.delete(made.id)


async def _connections(sdk, tenant):
    made = await sdk.connections.create(name="texts", strategy="sms", options={"twilio_sid": "AC1"})
    assert (await sdk.connections.get(made.id)).strategy == "sms"
    options = {"twilio_sid": "AC2", "use_phone_provider": True}
    assert (await sdk.connections.update(made.id, options=options)).options["use_phone_provider"] is True
    assert {c.name async for c in await sdk.connections.list()} == {
        "texts",
        "Username-Password-Authentication",
    }
    client = tenant.inputs["client_id"]
    await sdk.connections.clients.update(made.id, request=[{"client_id": client, "status": True}])
    assert [c.client_id async for c in await sdk.connections.clients.get(made.id)] == [client]
    await sdk.connections.delete(made.id)


async def _clients(sdk, tenant):
    client = tenant.inputs["client_id"]
    assert [c.client_id async for c in await sdk.clients.list()] == [client]
    assert (await sdk.clients.get(client)).name == "Phone migration"
    made = await sdk.client_grants.create(client_id=client, audience="https://a/", scope=["read:a"])
    assert len([grant async for grant in await sdk.client_grants.list()]) == 2
    assert (await sdk.client_grants.get(made.id)).audience == "https://a/"
    granted = await sdk.client_grants.update(made.id, allow_all_scopes=True)
    assert (granted.scope, granted.allow_all_scopes) == (None, True)
    await sdk.client_grants.delete(made.id)
    made = await sdk.clients.create(name="new")
    await sdk.clients.update(made.client_id, name="newer")
    await sdk.clients.delete(made.client_id)


async def _logs(sdk):
    logs = [log async for log in await sdk.logs.list(search="type:sapi", per_page=5)]
    assert logs
    assert (await sdk.logs.get(logs[0].log_id)).type == "sapi"


async def test_the_sdk_calls_every_operation(make, connect):
    tenant = make()
    sdk = connect(tenant)
    await _settings(sdk)
    await _guardian(sdk)
    await _actions(sdk)
    await _modules(sdk)
    await _branding(sdk)
    await _connections(sdk, tenant)
    await _clients(sdk, tenant)
    await _logs(sdk)
    for operation in OPERATIONS:
        pattern = "/api/v2" + operation.path
        assert any(
            method == operation.method and _fits(pattern, path) for method, path in connect.transport.sent
        ), f"{operation.method} {operation.path} was never called"


def _fits(pattern, path):
    wanted, sent = pattern.split("/"), path.split("/")
    return len(wanted) == len(sent) and all(
        w == s or w.startswith("{") for w, s in zip(wanted, sent, strict=True)
    )


async def test_the_sdk_reads_unset_messages_as_none(make, connect):
    assert await connect(make()).guardian.factors.sms.get_templates() is None


@pytest.mark.parametrize("kind", ["already_migrated", "toggle_missing_upe"])
async def test_the_sdk_sees_the_refusal_of_legacy_endpoints(make, connect, kind):
    with pytest.raises(ApiError) as caught:
        await connect(make(kind)).guardian.factors.phone.get_selected_provider()
    assert caught.value.status_code == 403
    assert caught.value.body["errorCode"] == "legacy_mfa_phone_provider_not_allowed"


async def test_the_sdk_reads_what_seeded_tenants_hold(make, connect):
    for kind in ("merged", "action_multi_trigger", "phone_identifier", "passwordless_gateway"):
        sdk = connect(make(kind))
        assert [item async for item in await sdk.connections.list()]
        assert [item async for item in await sdk.clients.list()]
        assert [item async for item in await sdk.logs.list()]
        assert (await sdk.branding.phone.providers.list()).providers is not None
        bound = [item async for item in await sdk.actions.triggers.bindings.list("send-phone-message")]
        assert bool(bound) is (kind == "action_multi_trigger")
