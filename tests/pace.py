"""How fast the simulated Auth0 works in tests: as it does for real, in less time."""

from simulator.operations import Timing

QUICK = Timing(log_lag=0.0, build_seconds=0.04, deploy_seconds=0.02)
"""Logs are there at once; a build and a deployment take longer than the first read after their start."""
NO_WAITING = {"burst": 1000, "per_second": 1000}
"""A rate limit that no test waits for. Tests of rate limits set their own."""
