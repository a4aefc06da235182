"""Reads: pages, searches, what is absent, and Auth0's own recorded answers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from configs import Tier
from phonefleet.auth0.client_authentication import ClientSecretPost
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import Unreachable
from tests.auth0.http_peer import DOMAIN, FakeClock, Peer, Reply, Seen

RECORDED = (
    Path(os.environ.get("PHONEFLEET_REFERENCE_DIR") or Path(__file__).parents[3] / "shared")
    / "auth0/recorded-exchanges.jsonl"
)


def by_number(key: str, entries: list[Any], size: int = 100) -> Callable[[Seen], Reply]:
    """Auth0's paging by page number, with totals."""

    def rule(seen: Seen) -> Reply:
        page, per_page = int(seen.query["page"][0]), min(size, int(seen.query["per_page"][0]))
        chosen = entries[page * per_page : (page + 1) * per_page]
        return Reply(json={"start": page * per_page, "limit": per_page, "total": len(entries), key: chosen})

    return rule


def by_checkpoint(key: str, entries: list[Any]) -> Callable[[Seen], Reply]:
    """Auth0's paging by checkpoint: `next` as long as there is more."""

    def rule(seen: Seen) -> Reply:
        assert not {"page", "per_page"} & set(seen.query)
        start, take = int(seen.query.get("from", ["0"])[0]), int(seen.query["take"][0])
        more = {"next": str(start + take)} if start + take < len(entries) else {}
        return Reply(json={key: entries[start : start + take]} | more)

    return rule


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
async def test_lists_are_read_to_their_end(api: ManagementApi, peer: Peer, count: int) -> None:
    actions = [{"id": f"act_{n}", "name": f"Action {n}"} for n in range(count)]
    peer.rule = by_number("actions", actions)
    assert await api.actions("send-phone-message") == actions
    peer.rule = by_number("bindings", [{"id": a["id"], "action": a} for a in actions])
    assert len(await api.bindings("send-phone-message")) == count
    connections = [{"id": f"con_{n}", "strategy": "sms", "options": {"from": "+1"}} for n in range(count)]
    peer.rule = by_checkpoint("connections", connections)
    assert await api.connections("sms") == connections
    peer.rule = by_checkpoint("clients", [{"client_id": f"c{n}"} for n in range(count)])
    assert await api.connection_clients("con_1") == [f"c{n}" for n in range(count)]
    grants = [{"id": f"cgr_{n}", "client_id": "c", "scope": ["read:logs"]} for n in range(count)]
    peer.rule = by_checkpoint("client_grants", grants)
    assert await api.client_grants(f"https://{DOMAIN}/api/v2/") == grants
    clients = [{"client_id": f"c{n}", "name": f"App {n}"} for n in range(count)]
    peer.rule = by_checkpoint("clients", clients)
    assert await api.clients() == clients


async def test_a_server_that_gives_shorter_pages_than_asked_for_loses_nothing(
    api: ManagementApi, peer: Peer
) -> None:
    actions = [{"id": f"act_{n}"} for n in range(7)]
    peer.rule = by_number("actions", actions, size=2)
    assert await api.actions() == actions


async def test_a_list_without_totals_ends_with_its_first_empty_page(api: ManagementApi, peer: Peer) -> None:
    pages = [[{"id": "a"}], [{"id": "b"}], []]
    peer.rule = lambda seen: Reply(json={"actions": pages[int(seen.query["page"][0])]})
    assert [a["id"] for a in await api.actions()] == ["a", "b"]


async def test_filters_reach_the_server(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: Reply(json={})
    await api.actions("custom-phone-provider")
    await api.connections("sms")
    await api.client_grants("https://x/")
    await api.clients()
    queries = [seen.query for seen in peer.calls]
    assert queries[0]["triggerId"] == ["custom-phone-provider"]
    assert queries[1]["strategy"] == ["sms"]
    assert queries[2]["audience"] == ["https://x/"]
    assert queries[3]["fields"] == ["client_id,name"]


async def test_ids_cannot_lead_elsewhere(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: Reply(json={"id": "con_1"})
    await api.connection("../clients")
    assert peer.calls[0].path == "/api/v2/connections/..%2Fclients"


@pytest.mark.parametrize("strategy", [{}, {"strategy": None}])
async def test_a_listed_connection_names_its_strategy(
    api: ManagementApi, peer: Peer, strategy: dict[str, None]
) -> None:
    """A list of several strategies is split by it: one without must not be overlooked."""
    peer.rule = lambda _seen: Reply(json={"connections": [{"id": "con_1", "name": "sms", **strategy}]})
    with pytest.raises(Unreachable, match="strategy"):
        await api.connections("sms", "auth0")


async def test_logs_are_asked_for_newest_first_a_hundred_at_a_time_and_at_most_a_thousand(
    api: ManagementApi, peer: Peer
) -> None:
    logs = [{"log_id": str(n), "type": "sapi", "date": "2026-11-24T10:00:00.000Z"} for n in range(3000)]
    peer.rule = by_number("logs", logs)
    assert await api.logs("type:sapi", limit=250) == logs[:250]
    assert [seen.query["page"][0] for seen in peer.calls] == ["0", "1", "2"]
    assert {seen.query["sort"][0] for seen in peer.calls} == {"date:-1"}
    assert {seen.query["q"][0] for seen in peer.calls} == {"type:sapi"}
    assert len(await api.logs("type:sapi", limit=5000)) == 1000
    assert len(await api.logs(limit=7)) == 7
    assert "q" not in peer.calls[-1].query


async def test_logs_since_a_moment_are_searched_by_date_in_utc(api: ManagementApi, peer: Peer) -> None:
    peer.rule = by_number("logs", [])
    since = datetime.fromisoformat("2026-11-24T10:00:00.5+02:00")
    assert await api.logs("type:a OR type:b", since=since) == []
    await api.logs(since=since.astimezone(UTC))
    await api.logs(until=since)
    assert [seen.query["q"][0] for seen in peer.calls] == [
        "(type:a OR type:b) AND date:[2026-11-24T08:00:00.500Z TO *]",
        "date:[2026-11-24T08:00:00.500Z TO *]",
        "date:[* TO 2026-11-24T08:00:00.500Z}",
    ]


@pytest.mark.parametrize("answer", [Reply(204), Reply(json={}), Reply(content=b"")])
async def test_messages_that_were_never_set_are_none(api: ManagementApi, peer: Peer, answer: Reply) -> None:
    peer.rule = lambda _seen: answer
    assert await api.guardian_templates() is None


async def test_what_auth0_sends_is_handed_on_as_it_is(api: ManagementApi, peer: Peer) -> None:
    """Absent, unknown, numbers, times: all stays as it is, for it may have to be written back."""
    connection = {
        "id": "con_1",
        "strategy": "sms",
        "options": {
            "forward_req_info": "true",
            "totp": {"time_step": 300, "length": 6},
            "gateway_authentication": None,
            "use_phone_provider": True,
            "brute_force_protection": 1,
            "an_option_of_tomorrow": [1, 2.0, "2023-01-25T17:42:12.320532785Z"],
        },
    }
    peer.rule = lambda _seen: Reply(json=connection)
    read = await api.connection("con_1")
    assert json.dumps(read) == json.dumps(connection)


def _recorded() -> list[dict[str, Any]]:
    return [json.loads(line) for line in RECORDED.read_text().splitlines()] if RECORDED.exists() else []


OPERATIONS: list[tuple[str, str, Callable[..., Awaitable[Any]]]] = [
    ("GET", "/actions/actions/([^/]+)", lambda api, i, _: api.action(i)),
    ("POST", "/actions/actions", lambda api, b: api.create_action(b)),
    ("POST", "/actions/actions/([^/]+)/deploy", lambda api, i, _: api.deploy_action(i)),
    ("DELETE", "/actions/actions/([^/]+)", lambda api, i, _: api.delete_action(i)),
    ("PATCH", "/actions/triggers/([^/]+)/bindings", lambda api, i, b: api.set_bindings(i, b["bindings"])),
    ("GET", "/actions/triggers/([^/]+)/bindings", lambda api, i, _: api.bindings(i)),
    ("GET", "/branding/phone/providers", lambda api, _: api.phone_providers()),
    ("GET", "/branding/phone/providers/([^/]+)", lambda api, i, _: api.phone_provider(i)),
    ("POST", "/branding/phone/providers", lambda api, b: api.create_phone_provider(b)),
    ("PATCH", "/branding/phone/providers/([^/]+)", lambda api, i, b: api.update_phone_provider(i, b)),
    ("DELETE", "/branding/phone/providers/([^/]+)", lambda api, i, _: api.delete_phone_provider(i)),
    ("POST", "/branding/phone/providers/([^/]+)/try", lambda api, i, b: api.try_phone_provider(i, **b)),
    ("GET", "/branding/phone/templates", lambda api, _: api.phone_templates()),
    ("POST", "/branding/phone/templates", lambda api, b: api.create_phone_template(b)),
    ("PATCH", "/branding/phone/templates/([^/]+)", lambda api, i, b: api.update_phone_template(i, b)),
    ("DELETE", "/branding/phone/templates/([^/]+)", lambda api, i, _: api.delete_phone_template(i)),
    ("POST", "/branding/phone/templates/([^/]+)/try", lambda api, i, b: api.try_phone_template(i, **b)),
    ("GET", "/connections/([^/]+)", lambda api, i, _: api.connection(i)),
    ("GET", "/client-grants", lambda api, _: api.client_grants()),
    ("GET", "/guardian/factors", lambda api, _: api.factors()),
    ("GET", "/guardian/factors/phone/message-types", lambda api, _: api.message_types()),
    (
        "PUT",
        "/guardian/factors/phone/message-types",
        lambda api, b: api.set_message_types(b["message_types"]),
    ),
    ("GET", "/guardian/factors/phone/selected-provider", lambda api, _: api.selected_provider()),
    (
        "PUT",
        "/guardian/factors/phone/selected-provider",
        lambda api, b: api.set_selected_provider(b["provider"]),
    ),
    ("PUT", "/guardian/factors/(sms)", lambda api, i, b: api.set_factor(i, b["enabled"])),
    ("GET", "/guardian/factors/sms/providers/twilio", lambda api, _: api.twilio_provider()),
    ("PUT", "/guardian/factors/sms/providers/twilio", lambda api, b: api.set_twilio_provider(b)),
    ("GET", "/guardian/factors/sms/templates", lambda api, _: api.guardian_templates()),
    ("PUT", "/guardian/factors/sms/templates", lambda api, b: api.set_guardian_templates(b)),
    ("GET", "/tenants/settings", lambda api, _: api.settings()),
]
UNWRAPPED = {
    "bindings": "bindings",
    "providers": "phone_providers",
    "templates": "phone_templates",
    "client_grants": "client_grants",
}


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded exchanges here")
async def test_recorded_exchanges_pass_both_ways_unchanged(
    open_pool: Any, peer: Peer, clock: FakeClock
) -> None:
    """Whatever Auth0 was seen to accept and answer, the pool sends and hands on in exactly that form."""
    api = (await open_pool(clock=clock)).tenant()
    tried = 0
    for exchange in _recorded():
        path = exchange["path"].removeprefix("/api/v2").partition("?")[0]
        for method, pattern, call in OPERATIONS:
            match = re.fullmatch(pattern, path)
            if match and method == exchange["method"] and exchange["status"] < 400:
                peer.rule = lambda _seen, e=exchange: Reply(e["status"], e["response"])
                got = await call(api, *match.groups(), exchange["request"] or {})
                _compare(exchange, got, peer.calls[-1])
                tried += 1
    assert tried > 60


def _compare(exchange: dict[str, Any], got: Any, sent: Seen) -> None:
    answer = exchange["response"]
    if isinstance(got, list) and isinstance(answer, dict):
        answer = next(value for value in answer.values() if isinstance(value, list))
    if exchange["path"].endswith("/templates") and exchange["method"] == "GET" and answer == {}:
        answer = None
    assert got == answer
    assert sent.method == exchange["method"]
    if exchange["request"]:
        assert sent.body == exchange["request"]


async def test_a_tenant_is_one_object_and_keeps_its_names(peer: Peer) -> None:
    from pydantic import SecretStr

    async with ClientPool(peer.address) as pool:
        one = pool.tenant(DOMAIN, "id", ClientSecretPost(lambda: SecretStr("s")), Tier.FREE)
        assert pool.tenant(DOMAIN, "id", ClientSecretPost(lambda: SecretStr("s")), Tier.FREE) is one
        assert (one.domain, one.client_id) == (DOMAIN, "id")
