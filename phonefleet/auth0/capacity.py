"""How many connections a process opens at once, and the file descriptors that they need."""

from __future__ import annotations

import resource
from dataclasses import dataclass

_OTHER_DESCRIPTORS = 256
"""Descriptors for everything else: the ledger, reports, Prefect, the processes that run Actions."""


@dataclass(frozen=True)
class Capacity:
    """Connections and size of answers of a client pool.

    Attributes:
        per_tenant: open connections to one tenant.
        total: requests in progress in all.
        idle_tenants: tenants that keep connections open without a request in progress.
        answer_bytes: the largest answer accepted, after decompression.
    """

    per_tenant: int = 6
    total: int = 100
    idle_tenants: int = 100
    answer_bytes: int = 32 * 1024 * 1024


def capacity_for(at_once: int, descriptors: int) -> Capacity:
    """Return the capacity for a number of tenants that are worked on at once.

    A tenant at work has two requests in progress on average while it is read, and up to six.

    Args:
        at_once: tenants at once.
        descriptors: how many files and connections the process may have open.
    """
    most = Capacity()
    free = max(at_once, descriptors - _OTHER_DESCRIPTORS)
    per_tenant = max(1, min(most.per_tenant, free // at_once))
    return Capacity(
        per_tenant=per_tenant,
        total=max(most.total, 2 * at_once),
        idle_tenants=min(most.idle_tenants, free // per_tenant - at_once),
    )


def allow_descriptors(at_once: int) -> int:
    """Let this process open what so many tenants at once need, up to the system's hard limit.

    The usual soft limit of 1,024 is too low for more than about 100 tenants at once.

    Returns:
        How many files and connections it may have open now.
    """
    most = Capacity()
    wanted = _OTHER_DESCRIPTORS + most.per_tenant * (at_once + most.idle_tenants)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    except (OSError, ValueError):
        # macOS refuses more than its own `OPEN_MAX`, whatever the hard limit says.
        return soft
    return max(soft, allowed)
