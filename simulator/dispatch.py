"""Answer a request to Auth0: rate limit, faults, the work, the answer."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from simulator import latency
from simulator.clock import millis
from simulator.errors import ApiError, too_many_requests
from simulator.faults import Effect, Rule
from simulator.management_api import perform
from simulator.operations import Operation
from simulator.ratelimit import Grant, Group
from simulator.redact import hide
from simulator.responses import CutResponse, as_response, json_response
from simulator.state import Seen, Tenant
from simulator.token_endpoint import issue_token
from simulator.world import Exchange, World, loads


async def answer(world: World, operation: Operation | None, request: Request) -> Response:
    """Answer a request to an Auth0 path; ``operation`` is None for POST /oauth/token."""
    tenant = world.fleet.find(request.headers.get("host", "").partition(":")[0].lower())
    if tenant is None:
        return json_response(404, {"statusCode": 404, "error": "Not Found", "message": "Unknown tenant"})
    raw = await request.body()
    seen = _record(world, tenant, operation, request, raw)
    group = Group.TOKEN if operation is None else operation.limited_as
    grant = tenant.limiter.take(group, world.clock.now(), world.faults.rate)
    if grant.allowed:
        rules = [hit.rule for hit in world.faults.match(tenant.domain, request.method, request.url.path)]
        exchange = Exchange(world, tenant, operation, request, raw, seen, rules)
        if delay := _delay(exchange):
            await asyncio.sleep(delay)
        response = _respond(exchange, grant)
    else:
        response = json_response(429, too_many_requests().as_json(), grant)
    seen.status = None if isinstance(response, CutResponse) else response.status_code
    return response


def _record(world: World, tenant: Tenant, operation: Operation | None, request: Request, raw: bytes) -> Seen:
    """Add the request to the tenant's request log before anything is done with it."""
    seen = Seen(
        seq=len(tenant.requests) + 1,
        at=millis(world.clock.now()),
        method=request.method,
        path=request.url.path,
        query=request.url.query,
        status=None,
        write=operation is not None and operation.write,
        client_id=None,
        applied=False,
        body=hide(loads(raw)) if operation is not None and operation.write else None,
    )
    tenant.requests.append(seen)
    return seen


def _delay(exchange: Exchange) -> float:
    """Return how long the answer waits, in seconds: faults, and latency as recorded."""
    document = exchange.world.faults.document
    seconds = sum(rule.seconds for rule in exchange.rules if rule.effect is Effect.DELAY)
    if document.latency is None:
        return seconds
    return seconds + latency.recorded(
        document.seed, exchange.tenant.domain, exchange.request.method, exchange.seen.seq
    )


def _respond(exchange: Exchange, grant: Grant) -> Response:
    """Do the work unless a fault comes first, and spoil the answer if a fault comes after."""
    if exchange.has(Effect.DROP_BEFORE):
        return CutResponse()
    refused = exchange.first(Effect.STATUS)
    if refused is not None and not refused.applied:
        return json_response(refused.status, _fault_body(refused), grant)
    if exchange.has(Effect.PROVIDER_VANISHES):
        exchange.tenant.providers.clear()
    operation = exchange.operation
    reply = issue_token(exchange) if operation is None else perform(exchange, operation)
    if exchange.seen.applied and exchange.world.after_write is not None:
        exchange.world.after_write(exchange.tenant)
    if exchange.has(Effect.DROP_AFTER):
        return CutResponse()
    if refused is not None:
        return json_response(refused.status, _fault_body(refused), grant)
    body = b"" if reply.body is None else orjson.dumps(reply.body)
    if exchange.has(Effect.TRUNCATED_BODY):
        return CutResponse(body, reply.status)
    if exchange.has(Effect.MALFORMED_JSON):
        body = b'{"statusCode": 200, "data": [' + body[: len(body) // 2]
    return as_response(reply.status, body, grant, reply.headers)


def _fault_body(rule: Rule) -> Any:
    return (
        rule.body if rule.body is not None else ApiError(rule.status, "An internal error occurred").as_json()
    )
