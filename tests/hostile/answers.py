"""Answers that a hostile or broken server may give."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

from tests.auth0.http_peer import Drop, Reply, Rule, Seen

MEGABYTE = 1 << 20


def raw(status: int, body: bytes = b"{}", *headers: str) -> Drop:
    """A whole answer whose status line and headers are exactly these."""
    lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body)}", "connection: close", *headers]
    return Drop("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


def bomb(megabytes: int, layers: int = 1) -> bytes:
    """Zeros, compressed once or several times with gzip."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    body = b"".join([b"".join(pack.compress(bytes(MEGABYTE)) for _ in range(megabytes)), pack.flush()])
    for _ in range(layers - 1):
        pack = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        body = pack.compress(body) + pack.flush()
    return body


def compressed(body: bytes, encoding: str) -> Reply:
    return Reply(content=body, headers={"content-encoding": encoding})


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def endless(key: str, cursor: Callable[[int], str | None], *, entry: dict[str, Any]) -> Rule:
    """Pages without end, each with one entry of its own."""
    pages = iter(range(1_000_000))

    def rule(_seen: Seen) -> Reply:
        number = next(pages)
        one = {name: f"{value}{number}" for name, value in entry.items()}
        return Reply(json={key: [one], "next": cursor(number)})

    return rule


def json_of(text: str) -> Reply:
    """An answer with exactly this JSON."""
    json.loads(text)
    return Reply(content=text.encode())
