from tests.auth0.conftest import api, clock, open_pool, peer

__all__ = ["api", "clock", "open_pool", "peer"]
