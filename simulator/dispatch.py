"""The way of one request through a tenant: bucket, faults, token, scopes, body, handler, logs, answer."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response

from simulator import latency, twilio
from simulator.clock import Clock, millis
from simulator.errors import ApiError, insufficient_scope, invalid_body, too_many_requests
from simulator.faults import Effect, Faults, Rule
from simulator.fleet import Fleet
from simulator.handlers.token import grant_token
from simulator.ids import draw
from simulator.operations import Call, Operation, Reply, Timing, check_body
from simulator.ratelimit import Grant, Group, Limiter, Tier
from simulator.redact import hide
from simulator.responses import CutResponse
from simulator.state import Json, Seen, Tenant, Token


@dataclass(slots=True)
class World:
    """Everything one simulator holds."""

    fleet: Fleet
    clock: Clock
    faults: Faults = field(default_factory=Faults)
    timing: Timing = field(default_factory=Timing)
    every_scope: tuple[str, ...] = ()
    twilio: dict[str, Limiter] = field(default_factory=dict)


@dataclass(slots=True)
class Exchange:
    """One request under way."""

    world: World
    tenant: Tenant
    operation: Operation | None
    request: Request
    raw: bytes
    seen: Seen
    rules: list[Rule]

    def has(self, effect: Effect) -> bool:
        """Whether a fault of this effect hits the request."""
        return any(rule.effect is effect for rule in self.rules)

    def first(self, effect: Effect) -> Rule | None:
        """The first fault of this effect, if any."""
        return next((rule for rule in self.rules if rule.effect is effect), None)


async def answer(world: World, operation: Operation | None, request: Request) -> Response:
    """Answers a request to an Auth0 path; ``operation`` is None for POST /oauth/token."""
    tenant = world.fleet.find(_host(request))
    if tenant is None:
        return _json(404, {"statusCode": 404, "error": "Not Found", "message": "Unknown tenant"}, None)
    raw = await request.body()
    seen = _note(world, tenant, operation, request, raw)
    grant = tenant.limiter.take(_group(operation), world.clock.now(), world.faults.rate)
    if not grant.allowed:
        return _finish(seen, _json(429, too_many_requests().as_json(), grant))
    rules = [hit.rule for hit in world.faults.meet(tenant.domain, request.method, request.url.path)]
    exchange = Exchange(world, tenant, operation, request, raw, seen, rules)
    await _wait(exchange)
    return _finish(seen, _with_faults(exchange, grant))


async def answer_twilio(world: World, request: Request) -> Response:
    """Answers a request to Twilio, which meets faults and a rate limit as Auth0's endpoints do."""
    sid, query = request.path_params["sid"], request.query_params
    rules = [hit.rule for hit in world.faults.meet("api.twilio.com", request.method, request.url.path)]
    delays = [rule.seconds for rule in rules if rule.effect is Effect.DELAY]
    await asyncio.sleep(sum(delays))
    if any(rule.effect in (Effect.DROP_BEFORE, Effect.DROP_AFTER) for rule in rules):
        return CutResponse()
    refused = next((rule for rule in rules if rule.effect is Effect.STATUS), None)
    if refused is not None:
        return _json(refused.status, refused.body or {"status": refused.status, "code": 20500}, None)
    limiter = world.twilio.setdefault(sid, Limiter(Tier.UNLIMITED))
    if not limiter.take(Group.OTHER, world.clock.now(), world.faults.rate).allowed:
        reply = twilio.too_many()
    else:
        asked = twilio.Query(query.get("To"), query.get("DateSent>"), int(query.get("PageSize", "50")))
        authorization = request.headers.get("authorization", "")
        reply = twilio.list_messages(world.fleet.by_account(sid), sid, authorization, asked)
    return _bytes(reply.status, twilio.as_bytes(reply), None, reply.headers)


def _host(request: Request) -> str:
    return request.headers.get("host", "").partition(":")[0].lower()


def _group(operation: Operation | None) -> Group:
    return Group.TOKEN if operation is None else operation.group


def _note(world: World, tenant: Tenant, operation: Operation | None, request: Request, raw: bytes) -> Seen:
    """Puts the request on the tenant's request log before anything is done with it."""
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
        body=hide(_loads(raw)) if operation is not None and operation.write else None,
    )
    tenant.requests.append(seen)
    return seen


def _loads(raw: bytes) -> Any:
    try:
        return orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        return None


async def _wait(exchange: Exchange) -> None:
    document = exchange.world.faults.document
    seconds = sum(rule.seconds for rule in exchange.rules if rule.effect is Effect.DELAY)
    if document.latency is not None:
        seconds += latency.recorded(
            document.seed, exchange.tenant.domain, exchange.request.method, exchange.seen.seq
        )
    if seconds:
        await asyncio.sleep(seconds)


def _finish(seen: Seen, response: Response) -> Response:
    seen.status = None if isinstance(response, CutResponse) else response.status_code
    return response


def _with_faults(exchange: Exchange, grant: Grant) -> Response:
    """Does the work unless a fault comes first, and spoils the answer if a fault comes after."""
    if exchange.has(Effect.DROP_BEFORE):
        return CutResponse()
    refused = exchange.first(Effect.STATUS)
    if refused is not None and not refused.applied:
        return _json(refused.status, _fault_body(refused), grant)
    if exchange.has(Effect.PROVIDER_VANISHES):
        exchange.tenant.providers.clear()
    reply = _work(exchange)
    if exchange.has(Effect.DROP_AFTER):
        return CutResponse()
    if refused is not None:
        return _json(refused.status, _fault_body(refused), grant)
    body = b"" if reply.body is None else orjson.dumps(reply.body)
    if exchange.has(Effect.TRUNCATED_BODY):
        return CutResponse(body, reply.status)
    if exchange.has(Effect.MALFORMED_JSON):
        body = b'{"statusCode": 200, "data": [' + body[: len(body) // 2]
    return _bytes(reply.status, body, grant, reply.headers)


def _fault_body(rule: Rule) -> Any:
    return (
        rule.body if rule.body is not None else ApiError(rule.status, "An internal error occurred").as_json()
    )


def _work(exchange: Exchange) -> Reply:
    if exchange.operation is None:
        return _token(exchange)
    try:
        return _operate(exchange, exchange.operation)
    except ApiError as error:
        return Reply(error.status, error.as_json())


def _token(exchange: Exchange) -> Reply:
    form = _loads(exchange.raw) or dict(parse_qsl(exchange.raw.decode("utf-8", errors="replace")))
    reply = grant_token(exchange.tenant, form, exchange.world.clock, exchange.world.every_scope)
    _log_token(exchange, form, reply)
    if isinstance(form, dict):
        exchange.seen.client_id = form.get("client_id")
    return reply


def _log_token(exchange: Exchange, form: Any, reply: Reply) -> None:
    """``feccft`` for a token that a quota refused (Auth0 documentation, "Machine-to-Machine Token Quotas")."""
    if reply.status != 429:
        return
    now = exchange.world.clock.now()
    identity = str(form.get("client_id"))
    exchange.tenant.logs.write(
        "feccft",
        now,
        now + exchange.world.timing.log_lag,
        description=reply.body["error_description"],
        client_id=identity,
        client_name=exchange.tenant.clients[identity]["name"],
        audience=exchange.tenant.audience,
        hostname=exchange.tenant.domain,
    )


def _operate(exchange: Exchange, operation: Operation) -> Reply:
    _refuse_what_is_not_there(exchange, operation)
    token = _authorized(exchange)
    exchange.seen.client_id = token.client_id
    _refuse_what_is_not_offered(exchange, operation)
    if not token.scopes & set(operation.scopes):
        raise insufficient_scope(operation.scopes)
    call = _call(exchange, operation, token)
    reply = operation.handler(call)
    if not exchange.has(Effect.LIE):
        exchange.seen.applied = operation.write
        _log(exchange, operation, call, reply)
    return reply


def _error_of(exchange: Exchange, operation: Operation) -> str | None:
    """What a tenant answers for a family of endpoints that its deployment or its plan doesn't have."""
    offered = exchange.tenant.hidden.not_offered
    return next((error for prefix, error in offered.items() if operation.path.startswith(prefix)), None)


def _refuse_what_is_not_there(exchange: Exchange, operation: Operation) -> None:
    if _error_of(exchange, operation) == "404":
        raise ApiError(404, "Not Found")


def _refuse_what_is_not_offered(exchange: Exchange, operation: Operation) -> None:
    error = _error_of(exchange, operation)
    if error is not None:
        raise ApiError(403, "This feature is not available on your subscription.", error)


def _authorized(exchange: Exchange) -> Token:
    scheme, _, text = exchange.request.headers.get("authorization", "").partition(" ")
    token = exchange.tenant.tokens.get(text) if scheme.lower() == "bearer" else None
    if not text:
        raise ApiError(401, "Missing authentication", "missing_authentication")
    if token is None or token.expires_at <= exchange.world.clock.now():
        raise ApiError(401, "Invalid token", "invalid_token")
    return token


def _call(exchange: Exchange, operation: Operation, token: Token) -> Call:
    """The call that the handler gets; a lying server's works on a copy of the tenant that is thrown away."""
    tenant = exchange.tenant
    if exchange.has(Effect.LIE):
        tenant = deepcopy(tenant)
        tenant.rng = draw(tenant.domain, "lie", exchange.seen.seq)
    return Call(
        tenant=tenant,
        path=dict(exchange.request.path_params),
        query=exchange.request.query_params,
        body=_body(exchange, operation),
        client_id=token.client_id,
        scopes=token.scopes,
        clock=exchange.world.clock,
        method=operation.method,
        timing=exchange.world.timing,
        effects=frozenset(rule.effect for rule in exchange.rules),
    )


def _body(exchange: Exchange, operation: Operation) -> Any:
    if operation.body is None:
        return None
    try:
        body = orjson.loads(exchange.raw)
    except orjson.JSONDecodeError:
        raise invalid_body("'the body is not JSON'.") from None
    check_body(operation.body, body)
    return body


def _log(exchange: Exchange, operation: Operation, call: Call, reply: Reply) -> None:
    """Writes ``sapi`` for a write that succeeded, ``mgmt_api_read`` for a read that gave a credential."""
    secret = operation.reads_secret is not None and operation.reads_secret(reply.body)
    if not operation.write and not secret:
        return
    body = hide(call.body) if operation.write else {}
    exchange.tenant.logs.write(
        "sapi" if operation.write else "mgmt_api_read",
        call.now,
        call.now + call.timing.log_lag,
        description=operation.description,
        user_agent=exchange.request.headers.get("user-agent", ""),
        client_id=call.client_id,
        client_name=exchange.tenant.clients[call.client_id]["name"],
        details={
            "request": _log_request(exchange, call, body),
            "response": {"body": {}, "statusCode": reply.status},
        },
    )


def _log_request(exchange: Exchange, call: Call, body: Any) -> Json:
    request = exchange.request
    return {
        "auth": {"credentials": {"scopes": sorted(call.scopes)}, "strategy": "jwt", "user": {}},
        "body": body or {},
        "channel": "api",
        "ip": "203.0.113.7",
        "method": request.method.lower(),
        "path": request.url.path,
        "query": dict(request.query_params),
        "userAgent": request.headers.get("user-agent", ""),
    }


def _json(status: int, body: Any, grant: Grant | None) -> Response:
    return _bytes(status, orjson.dumps(body), grant)


def _bytes(status: int, body: bytes, grant: Grant | None, more: dict[str, str] | None = None) -> Response:
    headers = ({} if grant is None else grant.headers()) | (more or {})
    kind = "application/json; charset=utf-8" if body else None
    return Response(body, status, headers=headers, media_type=kind)
