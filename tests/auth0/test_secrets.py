"""No secret in any log, at any level, of any library on the way."""

from __future__ import annotations

import asyncio
import logging

import pytest

from phonefleet.auth0.management_api import ManagementApi
from phonefleet.errors import TenantError
from tests.auth0.http_peer import SECRET, TOKEN, Peer, Reply, Seen, no

STORED = "a-stored-twilio-token"
SENT = "an-auth-token-on-its-way"


def rule(seen: Seen) -> Reply:
    """Answers that hold secrets, and every third a failure that is retried."""
    if seen.path.endswith("/twilio"):
        return Reply(json={"sid": "AC1", "auth_token": STORED})
    if seen.path.endswith("/connections"):
        connection = {"id": "con_1", "strategy": "sms", "options": {"twilio_token": STORED}}
        return Reply(json={"connections": [connection]})
    if seen.method == "POST":
        return no(400, f"bad value {SENT}")
    return no(503, f"trouble with {STORED}")


async def test_logs_of_every_library_at_debug_hold_no_secret(
    api: ManagementApi, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    peer.rule = rule
    with caplog.at_level(logging.DEBUG):
        for name in ("httpx", "httpcore", "auth0", "fern", "phonefleet", "asyncio"):
            caplog.set_level(logging.DEBUG, logger=name)
        await asyncio.gather(api.twilio_provider(), api.connections("sms"))
        with pytest.raises(TenantError):
            await api.create_phone_provider({"name": "twilio", "credentials": {"auth_token": SENT}})
        with pytest.raises(TenantError):
            await api.settings()
    said = "\n".join(record.getMessage() + str(record.__dict__) for record in caplog.records)
    assert "httpcore" in {record.name.split(".")[0] for record in caplog.records}
    assert "httpx" in {record.name for record in caplog.records}
    for secret in (SECRET, TOKEN, STORED, SENT):
        assert secret not in said
    assert peer.tokens
