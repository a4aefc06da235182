"""A small HTTP server that misbehaves on request: it drops, dawdles, truncates and lies, one rule a test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import h11

from phonefleet.auth0.retry import RetryLimits

DOMAIN = "acme.eu.auth0.com"
SECRET = "the-client-secret-of-acme"
QUICK = RetryLimits(base=0.001)
TOKEN = "an-access-token-of-the-peer"


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """A whole answer; `content` instead of `json` for anything that is not JSON."""

    status: int = 200
    json: Any = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0

    def body(self) -> bytes:
        if self.content is not None:
            return self.content
        return b"" if self.status == HTTPStatus.NO_CONTENT else json.dumps(self.json).encode()


@dataclass(frozen=True)
class Drop:
    """Close the connection after sending these bytes."""

    raw: bytes = b""


@dataclass(frozen=True)
class Drip:
    """Send these bytes, then one space every 20 ms for two seconds."""

    raw: bytes


Rule = Callable[[Seen], Reply | Drop | Drip | Awaitable[Reply | Drop | Drip]]


def token_reply(**more: Any) -> Reply:
    return Reply(
        json={
            "access_token": TOKEN,
            "expires_in": 86400,
            "scope": "read:logs",
            "token_type": "Bearer",
            **more,
        }
    )


def no(status: int, message: str, code: str = "", **headers: str) -> Reply:
    """One of Auth0's refusals."""
    body = {"statusCode": status, "error": HTTPStatus(status).phrase, "message": message}
    return Reply(status, body | ({"errorCode": code} if code else {}), headers=headers)


class Peer:
    """Answers by `rule`, and `/oauth/token` by `token_rule`; remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.rule: Rule = lambda _seen: Reply(json={})
        self.token_rule: Rule = lambda _seen: token_reply()
        self.open = 0
        self.most_open = 0
        self.names: list[str | None] = []
        self.address = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def calls(self) -> list[Seen]:
        """What was asked of the Management API."""
        return [seen for seen in self.seen if seen.path != "/oauth/token"]

    @property
    def tokens(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == "/oauth/token"]

    @property
    def connections(self) -> int:
        """Return the number of open connections, busy or idle."""
        return len(self._tasks)

    async def start(self, context: ssl.SSLContext | None = None) -> str:
        if context is not None:
            context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"{'https' if context else 'http'}://127.0.0.1:{port}"
        return self.address

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
            await writer.wait_closed()
        self._tasks.discard(task)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        seen = await _request(reader)
        if seen is None:
            return False
        self.seen.append(seen)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            rule = self.token_rule if seen.path == "/oauth/token" else self.rule
            answer = rule(seen)
            if isinstance(answer, Awaitable):
                answer = await answer
            if isinstance(answer, Reply):
                await asyncio.sleep(answer.after)
        finally:
            self.open -= 1
        if isinstance(answer, Drip):
            writer.write(answer.raw)
            for _ in range(100):
                writer.write(b" ")
                await asyncio.sleep(0.02)
            return False
        if isinstance(answer, Drop):
            writer.write(answer.raw)
            await writer.drain()
            return False
        writer.write(_bytes(answer))
        await writer.drain()
        return True


async def _request(reader: asyncio.StreamReader) -> Seen | None:
    connection = h11.Connection(h11.SERVER)
    head: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(65536)
            if not data:
                return None
            connection.receive_data(data)
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        else:
            break
    assert head is not None
    target = urlsplit(head.target.decode())
    headers = {name.decode().lower(): value.decode() for name, value in head.headers}
    content = json.loads(body) if body else None
    return Seen(head.method.decode(), target.path, parse_qs(target.query), headers, content)


def _bytes(reply: Reply) -> bytes:
    body = reply.body()
    headers = {"content-type": "application/json", **reply.headers}
    if reply.status != HTTPStatus.NO_CONTENT:
        headers["content-length"] = str(len(body))
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        *(f"{k}: {v}" for k, v in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def first(*answers: Reply | Drop, then: Reply) -> Callable[[Seen], Reply | Drop]:
    """A rule: these answers one after the other, then always the last."""
    left = list(answers)
    return lambda _seen: left.pop(0) if left else then


def limit_headers(remaining: int, reset: float = 0, limit: int = 10) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": f"{reset:.3f}",
    }
