"""Which parts of an address of messages are credentials."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from flows.notify import _send_now
from phonefleet.secrets.address_parts import credentials_in
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.log_redaction import mask_logs


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        (
            "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops",
            {"T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ"},
        ),
        ("json://127.0.0.1:8080/services/alerts-of-acme", set()),
        (
            "mailtos://ops%40acme.example:plain%20words@smtp.acme.example?to=a@b.example",
            {"plain%20words", "plain words"},
        ),
        ("tgram://123456789:AAEhBOweik6ad6PsVNMnH4/-1001234567890", {"AAEhBOweik6ad6PsVNMnH4"}),
        (
            "jsons://hooks.acme.example/acme-prod-2026/run?+X-Token=0a1b2c3d4e5f6a7b8c9d",
            {"0a1b2c3d4e5f6a7b8c9d"},
        ),
        ("jsons://[::1/x", set()),
    ],
)
def test_credentials_are_found(address: str, parts: set[str]) -> None:
    assert credentials_in(address) == parts


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Apprise's own imports
def test_no_log_has_a_part_of_an_address(caplog: pytest.LogCaptureFixture) -> None:
    address = "json://127.0.0.1:9/services/T9JJ3T3L2/TIiajkdnlazkcOXrIdevi7FQ"
    KNOWN.add(address)
    secrets: Any = SimpleNamespace(resolve=lambda _: SecretStr(address))
    recipient: Any = SimpleNamespace(name="ops", address="env:HOOK")
    message: Any = SimpleNamespace(title="t", body="b")
    made = logging.getLogRecordFactory()
    mask_logs()
    try:
        with caplog.at_level(logging.DEBUG):
            for name in ("apprise", "urllib3", "requests"):
                caplog.set_level(logging.DEBUG, logger=name)
            assert "could not be reached" in _send_now(secrets, recipient, message)
    finally:
        logging.setLogRecordFactory(made)
    assert "127.0.0.1" in caplog.text
    assert "TIiajk" not in caplog.text
    assert "T9JJ3T3L2" not in caplog.text
