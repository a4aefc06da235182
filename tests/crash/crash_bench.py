"""A simulated fleet, processes that work on it, and what must hold of their writes afterwards."""

from __future__ import annotations

import atexit
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from phonefleet.ledger.ledger import Ledger
from phonefleet.model.run_record import IntentRecord
from simulator.builds import advance
from simulator.dump import dump
from simulator.faults import FaultDocument
from simulator.kinds import Kind
from simulator.serve import Running, running
from simulator.state import Seen, Tenant
from simulator.write_config import write_config
from tests.likeness import alike
from tests.pace import QUICK
from tests.prefect_server import clean_environ
from tests.preloaded import AT_WORK, Forked, Preloaded
from tests.write_log import disagreements

Json = dict[str, Any]
Process = subprocess.Popen[str] | Forked
ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).with_name("runner.py")
WIDE = {"burst": 10_000, "per_second": 10_000}
"""Rate limits are verified elsewhere."""


@cache
def runners() -> Preloaded:
    """Return the process that forks workers."""
    environ = clean_environ() | {"PYTHONPATH": str(ROOT)}
    made = Preloaded(str(RUNNER), ["tasks.run_context", "phonefleet.execution.finalize", *AT_WORK], environ)
    atexit.register(made.close)
    return made


@dataclass
class CrashBench:
    """A fleet simulated in this process; its workers are processes of their own."""

    directory: Path
    served: Running
    environ: dict[str, str] = field(default_factory=dict)
    place: str = ""

    def put(self, name: str, kind: str, **overrides: Any) -> str:
        """Make a tenant and return its domain."""
        domain = f"{name}.eu.auth0.com"
        self.served.app.state.world.fleet.put(domain, Kind(kind), {"tier": "unlimited", **overrides})
        return domain

    def write(self, *, target: Json | None = None, ledger: str = "") -> None:
        """Write the fleet file, with this added to every tenant's target."""
        path = write_config(self.directory, self.served.url, self.served.app.state.world.fleet)
        document = yaml.safe_load(path.read_text())
        for tenant in document["tenants"]:
            tenant["target"] = tenant.get("target", {}) | (target or {})
        if ledger:
            document["ledger"] = "env:CRASH_LEDGER"
            self.environ["CRASH_LEDGER"] = ledger
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        self.place = ledger or str(self.directory / ".state" / "ledger.sqlite")

    def faults(self, *rules: Json) -> None:
        """Put faults in force; none heals."""
        document = FaultDocument.model_validate({"rate_limit": WIDE, "rules": rules})
        self.served.app.state.world.faults.replace(document)

    def start(
        self, run: str = "-", at_once: int = 1, *, within: tuple[str, ...] = (), **crash: str
    ) -> Process:
        """A worker process; `verb` says what it does, the other keywords what happens to it (`CRASH_…` in the runner).

        `within` is a command that runs it, if it isn't to be run as it is.
        """
        asked = {f"CRASH_{name.upper()}": value for name, value in crash.items()}
        fleet = str(self.directory / "fleet.yaml")
        environ = clean_environ() | self.environ | asked | {"PYTHONPATH": str(ROOT)}
        args = [fleet, run, str(at_once)]
        if not within:
            return runners().start(*args, cwd=Path.cwd(), environ=environ)
        return subprocess.Popen(
            [*within, sys.executable, str(RUNNER), *args],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def work(self, run: str = "-", at_once: int = 1, **crash: str) -> Ended:
        """A worker process to its end."""
        return end(self.start(run, at_once, **crash))

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with Ledger.open(self.place, create=False) as ledger:
            yield ledger

    def tenant(self, domain: str) -> Tenant:
        found: Tenant = self.served.app.state.world.fleet.get(domain)
        return found

    def state(self, domain: str) -> Any:
        """What the simulator holds of a tenant once its builds have ended, without ids and times."""
        tenant = self.tenant(domain)
        for action in tenant.actions.values():
            # The simulator ends a build when it is next asked, and the last read may have been before its end.
            advance(action, time.time() + 60)
        return alike(dump(tenant))

    def writes(self, domain: str) -> list[Seen]:
        """The writes that were applied to a tenant, oldest first."""
        return [s for s in list(self.tenant(domain).requests) if s.write and s.applied]

    def requests(self, domains: Iterable[str]) -> int:
        """How many requests have reached these tenants."""
        return sum(len(self.tenant(domain).requests) for domain in domains)


@dataclass(frozen=True)
class Ended:
    """A worker process that ended."""

    code: int
    out: str
    err: str

    @property
    def run(self) -> str:
        return self.out.split()[0]

    def endings(self) -> dict[str, tuple[str, str]]:
        """Outcome and reason by domain, as far as this process came."""
        lines = [line.split(" ", 3) for line in self.out.splitlines()[1:]]
        return {domain: (kind, reason) for domain, kind, reason, *_ in lines}


def end(process: Process, limit: float = 240) -> Ended:
    """Wait for a worker's end."""
    try:
        out, err = process.communicate(timeout=limit)
    finally:
        process.kill()
    return Ended(process.returncode, out, err)


def await_stopped(process: Process, limit: float = 60) -> None:
    """Wait until a process has stopped itself."""
    until = time.monotonic() + limit
    while process.poll() is None and time.monotonic() < until:
        if Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T":
            return
        time.sleep(0.01)
    raise AssertionError(f"it did not stop: {end(process)}")


def go_on(process: Process) -> Ended:
    """Let a stopped process go on to its end."""
    process.send_signal(signal.SIGCONT)
    return end(process)


@contextmanager
def simulated(directory: Path) -> Iterator[CrashBench]:
    """A fleet without tenants yet."""
    directory.mkdir(parents=True, exist_ok=True)
    with running(seed=7, timing=QUICK) as served:
        bench = CrashBench(directory, served)
        bench.faults()
        yield bench


def check_nothing_lost_and_nothing_twice(bench: CrashBench, domain: str) -> list[IntentRecord]:
    """What must hold of every tenant, however often the processes that worked on it died."""
    with bench.ledger() as ledger:
        assert ledger.steps.open_intents(None, domain) == []
        intents = ledger.steps.of_tenant(domain=domain)
    assert not (found := disagreements(bench.writes(domain), intents)), f"{found}: {intents}"
    return intents
