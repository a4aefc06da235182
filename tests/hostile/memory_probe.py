"""Read bombs in a process of its own, and print how much memory and CPU time it took."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from phonefleet.auth0.client_authentication import ClientSecretPost
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.errors import TenantError
from tests.auth0.http_peer import DOMAIN, QUICK, Peer, Reply
from tests.hostile.answers import MEGABYTE, bomb, compressed, nested

BOMBS = (
    lambda: compressed(bomb(1_024), "gzip"),
    lambda: compressed(bomb(512, 2), "gzip, gzip"),
    lambda: Reply(content=b" " * (33 * MEGABYTE)),
    lambda: Reply(content=b"[" + b"[]," * 10_000_000 + b"1]"),
    lambda: Reply(content=b'{"a":' + b"{}," * 10_000_000),
    lambda: Reply(content=nested(5_000_000)),
    lambda: Reply(content=b'"' + b"\\u0041" * 5_000_000 + b'"'),
    lambda: Reply(content=b'{"' + b'x":"\\"' * 5_000_000),
)


def peak_megabytes() -> float:
    """Return the most memory that this program has had; `getrusage` counts what started it, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


async def serve() -> None:
    """Answer each read with the next bomb, and print the address; until it is killed."""
    peer, left = Peer(), list(BOMBS)
    peer.rule = lambda _seen: left.pop(0)()
    print(await peer.start(), flush=True)
    await asyncio.Event().wait()


async def read(address: str) -> dict[str, float]:
    """Read every bomb once."""
    errors = 0
    began = time.process_time()
    async with ClientPool(address, retry_limits=QUICK) as pool:
        api = pool.tenant(DOMAIN, "id", ClientSecretPost(lambda: SecretStr("secret")), "private_cloud_500")
        for _ in BOMBS:
            try:
                await api.settings()
            except TenantError:
                errors += 1
    return {
        "errors": errors,
        "bombs": len(BOMBS),
        "megabytes": peak_megabytes(),
        "cpu_seconds": time.process_time() - began,
    }


def main() -> None:
    """Serve in another process, whose memory does not count."""
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
        return
    command = [sys.executable, "-m", "tests.hostile.memory_probe", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            print(json.dumps(asyncio.run(read(server.stdout.readline().strip()))))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
