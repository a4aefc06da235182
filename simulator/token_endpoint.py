"""POST /oauth/token of one exchange: the token, and the log of a refusal by a quota."""

from __future__ import annotations

from urllib.parse import parse_qsl

from simulator.handlers.token import grant_token
from simulator.operations import Reply
from simulator.world import Exchange, loads


def issue_token(exchange: Exchange) -> Reply:
    """Answer a token request.

    A token that a quota refused is logged as ``feccft`` (Auth0 documentation, "Machine-to-Machine Token Quotas").
    """
    tenant, clock = exchange.tenant, exchange.world.clock
    form = loads(exchange.raw) or dict(parse_qsl(exchange.raw.decode("utf-8", errors="replace")))
    reply = grant_token(tenant, form, clock, exchange.world.every_scope)
    if reply.status == 429:
        now, identity = clock.now(), str(form.get("client_id"))
        tenant.logs.write(
            "feccft",
            now,
            now + exchange.world.timing.log_lag,
            description=reply.body["error_description"],
            client_id=identity,
            client_name=tenant.clients[identity]["name"],
            audience=tenant.audience,
            hostname=tenant.domain,
        )
    if isinstance(form, dict):
        exchange.seen.client_id = form.get("client_id")
    return reply
