"""How many requests each verdict takes, as the documentation lists it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from phonefleet.assessment.unseen_changes import is_unchanged
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.tenant_client import open_tenant
from phonefleet.auth0.tenant_reader import Enough, read_tenant
from phonefleet.errors import TenantError
from phonefleet.execution.phases import assess
from phonefleet.model.snapshot_parts import COMPARED_PARTS
from tests.tenant_bench import QUICK_API_RETRIES, Tenant, TenantBench

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| .+ \| (\d+) \| (\d+) \|$", re.MULTILINE)
UNCHANGED = "unchanged"


class Documented(NamedTuple):
    """A row of the page's table."""

    verdict: str
    kind: str
    least: int
    made: int


def documented() -> Iterator[Documented]:
    for verdict, kind, least, made in ROW.findall(PAGE.read_text(encoding="utf-8")):
        yield Documented(verdict, kind, int(least), int(made))


async def requests_of(tenant: Tenant) -> int:
    """How many requests the simulator has seen, those for a token too."""
    answer = await tenant.bench.control.get(f"/_simulator/tenants/{tenant.domain}/requests")
    return len(answer.raise_for_status().json()["requests"])


async def of_kind(bench: TenantBench, kind: str) -> Tenant:
    """A tenant of a kind that is the same in every run."""
    return await bench.tenant(kind, seed=f"least-{kind.replace('_', '-')}")


@pytest.mark.parametrize("row", [r for r in documented() if r.verdict != UNCHANGED], ids=lambda row: row.kind)
async def test_a_verdict_takes_the_least_requests(row: Documented, bench: TenantBench) -> None:
    tenant = await of_kind(bench, row.kind)
    try:
        verdict = str((await tenant.assess()).judgement.assessment.verdict)
    except TenantError:
        verdict = "unreachable"
    assert (verdict, await requests_of(tenant)) == (row.verdict, row.made)
    assert row.made - row.least <= 1


@pytest.mark.parametrize("row", [r for r in documented() if r.verdict == UNCHANGED], ids=lambda row: row.kind)
async def test_an_unchanged_tenant_takes_few_requests(row: Documented, bench: TenantBench) -> None:
    tenant = await of_kind(bench, row.kind)
    await tenant.migrate()
    recorded = await read_tenant(tenant.api, tenant.ref.client_id, datetime.now(UTC))
    before = await requests_of(tenant)
    enough = Enough(on_upe=partial(is_unchanged, recorded))
    # A run of compliance is a process of its own: it has no token yet.
    async with ClientPool(str(bench.control.base_url), retry_limits=QUICK_API_RETRIES) as pool:
        api = open_tenant(pool, tenant.ref, bench.secrets.resolve)
        found = await assess(api, tenant.ref, bench.ledger, enough)
    assert await requests_of(tenant) - before == row.made
    assert row.made - row.least <= 1
    assert found.snapshot.covers(COMPARED_PARTS)
    assert found.judgement.assessment.skipped == ("access", "policies", "usage")


async def test_a_changed_tenant_is_read_whole(bench: TenantBench) -> None:
    tenant = await of_kind(bench, "twilio_sms")
    await tenant.migrate()
    recorded = await read_tenant(tenant.api, tenant.ref.client_id, datetime.now(UTC))
    await tenant.change(guardian={"message_types": ["voice"]})
    enough = Enough(on_upe=partial(is_unchanged, recorded))
    found = await assess(tenant.api, tenant.ref, bench.ledger, enough)
    assert found.snapshot.skipped == ()
    assert found.snapshot.access == recorded.access != ()


def test_the_page_has_every_verdict() -> None:
    assert {row.verdict for row in documented()} == {
        *("eligible", "blocked", "already_migrated", "broken", "not_applicable"),
        *("not_available", "contact_support", "unreachable", UNCHANGED),
    }
