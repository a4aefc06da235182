"""Logs: what is written, how it is searched, when it is visible."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.app import create_app
from simulator.kinds import Kind
from simulator.logbook import LogBook, log_id
from simulator.search import QueryError, parse

SMS = {
    "type": "gd_send_sms",
    "date": "2026-05-01T10:00:00.000Z",
    "client_name": "Portal",
    "description": None,
}
WRITE = {
    "type": "sapi",
    "date": "2026-05-03T10:00:00.000Z",
    "client_name": "Terraform",
    "description": "Update a client",
    "details": {"request": {"path": "/api/v2/guardian/factors/phone/message-types", "method": "put"}},
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [SMS, WRITE]),
        ("type:sapi", [WRITE]),
        ('type:"sapi"', [WRITE]),
        ("type:gd_send_*", [SMS]),
        ('type:"gd_send_*"', []),
        ("type:(sapi OR gd_send_sms)", [SMS, WRITE]),
        ("type:sapi gd_send_sms", [SMS, WRITE]),
        ("type:sapi AND client_name:portal", []),
        ("type:sapi OR client_name:portal", [SMS, WRITE]),
        ("NOT type:sapi", [SMS]),
        ("(type:sapi OR type:gd_send_sms) AND NOT client_name:Portal", [WRITE]),
        ("date:[2026-05-01 TO 2026-05-02]", [SMS]),
        ("date:[2026-05-02T00:00:00.000Z TO *]", [WRITE]),
        ("date:{2026-05-01T10:00:00.000Z TO *]", [WRITE]),
        ("date:[2026-05-01T10:00:00.000Z TO 2026-05-03T10:00:00.000Z}", [SMS]),
        ('details.request.path:"/api/v2/guardian/factors/phone/message-types"', [WRITE]),
        ("details.request.path:*guardian*", [WRITE]),
        ("details.request.path:/api/v2/guardian/* AND details.request.method:(put OR post)", [WRITE]),
        ('"Update a client"', [WRITE]),
    ],
)
def test_searches_find_what_lucene_would(query, found):
    assert [log for log in (SMS, WRITE) if parse(query)(log)] == found


@pytest.mark.parametrize(
    "query", ["(type:sapi", "type:", "date:[x TO y]", "AND", "type:a)", "date:[2026-01-01]"]
)
def test_searches_that_make_no_sense_are_refused(query):
    with pytest.raises(QueryError):
        parse(query)


@given(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4), st.sampled_from(["a", "b", "c", "d"])
)
def test_a_list_of_types_finds_exactly_its_members(types, stored):
    assert parse(f"type:({' OR '.join(types)})")({"type": stored}) is (stored in types)


@given(st.lists(st.floats(1e9, 2e9), min_size=2, max_size=20))
def test_ids_sort_as_the_moments_do(moments):
    ids = [log_id(moment, number) for number, moment in enumerate(sorted(moments))]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_every_successful_write_is_logged(make):
    tenant = make()
    tenant.ok("PATCH", "/tenants/settings", {"friendly_name": "x"})
    tenant("PATCH", "/tenants/settings", {"friendly_name": 1})
    logs = tenant.ok("GET", "/logs", q="type:sapi")
    assert len(logs) == 1
    request = logs[0]["details"]["request"]
    assert (request["method"], request["path"]) == ("patch", "/api/v2/tenants/settings")
    assert request["auth"]["credentials"]["scopes"]
    assert (logs[0]["client_id"], logs[0]["client_name"]) == (tenant.inputs["client_id"], "")
    assert logs[0]["description"] == "Update tenant settings"


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("twilio_sms", "/guardian/factors/phone/providers/twilio"),
        ("passwordless_twilio", "/connections"),
        ("passwordless_twilio", "/connections?include_totals=true"),
    ],
)
def test_a_read_that_gives_a_credential_is_logged(make, kind, path):
    tenant = make(kind)
    tenant.ok("GET", "/tenants/settings")
    assert tenant.ok("GET", "/logs", q="type:mgmt_api_read") == []
    tenant.ok("GET", path)
    assert len(tenant.ok("GET", "/logs", q="type:mgmt_api_read")) == 1


def test_credentials_in_a_write_do_not_reach_the_logs(make):
    tenant = make()
    tenant.ok("PUT", "/guardian/factors/sms/providers/twilio", {"auth_token": "hush", "sid": "AC1"})
    assert "hush" not in tenant("GET", "/logs").text
    assert "hush" not in str(tenant.requests())
    assert "hush" not in str(tenant.state())


def test_pages_go_back_in_time_and_checkpoints_forward(make):
    tenant = make()
    for number in range(5):
        tenant.ok("PATCH", "/tenants/settings", {"friendly_name": str(number)})
    newest = tenant.ok("GET", "/logs", per_page=2)
    oldest = tenant.ok("GET", "/logs", per_page=2, sort="date:1")
    assert newest[0]["log_id"] > newest[1]["log_id"] > oldest[1]["log_id"] > oldest[0]["log_id"]
    after = tenant.ok("GET", "/logs", take=10, **{"from": oldest[1]["log_id"]})
    assert [log["log_id"] for log in after][-1] == newest[0]["log_id"]
    assert len(after) == 3
    totals = tenant.ok("GET", "/logs", include_totals="true", per_page=2, page=2)
    assert (totals["total"], totals["length"], totals["start"], totals["limit"]) == (5, 1, 4, 2)
    assert tenant.ok("GET", f"/logs/{newest[0]['log_id']}") == newest[0]
    assert tenant("GET", "/logs/none").status_code == 404
    assert set(tenant.ok("GET", "/logs", fields="type,date")[0]) == {"type", "date"}


@pytest.mark.parametrize(
    "query", [{"q": "type:("}, {"sort": "date:2"}, {"per_page": 101}, {"page": 10, "per_page": 100}]
)
def test_bad_log_queries_are_refused(make, query):
    assert make()("GET", "/logs", **query).json()["errorCode"] == "invalid_query_string"


def test_a_log_is_seen_only_after_its_lag():
    book = LogBook()
    book.write("sapi", 100.0, 100.2)
    assert book.visible(100.1) == []
    assert len(book.visible(100.2)) == 1


def test_a_seeded_history_has_messages_and_calls():
    fleet = create_app(seed=3).state.world.fleet
    legacy, kinds = 0, set()
    for number in range(20):
        logs = fleet.put(f"p{number}.eu.auth0.com", Kind.TWILIO_BOTH, {}).logs.visible(time.time())
        kinds |= {log["type"] for log in logs}
        legacy += any("guardian" in log["details"].get("request", {}).get("path", "") for log in logs)
        assert [log["log_id"] for log in logs] == sorted(log["log_id"] for log in logs)
    assert {"sapi", "gd_send_sms", "gd_send_voice"} <= kinds
    assert 0 < legacy < 20
