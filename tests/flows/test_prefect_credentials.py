"""What gives access to Prefect's server is in no message."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from flows import fleet_deployments
from flows.prefect_settings import check_prefect_api
from phonefleet.errors import PhonefleetError
from phonefleet.secrets import prefect_credentials
from phonefleet.secrets.known_values import KnownValues
from phonefleet.secrets.prefect_credentials import know_prefect_credentials


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("password", ["pw1", "a-long-Password-4711"])
@pytest.mark.parametrize("dead", [False, True])
def test_no_message_has_the_password(
    page: int, monkeypatch: pytest.MonkeyPatch, password: str, dead: bool
) -> None:
    port = 1 if dead else page
    monkeypatch.setenv("PREFECT_API_URL", f"http://operator:{password}@127.0.0.1:{port}")
    with pytest.raises(PhonefleetError) as refused:
        check_prefect_api()
    assert password not in str(refused.value)
    assert f"@127.0.0.1:{port}" in str(refused.value)


@pytest.mark.parametrize(
    ("environ", "texts"),
    [
        ({"PREFECT_API_KEY": "pnu_0123456789abcdef"}, ["pnu_0123456789abcdef"]),
        (
            {"PREFECT_API_AUTH_STRING": "admin:hunter2!winter1"},
            ["hunter2!winter1", base64.b64encode(b"admin:hunter2!winter1").decode()],
        ),
        (
            {"PREFECT_API_URL": "https://admin:hunter2%21winter@prefect.example/api"},
            ["hunter2%21winter", "hunter2!winter"],
        ),
        ({"PREFECT_API_URL": "https://0123456789abcdef@prefect.example/api"}, ["0123456789abcdef"]),
        ({"PREFECT_API_URL": "https://[::1/api"}, []),
    ],
)
def test_credentials_are_masked(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], texts: list[str]
) -> None:
    known = KnownValues()
    monkeypatch.setattr(prefect_credentials, "KNOWN", known)
    know_prefect_credentials(environ)
    assert [known.mask(f"x {text} y") for text in texts] == ["x [redacted] y"] * len(texts)


async def test_a_refused_deployment_does_not_name_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    request = httpx.Request("POST", "http://operator:pw1@127.0.0.1:1/api/work_pools/")

    async def refuse(*_: object) -> None:
        httpx.Response(403, request=request).raise_for_status()

    monkeypatch.setattr(fleet_deployments, "_register", refuse)
    fleet: Any = SimpleNamespace(name="acme")
    with pytest.raises(PhonefleetError) as refused:
        await fleet_deployments.deploy(fleet, "pool", None, "python")
    assert "403" in str(refused.value)
    assert "pw1" not in str(refused.value)
