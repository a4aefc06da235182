"""Actions, their builds and deployments, and bindings."""

import time

import pytest

from simulator.operations import Timing

ACTIONS, BINDINGS = "/actions/actions", "/actions/triggers/send-phone-message/bindings"
PHONE = [{"id": "send-phone-message", "version": "v2"}]
BODY = {
    "name": "Send",
    "supported_triggers": PHONE,
    "code": "exports.onExecuteSendPhoneMessage = async () => {};",
    "dependencies": [{"name": "axios", "version": "1.7.4"}],
    "secrets": [{"name": "KEY", "value": "very-secret"}],
}


def _deployed(tenant, body=BODY):
    identity = tenant.ok("POST", ACTIONS, body)["id"]
    tenant.built(identity)
    tenant.ok("POST", f"{ACTIONS}/{identity}/deploy")
    tenant.deployed(identity)
    return identity


def test_an_action_goes_through_its_states(make):
    tenant = make()
    made = tenant.ok("POST", ACTIONS, BODY)
    assert made["status"] == "pending"
    path = f"{ACTIONS}/{made['id']}"
    assert tenant("POST", f"{path}/deploy").status_code == 400
    assert tenant.ok("GET", path)["status"] == "building"
    assert tenant.built(made["id"])["status"] == "built"
    answer = tenant("POST", f"{path}/deploy")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["deployed"], answer.json()["number"]) == (
        "built",
        False,
        1,
    )
    after = tenant.deployed(made["id"])
    assert after["deployed_version"]["deployed"] is True
    assert after["deployed_version"]["status"] == "built"


def test_secret_values_are_never_given_back(make):
    tenant = make()
    made = tenant.ok("POST", ACTIONS, BODY)
    path = f"{ACTIONS}/{made['id']}"
    assert set(made["secrets"][0]) == {"name", "updated_at"}
    tenant.built(made["id"])
    texts = [tenant("GET", path).text, tenant("POST", f"{path}/deploy").text, tenant("GET", ACTIONS).text]
    texts += [str(tenant.state()), str(tenant.requests()), tenant("GET", "/logs").text]
    assert all("very-secret" not in text for text in texts)


def test_a_secret_without_a_value_keeps_the_one_it_had(make):
    tenant = make()
    path = f"{ACTIONS}/{tenant.ok('POST', ACTIONS, BODY)['id']}"
    before = tenant.state()["actions"][0]["secrets"]["KEY"]["value"]
    tenant.ok("PATCH", path, {"secrets": [{"name": "KEY"}, {"name": "NEW", "value": "x"}]})
    after = tenant.state()["actions"][0]["secrets"]
    assert (set(after), after["KEY"]["value"]) == ({"KEY", "NEW"}, before)
    assert tenant("PATCH", path, {"secrets": [{"name": "OTHER"}]}).status_code == 400


def test_a_new_draft_leaves_the_deployed_version(make):
    tenant = make()
    path = f"{ACTIONS}/{_deployed(tenant)}"
    changed = tenant.ok("PATCH", path, {"code": "exports.x = 1;"})
    assert (changed["status"], changed["all_changes_deployed"]) == ("pending", False)
    assert changed["deployed_version"]["code"] == BODY["code"]


def test_a_build_does_not_read_the_code(make):
    """Recorded: an Action whose code ends in an open quotation mark was built and deployed."""
    tenant = make()
    identity = tenant.ok("POST", ACTIONS, BODY | {"code": 'exports.a = () => {};"\n'})["id"]
    assert tenant.built(identity)["status"] == "built"


def test_a_build_ends_by_time(make, served):
    tenant = make()
    world = served.app.state.world
    before, world.timing = world.timing, Timing(0.0, build_seconds=0.2, deploy_seconds=0.2)
    try:
        path = f"{ACTIONS}/{tenant.ok('POST', ACTIONS, BODY)['id']}"
        assert tenant("POST", f"{path}/deploy").status_code == 400
        assert {tenant.ok("GET", path)["status"] for _ in range(4)} == {"building"}
        time.sleep(0.3)
        assert tenant("POST", f"{path}/deploy").status_code == 200
        assert tenant.ok("GET", path)["all_changes_deployed"] is False
        time.sleep(0.3)
        assert tenant.ok("GET", path)["all_changes_deployed"] is True
    finally:
        world.timing = before


def test_deploy_on_creation_deploys_when_built(make):
    tenant = make()
    made = tenant.ok("POST", ACTIONS, BODY | {"deploy": True})
    assert (made["status"], made["all_changes_deployed"]) == ("pending", True)
    assert "deployed_version" not in tenant.ok("GET", f"{ACTIONS}/{made['id']}")
    assert tenant.deployed(made["id"])["deployed_version"]["deployed"] is True


def test_an_older_version_can_be_deployed_again(make):
    tenant = make()
    identity = _deployed(tenant)
    path = f"{ACTIONS}/{identity}"
    first = tenant.ok("GET", path)["deployed_version"]
    tenant.ok("PATCH", path, {"code": "exports.y = 1;"})
    tenant.built(identity)
    tenant.ok("POST", f"{path}/deploy")
    again = tenant.ok("POST", f"{path}/versions/{first['id']}/deploy")
    assert (again["number"], again["code"]) == (3, first["code"])
    assert tenant("POST", f"{path}/versions/none/deploy").status_code == 404


def test_custom_provider_actions_are_listed(make):
    tenant = make()
    identity = tenant.custom_action()
    assert [action["id"] for action in tenant.ok("GET", ACTIONS)["actions"]] == [identity]
    assert tenant.ok("GET", ACTIONS, triggerId="post-login") == {"actions": [], "per_page": 50}
    shown = tenant.ok("GET", ACTIONS, triggerId="custom-phone-provider")
    assert [action["id"] for action in shown["actions"]] == [identity]
    assert shown["total"] == 1


def test_there_is_one_custom_provider_action_at_most(make):
    tenant = make()
    tenant.custom_action()
    triggers = [{"id": "custom-phone-provider", "version": "v1"}]
    answer = tenant("POST", ACTIONS, BODY | {"supported_triggers": triggers})
    assert answer.status_code == 403
    assert answer.json()["errorCode"] == "actions_cardinality_custom_phone_provider_not_allowed"


def test_names_are_unique(make):
    tenant = make()
    tenant.ok("POST", ACTIONS, BODY)
    assert tenant("POST", ACTIONS, BODY).status_code == 409


def test_the_list_is_filtered_and_paged(make):
    tenant = make()
    for number in range(3):
        tenant.ok("POST", ACTIONS, BODY | {"name": f"Send {number}"})
    page = tenant.ok("GET", ACTIONS, per_page=2, page=1)
    assert (len(page["actions"]), page["total"], page["page"], page["per_page"]) == (1, 3, 1, 2)
    assert len(tenant.ok("GET", ACTIONS, actionName="send 1")["actions"]) == 1
    assert tenant.ok("GET", ACTIONS, deployed="true")["actions"] == []
    assert tenant("GET", ACTIONS, triggerId="never").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        BODY | {"supported_triggers": []},
        BODY | {"supported_triggers": [{"id": "no-such"}]},
        BODY | {"name": ""},
        {"name": "x"},
        BODY | {"dependencies": [{"name": "axios"}]},
    ],
)
def test_actions_of_the_wrong_shape_are_refused(make, body):
    assert make()("POST", ACTIONS, body).json()["errorCode"] == "invalid_body"


def test_bindings_accept_three_references(make):
    tenant = make()
    identity = _deployed(tenant)
    ref = {"type": "action_id", "value": identity}
    bound = tenant.ok("PATCH", BINDINGS, {"bindings": [{"ref": ref, "display_name": "Mine"}]})["bindings"][0]
    assert (bound["action"]["id"], bound["display_name"]) == (identity, "Mine")
    assert bound["action"]["deployed_version"]["deployed"] is True
    for ref in ({"type": "action_name", "value": "Send"}, {"type": "binding_id", "value": bound["id"]}):
        again = tenant.ok("PATCH", BINDINGS, {"bindings": [{"ref": ref}]})["bindings"]
        assert [item["id"] for item in again] == [bound["id"]]
    listed = tenant.ok("GET", BINDINGS)
    assert (len(listed["bindings"]), listed["total"]) == (1, 1)
    assert tenant.ok("PATCH", BINDINGS, {"bindings": []}) == {"bindings": []}


def test_bindings_need_deployed_actions(make):
    tenant = make()
    made = tenant.ok("POST", ACTIONS, BODY)
    ref = {"type": "action_id", "value": made["id"]}
    assert (
        tenant("PATCH", BINDINGS, {"bindings": [{"ref": ref}]}).json()["errorCode"] == "action_not_deployed"
    )
    other = "/actions/triggers/post-login/bindings"
    assert tenant("PATCH", other, {"bindings": [{"ref": ref}]}).status_code == 400
    missing = {"type": "action_name", "value": "unknown"}
    assert tenant("PATCH", BINDINGS, {"bindings": [{"ref": missing}]}).status_code == 404
    assert tenant("GET", "/actions/triggers/no-such/bindings").status_code == 400


def test_a_bound_action_is_deleted_only_by_force(make):
    tenant = make("action_single")
    identity = tenant.ok("GET", ACTIONS)["actions"][0]["id"]
    assert tenant("DELETE", f"{ACTIONS}/{identity}").status_code == 409
    assert tenant("DELETE", f"{ACTIONS}/{identity}", force="true").status_code == 204
    assert tenant("DELETE", f"{ACTIONS}/{identity}").status_code == 404
    assert tenant.ok("GET", BINDINGS)["bindings"] == []


def test_a_custom_providers_action_is_in_use(make):
    tenant = make()
    identity = tenant.custom_action()
    body = {"name": "custom", "configuration": {"delivery_methods": ["text"]}, "credentials": {}}
    tenant.ok("POST", "/branding/phone/providers", body)
    assert tenant("DELETE", f"{ACTIONS}/{identity}").status_code == 409


def test_triggers_and_dry_runs_answer(make):
    tenant = make()
    triggers = {item["id"] for item in tenant.ok("GET", "/actions/triggers")["triggers"]}
    assert {"send-phone-message", "custom-phone-provider"} <= triggers
    identity = tenant.ok("POST", ACTIONS, BODY)["id"]
    assert tenant.ok("POST", f"{ACTIONS}/{identity}/test", {"payload": {"a": 1}}) == {"payload": {"a": 1}}
