"""Other owners of the settings: compliance names them, tests what they may have overwritten, and finalize waits."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.flows.fleet_bench import FleetBench, Json, tenant_field

WAVE = [{"name": "all"}]
DEPLOY_CLI = "deploy-cli/8.44.0 (node.js/20.19.0)"
TERRAFORM = "Terraform-Provider-Auth0/1.26.0 (Go-Auth0-SDK/1.24.0; Terraform-SDK/2.37.0; Terraform/1.9.5)"
FLAG = "phone_consolidated_experience"
PLACEHOLDER = {"credentials": {"auth_token": "##TWILIO_AUTH_TOKEN##"}}


def write_as(fleet: FleetBench, name: str, agent: str, method: str, path: str, body: Json) -> str:
    """Write with another program and the same client as phonefleet's; return the client's id."""
    tenant = fleet.tenant(name)
    client = tenant.clients[tenant.management_client_id]
    with httpx.Client(
        base_url=fleet.served.url, headers={"host": tenant.domain, "user-agent": agent}
    ) as http:
        asked = {key: client[key] for key in ("client_id", "client_secret")}
        asked |= {"grant_type": "client_credentials", "audience": f"https://{tenant.domain}/api/v2/"}
        token = http.post("/oauth/token", json=asked).json()["access_token"]
        answer = http.request(
            method, f"/api/v2/{path}", json=body, headers={"authorization": f"Bearer {token}"}
        )
    assert answer.is_success, answer.text
    return str(client["client_id"])


def provider_path(fleet: FleetBench, name: str) -> str:
    return f"branding/phone/providers/{next(iter(fleet.tenant(name).providers))}"


def messages(done: Any) -> dict[str, str]:
    return tenant_field(done, "outcome_message")


def test_compliance_names_who_changed_a_tenant(make_fleet: Any) -> None:
    """In the message, in the ledger's record of the field, and with the request and its time."""
    kinds = {"a1": "twilio_sms", "c1": "passwordless_gateway", "d1": "twilio_sms"}
    fleet: FleetBench = make_fleet(kinds, waves=WAVE)
    fleet.run("migrate", "--yes").expect(0)
    client = write_as(fleet, "a1", DEPLOY_CLI, "PATCH", "tenants/settings", {FLAG: False})
    write_as(fleet, "a1", TERRAFORM, "PATCH", "tenants/settings", {"friendly_name": "Another"})
    connection = next(c for c in fleet.tenant("c1").connections.values() if c["strategy"] == "sms")
    options = {key: value for key, value in connection["options"].items() if key != "use_phone_provider"}
    write_as(fleet, "c1", TERRAFORM, "PATCH", f"connections/{connection['id']}", {"options": options})
    fleet.change_tenant("d1", {"settings": {FLAG: False}})
    found = fleet.run("compliance", "--json").expect(1)
    assert (
        f"flag was true, is false, changed by Deploy CLI (client Phone migration, {client}) at "
        in messages(found)["a1"]
    )
    assert ": PATCH /api/v2/tenants/settings" in messages(found)["a1"]
    assert "use_phone_provider was true, is absent, changed by Terraform (client " in messages(found)["c1"]
    assert "flag was true, is false; " in messages(found)["d1"]
    with fleet.ledger() as ledger:
        drift = {
            (one.domain.partition(".")[0], one.field): one.changed_by
            for one in ledger.runs.record("latest").drift
        }
    by = drift["a1", "flag"]
    assert by is not None
    assert (by.version, by.method, by.path, by.flag) == ("8.44.0", "PATCH", "/api/v2/tenants/settings", False)
    assert drift["d1", "flag"] is None
    table = (fleet.directory / "phonefleet-reports").rglob("deviations.csv")
    assert any(DEPLOY_CLI in path.read_text() for path in table)


def test_an_overwritten_token_is_found_and_tested(make_fleet: Any) -> None:
    """Every read is as before. A test message fails; with the right token it passes, and that settles it."""
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "b1": "twilio_both"}, waves=WAVE)
    fleet.run("migrate", "--yes").expect(0)
    fleet.run("compliance").expect(0)
    provider = next(iter(fleet.tenant("a1").providers.values()))
    token = provider["credentials"]["auth_token"]
    same = {"name": provider["name"], "configuration": provider["configuration"]}
    write_as(fleet, "a1", DEPLOY_CLI, "PATCH", provider_path(fleet, "a1"), same | PLACEHOLDER)
    found = fleet.run("compliance", "--json").expect(1)
    assert tenant_field(found, "outcome_reason")["a1"] == "credentials_uncertain"
    assert "provider credentials was written " in messages(found)["a1"]
    assert "changed by Deploy CLI" in messages(found)["a1"]
    sent = len(fleet.writes())
    failed = fleet.run("compliance", "--test", "--json").expect(6)
    assert tenant_field(failed, "outcome") == {"a1": "failed", "b1": "unchanged"}
    assert tenant_field(failed, "outcome_reason")["a1"] == "test_message_failed"
    assert "changed by Deploy CLI" in messages(failed)["a1"]
    assert len(fleet.writes()) == sent + 1
    right = same | {"credentials": {"auth_token": token}}
    write_as(fleet, "a1", DEPLOY_CLI, "PATCH", provider_path(fleet, "a1"), right)
    passed = fleet.run("compliance", "--test", "--json").expect(0)
    assert tenant_field(passed, "outcome_reason")["a1"] == "credentials_tested"
    settled = fleet.run("compliance", "--test", "--json").expect(0)
    assert tenant_field(settled, "outcome_reason")["a1"] is None
    with fleet.ledger() as ledger:
        evidence = [m.evidence for m in ledger.messages.of_tenant("a1.eu.auth0.com")]
    assert evidence == ["delivered", "failed", "delivered"]
    # The test changed nothing: it is neither a migration to roll back nor one that was interrupted.
    fleet.run("rollback", "--tenant", "a1.eu.auth0.com", "--yes").expect(0)


def test_a_redeployed_action_is_tested_again(make_fleet: Any) -> None:
    """The same code and the same names of secrets: their values may be others."""
    fleet: FleetBench = make_fleet({"b1": "action_single"}, waves=WAVE)
    fleet.run("migrate", "--yes").expect(0)
    action = fleet.tenant("b1").custom_phone_action()
    assert action is not None
    secrets = [{"name": name, "value": "##SECRET##"} for name in action.secrets]
    write_as(fleet, "b1", TERRAFORM, "PATCH", f"actions/actions/{action.id}", {"secrets": secrets})
    while action.status != "built":
        write_as(fleet, "b1", TERRAFORM, "GET", f"actions/actions/{action.id}", {})
    write_as(fleet, "b1", TERRAFORM, "POST", f"actions/actions/{action.id}/deploy", {})
    while action.deployed() is not action.versions[-1]:
        write_as(fleet, "b1", TERRAFORM, "GET", f"actions/actions/{action.id}", {})
    found = fleet.run("compliance", "--json").expect(1)
    assert "secrets was of version 1, is of version 2" in messages(found)["b1"]
    assert "changed by Terraform" in messages(found)["b1"]
    fleet.run("compliance", "--accept", "b1.eu.auth0.com").expect(0)
    fleet.run("compliance").expect(0)


def test_a_broken_tenant_is_worse_than_drift(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"a1": "twilio_sms", "a2": "twilio_sms"}, waves=WAVE)
    fleet.run("migrate", "--yes").expect(0)
    write_as(fleet, "a1", DEPLOY_CLI, "DELETE", provider_path(fleet, "a1"), {})
    fleet.change_tenant("a2", {"guardian": {"message_types": ["sms", "voice"]}})
    found = fleet.run("compliance", "--json").expect(6)
    assert tenant_field(found, "verdict")["a1"] == "broken"
    assert "provider was present, is absent, changed by Deploy CLI" in messages(found)["a1"]
    assert "a1.eu.auth0.com: drifted, broken: " in found.err


@pytest.mark.parametrize("fixed", [True, False])
def test_finalize_waits_for_an_active_owner(make_fleet: Any, *, fixed: bool) -> None:
    """Until it ran once with files that keep the migration, or a person accepts it by its own name.

    Also where the logs no longer show it: Auth0 keeps them for a day on the smallest plan.
    """
    fleet: FleetBench = make_fleet({"b1": "action_single"}, waves=WAVE)
    client = write_as(fleet, "b1", DEPLOY_CLI, "PATCH", "tenants/settings", {FLAG: False})
    fleet.run("migrate", "--yes").expect(0)
    fleet.tenant("b1").logs.entries.clear()
    finalize = ("finalize", "--tenant", "b1.eu.auth0.com", "--accept", "unbind_action", "--yes", "--json")
    held = fleet.run(*finalize).expect(3)
    name = f"owner:deploy_cli/{client}"
    assert tenant_field(held, "outcome_reason")["b1"] == "owner_active"
    assert name in messages(held)["b1"]
    assert "sets the flag back to false" in messages(held)["b1"]
    if fixed:
        write_as(fleet, "b1", DEPLOY_CLI, "PATCH", "tenants/settings", {FLAG: True})
        fleet.run(*finalize).expect(0)
    else:
        fleet.run(*finalize, "--accept", "owner:terraform/another").expect(3)
        fleet.run(*finalize, "--accept", name).expect(0)


def test_finalize_waits_for_a_test_of_credentials(make_fleet: Any) -> None:
    fleet: FleetBench = make_fleet({"b1": "action_single"}, waves=WAVE)
    fleet.run("migrate", "--yes").expect(0)
    provider = next(iter(fleet.tenant("b1").providers.values()))
    body = {"name": provider["name"], "configuration": provider["configuration"], "credentials": {}}
    write_as(fleet, "b1", TERRAFORM, "PATCH", provider_path(fleet, "b1"), body)
    finalize = ("finalize", "--tenant", "b1.eu.auth0.com", "--accept", "unbind_action", "--yes", "--json")
    held = fleet.run(*finalize).expect(3)
    assert tenant_field(held, "outcome_reason")["b1"] == "credentials_uncertain"
    assert "changed by Terraform" in messages(held)["b1"]
    fleet.run("compliance", "--test").expect(0)
    fleet.run(*finalize).expect(0)
