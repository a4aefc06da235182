"""Answers with rate-limit headers, and answers that end too early."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator.errors import ConnectionDroppedError
from simulator.ratelimit import Grant

EXTENSION = "simulator.connection"
"""Key of the ASGI scope's extensions under which the server's protocol puts the TCP connection."""


class Connection(Protocol):
    """What is needed of a transport to close it."""

    def abort(self) -> None:
        """Close at once and send nothing more."""

    def close(self) -> None:
        """Close once what was written is sent."""


class CutResponse(Response):
    """No answer, or the first half of one, before the TCP connection is closed.

    Where there is no connection to cut (an in-process transport) ``ConnectionDroppedError`` is raised.

    Args:
        begun: body of which the first half is sent, under a content-length that promises all of it;
            None sends nothing.
        status_code: of an answer that is begun.
    """

    def __init__(self, begun: bytes | None = None, status_code: int = 200) -> None:
        super().__init__(content=None, status_code=status_code, media_type="application/json")
        self.begun = begun

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the first half, if any, and close the connection."""
        connection: Connection | None = scope.get("extensions", {}).get(EXTENSION)
        if connection is None:
            raise ConnectionDroppedError(f"{scope['method']} {scope['path']}: connection dropped")
        if self.begun is None:
            connection.abort()
        else:
            await self._begin(self.begun, send)
            connection.close()
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _begin(self, body: bytes, send: Send) -> None:
        headers = [(key, value) for key, value in self.raw_headers if key != b"content-length"]
        headers.append((b"content-length", str(max(len(body), 2)).encode()))
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def json_response(status: int, body: Any, grant: Grant | None = None) -> Response:
    """Make a JSON answer with the headers of the rate limit."""
    return as_response(status, orjson.dumps(body), grant)


def as_response(
    status: int, body: bytes, grant: Grant | None, more: Mapping[str, str] | None = None
) -> Response:
    """Make an answer with the headers of the rate limit and ``more`` headers."""
    headers = ({} if grant is None else grant.headers()) | dict(more or {})
    kind = "application/json; charset=utf-8" if body else None
    return Response(body, status, headers=headers, media_type=kind)
