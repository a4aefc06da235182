"""Serve the simulator on the loopback address, until stopped or for a ``with`` block."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.app import create_app
from simulator.errors import SimulatorError
from simulator.faults import FaultDocument
from simulator.operations import Timing
from simulator.responses import EXTENSION
from simulator.tls import Authority, new_authority
from simulator.write_config import write_config

HOST = "127.0.0.1"
START_LIMIT = 20.0
"""Seconds within which the server must be up."""


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 that lets the application close the TCP connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Pass the connection to the application through the ASGI scope."""
        super().connection_made(transport)
        inner: ASGIApp = self.app

        async def with_connection(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = scope.get("extensions", {}) | {EXTENSION: transport}
            await inner({**scope, "extensions": extensions}, receive, send)

        self.app = with_connection


@dataclass(frozen=True, slots=True)
class Running:
    """A simulator that is being served.

    Attributes:
        url: where, for ``connect_to``.
        ca_file: the authority's certificate with TLS, else None.
    """

    url: str
    ca_file: Path | None
    app: Starlette
    _server: uvicorn.Server = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    def stop(self) -> None:
        """Stop serving and wait until the port is free; a second call does nothing."""
        self._server.should_exit = True
        self._thread.join(START_LIMIT)


def _listen(port: int) -> socket.socket:
    """Open the port with IPPROTO_TCP, without which asyncio leaves out TCP_NODELAY (40 ms)."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise SimulatorError(
            f"port {port} of {HOST} is not available ({error.strerror}); choose another"
        ) from error
    listener.listen(2048)
    return listener


def _server(app: Starlette, authority: Authority | None, log_level: str) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=CuttableProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level=log_level,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=1,
    )
    config.load()
    if authority is not None:
        config.ssl = authority.context
    return uvicorn.Server(config)


def _url(listener: socket.socket, authority: Authority | None) -> str:
    return f"{'http' if authority is None else 'https'}://{HOST}:{listener.getsockname()[1]}"


@contextmanager
def running(
    tenants: int = 0,
    seed: int = 0,
    port: int = 0,
    *,
    tls: bool = False,
    directory: Path | None = None,
    **options: Any,
) -> Iterator[Running]:
    """Serve a simulator in a thread for the length of the block.

    Args:
        tenants: size of the fleet.
        seed: the same seed makes the same fleet.
        port: 0 takes any free one.
        tls: serves https.
        directory: where the authority's certificate is written; a temporary one when None.
        options: further arguments of ``create_app``.
    """
    app = create_app(tenants, seed, **options)
    with tempfile.TemporaryDirectory() as scratch:
        authority = new_authority() if tls else None
        ca_file = authority.write((directory or Path(scratch)) / "ca.pem") if authority else None
        listener = _listen(port)
        server = _server(app, authority, "critical")
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="simulator"
        )
        thread.start()
        _await_start(server, thread)
        served = Running(_url(listener, authority), ca_file, app, server, thread)
        try:
            yield served
        finally:
            served.stop()
            listener.close()


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    limit = time.monotonic() + START_LIMIT
    while not server.started:
        if not thread.is_alive() or time.monotonic() > limit:
            raise SimulatorError(f"the simulator was not up within {START_LIMIT:.0f} s")
        time.sleep(0.005)


def serve(
    tenants: int = 0,
    seed: int = 0,
    port: int = 0,
    *,
    latency: bool = False,
    faults: FaultDocument | None = None,
    config_directory: Path | None = None,
    tls: bool = False,
    timing: Timing | None = None,
    log_level: str = "warning",
    ready: Callable[[str, Path | None], object] | None = None,
) -> None:
    """Serve a simulator until it is interrupted.

    Args:
        tenants: size of the fleet.
        seed: the same seed makes the same fleet.
        port: 0 takes any free one.
        latency: answers as slowly as recorded exchanges did.
        faults: the faults from the start.
        config_directory: where to write ``fleet.yaml``, ``secrets.env`` and, with TLS, ``ca.pem``.
        tls: serves https; needs ``config_directory``, where clients find the authority's certificate.
        timing: how long logs lag and how long builds and deployments take.
        log_level: of the server.
        ready: called with the URL and the path of ``fleet.yaml`` (or None) as soon as the port is open.

    Raises:
        SimulatorError: the port is taken, or TLS has no directory for its certificate.
    """
    if tls and config_directory is None:
        raise SimulatorError(
            "TLS needs a directory for the authority's certificate; give one with --write-config"
        )
    document = faults or FaultDocument()
    if latency:
        document = document.model_copy(update={"latency": "recorded"})
    app = create_app(tenants, seed, faults=document, timing=timing)
    authority = new_authority() if tls else None
    with _listen(port) as listener:
        url, written = _url(listener, authority), None
        if config_directory is not None:
            config_directory.mkdir(parents=True, exist_ok=True)
            ca_file = authority.write(config_directory / "ca.pem") if authority else None
            written = write_config(config_directory, url, app.state.world.fleet, ca_file)
        if ready is not None:
            ready(url, written)
        with suppress(KeyboardInterrupt):
            _server(app, authority, log_level).run(sockets=[listener])
