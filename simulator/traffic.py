"""Users' messages while time passes: as many as each tenant's traffic says, along the route of that moment."""

from __future__ import annotations

import asyncio

from simulator.ids import draw
from simulator.message_texts import RECIPIENT
from simulator.messages import send_as_user
from simulator.state import Tenant, Traffic
from simulator.world import World

DAY = 86_400.0
MOST = 30
"""Messages of one use in one pass of time at most: more show nothing else, and each may run an Action."""


async def let_pass(world: World, seconds: float) -> int:
    """Let users request messages for so many seconds, at once; return how many they requested."""
    _, total = world.passes[-1] if world.passes else (0.0, 0.0)
    world.passes.append((world.clock.now(), total + seconds))
    sent = 0
    for tenant in world.fleet.made():
        for traffic in tenant.traffic:
            count = _count(tenant, traffic, seconds, len(world.passes))
            for _ in range(count):
                # What was requested in the time that has passed is in the logs by its end.
                now = world.clock.now()
                send_as_user(tenant, traffic.use, traffic.method, traffic.connection, RECIPIENT, now, lag=0.0)
            sent += count
        # Requests to other tenants are answered in between.
        await asyncio.sleep(0)
    return sent


def _count(tenant: Tenant, traffic: Traffic, seconds: float, turn: int) -> int:
    expected = traffic.per_day * seconds / DAY
    chance = draw(tenant.domain, traffic.use, traffic.method, traffic.connection, turn).random()
    return min(MOST, int(expected) + (chance < expected % 1))
