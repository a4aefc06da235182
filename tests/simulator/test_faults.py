"""Faults: by rule, by chance, and the same for the same seed."""

import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import latency
from simulator.faults import Effect, FaultDocument, Faults, Rule

SETTINGS = "/tenants/settings"
NAME = {"friendly_name": "changed"}


def _names(tenant):
    return tenant.state()["settings"]["friendly_name"]


def test_a_status_is_answered_instead_of_the_work(make, faults):
    tenant = make()
    faults({"effect": "status", "status": 503, "path": "/tenants/*", "method": "PATCH", "times": 1})
    answer = tenant("PATCH", SETTINGS, NAME)
    assert (answer.status_code, answer.json()["error"]) == (503, "Service Unavailable")
    assert _names(tenant) != "changed"
    assert (tenant.requests()[-1]["status"], tenant.requests()[-1]["applied"]) == (503, False)
    assert tenant("PATCH", SETTINGS, NAME).status_code == 200


def test_an_error_can_come_after_the_work(make, faults):
    tenant = make()
    faults({"effect": "status", "status": 500, "method": "PATCH", "applied": True, "body": {"oh": "no"}})
    answer = tenant("PATCH", SETTINGS, NAME)
    assert (answer.status_code, answer.json()) == (500, {"oh": "no"})
    assert _names(tenant) == "changed"
    assert tenant.requests()[-1]["applied"] is True


@pytest.mark.parametrize(("effect", "applied"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection_really_ends(make, faults, effect, applied):
    tenant = make()
    tenant.ok("GET", SETTINGS)
    faults({"effect": effect, "method": "PATCH", "times": 1})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        tenant("PATCH", SETTINGS, NAME)
    assert (_names(tenant) == "changed") is applied
    last = tenant.requests()[-1]
    assert (last["status"], last["applied"], last["write"]) == (None, applied, True)
    assert tenant("PATCH", SETTINGS, NAME).status_code == 200


def test_the_token_endpoint_can_fail_too(make, faults):
    tenant = make()
    faults({"effect": "status", "status": 502, "path": "/oauth/token", "domain": tenant.domain})
    assert tenant.ask_token().status_code == 502
    assert make().ask_token().status_code == 200
    faults({"effect": "drop_before", "path": "/oauth/token"})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        tenant.ask_token()


def test_a_truncated_body_ends_before_its_length(make, faults):
    tenant = make()
    tenant.ok("GET", SETTINGS)
    faults({"effect": "truncated_body", "times": 1})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        tenant("GET", SETTINGS)


def test_malformed_json_is_not_json(make, faults):
    tenant = make()
    tenant.ok("GET", SETTINGS)
    faults({"effect": "malformed_json", "times": 1})
    answer = tenant("GET", SETTINGS)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        answer.json()


def test_a_liar_answers_success_and_does_nothing(make, faults):
    tenant = make("twilio_sms")
    tenant.ok("GET", SETTINGS)
    before = tenant.state()
    faults({"effect": "lie", "method": "P*"})
    switched = tenant.ok("PATCH", SETTINGS, {"phone_consolidated_experience": True})
    assert switched["phone_consolidated_experience"] is True
    body = {"sid": "AC1", "default_from": "+12125550100", "delivery_methods": ["text"]}
    made = {"name": "twilio", "configuration": body, "credentials": {"auth_token": "x"}}
    lied = tenant.ok("POST", "/branding/phone/providers", made)
    assert tenant.state() == before
    assert [seen["applied"] for seen in tenant.requests() if seen["write"]] == [False, False]
    assert tenant.ok("GET", "/logs", q=f"type:sapi AND client_id:{tenant.inputs['client_id']}") == []
    faults()
    assert tenant.ok("POST", "/branding/phone/providers", made)["id"] != lied["id"]


def test_a_delay_delays(make, faults):
    tenant = make()
    tenant.ok("GET", SETTINGS)
    faults({"effect": "delay", "seconds": 0.15})
    start = time.monotonic()
    tenant.ok("GET", SETTINGS)
    assert time.monotonic() - start >= 0.15


@pytest.mark.parametrize(
    ("effect", "kinds"), [("test_message_lost", []), ("test_message_fails", ["gd_send_sms_failure"])]
)
def test_a_test_message_can_be_lost_or_fail(make, faults, effect, kinds):
    tenant = make("half_migrated")
    path = (
        f"/branding/phone/providers/{tenant.ok('GET', '/branding/phone/providers')['providers'][0]['id']}/try"
    )
    faults({"effect": effect, "path": "*/try"})
    assert tenant("POST", path, {"to": "+15005550006"}).status_code == 202
    assert [log["type"] for log in tenant.ok("GET", "/logs", q="details.is_test:true")] == kinds


@pytest.mark.parametrize("path", ["/actions/actions", "*/deploy"])
def test_a_build_and_a_deployment_can_fail(make, faults, path):
    tenant = make()
    faults({"effect": "build_fails", "path": path, "method": "POST"})
    triggers = [{"id": "custom-phone-provider", "version": "v1"}]
    made = tenant.ok(
        "POST", "/actions/actions", {"name": "x", "supported_triggers": triggers, "code": "exports.x = 1;"}
    )
    action = tenant.built(made["id"])
    deployed = tenant("POST", f"/actions/actions/{made['id']}/deploy")
    if path == "/actions/actions":
        assert (action["status"], deployed.status_code) == ("failed", 400)
        return
    assert deployed.status_code == 200
    after = [tenant.ok("GET", f"/actions/actions/{made['id']}") for _ in range(3)][-1]
    assert after["all_changes_deployed"] is False
    assert "deployed_version" not in after
    assert after["current_version"]["status"] == "FAILED"


def test_a_provider_can_vanish_before_a_write(make, faults):
    tenant = make("already_migrated")
    provider = tenant.ok("GET", "/branding/phone/providers")["providers"][0]
    faults({"effect": "provider_vanishes", "method": "PATCH", "path": "/branding/phone/providers/*"})
    assert (
        tenant("PATCH", f"/branding/phone/providers/{provider['id']}", {"disabled": False}).status_code == 404
    )
    assert tenant.delivery()["delivered"] is False


def test_rules_skip_and_stop(make, faults):
    tenant = make()
    tenant.ok("GET", SETTINGS)
    faults({"effect": "status", "status": 500, "path": "/tenants/settings", "after": 2, "times": 2})
    assert [tenant("GET", SETTINGS).status_code for _ in range(6)] == [200, 200, 500, 500, 200, 200]
    assert tenant.http.get("/_simulator/faults").json()["matched"] == [6]


def test_a_document_that_makes_no_sense_is_refused(http):
    for document in (
        {"error_rate": 2},
        {"rules": [{"effect": "explode"}]},
        {"nonsense": 1},
        {"latency": "fast"},
    ):
        assert http.put("/_simulator/faults", json=document).status_code == 400


REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(["a.x", "b.x"]), st.sampled_from(["GET", "POST"]), st.sampled_from(["/1", "/2"])
    ),
    max_size=60,
)


def _by_request(seed, requests):
    faults = Faults()
    faults.replace(FaultDocument(seed=seed, error_rate=0.3, drop_rate=0.3))
    met = {}
    for request in requests:
        met.setdefault(request, []).append(
            [(hit.rule.effect, hit.rule.status) for hit in faults.match(*request)]
        )
    return met


@given(st.integers(0, 5), REQUESTS, st.randoms())
def test_faults_do_not_depend_on_the_order(seed, requests, rng):
    shuffled = list(requests)
    rng.shuffle(shuffled)
    assert _by_request(seed, requests) == _by_request(seed, shuffled)


def test_rates_come_out_as_asked_and_drops_are_halved():
    faults = Faults()
    faults.replace(FaultDocument(seed=1, error_rate=0.05, drop_rate=0.05))
    met = [hit.rule.effect for n in range(20_000) for hit in faults.match(f"t{n % 100}", "GET", "/x")]
    drops = [met.count(effect) for effect in (Effect.DROP_BEFORE, Effect.DROP_AFTER)]
    assert sum(drops) == pytest.approx(1000, rel=0.15)
    assert met.count(Effect.STATUS) == pytest.approx(950, rel=0.15)
    assert drops[0] == pytest.approx(drops[1], rel=0.25)


def test_paths_match_with_and_without_the_prefix():
    for path in ("/api/v2/connections/*", "/connections/*"):
        assert Rule(effect=Effect.LIE, path=path).matches("a", "PATCH", "/api/v2/connections/con_1")
    assert not Rule(effect=Effect.LIE, domain="b.*").matches("a.x", "GET", "/x")


def test_recorded_latency_has_auth0s_medians_and_tail():
    for method, median in (("GET", 0.23), ("POST", 0.39), ("PUT", 0.13)):
        times = sorted(latency.recorded(1, "a", method, n) for n in range(4000))
        assert times[2000] == pytest.approx(median, rel=0.1)
        assert 0.3 <= times[3800] / (median / 0.23) <= 1.3
        assert times[3990] >= 1.5
    assert latency.recorded(1, "a", "GET", 5) == latency.recorded(1, "a", "GET", 5)
