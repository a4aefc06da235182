"""Auth0's Deploy CLI with the simulator: it exports everything, and imports what it exported."""

import json
import ssl

import httpx
import pytest
import yaml

from simulator.serve import running
from tests.deploy_cli import PHONES, DeployCli, only
from tests.pace import QUICK

pytestmark = pytest.mark.slow
EVERYTHING = {"tier": "unlimited", "scopes": "all"}


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    with running(tls=True, directory=tmp_path_factory.mktemp("ca"), timing=QUICK) as simulator:
        yield simulator


@pytest.fixture
def operate(secure, a0deploy, peer, tmp_path):
    """Make a tenant and a function that runs the Deploy CLI for it."""
    trust = ssl.create_default_context(cafile=str(secure.ca_file))
    with httpx.Client(base_url=secure.url, verify=trust) as http:

        def make(domain, kind, **overrides):
            body = {"kind": kind, "overrides": EVERYTHING | overrides}
            answer = http.put(f"/_simulator/tenants/{domain}", json=body)
            assert answer.status_code == 200, answer.text
            return Tool(a0deploy, peer(http, domain, answer.json()), secure, tmp_path)

        yield make


class Tool(DeployCli):
    """One tenant and the Deploy CLI."""

    def __init__(self, program, tenant, secure, folder):
        client = (tenant.inputs["client_id"], tenant.inputs["client_secret"])
        super().__init__(program, tenant.domain, client, secure.url, secure.ca_file, folder)
        self.tenant = tenant


def essence(state):
    """Return a tenant's state without times, ids and the Deploy CLI's own marks."""
    keep = ("settings", "guardian", "clients", "grants")
    body = {key: state[key] for key in keep}
    body["connections"] = [{k: v for k, v in c.items() if k != "id"} for c in state["connections"]]
    body["providers"] = [{k: p[k] for k in ("name", "disabled", "configuration")} for p in state["providers"]]
    body["actions"] = [
        {k: a[k] for k in ("name", "code", "supported_triggers", "dependencies")} for a in state["actions"]
    ]
    body["bindings"] = {t: [b["display_name"] for b in bound] for t, bound in state["bindings"].items()}
    return json.loads(json.dumps(body))


@pytest.mark.parametrize("kind", ["passwordless_gateway", "foreign_action_live"])
def test_everything_of_a_tenant_is_exported(operate, kind):
    tool = operate(f"whole-{kind.replace('_', '-')}.eu.auth0.com", kind)
    document = yaml.safe_load(tool.export().read_text())
    assert {"tenant", "clients", "connections", "databases", "prompts", "phoneTemplates"} <= set(document)
    assert [a["name"] for a in document["actions"]] == [a["name"] for a in tool.tenant.state()["actions"]]
    assert all((request["status"] or 500) < 500 for request in tool.tenant.requests())


def test_a_private_cloud_is_exported(operate):
    tool = operate("private.eu.auth0.com", "private_cloud")
    document = yaml.safe_load(tool.export(AUTH0_EXCLUDED='["phoneProviders","phoneTemplates"]').read_text())
    assert document["guardianPhoneFactorSelectedProvider"] == {"provider": "twilio"}


@pytest.mark.parametrize("kind", ["already_migrated", "action_multi_trigger"])
def test_export_and_import_change_nothing(operate, kind):
    tool = operate(f"{kind.replace('_', '-')}.eu.auth0.com", kind)
    file = tool.export()
    before = essence(tool.tenant.state())
    tool.load(file)
    after = essence(tool.tenant.state())
    assert after["bindings"] == before["bindings"]
    assert after["actions"] == before["actions"]
    assert after["providers"] == before["providers"]
    assert after["guardian"]["factors"] == before["guardian"]["factors"]
    assert after["guardian"]["message_types"] == before["guardian"]["message_types"]
    assert after["settings"].get("phone_consolidated_experience") == before["settings"].get(
        "phone_consolidated_experience"
    )
    assert [c["name"] for c in after["connections"]] == [c["name"] for c in before["connections"]]
    failed = [r for r in tool.tenant.requests() if r["write"] and r["status"] >= 400]
    assert all(
        request["path"].endswith("/deploy") for request in failed
    )  # it asks again until the build is done


@pytest.mark.parametrize("kind", ["foreign_action_live", "mfa_and_passwordless_twilio"])
def test_an_export_makes_another_tenant_the_same(operate, kind):
    source = operate(f"from-{kind.replace('_', '-')}.eu.auth0.com", kind)
    file = source.export(**only(*PHONES))
    target = operate(f"to-{kind.replace('_', '-')}.us.auth0.com", "empty")
    document = yaml.safe_load(file.read_text().replace("##", ""))
    for action in document.get("actions", []):
        action["secrets"] = [{"name": secret["name"], "value": "x"} for secret in action["secrets"]]
    file.write_text(yaml.safe_dump(document))
    target.load(file, **only(*PHONES))
    ours, theirs = essence(target.tenant.state()), essence(source.tenant.state())
    assert {c["name"] for c in ours["clients"]} >= {c["name"] for c in theirs["clients"]} - {
        "Phone migration"
    }
    assert {c["name"] for c in ours["connections"]} == {c["name"] for c in theirs["connections"]}
    assert {a["name"] for a in ours["actions"]} == {a["name"] for a in theirs["actions"]}
    assert {t: b for t, b in ours["bindings"].items() if b} == theirs["bindings"]
    assert [p["name"] for p in ours["providers"]] == [p["name"] for p in theirs["providers"]]
    assert ours["guardian"]["message_types"] == theirs["guardian"]["message_types"]


def test_an_export_from_before_a_migration_reverts_it(operate):
    tool = operate("reverted.eu.auth0.com", "half_migrated")
    file = tool.export(**only("tenant"))
    assert yaml.safe_load(file.read_text())["tenant"]["phone_consolidated_experience"] is False
    tool.tenant.ok("PATCH", "/tenants/settings", {"phone_consolidated_experience": True})
    tool.load(file, **only("tenant"))
    assert tool.tenant.ok("GET", "/tenants/settings")["phone_consolidated_experience"] is False
    writes = tool.tenant.ok("GET", "/logs", q="type:sapi", per_page=100)
    assert any(log["details"]["request"]["userAgent"].startswith("deploy-cli/8") for log in writes)


def test_a_masked_token_ends_delivery(operate):
    tool = operate("placeholder.eu.auth0.com", "phone_identifier")
    file = tool.export(**only("phoneProviders"))
    assert "##TWILIO_AUTH_TOKEN##" in file.read_text()
    assert tool.tenant.delivery("phone_identifier")["delivered"] is True
    updated = tool.tenant.state()["providers"][0]["updated_at"]
    tool.load(file, **only("phoneProviders"))
    assert tool.tenant.delivery("phone_identifier")["reason"] == "Twilio refuses the AuthToken"
    assert tool.tenant.state()["providers"][0]["updated_at"] > updated


def test_an_import_may_delete_a_provider(operate):
    tool = operate("deleted.eu.auth0.com", "twilio_sms")
    file = tool.export(**only("phoneProviders"))
    document = yaml.safe_load(file.read_text())
    body = {
        "name": "twilio",
        "configuration": {"sid": "AC1", "default_from": "+12125550100", "delivery_methods": ["text"]},
        "credentials": {"auth_token": "x"},
    }
    tool.tenant.ok("POST", "/branding/phone/providers", body)
    document["phoneProviders"] = []
    file.write_text(yaml.safe_dump(document))
    tool.load(file, AUTH0_ALLOW_DELETE="true", **only("phoneProviders"))
    assert tool.tenant.ok("GET", "/branding/phone/providers")["providers"] == []
