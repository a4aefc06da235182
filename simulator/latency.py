"""How long Auth0 takes to answer, in the shape that recorded exchanges show.

Medians by method and the heavy tail (one answer in a hundred takes seconds) follow 1,400 recorded exchanges
of Auth0's own Go SDK. Each time depends only on the seed, the tenant, the method and the request's number.
"""

from __future__ import annotations

import math

from simulator.ids import draw

_MEDIAN = {"GET": 0.23, "POST": 0.39, "PATCH": 0.39, "PUT": 0.13, "DELETE": 0.36}
_SPREAD = 0.45
_TAIL_SHARE = 0.01
_TAIL = (1.5, 6.3)


def recorded(seed: int, domain: str, method: str, number: int) -> float:
    """Return seconds before the answer to a tenant's request ``number``."""
    chance = draw(seed, "latency", domain, method, number)
    if chance.random() < _TAIL_SHARE:
        return chance.uniform(*_TAIL)
    return _MEDIAN.get(method, 0.3) * math.exp(chance.gauss(0.0, _SPREAD))
