"""Answers of a bare tenant compared with recorded ones: same status, same shape."""

import json
import re
import time
from urllib.parse import parse_qsl

import httpx
import pytest

from simulator.serve import running
from tests.pace import QUICK
from tests.simulator.make_facts import TABLE, described, recorded

FREE_FORM = {"flags", "default_token_quota", "universal_login", "details"}
ALSO_RECORDED = {("DELETE", "/connections"): {202, 204}}
IDS = re.compile(r"/([0-9a-f]{8}-[0-9a-f-]{27}|(?:con|pro|tem|cgr)_\w+)")


def _exchanges(reference):
    groups = {}
    for line in (reference / "recorded-exchanges.jsonl").read_text().splitlines():
        exchange = json.loads(line)
        groups.setdefault(exchange["source"].split(":", 1)[1], []).append(exchange)
    return groups


def _shape(value):
    """Return names and types; a list is like its first member; null matches anything."""
    if isinstance(value, dict):
        return {key: "free" if key in FREE_FORM else _shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shape(value[0])] if value else []
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


def _differences(recorded, ours, where="", *, subset=False):
    if "NoneType" in (recorded, ours) or "free" in (recorded, ours) or [] in (recorded, ours):
        return []
    if isinstance(recorded, dict) and isinstance(ours, dict):
        missing = [f"{where}.{key} is missing" for key in recorded.keys() - ours.keys()]
        extra = [] if subset else [f"{where}.{key} is too much" for key in ours.keys() - recorded.keys()]
        common = recorded.keys() & ours.keys()
        inner = [_differences(recorded[key], ours[key], f"{where}.{key}", subset=subset) for key in common]
        return missing + extra + [item for found in inner for item in found]
    if isinstance(recorded, list) and isinstance(ours, list):
        return _differences(recorded[0], ours[0], f"{where}[0]", subset=subset)
    return [] if recorded == ours else [f"{where} is {ours}, recorded {recorded}"]


class Replay:
    """Sends the requests of a source in order, with the simulator's ids."""

    def __init__(self, tenant):
        self.tenant = tenant
        self.ours = {}

    def prepare(self, exchanges):
        if any(
            e["request"] and "custom" in str(e["request"].get("name", "")) for e in exchanges if _is_dict(e)
        ):
            self.tenant.custom_action()
        if "/guardian/" in exchanges[0]["path"]:
            self.tenant.ok("PUT", "/guardian/factors/sms", {"enabled": True})
            twilio = {"from": "a", "auth_token": "b", "sid": "c", "messaging_service_sid": "d"}
            self.tenant.ok("PUT", "/guardian/factors/sms/providers/twilio", twilio)
            words = {"enrollment_message": "a", "verification_message": "b"}
            self.tenant.ok("PUT", "/guardian/factors/sms/templates", words)

    def send(self, exchange):
        path, _, query = exchange["path"].removeprefix("/api/v2").partition("?")
        if re.search(r"/logs/\d+", path):  # a log of our own in place of the recorded one
            path = f"/logs/{self.tenant.ok('GET', '/logs', q='type:sapi', per_page=1)[0]['log_id']}"
        for theirs in IDS.findall(path):
            path = path.replace(theirs, self.ours.get(theirs, theirs))
        if path.startswith("/actions/") and not _at_work(exchange["response"]):
            # Recordings have no times between requests: whatever was built or deployed had its time.
            time.sleep(QUICK.build_seconds + QUICK.deploy_seconds)
        answer = self.tenant(exchange["method"], path, exchange["request"], **dict(parse_qsl(query)))
        if (
            answer.content
            and _is_dict({"request": answer.json()})
            and _is_dict({"request": exchange["response"]})
        ):
            self.ours.setdefault(exchange["response"].get("id"), answer.json().get("id"))
        return answer


def _at_work(response):
    return isinstance(response, dict) and response.get("status") in ("pending", "building")


def _is_dict(exchange):
    return isinstance(exchange["request"], dict)


@pytest.fixture
def like_recorded(peer):
    """Make tenants of a simulator of their own."""
    with running(timing=QUICK) as simulator, httpx.Client(base_url=simulator.url) as http:

        def maker(domain):
            body = {"kind": "empty", "overrides": {"tier": "unlimited"}}
            return peer(http, domain, http.put(f"/_simulator/tenants/{domain}", json=body).json())

        yield maker


def test_recorded_exchanges_come_out_the_same(reference, like_recorded):
    compared, wrong = 0, []
    for number, (source, exchanges) in enumerate(_exchanges(reference).items()):
        replay = Replay(like_recorded(f"recorded-{number}.eu.auth0.com"))
        replay.prepare(exchanges)
        if "/logs" in exchanges[0]["path"]:
            for name in "abcdefghijkl":
                replay.tenant.ok("PATCH", "/tenants/settings", {"friendly_name": name})
        for exchange in exchanges:
            answer = replay.send(exchange)
            compared += 1
            place = f"{source}: {exchange['method']} {exchange['path']}"
            statuses = ALSO_RECORDED.get((exchange["method"], exchange["path"][7:].rsplit("/", 1)[0]), set())
            if answer.status_code != exchange["status"] and answer.status_code not in statuses:
                wrong.append(
                    f"{place}: {answer.status_code} {answer.text[:200]}, recorded {exchange['status']}"
                )
                continue
            ours = answer.json() if answer.content else None
            subset = any(part in exchange["path"] for part in ("/tenants/settings", "/bindings"))
            if answer.status_code == exchange["status"]:
                recorded = _shape(exchange["response"])
                wrong += [f"{place}: {item}" for item in _differences(recorded, _shape(ours), subset=subset)]
    print(f"{compared} recorded exchanges played, {len({item.split(': ')[1] for item in wrong})} differ")
    assert wrong == []
    assert compared == len((reference / "recorded-exchanges.jsonl").read_text().splitlines())


def test_the_table_of_facts_is_the_recordings_own(reference):
    facts = json.loads(TABLE.read_text())
    lines = (reference / "recorded-exchanges.jsonl").read_text().splitlines()
    assert facts["exchanges"] == len(lines)
    assert facts["recorded"] == recorded(lines)
    description = json.loads((reference / "management-api-subset.openapi.json").read_text())
    assert facts["described"] == described(description)


@pytest.mark.parametrize(
    "kind", ["otp_enroll", "otp_verify", "change_password", "blocked_account", "password_breach"]
)
def test_default_messages_are_the_recorded_ones(reference, make, kind):
    tenant = make()
    recorded = {}
    for exchanges in _exchanges(reference).values():
        for exchange in exchanges:
            if exchange["path"].endswith("/phone/templates") and exchange["method"] == "GET":
                recorded |= {t["type"]: t for t in exchange["response"]["templates"] if "id" not in t}
    listed = {
        template["type"]: template for template in tenant.ok("GET", "/branding/phone/templates")["templates"]
    }
    assert listed.keys() == recorded.keys()
    if kind in recorded:
        assert listed[kind]["content"] == recorded[kind]["content"]


def test_builds_pass_through_the_recorded_states(reference, make):
    recorded = set()
    for exchanges in _exchanges(reference).values():
        for exchange in exchanges:
            if re.search(r"/actions/actions/[0-9a-f-]+$", exchange["path"]) and exchange["method"] == "GET":
                recorded.add(exchange["response"]["status"])
    tenant = make()
    triggers = [{"id": "post-login", "version": "v2"}]
    made = tenant.ok("POST", "/actions/actions", {"name": "x", "supported_triggers": triggers})
    ours = [tenant.ok("GET", f"/actions/actions/{made['id']}"), tenant.built(made["id"])]
    assert {action["status"] for action in ours} == recorded == {"building", "built"}
