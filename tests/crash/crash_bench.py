"""A simulated fleet, processes that work on it, and what must hold of their writes afterwards."""

from __future__ import annotations

import atexit
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
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
from tests.intent_names import intent_name
from tests.likeness import alike
from tests.pace import QUICK
from tests.prefect_server import clean_environ
from tests.preloaded import AT_WORK, Forked, Preloaded

Json = dict[str, Any]
Process = subprocess.Popen[str] | Forked
ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).with_name("runner.py")
REQUESTS = {
    "create_action": ("POST", "*/actions/actions"),
    "update_action": ("PATCH", "*/actions/actions/*"),
    "deploy_action": ("POST", "*/actions/actions/*/deploy"),
    "create_provider": ("POST", "*/branding/phone/providers"),
    "update_provider": ("PATCH", "*/branding/phone/providers/*"),
    "create_template": ("POST", "*/branding/phone/templates"),
    "update_template": ("PATCH", "*/branding/phone/templates/*"),
    "send_test": ("POST", "*/branding/phone/*/try"),
    "enable_factor": ("PUT", "*/guardian/factors/sms"),
    "set_message_types": ("PUT", "*/guardian/factors/phone/message-types"),
    "switch_tenant": ("PATCH", "*/tenants/settings"),
    "switch_connection": ("PATCH", "*/connections/*"),
    "revert create_action": ("DELETE", "*/actions/actions/*"),
    "revert deploy_action": ("POST", "*/actions/actions/*/versions/*/deploy"),
    "revert create_provider": ("DELETE", "*/branding/phone/providers/*"),
    "revert create_template": ("DELETE", "*/branding/phone/templates/*"),
    "unbind_action": ("PATCH", "*/actions/triggers/send-phone-message/bindings"),
}
"""The one write of each kind of step."""
WRITES = {
    "mark send_test": "update_provider",
    "adopt_action": "update_action",
    "revert adopt_action": "update_action",
    "revert update_provider": "update_provider",
    "revert update_template": "update_template",
    "revert enable_factor": "enable_factor",
    "revert set_message_types": "set_message_types",
    "revert switch_tenant": "switch_tenant",
    "revert switch_connection": "switch_connection",
    "clear_gateway_secret": "switch_connection",
    "clear_connection_twilio": "switch_connection",
}
"""The kind of write of intents that are not named after it."""
WIDE = {"burst": 10_000, "per_second": 10_000}
"""Rate limits are verified elsewhere."""
BY_CLOCK = timedelta(milliseconds=1)
"""The simulator's log cuts times to milliseconds."""


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
        """A worker process; `verb` says what it does, `point`, `kind`, `act`, `ttl` and `patience` what happens to it.

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


def kind_of(seen: Seen) -> str:
    """The kind of step that this write is of; the longest pattern is the closest."""
    fitting = [
        (len(pattern), kind)
        for kind, (method, pattern) in REQUESTS.items()
        if seen.method == method and fnmatchcase(seen.path, pattern)
    ]
    assert fitting, f"no step makes this write: {seen.method} {seen.path}"
    return max(fitting)[1]


def pair(writes: list[Seen], intents: list[IntentRecord]) -> dict[int, list[Seen]]:
    """Give every applied write its intent: of its kind, durable before it, and without a result until after it.

    A tenant's intents lie one after the other, so no write can fit two of them; one without any fails.
    """
    found: dict[int, list[Seen]] = {intent.intent_id: [] for intent in intents}
    for seen in writes:
        at = datetime.fromisoformat(seen.at)
        fits = [
            i
            for i in intents
            if WRITES.get(intent_name(i), intent_name(i)) == kind_of(seen)
            and i.intended_at <= at + BY_CLOCK
            and (i.ended_at is None or at <= i.ended_at)
        ]
        assert len(fits) == 1, f"{len(fits)} intents for {seen.method} {seen.path} at {seen.at}: {intents}"
        found[fits[0].intent_id].append(seen)
    return found


def check_nothing_lost_and_nothing_twice(bench: CrashBench, domain: str) -> list[IntentRecord]:
    """What must hold of every tenant, however often the processes that worked on it died."""
    writes = bench.writes(domain)
    with bench.ledger() as ledger:
        assert ledger.steps.open_intents(None, domain) == []
        intents = ledger.steps.of_tenant(domain=domain)
    for intent_id, made in pair(writes, intents).items():
        (intent,) = (i for i in intents if i.intent_id == intent_id)
        assert len(made) <= 1, f"{intent.kind} was written {len(made)} times under one intent"
        if intent.result == "done":
            assert len(made) == 1, f"{intent.kind} is said to be done and was never written"
        if intent.result in ("not_applied", "already", "failed"):
            assert made == [], f"{intent.kind} is said to be {intent.result} and was written"
    twice = Counter(_once(seen) for seen in writes if _once(seen))
    assert all(count == 1 for count in twice.values()), twice
    return intents


def _once(seen: Seen) -> str:
    """The name of what must never be made or sent twice."""
    kind = kind_of(seen)
    body = seen.body or {}
    match kind:
        case "create_action" | "create_provider":
            return kind
        case "create_template":
            return f"{kind} {body['type']}"
        case "send_test":
            return f"{kind} {body['delivery_method']}"
        case _:
            return ""
