"""Answer a request to Twilio: faults, rate limit, the lists of messages and calls."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from simulator import twilio
from simulator.faults import Effect
from simulator.ratelimit import Group, Limiter, Tier
from simulator.responses import CutResponse, as_response, json_response
from simulator.world import World


async def answer_twilio(world: World, resource: twilio.Resource, request: Request) -> Response:
    """Answer a request to Twilio, which has faults and a rate limit as Auth0's endpoints do."""
    sid, query = request.path_params["sid"], request.query_params
    rules = [hit.rule for hit in world.faults.match("api.twilio.com", request.method, request.url.path)]
    await asyncio.sleep(sum(rule.seconds for rule in rules if rule.effect is Effect.DELAY))
    if any(rule.effect in (Effect.DROP_BEFORE, Effect.DROP_AFTER) for rule in rules):
        return CutResponse()
    refused = next((rule for rule in rules if rule.effect is Effect.STATUS), None)
    if refused is not None:
        return json_response(refused.status, refused.body or {"status": refused.status, "code": 20500})
    limiter = world.twilio.setdefault(sid, Limiter(Tier.UNLIMITED))
    if not limiter.take(Group.OTHER, world.clock.now(), world.faults.rate).allowed:
        reply = twilio.too_many()
    else:
        first_day = "DateSent>" if resource is twilio.Resource.MESSAGES else "StartTime>"
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        asked = twilio.Query(query.get("To"), query.get(first_day), size, page)
        reply = twilio.list_resource(
            resource,
            world.fleet.with_account(sid),
            sid,
            request.headers.get("authorization", ""),
            asked,
            world.clock.now(),
        )
    return as_response(reply.status, twilio.as_bytes(reply), None, reply.headers)
