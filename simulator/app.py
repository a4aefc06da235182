"""The ASGI application: a fleet of Auth0 tenants by ``Host``, and a control plane."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator import control
from simulator.clock import Clock
from simulator.dispatch import answer
from simulator.faults import FaultDocument, Faults
from simulator.fleet import Fleet
from simulator.handlers import (
    actions,
    clients,
    connections,
    guardian,
    logs,
    modules,
    others,
    providers,
    templates,
    tenants,
    triggers,
)
from simulator.operations import Operation, Timing
from simulator.twilio import Resource
from simulator.twilio_endpoint import answer_twilio
from simulator.world import World

OPERATIONS: tuple[Operation, ...] = (
    *guardian.OPERATIONS,
    *providers.OPERATIONS,
    *templates.OPERATIONS,
    *actions.OPERATIONS,
    *modules.OPERATIONS,
    *triggers.OPERATIONS,
    *connections.OPERATIONS,
    *tenants.OPERATIONS,
    *clients.OPERATIONS,
    *logs.OPERATIONS,
)
"""The operations of the Management API for phone messaging and what it depends on."""
ALL_OPERATIONS: tuple[Operation, ...] = (*OPERATIONS, *others.OPERATIONS)
"""Every operation of the Management API that the simulator offers."""


def create_app(
    tenants: int = 0,
    seed: int = 0,
    *,
    faults: FaultDocument | None = None,
    timing: Timing | None = None,
    started_at: float | None = None,
) -> Starlette:
    """Make a simulator.

    Args:
        tenants: size of the seeded fleet; a tenant is made on its first request.
        seed: the same seed makes the same fleet.
        faults: the faults from the start; the control plane can replace them.
        timing: how long logs lag, builds and deployments take.
        started_at: epoch seconds from which seeded history counts back; now when None.

    Returns:
        The application; ``app.state.world`` holds its fleet and faults.
    """
    clock = Clock() if started_at is None else Clock(started_at)
    world = World(Fleet(tenants, seed, clock), clock, timing=timing or Timing())
    named = {scope for operation in ALL_OPERATIONS for scope in operation.scopes}
    world.every_scope = tuple(sorted({*named, connections.READ_OPTIONS, connections.UPDATE_OPTIONS}))
    world.faults = Faults()
    world.faults.replace(faults or FaultDocument())
    app = Starlette(
        routes=[*control.routes(), *_auth0_routes()], exception_handlers={404: _not_found, 405: _not_found}
    )
    app.router.redirect_slashes = False
    app.state.world = world
    return app


def _auth0_routes() -> list[Route]:
    api = [
        Route("/api/v2" + operation.path, _endpoint(operation), methods=[operation.method])
        for operation in ALL_OPERATIONS
    ]
    twilio = [
        Route(
            f"/2010-04-01/Accounts/{{sid}}/{resource.capitalize()}.json",
            _twilio_list(resource),
            methods=["GET"],
            name=f"twilio {resource}",
        )
        for resource in Resource
    ]
    return [Route("/oauth/token", _endpoint(None), methods=["POST"]), *twilio, *api]


def _twilio_list(resource: Resource) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await answer_twilio(request.app.state.world, resource, request)

    return endpoint


def _endpoint(operation: Operation | None) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if operation is not None and request.method != operation.method:
            return await _not_found(request, None)
        return await answer(request.app.state.world, operation, request)

    return endpoint


async def _not_found(_request: Request, _error: Exception | None) -> Response:
    """Answer a path that does not exist as Auth0 does."""
    return JSONResponse({"statusCode": 404, "error": "Not Found", "message": "Not Found"}, 404)
