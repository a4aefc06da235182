"""phonefleet's client, the Deploy CLI and a sequential script with Auth0's SDK on the same fleet, in one run.

Run it from the checkout: `.venv/bin/python -m benchmarks.peers_bench [--tenants 16] [--fleet 300] [--at-once 8]`. The
simulator runs in a process of its own, with TLS and recorded latency. phonefleet reads the whole fleet, and its first
tenants alone like the others, which take minutes for them. The Deploy CLI exports the resources that phone messaging
consists of, 8 tenants at a time; npm installs it into `.state/deploy-cli`, and it is left out where npm is missing. The
script (`benchmarks/sdk_script.py`) makes the reads of an assessment. phonefleet's rows read, classify and plan, with
the start of Python and all imports, and a new ledger's results of equal Actions, without Prefect and reports.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from benchmarks.bench_results import Aim, Table, publish
from benchmarks.simulated_fleet import SEED, Served, clean_environ, cost_of, served
from simulator.kinds import Kind, kind_of
from tests.deploy_cli import HOOK, PHONES, VERSION, only

ROOT = Path(__file__).resolve().parent.parent
_UNREADABLE = frozenset((Kind.WRONG_CREDENTIALS, Kind.MISSING_SCOPES))
OURS = "phonefleet, the fleet"
STATE = ROOT / ".state" / "deploy-cli"


def deploy_cli() -> Path | None:
    """Return the Deploy CLI, installed into the state folder; None without npm."""
    if given := os.environ.get("PHONEFLEET_A0DEPLOY"):
        return Path(given)
    program = STATE / "node_modules" / ".bin" / "a0deploy"
    npm = shutil.which("npm")
    if not program.exists() and npm and shutil.which("node"):
        STATE.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(STATE)]
        done = subprocess.run(
            [*command, f"auth0-deploy-cli@{VERSION}"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"npm did not install the Deploy CLI: {done.stderr.strip()[-300:]}", file=sys.stderr)
    return program if program.exists() else None


def tenants_of(place: Served, count: int) -> list[dict[str, str]]:
    """Return tenants that can be read with a client secret, which the Deploy CLI needs."""
    listed = yaml.safe_load(place.file.read_text())["tenants"]
    usable = [
        tenant
        for number, tenant in enumerate(listed)
        if "client_secret" in tenant and kind_of(SEED, number) not in _UNREADABLE
    ]
    return usable[:count]


def secrets_of(place: Served) -> dict[str, str]:
    """Return the values that the fleet file's references name."""
    lines = (place.file.parent / "secrets.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name: value.strip("'\"") for name, value in pairs}


def of_commands(
    commands: Sequence[tuple[list[str], dict[str, str]]], at_once: int
) -> tuple[dict[str, float], list[int]]:
    """Run commands, some at a time; return what they cost together, and their exit codes."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(at_once) as threads:
        folders = [Path(scratch) / str(number) for number in range(len(commands))]
        for folder in folders:
            folder.mkdir()
        began = time.perf_counter()
        costs = list(threads.map(lambda one, folder: cost_of(*one, folder), commands, folders))
        wall = time.perf_counter() - began
        failed = [folder for folder, cost in zip(folders, costs, strict=True) if cost.code]
        for folder in failed[:1]:
            print((folder / "command.log").read_text()[-1500:], file=sys.stderr)
    return {"wall s": wall, "CPU s": sum(cost.cpu for cost in costs)}, [cost.code for cost in costs]


def rates(row: dict[str, float], tenants: int) -> dict[str, float]:
    """Add tenants a second and a second of CPU."""
    return row | {"tenants a second": tenants / row["wall s"], "tenants a CPU second": tenants / row["CPU s"]}


def exported(
    program: Path, place: Served, tenants: list[dict[str, str]], at_once: int
) -> dict[str, float] | None:
    """Export the tenants with the Deploy CLI."""
    secrets = secrets_of(place)
    commands = []
    for tenant in tenants:
        environ = clean_environ(place.file.parent) | only(*PHONES)
        environ |= {
            "AUTH0_DOMAIN": tenant["domain"],
            "AUTH0_CLIENT_ID": tenant["client_id"],
            "AUTH0_CLIENT_SECRET": secrets[tenant["client_secret"].partition(":")[2]],
            "NODE_EXTRA_CA_CERTS": str(place.file.parent / "ca.pem"),
            "NODE_OPTIONS": f"--require {HOOK}",
            "SIMULATOR_ADDRESS": place.url.removeprefix("https://"),
        }
        commands.append(([str(program), "export", "--format", "yaml", "--output_folder", "out"], environ))
    row, codes = of_commands(commands, at_once)
    done = codes.count(0)
    return rates(row, done) | {"tenants": done} if done else None


def measure(tenants: int, fleet: int, at_once: int) -> tuple[dict[str, dict[str, float]], str]:
    """Run all three on the first tenants, and phonefleet on the fleet; return the rows, and what was left out."""
    note = ""
    with served(max(fleet + fleet // 10, 2 * tenants + 8), tls=True) as place:
        usable = tenants_of(place, fleet)
        chosen = usable[:tenants]
        domains = [tenant["domain"] for tenant in chosen]
        environ = clean_environ(place.file.parent)
        rows = {}
        for name, wanted in ((OURS, usable), ("phonefleet, the first", chosen)):
            only_these = [tenant["domain"] for tenant in wanted]
            ours = [sys.executable, "-m", "benchmarks.peers_bench", "--only", str(place.file), *only_these]
            row, codes = of_commands([(ours, environ)], 1)
            if codes != [0]:
                raise RuntimeError("phonefleet's client failed")
            rows[name] = rates(row, len(wanted)) | {"tenants": len(wanted)}
        script = [sys.executable, "-m", "benchmarks.sdk_script", str(place.file), *domains]
        row, codes = of_commands([(script, environ)], 1)
        if codes != [0]:
            raise RuntimeError("the script failed")
        rows["SDK script, sequential"] = rates(row, len(chosen)) | {"tenants": len(chosen)}
        program = deploy_cli()
        found = exported(program, place, chosen, at_once) if program else None
        if found:
            rows[f"Deploy CLI, {at_once} at a time"] = found
        else:
            note = " The Deploy CLI was left out: npm is missing, or it could not export."
    return rows, note


def assess_only(file: Path, domains: Sequence[str]) -> None:
    """Assess some tenants of a fleet at once."""
    from benchmarks.client_bench import assess_all
    from configs import load_fleet
    from phonefleet.ledger.ledger import Ledger

    fleet = load_fleet(file)
    wanted = tuple(ref for ref in fleet.tenants if ref.domain in set(domains))
    with Ledger.open(file.parent / "bench.db") as ledger:
        asyncio.run(assess_all(fleet.model_copy(update={"tenants": wanted}), 200, ledger))


def aims_of(rows: dict[str, dict[str, float]]) -> list[Aim]:
    """Return phonefleet's ratios to its peers."""
    ours = rows[OURS]
    found = []
    for name, row in rows.items():
        if name.startswith("Deploy CLI"):
            ratio = ours["tenants a second"] / row["tenants a second"]
            found.append(Aim("tenants a second, times the Deploy CLI", ratio, 20, at_least=True))
        elif name.startswith("SDK"):
            ratio = ours["tenants a CPU second"] / row["tenants a CPU second"]
            found.append(Aim("tenants a CPU second, times the SDK script", ratio, 5, at_least=True))
    return found


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenants", type=int, default=16)
    parser.add_argument("--fleet", type=int, default=300)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--json", type=Path, help="write the table to this file too")
    parser.add_argument("--only", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        assess_only(Path(given.only[0]), given.only[1:])
        return 0
    rows, note = measure(given.tenants, given.fleet, given.at_once)
    table = Table(
        "Beside its peers",
        f"python -m benchmarks.peers_bench --tenants {given.tenants} --fleet {given.fleet} --at-once {given.at_once}",
        rows,
        aims_of(rows),
        "One run on one fleet; the peers read its first tenants only. phonefleet's rows have the start of Python, and "
        "no Prefect and reports: with few tenants the wall is that of the slowest one." + note,
    )
    publish([table], given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
