from tests.auth0.conftest import api, clock, open_pool, peer
from tests.flows.conftest import make_fleet

__all__ = ["api", "clock", "make_fleet", "open_pool", "peer"]
