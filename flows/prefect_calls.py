"""Requests to Prefect's server that no run waits for without end: a server may end or hang while a run goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from prefect.exceptions import PrefectException

from flows import local_server

PATIENCE_SECONDS: Final = 30.0
REFUSALS: Final = (PrefectException, httpx.HTTPError, OSError)
"""What a request raises that the server did not take, in time or at all."""


class ServerEnded(ConnectionError):
    """The temporary server has ended: no request can be answered any more."""


@asynccontextmanager
async def asking_prefect(seconds: float = PATIENCE_SECONDS) -> AsyncIterator[None]:
    """Limit how long the requests in the block take together, with the retries of Prefect's client.

    Raises:
        ServerEnded: the process of the temporary server has ended.
        TimeoutError: they were not answered in time.
    """
    server = local_server.reserved()
    if server is not None and server.has_ended:
        raise ServerEnded
    async with asyncio.timeout(seconds):
        yield
