"""Errors that phonefleet does not know: their type and place are recorded, their text is only logged, redacted."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from phonefleet.errors import TenantError, Unreachable
from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.outcome import outcome_of_error
from tasks.unexpected_errors import UnexpectedError, known_errors, place_of

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
