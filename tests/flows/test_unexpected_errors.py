"""Errors that phonefleet does not know: their type and place are recorded, their text is only logged, redacted."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from configs import ConfigError, Problem
from flows.cli import main as command_line
from phonefleet.errors import TenantError, Unreachable
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.outcome import outcome_of_error
from tasks import assess, finalize, migrate, rollback
from tasks.unexpected_errors import RunDefect, UnexpectedError, known_errors, known_run_errors, place_of

DOMAIN = "a1.eu.auth0.com"
NUMBER = "+15551234567"
TOKEN = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl"


OWN: dict[str, Any] = {"__name__": "phonefleet.example"}
exec(
    """
import json

def fail(text):
    raise ValueError(text)

def parse(text):
    return json.loads(text)
""",
    OWN,
)


def test_type_and_place_are_recorded_without_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(UnexpectedError) as caught, known_errors(DOMAIN):
        OWN["fail"](f"Auth0 answered: {TOKEN} for {NUMBER}")
    outcome = outcome_of_error(caught.value)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.FAILED, ReasonCode.INTERNAL_ERROR)
    assert outcome.message.startswith(f"{DOMAIN}: unexpected ValueError at phonefleet.example:fail:5")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "ValueError" in caplog.text
    assert "Auth0 answered" in caplog.text
    for secret in (TOKEN, NUMBER):
        assert secret not in outcome.message + caplog.text


def test_known_errors_are_left_as_they_are() -> None:
    known = Unreachable(DOMAIN, "no answer")
    with pytest.raises(TenantError) as caught, known_errors(DOMAIN):
        raise known
    assert caught.value is known


def test_the_place_is_the_innermost_of_our_own() -> None:
    with pytest.raises(ValueError, match="Expecting value") as caught:
        OWN["parse"]("no JSON")
    assert place_of(caught.value) == "phonefleet.example:parse:8"
    assert place_of(ValueError("never raised")) == "unknown place"


def test_no_text_leaves_a_flow(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(RunDefect) as caught, known_run_errors():
        OWN["fail"](f"Auth0 answered: {TOKEN} for {NUMBER}")
    assert str(caught.value).startswith("unexpected ValueError at phonefleet.example:fail:5")
    assert caught.value.__suppress_context__
    for secret in (TOKEN, NUMBER):
        assert secret not in str(caught.value) + caplog.text


@pytest.mark.parametrize(
    "known",
    [
        Unreachable(DOMAIN, "no answer"),
        ConfigError([Problem(Path("fleet.yaml"), 0, "", "x", "y")]),
        OSError(28),
    ],
)
def test_known_errors_leave_a_flow_as_they_are(known: Exception) -> None:
    with pytest.raises(type(known)) as caught, known_run_errors():
        raise known
    assert caught.value is known


@pytest.mark.parametrize(
    ("module", "name", "more"),
    [
        (assess, "assess_tenant", ()),
        (migrate, "prepare_tenant", ()),
        (migrate, "switch_tenant", ()),
        (migrate, "check_health", (datetime.now(UTC),)),
        (rollback, "roll_back_tenant", ()),
        (rollback, "take_back_tenant", ()),
        (finalize, "finalize_tenant", ()),
    ],
)
def test_no_text_leaves_a_task(module: Any, name: str, more: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        OWN["fail"](TOKEN)

    monkeypatch.setattr(module, "run_context", fails)
    with pytest.raises(UnexpectedError) as caught:
        asyncio.run(getattr(module, name).fn("fleet.yaml", "RUN", DOMAIN, *more))
    assert TOKEN not in str(caught.value)


def test_an_unknown_error_of_a_command_is_no_drift(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "app", lambda: OWN["fail"](TOKEN))
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert "ValueError at phonefleet.example:fail:5" in " ".join(shown.split())
    assert TOKEN not in shown
