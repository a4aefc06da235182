"""What hostile input is thrown at: the fleet file, Auth0's answers, tenants' code and templates.

Each target takes one input and returns; an error that it does not document fails it. Both engines call the same
targets: Hypothesis (`tests/fuzz/test_fuzz.py`) and atheris (`tests/fuzz/guided.py`).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from configs import ConfigError, load_fleet
from phonefleet.actions.embedded_secrets import mask_secrets
from phonefleet.actions.liquid_worker import BROKEN, COSTLY, analyze, environment
from phonefleet.actions.message_templates import LIQUID, MACROS, LegacyMessage, translate_message
from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.translation_model import ActionSource
from phonefleet.auth0 import answer_parser
from phonefleet.auth0.answer_body import AnswerRefused, check_structure
from phonefleet.auth0.answer_shapes import shape_problem
from phonefleet.auth0.api_failures import json_of
from phonefleet.auth0.logged_writes import logged_writes
from phonefleet.model.api_scopes import OPERATIONS
from phonefleet.model.message_texts import MessagePlane, NotificationType
from phonefleet.secrets.known_values import KnownValues
from phonefleet.secrets.redaction import redact
from phonefleet.secrets.url_keys import mask_url

Target = Callable[[str], None]
_SECRET = "K7f-93kd_Lq2+x/zz81"
_LIQUID = environment()


def as_bytes(text: str) -> bytes:
    """Return an input as the bytes that it represents: half a surrogate pair is a byte that is no UTF-8, or itself."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def as_text(data: bytes) -> str:
    """Return any bytes as an input."""
    return data.decode("utf-8", "surrogateescape")


def fleet_file(text: str) -> None:
    """A fleet file loads, or every problem is named."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fleet.yaml"
        path.write_bytes(as_bytes(text))
        with suppress(ConfigError):
            load_fleet(path, environ={"SECRET": "x"})


# What is read from an answer that has the documented shape.
_PARSERS: Mapping[str, Callable[[Any], object]] = {
    "twilio_provider": lambda body: answer_parser.parse_twilio(
        body, sid="sid", token="auth_token", sender="from"
    ),
    "phone_provider": answer_parser.parse_provider,
    "phone_templates": lambda body: [answer_parser.parse_template(t) for t in body.get("templates") or ()],
    "action": answer_parser.parse_action,
    "bindings": lambda body: [
        answer_parser.parse_action(b["action"], bound=True) for b in body.get("bindings") or ()
    ],
    "connection": lambda body: (
        answer_parser.parse_connection(body, ()),
        answer_parser.identifies_by_phone(body.get("options") or {}),
    ),
    "logs": lambda body: (
        answer_parser.count_endpoint_use(body.get("logs") or (), {}),
        logged_writes(body.get("logs") or (), {}),
    ),
}


def answer(text: str) -> None:
    """An answer is refused, or its wrong fields are named, or it is read."""
    content = as_bytes(text)
    try:
        check_structure(content)
    except AnswerRefused:
        return
    body = json_of(httpx.Response(200, content=content))
    for operation in OPERATIONS:
        problem = shape_problem(operation, body)
        assert len(problem) < 1_000
        if not problem and operation in _PARSERS:
            _PARSERS[operation](body)
    redacted = redact(body if body is not None else text)
    # As texts: NaN, which JSON does not have and Python reads, differs from itself.
    assert repr(redact(redacted)) == repr(redacted)


def action(code: str) -> None:
    """Code is read or refused, and its keys are masked once and for all."""
    parse_action(ActionSource(name="Send", code=code))
    masked = mask_secrets(code)
    assert mask_secrets(masked) == masked


def template(text: str) -> None:
    """A template is translated or refused."""
    for plane in MessagePlane:
        for syntax in ("", LIQUID, MACROS):
            translate_message(NotificationType.OTP_VERIFY, "text", LegacyMessage(plane, text, syntax))


def liquid(text: str) -> None:
    """The Liquid engine raises only what its process answers with a reason."""
    with suppress(*COSTLY, *BROKEN):
        json.dumps(analyze(_LIQUID, text))


def words(text: str) -> None:
    """URLs are masked once and for all, and no known value is left in any text."""
    masked = mask_url(text)
    assert mask_url(masked) == masked
    known = KnownValues()
    known.add(_SECRET)
    assert _SECRET not in known.mask(text + _SECRET + text)


TARGETS: Mapping[str, Target] = {
    "fleet_file": fleet_file,
    "answer": answer,
    "action": action,
    "template": template,
    "liquid": liquid,
    "words": words,
}
