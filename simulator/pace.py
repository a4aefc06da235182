"""How long Auth0's background work takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """How long Auth0's background work takes.

    Attributes:
        log_lag: seconds until a log can be read.
        build_seconds: after which a build ends.
        deploy_seconds: after which a deployment ends.
    """

    log_lag: float = 0.2
    build_seconds: float = 1.5
    deploy_seconds: float = 0.5
