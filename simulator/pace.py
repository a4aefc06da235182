"""How long Auth0's background work takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """How long Auth0's background work takes.

    Attributes:
        log_lag: seconds until a log can be read.
        build_polls: reads of an Action that still show it being built; None leaves builds to time alone.
        deploy_polls: reads of an Action that still show its deployment as not done; None as above.
        build_seconds: after which a build ends.
        deploy_seconds: after which a deployment ends.
    """

    log_lag: float = 0.2
    build_polls: int | None = 1
    deploy_polls: int | None = 1
    build_seconds: float = 1.5
    deploy_seconds: float = 0.5


BY_TIME = Timing(build_polls=None, deploy_polls=None)
"""Builds and deployments end by time, as at Auth0, and not by reads."""
