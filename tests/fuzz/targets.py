"""What hostile input is thrown at: the fleet file, Auth0's answers, tenants' code and templates.

Each target takes one input and returns; an error that it does not document fails it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from configs import ConfigError, load_fleet
from phonefleet.actions.embedded_secrets import mask_secrets
from phonefleet.actions.message_templates import LIQUID, MACROS, LegacyMessage, translate_message
from phonefleet.actions.parse.parser import parse_action
from phonefleet.actions.translation_model import ActionSource
from phonefleet.auth0.answer_shapes import shape_problem
from phonefleet.model.api_scopes import OPERATIONS
from phonefleet.model.message_texts import MessagePlane, NotificationType
from phonefleet.secrets.known_values import KnownValues
from phonefleet.secrets.redaction import redact
from phonefleet.secrets.url_keys import mask_url
from tests.configs.fleet_texts import fleet_text

SEEDS = Path(__file__).with_name("seeds")


def fleet_file(text: str) -> None:
    """A fleet file loads, or every problem is named."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fleet.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with suppress(ConfigError):
            load_fleet(path, environ={"SECRET": "x"})


def answer(text: str) -> None:
    """An answer has the documented shape, or its wrong fields are named."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = text
    for operation in OPERATIONS:
        assert len(shape_problem(operation, body)) < 1_000
    redacted = redact(body)
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


def words(text: str) -> None:
    """URLs are masked once and for all, and no known value is left in any text."""
    masked = mask_url(text)
    assert mask_url(masked) == masked
    known = KnownValues()
    known.add("K7f-93kd_Lq2+x/zz81")
    assert "K7f-93kd_Lq2+x/zz81" not in known.mask(text + "K7f-93kd_Lq2+x/zz81" + text)


Target = Callable[[str], None]
_KEYS = st.sampled_from(["id", "name", "options", "scope", "date", "secret", "value"])
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)
_PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            " for x in (1..9) ",
            " endfor ",
            "@@password@@",
            "code",
            " | ",
            "if ",
            "'a'+",
        ),
        *(
            "exports.onExecuteSendPhoneMessage = async (event, api) => {",
            "}",
            "require('twilio')",
            "`${",
            "://a:b",
        ),
        *(
            "tenants:",
            "  - ",
            "waves: [",
            "env:",
            'cmd:["',
            "file:",
            "\t",
            ": ",
            "# ",
            "!!python/object:",
            "\x00",
        ),
        *("&anchor ", "*anchor", "\n", "\ud800"),
    ]
)
_TEXT = st.lists(_PIECES | st.text(max_size=12), max_size=30).map("".join)
TARGETS: dict[str, tuple[Target, st.SearchStrategy[str]]] = {
    "fleet_file": (fleet_file, _TEXT | _TEXT.map(lambda text: fleet_text(rest=text))),
    "answer": (answer, _JSON.map(json.dumps) | _TEXT),
    "action": (action, _TEXT),
    "template": (template, _TEXT),
    "words": (words, _TEXT),
}
