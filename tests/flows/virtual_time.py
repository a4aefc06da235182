"""Start a migration whose clock is virtual: it passes faster, and a wait for a window takes no time."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.flows.fleet_bench import FleetBench, Json
from tests.prefect_server import clean_environ, prefect_settings

PROGRAM = """
import asyncio, json, sys, time
from datetime import UTC, datetime, timedelta
import httpx
from flows.clock import timed_by
from flows.migrate import migrate
from flows.run_end import RunNotDone
from flows.wave_approval import ApprovalAwaited
from phonefleet.ledger.database import Database

class VirtualClock:
    def __init__(self, begin, speeds, meanwhile):
        self.speed, *self.speeds = speeds
        self.meanwhile, self.jumps = meanwhile, []
        self.real = datetime.now(UTC)
        self.own = datetime.fromisoformat(begin) if begin else self.real
        self.jump(self.own)
    def now(self):
        return self.own + (datetime.now(UTC) - self.real) * self.speed
    def jump(self, own):
        self.real, self.own = datetime.now(UTC), own
        self.jumps.append((self.real.isoformat(), own.isoformat(), self.speed))
    async def sleep_until(self, moment):
        moment = max(moment, self.now())
        if moment - self.now() > timedelta(minutes=10):
            changes = [] if len(self.speeds) > 1 else self.meanwhile
            for url, change in changes:
                httpx.post(url, json=change).raise_for_status()
            self.meanwhile = [] if changes else self.meanwhile
            self.speed = self.speeds.pop(0) if self.speeds else self.speed
        self.jump(moment)

asked = json.loads(sys.argv[2])
clock = VirtualClock(asked["begin"], asked["speeds"], asked["meanwhile"])
if asked["ledger_too"]:
    Database.now = lambda self, db: clock.now()
run_id, code = "", 3
with timed_by(clock):
    try:
        finished = asyncio.run(migrate(sys.argv[1], **asked["parameters"]))
        run_id, code = finished.run_id, int(finished.code)
    except RunNotDone as not_done:
        run_id, code = not_done.finished.run_id, int(not_done.finished.code)
    except ApprovalAwaited:
        pass
print(json.dumps([run_id, code, clock.jumps]))
"""


@dataclass(frozen=True)
class VirtualRun:
    """A run that has ended.

    Attributes:
        run_id: its id; empty for a run that waits for an approval.
        code: its exit code.
        jumps: after each wait, the real time, the run's, and how many times faster the latter went from then on.
    """

    run_id: str
    code: int
    jumps: list[tuple[datetime, datetime, float]]

    def time_of(self, real: datetime) -> datetime:
        """The run's own time of a moment that the ledger recorded."""
        before = [jump for jump in self.jumps if jump[0] <= real] or self.jumps[:1]
        since, own, speed = before[-1]
        return own + (real - since) * speed


def run_virtually(
    fleet: FleetBench,
    *,
    speeds: tuple[float, ...] = (1,),
    begin: datetime | None = None,
    ledger_too: bool = False,
    meanwhile: dict[str, Json] | None = None,
    **parameters: object,
) -> VirtualRun:
    """Migrate a fleet by a virtual clock.

    Args:
        fleet: the fleet.
        speeds: how many times faster than the machine's the clock is: at first, after the first wait of more than 10
            minutes, after the second one, and so on.
        begin: what it shows at first; None for now.
        ledger_too: whether the ledger goes by it.
        meanwhile: what is changed in tenants during the wait after which the clock has the last of these speeds, or
            during the first long one, by the first label of their domain.
        parameters: of the flow.
    """
    where = f"{fleet.served.url}/_simulator/tenants"
    changes = [
        (f"{where}/{name}.eu.auth0.com/override", change) for name, change in (meanwhile or {}).items()
    ]
    asked = {
        "speeds": speeds,
        "begin": begin.isoformat() if begin else "",
        "ledger_too": ledger_too,
        "meanwhile": changes,
        "parameters": parameters,
    }
    settings = prefect_settings(fleet.directory / "prefect-home") | {"PREFECT_API_URL": fleet.api or ""}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            PROGRAM,
            str(fleet.file),
            json.dumps(asked),
        ],
        env=clean_environ() | settings,
        cwd=fleet.directory,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    run_id, code, jumps = json.loads(done.stdout.splitlines()[-1])
    moments = [(datetime.fromisoformat(r), datetime.fromisoformat(own), speed) for r, own, speed in jumps]
    return VirtualRun(run_id, code, moments)


def daily_window(start: datetime, length: timedelta) -> dict[str, str]:
    """A window that opens every day at this time, as a fleet file has it."""
    begin, end = start.astimezone(UTC), (start + length).astimezone(UTC)
    return {"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}", "timezone": "UTC"}
