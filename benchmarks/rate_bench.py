"""Assess one tenant again and again beside a second client that uses half of its rate limit.

Run it from the checkout: `.venv/bin/python -m benchmarks.rate_bench [--seconds 20]`. The simulator runs in a process of
its own, with recorded latency. For each tier one tenant is read by phonefleet's client for so many seconds, while
another client sends every second half of what the tier refills. Printed are our own refused requests (429), those of
the other, and how much of the allowed rate (the burst, and what was refilled) both used.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

import httpx

from benchmarks.bench_results import Aim, Table, publish
from benchmarks.simulated_fleet import served
from configs import TenantRef, Tier
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.rate_limits import API, LIMITS, OTHERS
from phonefleet.auth0.tenant_client import open_tenant
from phonefleet.auth0.transport import RequestSeen
from phonefleet.execution.phases import assess
from phonefleet.secrets.store import SecretStore

TIERS = (Tier.FREE, Tier.ENTERPRISE_NONPRODUCTION, Tier.ENTERPRISE_PRODUCTION)
READERS = 8
"""Assessments of the tenant at once: enough to use any of the rates."""
USED_LIMIT = 95.0


async def make_tenant(url: str, tier: Tier) -> TenantRef:
    """Make a simulated tenant of a tier, and return what its operator would write about it."""
    domain = f"{tier.value.replace('_', '-')}.eu.auth0.com"
    async with httpx.AsyncClient(base_url=url, trust_env=False) as control:
        body = {"kind": "twilio_sms", "overrides": {"tier": tier.value}}
        created = (await control.put(f"/_simulator/tenants/{domain}", json=body)).raise_for_status().json()
    name = f"PHONEFLEET_BENCH_{tier.name}"
    os.environ[name] = created["client_secret"]
    return TenantRef.model_validate(
        {
            "domain": domain,
            "client_id": created["client_id"],
            "client_secret": f"env:{name}",
            "tier": tier.value,
            "target": {"test_numbers": {"text": "+15005550006"}},
        }
    )


async def second_client(url: str, ref: TenantRef, until: float) -> list[int]:
    """Read the tenant's settings at half of its rate, and return the statuses of the answers."""
    pause = 2 / LIMITS[ref.tier][OTHERS].per_second
    secret = SecretStore().resolve(ref.client_secret) if ref.client_secret else None
    statuses: list[int] = []
    async with httpx.AsyncClient(
        base_url=url, headers={"host": ref.domain}, trust_env=False, timeout=60
    ) as http:
        asked = {
            "grant_type": "client_credentials",
            "client_id": ref.client_id,
            "client_secret": secret.get_secret_value() if secret else "",
            "audience": f"https://{ref.domain}{API}",
        }
        token = (await http.post("/oauth/token", json=asked)).raise_for_status().json()["access_token"]

        async def one() -> None:
            answer = await http.get(f"{API}tenants/settings", headers={"authorization": f"Bearer {token}"})
            statuses.append(answer.status_code)

        async with asyncio.TaskGroup() as requests:
            while time.monotonic() < until:
                requests.create_task(one())
                await asyncio.sleep(pause)
    return statuses


async def measure(url: str, tier: Tier, seconds: float) -> dict[str, float]:
    """Return the figures of one tier."""
    ref = await make_tenant(url, tier)
    seen: list[RequestSeen] = []
    secrets = SecretStore()
    began = time.monotonic()
    until = began + seconds
    other = asyncio.create_task(second_client(url, ref, until))

    async def read_again(clients: ClientPool) -> None:
        while True:
            await assess(open_tenant(clients, ref, secrets.resolve), ref)

    async with ClientPool(url, on_request=seen.append) as clients:
        readers = [asyncio.create_task(read_again(clients)) for _ in range(READERS)]
        await asyncio.wait(readers, timeout=until - time.monotonic(), return_when=asyncio.FIRST_EXCEPTION)
        passed = time.monotonic() - began
        for reader in readers:
            if reader.done() and not reader.cancelled():
                reader.result()
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    statuses = await other
    ours = [one.status for one in seen if one.path.startswith(API)]
    limit = LIMITS[tier][OTHERS]
    allowed = limit.burst + limit.per_second * passed
    granted = sum(status not in (429, None) for status in ours) + sum(status != 429 for status in statuses)
    return {
        "our requests": len(ours),
        "own 429s": sum(status == 429 for status in ours),
        "other's requests": len(statuses),
        "other's 429s": sum(status == 429 for status in statuses),
        "allowed": allowed,
        "used %": 100 * granted / allowed,
    }


async def measure_all(url: str, seconds: float) -> dict[str, dict[str, float]]:
    """Measure each tier, one after the other."""
    return {tier.value: await measure(url, tier, seconds) for tier in TIERS}


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path, help="write the table to this file too")
    given = parser.parse_args()
    with served(1) as place:
        rows = asyncio.run(measure_all(place.url, given.seconds))
    aims = [
        aim
        for tier, row in rows.items()
        for aim in (
            Aim(f"own 429s beside a second client, {tier}", row["own 429s"], 0),
            Aim(f"% of the allowed rate used, {tier}", row["used %"], USED_LIMIT, at_least=True),
        )
    ]
    table = Table(
        "Beside a second client that uses half of the rate",
        f"python -m benchmarks.rate_bench --seconds {given.seconds:g}",
        rows,
        aims,
        f"{READERS} assessments of the same tenant at once, for {given.seconds:g} s. `used` counts both clients.",
    )
    publish([table], given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
