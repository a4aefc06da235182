"""Reading a whole fleet: the first part of every verb."""

from __future__ import annotations

from collections.abc import Iterable

from flows.endings import at_most, attempt
from tasks.assess import assess_tenant
from tasks.desk import Desk


async def assess_all(desk: Desk, domains: Iterable[str]) -> None:
    """Read these tenants, as many at once as the fleet file says; a tenant that can't be read doesn't stop the rest."""
    wanted = list(domains)
    desk.progress.begin("assess", len(wanted))

    async def one(domain: str) -> None:
        found = await attempt(lambda: assess_tenant(desk.session.run_id, domain))
        verdict = found if isinstance(found, str) else "unreachable"
        desk.progress.done(domain, verdict, failed=not isinstance(found, str))

    await at_most(desk.session.fleet.rollout.concurrency, wanted, one)
