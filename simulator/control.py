"""The control plane under ``/_simulator``, on any ``Host``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator import routing
from simulator.builds import advance_all
from simulator.described import Description
from simulator.dump import dump
from simulator.errors import BadControlRequestError, SimulatorError, UnknownTenantError
from simulator.faults import FaultDocument
from simulator.fleet import operator_inputs
from simulator.kinds import Kind
from simulator.message_texts import RECIPIENT
from simulator.messages import send_as_user
from simulator.overrides import apply_overrides
from simulator.state import Json, Tenant
from simulator.traffic import let_pass
from simulator.world import World

Endpoint = Callable[[Request], Awaitable[Response]]
METHODS = ("text", "voice")


def _answer(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


def _tenant(request: Request) -> Tenant:
    return _world(request).fleet.get(request.path_params["domain"])


async def _body(request: Request) -> Json:
    raw = await request.body()
    try:
        body = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError as error:
        raise BadControlRequestError(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise BadControlRequestError("the body must be a JSON object")
    return body


def _refusing(endpoint: Endpoint) -> Endpoint:
    """Answer 404 and 400 for the simulator's own errors."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except UnknownTenantError as error:
            return _answer({"error": str(error)}, 404)
        except (SimulatorError, ValidationError) as error:
            return _answer({"error": str(error)}, 400)

    return guarded


async def list_tenants(request: Request) -> Response:
    """GET tenants: every domain and its kind."""
    return _answer({"tenants": [{"domain": d, "kind": k} for d, k in _world(request).fleet.kinds()]})


async def put_tenant(request: Request) -> Response:
    """PUT tenants/{domain}: make or replace a tenant, by kind or description; answer what its operator knows."""
    body = await _body(request)
    unknown = set(body) - {"kind", "overrides", "description"}
    if unknown:
        raise BadControlRequestError(
            f"{', '.join(sorted(unknown))}: unknown; a tenant has kind and overrides, or a description"
        )
    if "description" in body and len(body) > 1:
        raise BadControlRequestError("description: a tenant with one has neither kind nor overrides")
    if "description" in body:
        described = Description.model_validate(body["description"])
        tenant = _world(request).fleet.describe(request.path_params["domain"], described)
        return _answer({"domain": tenant.domain, "kind": tenant.kind} | operator_inputs(tenant).as_json())
    try:
        kind = Kind(body.get("kind", Kind.EMPTY))
    except ValueError:
        raise BadControlRequestError(f"kind: {body['kind']!r} is not one of {', '.join(Kind)}") from None
    tenant = _world(request).fleet.put(request.path_params["domain"], kind, body.get("overrides") or {})
    return _answer({"domain": tenant.domain, "kind": kind} | operator_inputs(tenant).as_json())


async def get_tenant(request: Request) -> Response:
    """GET tenants/{domain}: its state, credentials as digests."""
    return _answer(dump(_tenant(request)))


async def override_tenant(request: Request) -> Response:
    """POST tenants/{domain}/override: change what only Auth0 or another operator could change."""
    tenant = _tenant(request)
    apply_overrides(tenant, await _body(request))
    return _answer(dump(tenant))


async def get_requests(request: Request) -> Response:
    """GET tenants/{domain}/requests: the requests to the tenant, oldest first."""
    return _answer({"requests": [asdict(seen) for seen in _tenant(request).requests]})


async def get_deliver(request: Request) -> Response:
    """GET tenants/{domain}/deliver?use=…&method=…&connection=…: the route of a message now."""
    return _answer(_delivery(request).as_json())


async def get_wording(request: Request) -> Response:
    """GET tenants/{domain}/wording, like deliver: what the user's phone would get, by type of message."""
    delivery = _delivery(request)
    return _answer({"messages": [m.as_json() for m in delivery.messages], "reason": delivery.reason})


def _delivery(request: Request) -> routing.Delivery:
    tenant, query = _tenant(request), request.query_params
    advance_all(tenant, _world(request).clock.now())
    method = query.get("method", "text")
    if method not in METHODS:
        raise BadControlRequestError(f"method: {method!r} is not one of {', '.join(METHODS)}")
    match query.get("use", "mfa"):
        case "mfa":
            return routing.mfa(tenant, method)
        case "passwordless":
            return routing.passwordless(tenant, query.get("connection", "sms"))
        case "phone_identifier":
            return routing.phone_identifier(tenant, method)
        case other:
            raise BadControlRequestError(f"use: {other!r} is not one of mfa, passwordless, phone_identifier")


async def post_send(request: Request) -> Response:
    """POST tenants/{domain}/send: send a message that a user requests, and log it."""
    tenant, world, body = _tenant(request), _world(request), await _body(request)
    advance_all(tenant, world.clock.now())
    unknown = set(body) - {"use", "method", "connection", "to"}
    use, method = body.get("use", "mfa"), body.get("method", "text")
    if unknown or use not in ("mfa", "passwordless") or method not in METHODS:
        raise BadControlRequestError("a message has use (mfa, passwordless), method, connection and to")
    delivery = send_as_user(
        tenant,
        use,
        method,
        body.get("connection", "sms"),
        body.get("to", RECIPIENT),
        world.clock.now(),
        world.timing.log_lag,
    )
    return _answer(delivery.as_json())


async def post_pass(request: Request) -> Response:
    """POST pass: let users request messages for so many ``seconds``, at once; the clock does not move."""
    seconds = (await _body(request)).get("seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise BadControlRequestError("seconds: a number, 0 or more")
    return _answer({"sent": await let_pass(_world(request), float(seconds))})


async def put_faults(request: Request) -> Response:
    """PUT faults: replace the document."""
    document = FaultDocument.model_validate(await _body(request))
    _world(request).faults.replace(document)
    return await get_faults(request)


async def get_faults(request: Request) -> Response:
    """GET faults: the current document, and how many requests each rule matched."""
    faults = _world(request).faults
    return _answer(faults.document.model_dump(mode="json") | {"matched": faults.matched})


async def delete_faults(request: Request) -> Response:
    """DELETE faults: remove all faults."""
    _world(request).faults.replace(FaultDocument())
    return Response(status_code=204)


_ONE = "/_simulator/tenants/{domain}"
_TABLE: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/_simulator/tenants", list_tenants),
    ("PUT", _ONE, put_tenant),
    ("GET", _ONE, get_tenant),
    ("POST", _ONE + "/override", override_tenant),
    ("GET", _ONE + "/requests", get_requests),
    ("GET", _ONE + "/deliver", get_deliver),
    ("GET", _ONE + "/wording", get_wording),
    ("POST", _ONE + "/send", post_send),
    ("POST", "/_simulator/pass", post_pass),
    ("PUT", "/_simulator/faults", put_faults),
    ("GET", "/_simulator/faults", get_faults),
    ("DELETE", "/_simulator/faults", delete_faults),
)


def routes() -> list[Route]:
    """Return the control plane's routes."""
    return [Route(path, _refusing(endpoint), methods=[method]) for method, path, endpoint in _TABLE]
