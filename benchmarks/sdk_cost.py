"""What the official SDK costs over plain httpx: time a call, time and memory a client, import.

Run it from the checkout: `.venv/bin/python benchmarks/sdk_cost.py`. No network: a transport that answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable

import httpx
from auth0.management.client import AsyncAuth0

SETTINGS = {
    "friendly_name": "Acme",
    "phone_consolidated_experience": False,
    "session_lifetime": 168,
    "flags": {f"flag_{n}": True for n in range(30)},
    "enabled_locales": ["en", "de"],
    "a_setting_of_tomorrow": {"value": 1},
}
BODY = json.dumps(SETTINGS).encode()
URL = "https://acme.eu.auth0.com/api/v2"


def answer(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=BODY, headers={"content-type": "application/json"})


def plain_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer), trust_env=False)


def sdk_client(http: httpx.AsyncClient) -> AsyncAuth0:
    return AsyncAuth0(base_url=URL, token="t", max_retries=0, httpx_client=http)


async def a_call(call: Callable[[], Awaitable[object]], calls: int, rounds: int) -> float:
    """Milliseconds a call: the median of the rounds, so that a busy machine disturbs it less."""
    await call()
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(calls):
            await call()
        took.append((time.perf_counter() - started) / calls * 1000)
    return statistics.median(took)


def many_clients(count: int) -> tuple[float, float]:
    """Milliseconds and megabytes for so many SDK clients over one httpx client, their parts loaded."""
    http = plain_client()
    _ = sdk_client(http).tenants.settings
    tracemalloc.start()
    started = time.perf_counter()
    kept = [sdk_client(http) for _ in range(count)]
    for client in kept:
        _ = client.tenants.settings, client.guardian.factors.phone, client.branding.phone.providers
    took = (time.perf_counter() - started) * 1000
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return took, megabytes


def importing(statement: str) -> float:
    """Seconds that a fresh interpreter needs for an import."""
    program = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)


async def kept_whole() -> bool:
    """Whether unknown fields survive the SDK's models, and absent keys stay absent."""
    model = await sdk_client(plain_client()).tenants.settings.get()
    return model.model_dump(by_alias=True, exclude_unset=True).keys() == SETTINGS.keys()


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--calls", type=int, default=500, help="calls a round")
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--clients", type=int, default=1000)
    chosen = arguments.parse_args()
    http = plain_client()
    sdk = sdk_client(http)

    async def plainly() -> object:
        return (await http.get(f"{URL}/tenants/settings")).json()

    plain = await a_call(plainly, chosen.calls, chosen.rounds)
    through = await a_call(sdk.tenants.settings.get, chosen.calls, chosen.rounds)
    took, megabytes = many_clients(chosen.clients)
    print(f"plain httpx            {plain:8.3f} ms a call")
    print(f"auth0-python           {through:8.3f} ms a call")
    print(f"{chosen.clients} SDK clients       {took:8.1f} ms, {megabytes:.1f} MB")
    print(f"import httpx           {importing('import httpx'):8.2f} s")
    print(f"import the SDK         {importing('import auth0.management.client'):8.2f} s")
    print(f"unknown and absent keys kept: {'yes' if await kept_whole() else 'NO'}")


if __name__ == "__main__":
    asyncio.run(main())
