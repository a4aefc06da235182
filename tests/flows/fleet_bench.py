"""A simulated fleet, its fleet file, and the command line over them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from phonefleet.ledger.ledger import Ledger
from phonefleet.model.run_record import RunRecord
from simulator.kinds import Kind
from simulator.serve import Running
from simulator.state import Seen, Tenant
from simulator.write_config import write_config
from tests.prefect_server import clean_environ
from tests.preloaded import PHONEFLEET, Forked, Preloaded

Json = dict[str, Any]
Process = subprocess.Popen[str] | Forked


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Json:
        """Standard output as the one JSON document that it must be."""
        found: Json = json.loads(self.out)
        return found

    def expect(self, code: int) -> Done:
        """This command, if it ended with this code and without a traceback."""
        assert self.code == code, f"exit {self.code}, not {code}\n{self.out[-2500:]}\n{self.err[-2500:]}"
        assert "Traceback" not in self.err + self.out, self.err[-4000:]
        return self

    def outcomes(self) -> dict[str, str]:
        """Each tenant's outcome, by the first label of its domain."""
        tenants = self.document["tenants"]
        return {t["domain"].split(".")[0]: t.get("outcome", "") for t in tenants}


def tenant_field(done: Done, key: str) -> Json:
    """One field of every tenant, by the first label of its domain."""
    return {t["domain"].split(".")[0]: t.get(key) for t in done.document["tenants"]}


def phonefleet(
    *args: str, api: str | None, cwd: Path, limit: float = 1500, whole: bool = False, **environ: str
) -> Done:
    """Run the command line to its end; `whole` starts a new interpreter, as users do, and measures its coverage."""
    with started(*args, api=api, cwd=cwd, whole=whole, **environ) as process:
        out, err = process.communicate(timeout=limit)
    return Done(process.returncode, out, err)


forking: dict[str | None, Preloaded] = {}
"""What forks commands for a Prefect server, by its address; without one each command is a new interpreter."""


@contextmanager
def started(*args: str, api: str | None, cwd: Path, whole: bool = False, **environ: str) -> Iterator[Process]:
    """Yield the command line while it runs; it ends with the block."""
    settings = {"PREFECT_API_URL": api} if api else {}
    process = _process(
        args,
        None if whole else api,
        cwd,
        clean_environ(measured=whole) | settings | {"COLUMNS": "200"} | environ,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()


def _process(args: tuple[str, ...], api: str | None, cwd: Path, environ: dict[str, str]) -> Process:
    if api in forking:
        return forking[api].start(*args, cwd=cwd, environ=environ)
    return subprocess.Popen(
        [sys.executable, "-P", PHONEFLEET, *args],
        env=environ,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass
class FleetBench:
    """A fleet that is simulated in this process."""

    directory: Path
    served: Running
    api: str | None

    @classmethod
    def build(
        cls,
        directory: Path,
        served: Running,
        kinds: dict[str, str],
        api: str | None,
        changes: Json,
        overrides: Json,
    ) -> FleetBench:
        """Create the tenants, with these overrides, and write their fleet file, with these changes to its tables."""
        fleet = served.app.state.world.fleet
        for name, kind in kinds.items():
            fleet.put(f"{name}.eu.auth0.com", Kind(kind), {"tier": "unlimited"} | overrides)
        write_config(directory, served.url, fleet, served.ca_file)
        made = cls(directory, served, api)
        made.change(**changes)
        return made

    @property
    def file(self) -> Path:
        return self.directory / "fleet.yaml"

    def change(self, **changes: Any) -> None:
        """Change the fleet file's tables; the keys of `rollout` one by one (None: by default), others whole."""
        document = yaml.safe_load(self.file.read_text())
        rollout = document["rollout"] | changes.pop("rollout", {})
        given = {key: value for key, value in rollout.items() if value is not None}
        self.file.write_text(yaml.safe_dump(document | changes | {"rollout": given}, sort_keys=False))

    def run(self, *args: str, **options: Any) -> Done:
        """Run a command of the fleet: its fleet file becomes the first argument."""
        return phonefleet(args[0], str(self.file), *args[1:], api=self.api, cwd=self.directory, **options)

    def ask(self, *args: str) -> Done:
        """Run a command that only reads the ledger."""
        return phonefleet(*args, "--fleet", str(self.file), api=self.api, cwd=self.directory)

    def change_tenant(self, name: str, change: Json) -> None:
        """Change a tenant as its owner could in the dashboard."""
        where = f"{self.served.url}/_simulator/tenants/{name}.eu.auth0.com/override"
        assert httpx.post(where, json=change).is_success

    def faults(self, *rules: Json, **more: Any) -> None:
        """Set the faults from now on, in place of all others, the rate limit too."""
        document = {"rules": list(rules), **more}
        assert httpx.put(f"{self.served.url}/_simulator/faults", json=document).is_success

    def tenant(self, name: str) -> Tenant:
        """A tenant's state in the simulator."""
        found: Tenant = self.served.app.state.world.fleet.get(name if "." in name else f"{name}.eu.auth0.com")
        return found

    def tenants(self) -> list[Tenant]:
        """Every tenant of the fleet."""
        return [self.tenant(domain) for domain, _ in self.served.app.state.world.fleet.kinds()]

    def writes(self) -> list[tuple[str, Seen]]:
        """Every write that was applied to a tenant, test messages included, in each tenant's order."""
        return [
            (tenant.domain, seen)
            for tenant in self.tenants()
            for seen in tenant.requests
            if seen.write and seen.applied and seen.path != "/oauth/token"
        ]

    @property
    def ledger_file(self) -> Path:
        return self.directory / ".state" / "ledger.sqlite"

    @property
    def keeps_a_file(self) -> bool:
        """Whether its ledger is a SQLite file."""
        return "ledger" not in yaml.safe_load(self.file.read_text())

    def ledger(self) -> Ledger:
        """The fleet's ledger; close it."""
        place = yaml.safe_load(self.file.read_text()).get("ledger", str(self.ledger_file))
        return Ledger.open(place, create=False)

    def record(self, run: str = "latest") -> RunRecord:
        """The ledger's record of a run."""
        with self.ledger() as ledger:
            return ledger.runs.record(run)
