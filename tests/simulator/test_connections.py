"""Connections, clients and grants."""

import pytest


def _sms(tenant):
    found = tenant.ok("GET", "/connections", strategy="sms")
    return found[0]["id"]


def test_options_are_replaced_whole(make):
    tenant = make("passwordless_twilio")
    path = f"/connections/{_sms(tenant)}"
    before = tenant.ok("GET", path)
    assert before["options"]["twilio_token"]
    after = tenant.ok("PATCH", path, {"options": {"use_phone_provider": True}})
    assert after["options"] == {"use_phone_provider": True}
    assert after["enabled_clients"] == before["enabled_clients"]


@pytest.mark.parametrize(
    "body",
    [
        {"options": {"twilio_sid": 1}},
        {"options": {"provider": "pigeon"}},
        {"options": {"gateway_authentication": {"method": "basic", "audience": "x", "secret": "y"}}},
        {"options": {"use_phone_provider": "yes"}},
        {"strategy": "email"},
        {"name": "other"},
        {"display_name": "x" * 129},
    ],
)
def test_connections_of_the_wrong_shape_are_refused(make, body):
    tenant = make("passwordless_gateway")
    path = f"/connections/{_sms(tenant)}"
    before = tenant.state()["connections"]
    assert tenant("PATCH", path, body).json()["errorCode"] == "invalid_body"
    assert tenant.state()["connections"] == before


def test_unknown_options_are_kept(make):
    tenant = make("passwordless_gateway")
    path = f"/connections/{_sms(tenant)}"
    options = tenant.ok("GET", path)["options"] | {"something_new": {"a": 1}}
    assert tenant.ok("PATCH", path, {"options": options})["options"] == options


def test_lists_are_filtered_paged_and_cut_to_fields(make):
    tenant = make("mfa_and_passwordless_twilio")
    assert len(tenant.ok("GET", "/connections")) == 2
    both = tenant("GET", "/connections?strategy=sms&strategy=auth0").json()
    assert len(both) == 2
    assert tenant.ok("GET", "/connections", name="sms")[0]["strategy"] == "sms"
    assert "enabled_clients" not in both[0]
    totals = tenant.ok("GET", "/connections", include_totals="true", per_page=1, page=1)
    assert (totals["total"], totals["start"], totals["limit"], len(totals["connections"])) == (2, 1, 1, 1)
    first = tenant.ok("GET", "/connections", take=1)
    second = tenant.ok("GET", "/connections", take=1, **{"from": first["next"]})
    assert "next" not in second
    assert first["connections"] != second["connections"]
    assert set(tenant.ok("GET", "/connections", fields="name,id")[0]) == {"name", "id"}
    assert tenant("GET", "/connections", per_page=101).json()["errorCode"] == "invalid_query_string"
    assert tenant("GET", "/connections", strategy="carrier-pigeon").status_code == 400


def test_clients_are_enabled_one_by_one(make):
    tenant = make("passwordless_twilio")
    path = f"/connections/{_sms(tenant)}/clients"
    enabled = [item["client_id"] for item in tenant.ok("GET", path)["clients"]]
    assert enabled
    changes = [
        {"client_id": enabled[0], "status": False},
        {"client_id": tenant.inputs["client_id"], "status": True},
    ]
    answer = tenant("PATCH", path, changes)
    assert (answer.status_code, answer.content) == (204, b"")
    assert [i["client_id"] for i in tenant.ok("GET", path)["clients"]] == [
        *enabled[1:],
        tenant.inputs["client_id"],
    ]
    assert tenant("PATCH", path, []).status_code == 400
    assert tenant("PATCH", path, [{"client_id": "unknown", "status": True}]).status_code == 400


def test_a_connection_is_made_and_goes_in_two_steps(make):
    tenant = make()
    body = {"name": "texts", "strategy": "sms", "options": {"twilio_sid": "AC1"}}
    made = tenant.ok("POST", "/connections", body)
    assert (made["realms"], made["enabled_clients"]) == (["texts"], [])
    assert tenant("POST", "/connections", body).status_code == 409
    answers = [tenant("DELETE", f"/connections/{made['id']}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 204]
    assert tenant("GET", f"/connections/{made['id']}").status_code == 404


def test_secrets_of_clients_need_a_scope(make):
    tenant = make("twilio_sms")
    clients = tenant.ok("GET", "/clients", include_totals="true")
    assert clients["total"] == len(clients["clients"]) >= 5
    assert all("client_secret" not in client for client in clients["clients"])
    one = tenant.ok("GET", f"/clients/{clients['clients'][0]['client_id']}", fields="name")
    assert set(one) == {"name"}
    assert tenant("GET", "/clients/unknown").status_code == 404
    machines = tenant.ok("GET", "/clients", app_type="non_interactive")
    assert {client["name"] for client in machines} >= {"Phone migration", "Terraform"}


def test_grants_show_who_may_touch_phone_settings(make):
    tenant = make("already_migrated")
    grants = tenant.ok("GET", "/client-grants", audience=f"https://{tenant.domain}/api/v2/")
    assert any("update:guardian_factors" in grant["scope"] for grant in grants)
    mine = tenant.ok("GET", "/client-grants", client_id=tenant.inputs["client_id"], include_totals="true")
    assert mine["total"] == 1


def test_a_grant_is_made_read_and_taken_away(make):
    tenant = make()
    body = {
        "client_id": tenant.inputs["client_id"],
        "audience": "https://api.example.com/",
        "scope": ["read:x"],
    }
    made = tenant.ok("POST", "/client-grants", body)
    assert made == body | {"id": made["id"], "subject_type": "client"}
    assert tenant("POST", "/client-grants", body).status_code == 409
    path = f"/client-grants/{made['id']}"
    assert tenant.ok("GET", path) == made
    assert [tenant("DELETE", path).status_code for _ in range(2)] == [204, 204]
