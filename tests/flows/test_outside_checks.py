"""Checks that ask the outside: commands without a shell, and addresses; every failure is theirs alone."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, unquote_plus

import pytest

from configs import GateCheck
from flows.outside_checks import MAX_ANSWER_BYTES, ask
from phonefleet.secrets.log_redaction import mask_logs

FACTS = {"run": "20260101-000000-abcd", "wave": "first one", "moment": "after"}


async def answered(directory: Path, **keys: Any) -> Any:
    check = GateCheck.model_validate({"name": "release"} | keys)
    return await ask(check, FACTS, directory, ssl.create_default_context())


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize(
    ("code", "answer", "passed", "said"),
    [
        ("", "status", True, "exit code 0"),
        ("raise SystemExit(3)", "status", False, "exit code 3"),
        ("print('closed'); raise SystemExit(1)", "status", False, "closed"),
        ("""print('{"pass": true, "message": "2 open"}')""", "json", True, "2 open"),
        ("""print('{"pass": false, "message": "freeze"}')""", "json", False, "freeze"),
        ("""print('{"pass": true}'); raise SystemExit(1)""", "json", False, "exit code 1"),
        ("print('yes')", "json", False, "not JSON"),
        ("print('[true]')", "json", False, "pass: true or false"),
        ("""print('{"pass": 1}')""", "json", False, "pass: true or false"),
        (f"print('x' * {MAX_ANSWER_BYTES + 1})", "status", False, "more than 65536 bytes"),
    ],
)
async def test_a_command_answers(tmp_path: Path, code: str, answer: str, passed: bool, said: str) -> None:
    result = await answered(tmp_path, command=python(code), answer=answer)
    assert result.passed is passed
    assert said in result.text
    assert result.text.startswith("release: ")


async def test_a_command_gets_facts_and_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs without a shell, in the fleet file's folder, and sees only variables that are named."""
    monkeypatch.setenv("ACME_CLIENT_SECRET", "hidden-value-1")
    monkeypatch.setenv("MONITOR_TOKEN", "wanted-value-1")
    script = "import json, os, sys; json.dump([os.getcwd(), sys.argv[1:], dict(os.environ)], open('seen.json', 'w'))"
    command = [*python(script), "$(touch here)", "; ls"]
    assert (await answered(tmp_path, command=command, env="MONITOR_TOKEN")).passed
    directory, arguments, environ = json.loads((tmp_path / "seen.json").read_text())
    assert Path(directory) == tmp_path
    assert arguments == ["$(touch here)", "; ls"]
    assert environ["PHONEFLEET_WAVE"] == "first one"
    assert environ["MONITOR_TOKEN"] == "wanted-value-1"
    assert "ACME_CLIENT_SECRET" not in environ


async def test_a_slow_command_ends_with_its_limit(tmp_path: Path) -> None:
    """The processes that it started end too."""
    code = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', "
        "'import time, pathlib; time.sleep(3); pathlib.Path(\"late\").touch()']); time.sleep(60)"
    )
    began = time.monotonic()
    result = await answered(tmp_path, command=python(code), timeout="1s")
    assert not result.passed
    assert "no answer within 1 s" in result.text
    assert time.monotonic() - began < 20
    await asyncio.sleep(3.5)
    assert not (tmp_path / "late").exists()


async def test_a_missing_program_is_a_failure(tmp_path: Path) -> None:
    result = await answered(tmp_path, command=["/no/such/program"])
    assert not result.passed
    assert "cannot be started" in result.text


class Handler(BaseHTTPRequestHandler):
    """Answers by its path, and keeps what was asked."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        where = self.path.split("?")[0]
        status = {"/no": 503, "/away": 302}.get(where, 200)
        body = {"/json": b'{"pass": false, "message": "error rate 4 %"}', "/large": b"x" * 100_000}
        if where == "/slow":
            time.sleep(3)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/yes")
        self.end_headers()
        self.wfile.write(body.get(where, b"fine"))

    def log_message(self, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "answer", "passed", "said"),
    [
        ("/yes", "status", True, "HTTP status 200"),
        ("/no", "status", False, "HTTP status 503"),
        ("/away", "status", False, "HTTP status 302"),
        ("/json", "json", False, "error rate 4 %"),
        ("/large", "status", False, "more than 65536 bytes"),
        ("/slow", "status", False, "no answer"),
    ],
)
async def test_an_address_answers(
    address: str, tmp_path: Path, path: str, answer: str, passed: bool, said: str
) -> None:
    result = await answered(tmp_path, url=f"{address}{path}?team=a", answer=answer, timeout="1s")
    assert result.passed is passed
    assert said in result.text
    asked = Handler.asked[-1]
    assert "team=a" in asked
    assert "wave=first" in asked


async def test_an_address_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    result = await answered(tmp_path, url="http://127.0.0.1:9/")
    assert not result.passed
    assert "ConnectError" in result.text


@pytest.mark.parametrize(
    "key", ["token=f4ls-Token/0817", "api_key=f4ls%2FT0ken+0816", "since=0a1b2c3d4e5f6a7b8c9d"]
)
async def test_no_log_has_a_key_of_an_address(
    tmp_path: Path, address: str, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    made = logging.getLogRecordFactory()
    mask_logs()
    try:
        with caplog.at_level(logging.DEBUG):
            await answered(tmp_path, url=f"{address}/status?{key}")
    finally:
        logging.setLogRecordFactory(made)
    assert "HTTP Request: GET" in caplog.text
    value = key.partition("=")[2]
    assert not [each for each in (value, unquote_plus(value), quote(value, safe="")) if each in caplog.text]


async def test_a_secret_variable_that_a_command_prints_is_masked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHECK_API_KEY", "wanted-value-0816")
    code = "import os; print(os.environ['CHECK_API_KEY']); raise SystemExit(1)"
    result = await answered(tmp_path, command=python(code), env="CHECK_API_KEY")
    assert "[redacted]" in result.text
    assert "wanted-value-0816" not in result.text
