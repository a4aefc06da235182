"""One exchange with the Management API: token, scopes, body, handler, tenant log."""

from __future__ import annotations

import binascii
from base64 import b64decode
from copy import deepcopy
from typing import Any

import orjson

from simulator.builds import advance_all
from simulator.errors import ApiError, insufficient_scope, invalid_body
from simulator.faults import Effect
from simulator.ids import draw
from simulator.operations import Call, Operation, Reply, check_body
from simulator.redact import hide
from simulator.state import Json, Token
from simulator.world import Exchange


def perform(exchange: Exchange, operation: Operation) -> Reply:
    """Do an operation; a refusal is answered with Auth0's error JSON."""
    try:
        return _operate(exchange, operation)
    except ApiError as error:
        return Reply(error.status, error.as_json())


def _operate(exchange: Exchange, operation: Operation) -> Reply:
    offered = exchange.tenant.hidden.not_offered
    missing = next((error for prefix, error in offered.items() if operation.path.startswith(prefix)), None)
    if missing == "404":
        raise ApiError(404, "Not Found")
    token = _authorize(exchange)
    exchange.seen.client_id = token.client_id
    if missing is not None:
        raise ApiError(403, "This feature is not available on your subscription.", missing)
    if not token.scopes & set(operation.scopes):
        raise insufficient_scope(operation.scopes)
    call = _prepare(exchange, operation, token)
    reply = operation.handler(call)
    if not exchange.has(Effect.LIE):
        exchange.seen.applied = operation.write
        _log(exchange, operation, call, reply)
    return reply


def _authorize(exchange: Exchange) -> Token:
    scheme, _, text = exchange.request.headers.get("authorization", "").partition(" ")
    token = exchange.tenant.tokens.get(text) if scheme.lower() == "bearer" else None
    if not text:
        raise ApiError(401, "Missing authentication", "missing_authentication")
    if token is None or token.expires_at <= exchange.world.clock.now():
        raise ApiError(401, "Invalid token", "invalid_token")
    return token


def _prepare(exchange: Exchange, operation: Operation, token: Token) -> Call:
    """Check the body and make the handler's call; with the effect ``lie`` it works on a copy of the tenant."""
    tenant = exchange.tenant
    if exchange.has(Effect.LIE):
        tenant = deepcopy(tenant)
        tenant.rng = draw(tenant.domain, "lie", exchange.seen.seq)
    body: Any = None
    if operation.body is not None:
        try:
            body = orjson.loads(exchange.raw or operation.without_body)
        except orjson.JSONDecodeError:
            raise invalid_body("'the body is not JSON'.") from None
        check_body(operation.body, body)
    advance_all(tenant, exchange.world.clock.now())
    return Call(
        tenant=tenant,
        path=dict(exchange.request.path_params),
        query=exchange.request.query_params,
        body=body,
        client_id=token.client_id,
        scopes=token.scopes,
        clock=exchange.world.clock,
        method=operation.method,
        timing=exchange.world.timing,
        effects=frozenset(rule.effect for rule in exchange.rules),
    )


def _log(exchange: Exchange, operation: Operation, call: Call, reply: Reply) -> None:
    """Write ``sapi`` for a write that succeeded, ``mgmt_api_read`` for a read that gave a credential.

    The name of the client is empty, and the user agent as it was sent is in ``details.request`` only (recorded).
    """
    secret = operation.reads_secret is not None and operation.reads_secret(reply.body)
    if not operation.write and not secret:
        return
    request = exchange.request
    agent = request.headers.get("user-agent", "")
    request_json = {
        "auth": {"credentials": {"scopes": sorted(call.scopes)}, "strategy": "jwt", "user": {}},
        "body": (hide(call.body) if operation.write else {}) or {},
        "channel": "api",
        "ip": "203.0.113.7",
        "method": request.method.lower(),
        "path": request.url.path,
        "query": dict(request.query_params),
        "userAgent": agent,
    }
    exchange.tenant.logs.write(
        "sapi" if operation.write else "mgmt_api_read",
        call.now,
        call.now + call.timing.log_lag,
        description=operation.description,
        client_id=call.client_id,
        details={"request": request_json, "response": {"body": {}, "statusCode": reply.status}},
        **_auth0_client(request.headers.get("auth0-client", "")),
    )


def _auth0_client(header: str) -> Json:
    """Return the log's ``auth0_client``: what the request's header of that name decodes to, if anything."""
    try:
        decoded = orjson.loads(b64decode(header, validate=True))
    except (binascii.Error, ValueError):
        return {}
    return {"auth0_client": decoded} if isinstance(decoded, dict) else {}
