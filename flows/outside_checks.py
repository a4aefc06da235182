"""Ask the outside whether a wave may go on: run a command without a shell, or get an address."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_plus

import httpx
import orjson

from configs import CheckAnswer, GateCheck
from flows.local_server import public_environment
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.patterns import names_secret_parameter
from phonefleet.secrets.url_keys import url_keys

MAX_ANSWER_BYTES: Final = 64 * 1024
"""Of an answer, or of a command's output; more is a failure."""
_SHOWN: Final = 200
_KILLED_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check answered: whether it passed, and what people read."""

    passed: bool
    text: str


class _NoAnswer(Exception):
    """A check did not answer as it must."""


async def ask(check: GateCheck, facts: Mapping[str, str], directory: Path, ca: ssl.SSLContext) -> CheckResult:
    """Ask a check; whatever goes wrong, its time limit included, is a failure of it.

    Args:
        check: the check.
        facts: what it is asked about. A command gets each as the variable `PHONEFLEET_NAME`, an address as a parameter
            of its query.
        directory: where a command runs.
        ca: the authorities of an https address.
    """
    began = time.monotonic()
    limit = check.timeout.total_seconds()
    try:
        async with asyncio.timeout(limit):
            good, what, output = await (
                _get(check, facts, ca) if check.url else _run(check, facts, directory)
            )
        passed, said = _answer(check.answer, good, output)
    except TimeoutError:
        passed, what, said = False, f"no answer within {limit:g} s", ""
    except _NoAnswer as error:
        passed, what, said = False, str(error), ""
    spent = time.monotonic() - began
    text = f"{check.name}: {'passed' if passed else 'failed'}, {what} in {spent:.1f} s"
    return CheckResult(passed, KNOWN.mask(text + (f": {said}" if said else "")))


def _answer(kind: CheckAnswer, good: bool, output: bytes) -> tuple[bool, str]:
    """Return whether an answer passes, and what it says."""
    if kind is CheckAnswer.STATUS:
        return good, "" if good else _shown(output.decode(errors="replace"))
    try:
        found: Any = orjson.loads(output)
    except orjson.JSONDecodeError:
        return False, f"its answer is not JSON: {_shown(output.decode(errors='replace'))}"
    if not isinstance(found, dict) or not isinstance(found.get("pass"), bool):
        return False, "its answer is not a JSON object with pass: true or false"
    message = found.get("message", "")
    return good and found["pass"], _shown(message) if isinstance(message, str) else ""


def _shown(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


async def _get(check: GateCheck, facts: Mapping[str, str], ca: ssl.SSLContext) -> tuple[bool, str, bytes]:
    written = check.url or ""
    # httpx logs the whole address.
    for key in url_keys(written):
        value = written[key.start : key.end]
        KNOWN.add(value)
        KNOWN.add(unquote_plus(value))
    url = httpx.URL(written).copy_merge_params(facts)
    output = b""
    try:
        async with (
            httpx.AsyncClient(verify=ca, trust_env=False, timeout=check.timeout.total_seconds()) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
        ):
            async for piece in answer.aiter_raw():
                output += piece
                if len(output) > MAX_ANSWER_BYTES:
                    raise _NoAnswer(f"its answer has more than {MAX_ANSWER_BYTES} bytes")
    except httpx.HTTPError as error:
        raise _NoAnswer(f"no answer ({type(error).__name__})") from None
    # A redirect is no answer: it could lead anywhere.
    return answer.is_success, f"HTTP status {answer.status_code}", output


async def _run(check: GateCheck, facts: Mapping[str, str], directory: Path) -> tuple[bool, str, bytes]:
    """Run a command in a session of its own, which ends with the check."""
    environ = public_environment(os.environ)
    named = {name: os.environ[name] for name in check.env if name in os.environ}
    for name, value in named.items():
        if names_secret_parameter(name):
            KNOWN.add(value)  # the command may print it
    environ |= named
    environ |= {f"PHONEFLEET_{name.upper()}": value for name, value in facts.items()}
    try:
        process = await asyncio.create_subprocess_exec(
            *check.command,
            cwd=directory,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise _NoAnswer(f"{check.command[0]} cannot be started ({_strerror(error)})") from None
    assert process.stdout is not None
    output = b""
    try:
        while piece := await process.stdout.read(MAX_ANSWER_BYTES):
            output += piece
            if len(output) > MAX_ANSWER_BYTES:
                raise _NoAnswer(f"it printed more than {MAX_ANSWER_BYTES} bytes")
        code = await process.wait()
    finally:
        await _end(process)
    return code == 0, f"exit code {code}", output


def _strerror(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of a command's session, and wait for the command."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        async with asyncio.timeout(_KILLED_SECONDS):
            await process.wait()
    except TimeoutError:
        # It cannot be killed now, such as in a system call on a dead file system; the run does not wait for it.
        return
