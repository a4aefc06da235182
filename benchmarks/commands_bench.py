"""What whole commands cost: start times, `phonefleet assess` with both kinds of Prefect server, reports.

Run it from the checkout: `.venv/bin/python -m benchmarks.commands_bench [--tenants 100] [--concurrency 100]`.
The simulator runs in a process of its own, with recorded latency, and so does the kept server.

Prefect's share is the CPU of its server, and of the command what samples find in Prefect's code: every 5 ms of the
command's CPU time, the running threads are looked at (`benchmarks/sampled_command.py`). A thread counts as Prefect's if
the innermost frame that is Prefect's or ours is Prefect's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bench_results import Aim, Table, publish
from benchmarks.simulated_fleet import Cost, change_fleet, clean_environ, cost_of, cpu_seconds, served

PHONEFLEET = (sys.executable, "-m", "flows.cli")
SHARE_LIMIT = 10.0
_ALLOWED = frozenset((0, 3, 4, 6))
"""Exit codes of an assessment that was done: the fleet has tenants of every kind."""


@contextmanager
def kept_server(folder: Path) -> Iterator[tuple[dict[str, str], int]]:
    """Keep a local Prefect server; yield the environment that finds it, and its process id."""
    environ = clean_environ(folder)
    if cost_of([*PHONEFLEET, "server", "start", "--port", "0", "--json"], environ, folder).code:
        raise RuntimeError((folder / "command.log").read_text()[-2000:])
    said = (folder / "command.log").read_text()
    record = json.loads(said[said.index("{") :])
    try:
        yield environ, int(record["pid"])
    finally:
        cost_of([*PHONEFLEET, "server", "stop"], environ, folder)


def assess(file: Path, environ: Mapping[str, str], *options: str, sampled: Path | None = None) -> Cost:
    """Run `phonefleet assess` to its end.

    Raises:
        RuntimeError: it failed.
    """
    command = [sys.executable, "-m", "benchmarks.sampled_command", str(sampled)] if sampled else [*PHONEFLEET]
    cost = cost_of([*command, "assess", str(file), *options], environ, file.parent)
    if cost.code not in _ALLOWED:
        raise RuntimeError((file.parent / "command.log").read_text()[-3000:])
    return cost


def start_table(folder: Path, command: str) -> Table:
    """Measure commands that read nothing from a tenant."""
    environ = clean_environ(folder)
    tab = {"_PHONEFLEET_COMPLETE": "complete_bash", "COMP_WORDS": "phonefleet st", "COMP_CWORD": "1"}
    asked = {
        "--help": (["--help"], {}, 0.3),
        "status": (["status"], {}, 0.7),
        "TAB completion": ([], tab, 0.7),
    }
    rows, aims = {}, []
    for name, (arguments, more, limit) in asked.items():
        code = "import sys; sys.argv[0] = 'phonefleet'; from flows.cli.main import main; main()"
        costs = [cost_of([sys.executable, "-c", code, *arguments], environ | more, folder) for _ in range(3)]
        best = min(costs, key=lambda cost: cost.cpu)
        rows[name] = {"wall s": best.wall, "CPU s": best.cpu, "memory MB": best.memory}
        aims.append(Aim(f"CPU s of {name}", best.cpu, limit))
    return Table("Start of commands", command, rows, aims, "The best of three, without a ledger.")


def one_tenant_rows(
    environ: Mapping[str, str], folder: Path
) -> tuple[dict[str, dict[str, float]], list[Aim]]:
    """Assess one tenant that answers at once, with a kept server and with a temporary one."""
    rows = {}
    with served(1, latency=False) as place:
        for name, found in (
            ("kept server", dict(environ)),
            ("temporary server", clean_environ(folder / "none")),
        ):
            assess(place.file, found)  # The ledger and the files of the first run are not what is measured.
            cost = assess(place.file, found)
            rows[f"1 tenant, {name}"] = {
                "wall s": cost.wall,
                "client CPU s": cost.cpu,
                "memory MB": cost.memory,
            }
    aims = [
        Aim("wall s of assess of 1 tenant, kept server", rows["1 tenant, kept server"]["wall s"], 3),
        Aim(
            "wall s of assess of 1 tenant, temporary server", rows["1 tenant, temporary server"]["wall s"], 12
        ),
    ]
    return rows, aims


def fleet_row(
    tenants: int, concurrency: int, environ: Mapping[str, str], server: int
) -> tuple[dict[str, float], list[Aim]]:
    """Assess a fleet with the kept server, and find Prefect's share."""
    with served(tenants) as place:
        change_fleet(place.file, rollout={"concurrency": concurrency})
        samples = place.file.parent / "samples.json"
        before = cpu_seconds(server)
        cost = assess(place.file, environ, sampled=samples)
        of_server = cpu_seconds(server) - before
        found: dict[str, float] = json.loads(samples.read_text())
    of_prefect = found.get("prefect", 0.0)
    share = 100 * (of_prefect + of_server) / (cost.cpu + of_server)
    row = {
        "wall s": cost.wall,
        "client CPU s": cost.cpu,
        "of it Prefect s": of_prefect,
        "server CPU s": of_server,
        "Prefect's share %": share,
        "memory MB": cost.memory,
        "ms a tenant": 1000 * cost.wall / tenants,
    }
    return row, [Aim(f"Prefect's share % at {tenants:,} tenants", share, SHARE_LIMIT)]


def reports_table(environ: Mapping[str, str], command: str) -> Table:
    """Render the reports of a run of 12 tenants again."""
    with served(12) as place:
        assess(place.file, environ)
        cost = cost_of([*PHONEFLEET, "report", "--fleet", str(place.file)], environ, place.file.parent)
        if cost.code not in _ALLOWED:
            raise RuntimeError((place.file.parent / "command.log").read_text()[-2000:])
    row = {"wall s": cost.wall, "CPU s": cost.cpu, "memory MB": cost.memory}
    return Table(
        "Reports of 12 tenants",
        command,
        {"phonefleet report": row},
        [Aim("CPU s of reports of 12", cost.cpu, 2)],
    )


def main() -> int:
    """Measure the commands and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=100)
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--json", type=Path, help="write the tables to this file too")
    given = parser.parse_args()
    command = (
        f"python -m benchmarks.commands_bench --tenants {given.tenants} --concurrency {given.concurrency}"
    )
    with tempfile.TemporaryDirectory(prefix="phonefleet-bench-") as scratch:
        folder = Path(scratch)
        (folder / "none").mkdir()
        tables = [start_table(folder, command)]
        with kept_server(folder) as (environ, server):
            rows, aims = one_tenant_rows(environ, folder)
            row, more = fleet_row(given.tenants, given.concurrency, environ, server)
            tables.append(
                Table(
                    "phonefleet assess, the whole command",
                    command,
                    rows | {f"{given.tenants:,} tenants, kept server": row},
                    [*aims, *more],
                    "One tenant answers at once, so that its row is the start and the reports. A temporary server ends "
                    "with its command: its CPU is in `client CPU`.",
                )
            )
            tables.append(reports_table(environ, command))
    publish(tables, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
