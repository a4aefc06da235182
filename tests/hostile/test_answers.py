"""Every kind of hostile answer ends as a typed error that names the tenant, the fact and the next step, in time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from configs import Tier
from phonefleet.auth0.capacity import Capacity
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.retry import RetryLimits
from phonefleet.errors import ApiRefused, CredentialsRejected, TenantError, Unreachable
from tests.auth0.http_peer import DOMAIN, TOKEN, Drip, Drop, Peer, Reply, token_reply
from tests.hostile.answers import MEGABYTE, bomb, compressed, endless, json_of, nested, raw

SECONDS = 20.0
ODD = [
    pytest.param(compressed(bomb(64, 2), "gzip, gzip"), "content-encoding", id="two layers of gzip"),
    pytest.param(compressed(bomb(64, 3), "gzip, gzip, gzip"), "content-encoding", id="three layers"),
    pytest.param(compressed(bomb(256), "gzip"), f"more than {32 * MEGABYTE} bytes", id="one layer"),
    pytest.param(compressed(b"x", "br"), "content-encoding", id="brotli"),
    pytest.param(compressed(bomb(1)[:100], "gzip"), "DecodingError", id="half of a gzip"),
    pytest.param(Reply(content=nested(101)), "deeper than 100", id="deep objects"),
    pytest.param(Reply(content=b"[" * 500_000), "deeper than 100", id="deep lists"),
    pytest.param(Reply(content=b'{"a":[' + b"1," * 1_000_001 + b"1]}"), "1000000 values", id="many values"),
    pytest.param(Reply(content=("[" * 200).encode("utf-16")), "deeper than 100", id="UTF-16"),
    pytest.param(raw(200, b"{}", "x: " + "y" * 300_000), "RemoteProtocolError", id="huge header"),
    pytest.param(
        raw(200, b"{}", *[f"x{n}: y" for n in range(40_000)]), "RemoteProtocolError", id="many headers"
    ),
    pytest.param(Drop(b"\x00\xff" * 40), "RemoteProtocolError", id="no HTTP"),
    pytest.param(raw(200, b"\xff\xfe{"), "answered 200", id="broken UTF-16"),
    pytest.param(raw(200, b"<p>", "content-type: text/html; charset=zlib_codec"), "<p>", id="zlib_codec"),
    pytest.param(raw(200, b"<p>", "content-type: text/html; charset=no-such"), "<p>", id="no charset"),
    pytest.param(raw(200, b"NaN"), "documented shape", id="not a number"),
    pytest.param(raw(200, b"[]"), "documented shape", id="a list"),
    pytest.param(raw(200, b'{"friendly_name": ' + b"9" * 5_000 + b"}"), "answered 200", id="a huge number"),
    pytest.param(raw(299, b"null"), "documented shape", id="null"),
    pytest.param(raw(399, b"{}", "location: https://elsewhere.example/"), "399", id="unknown redirect"),
    pytest.param(raw(499, b'{"message": "no"}'), "answered 499 no", id="unknown refusal"),
    pytest.param(raw(418, b'{"message": {"a": [1]}, "error": 7}'), "answered 418", id="odd refusal"),
    pytest.param(raw(799, b"{}"), "answered 799", id="unknown status"),
    pytest.param(
        raw(200, b"[1]", "set-cookie: a=b; expires=Fri, 99 Foo 99999 99:99:99", "date: 0 0 0 0"),
        "documented shape",
        id="absurd dates in headers",
    ),
]


async def timed(call: Awaitable[Any]) -> TenantError:
    """Return the typed error of a call, which must come in time."""
    began = time.monotonic()
    with pytest.raises(TenantError) as caught:
        await asyncio.wait_for(call, SECONDS)
    assert time.monotonic() - began < SECONDS
    assert str(caught.value).startswith(f"{DOMAIN}: ")
    assert caught.value.__cause__ is None
    return caught.value


@pytest.mark.parametrize(("answer", "fact"), ODD)
async def test_an_odd_answer_to_a_read_is_typed(
    api: ManagementApi, peer: Peer, answer: Reply | Drop, fact: str
) -> None:
    peer.rule = lambda _seen: answer
    error = await timed(api.settings())
    assert fact in str(error)
    assert len(str(error)) < 1_000


@pytest.mark.parametrize(("answer", "fact"), ODD)
async def test_an_odd_answer_to_a_write_is_unknown(
    api: ManagementApi, peer: Peer, answer: Reply | Drop, fact: str
) -> None:
    """Whether it was carried out is then found by reading, so no intent stays open."""
    peer.rule = lambda _seen: answer
    error = await timed(api.create_action({"name": "a", "supported_triggers": []}))
    assert fact in str(error) or "documented shape" in str(error)
    match error:
        case Unreachable():
            assert error.maybe_applied or "399" in fact
        case ApiRefused():
            assert 400 <= error.status < 500


@pytest.mark.parametrize(("answer", "fact"), ODD)
async def test_an_odd_answer_with_a_token_is_typed(
    api: ManagementApi, peer: Peer, answer: Reply | Drop, fact: str
) -> None:
    peer.token_rule = lambda _seen: answer
    error = await timed(api.settings())
    assert fact in str(error) or "without a token" in str(error)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("expires_in", value) for value in (0, -1, "86400", None, True, [])),
        *(("access_token", value) for value in ("", " ", 7, None, "a b", "a\nb", "é", "\x00", "x" * 40_000)),
        *(("scope", value) for value in (7, ["a"], {})),
    ],
)
async def test_a_token_answers_fields_are_checked(
    api: ManagementApi, peer: Peer, field: str, value: Any
) -> None:
    peer.token_rule = lambda _seen: token_reply(**{field: value})
    error = await timed(api.settings())
    assert f"{field}: " in str(error)


@pytest.mark.parametrize("value", ["1e999", "Infinity", "NaN", "1" + "0" * 400, "-Infinity"])
async def test_an_absurd_lifetime_is_typed(api: ManagementApi, peer: Peer, value: str) -> None:
    peer.token_rule = lambda _seen: json_of(f'{{"access_token": "{TOKEN}", "expires_in": {value}}}')
    assert "expires_in: " in str(await timed(api.settings()))


async def test_a_lifetime_of_centuries_is_taken_for_30_days(api: ManagementApi, peer: Peer) -> None:
    peer.token_rule = lambda _seen: token_reply(expires_in=10**18)
    await api.settings()
    await api.settings()
    assert len(peer.tokens) == 1


@pytest.mark.parametrize("space", [" ", "\n", "\r\n", "\t", " \n "])
async def test_white_space_around_a_token_is_dropped(api: ManagementApi, peer: Peer, space: str) -> None:
    peer.token_rule = lambda _seen: token_reply(access_token=space + TOKEN + space)
    await api.settings()
    assert peer.calls[0].headers["authorization"] == f"Bearer {TOKEN}"


CURSORS: dict[str, Callable[[int], str | None]] = {
    "the same cursor": lambda _number: "again",
    "two cursors in turn": lambda number: f"c{number % 2}",
    "a new cursor each time": lambda number: f"c{number}",
}
LISTS: dict[str, tuple[dict[str, Any], Callable[[ManagementApi], Awaitable[Any]]]] = {
    "connections": ({"id": "con_", "strategy": "sms"}, lambda api: api.connections("sms")),
    "clients": ({"client_id": "c"}, lambda api: api.clients()),
    "client_grants": ({"client_id": "c"}, lambda api: api.client_grants()),
    "actions": ({"id": "act_"}, lambda api: api.actions()),
}


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("key", LISTS)
async def test_a_list_without_end_is_ended(open_pool: Any, peer: Peer, key: str, cursor: str) -> None:
    api = (await open_pool()).tenant(tier=Tier.PRIVATE_CLOUD_500)
    entry, read = LISTS[key]
    peer.rule = endless(key, CURSORS[cursor], entry=entry)
    error = await timed(read(api))
    assert "the list is not read any further" in str(error)
    assert len(peer.calls) <= 501


async def test_the_same_page_again_and_again_is_ended(api: ManagementApi, peer: Peer) -> None:
    peer.rule = lambda _seen: Reply(json={"bindings": [{"id": "b", "action": {"id": "a"}}], "total": 10**9})
    assert "same entries as the page before" in str(await timed(api.bindings("send-phone-message")))


async def test_a_list_of_large_pages_is_ended(api: ManagementApi, peer: Peer) -> None:
    numbers = iter(range(1_000))
    peer.rule = lambda _seen: Reply(
        json={"actions": [{"id": f"a{next(numbers)}", "other": "x" * 30 * MEGABYTE}], "total": 1_000}
    )
    assert "3 pages have more than 67108864 bytes" in str(await timed(api.actions()))


async def test_a_slow_drip_ends_after_two_attempts(open_pool: Any, peer: Peer) -> None:
    api = (await open_pool(timeout=0.3, retry_limits=RetryLimits(base=0.001))).tenant()
    peer.rule = lambda _seen: Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{")
    error = await timed(api.settings())
    assert "no complete answer within 0.3 s, after 2 attempts" in str(error)
    assert len(peer.calls) == 2


async def test_the_limit_of_an_answer_holds_for_every_encoding(open_pool: Any, peer: Peer) -> None:
    api = (await open_pool(capacity=Capacity(answer_bytes=10_000))).tenant()
    for answer in (Reply(content=b" " * 10_001), compressed(bomb(1), "gzip"), compressed(bomb(1), "deflate")):
        peer.rule = lambda _seen, answer=answer: answer  # type: ignore[misc]
        assert "more than 10000 bytes" in str(await timed(api.settings()))


@pytest.mark.parametrize("code", ["\x00", "\\ud800", "\x1b[2J", "\u202e"])
async def test_a_refusals_words_are_escaped(api: ManagementApi, peer: Peer, code: str) -> None:
    text = json.dumps({"message": f"no {code}"}).replace("\\\\u", "\\u")
    peer.rule = lambda _seen: raw(400, text.encode())
    error = str(await timed(api.settings()))
    assert "no \\" in error
    assert all(ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF for c in error)


async def test_a_refused_client_with_odd_words_is_typed(api: ManagementApi, peer: Peer) -> None:
    body = b'{"error": ["access_denied"], "error_description": {"a": "\\u0000\\u001b[2J"}}'
    peer.token_rule = lambda _seen: raw(401, body)
    error = await timed(api.settings())
    assert isinstance(error, CredentialsRejected)
    assert "\x00" not in str(error)
    assert "\x1b" not in str(error)
