"""Start a migration whose clock is virtual: it passes faster, and a wait for a window takes no time."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.flows.fleet_bench import FleetBench
from tests.prefect_server import clean_environ, prefect_settings

PROGRAM = """
import asyncio, json, sys, time
from datetime import UTC, datetime, timedelta
from flows.clock import timed_by
from flows.migrate import migrate
from flows.run_end import RunNotDone

class VirtualClock:
    def __init__(self, speed):
        self.real, self.ahead, self.speed = datetime.now(UTC), timedelta(), speed
        self.jumps = [(self.real.isoformat(), self.real.isoformat())]
    def now(self):
        return self.real + (datetime.now(UTC) - self.real) * self.speed + self.ahead
    async def sleep_until(self, moment):
        self.ahead += max(timedelta(), moment - self.now())
        self.jumps.append((datetime.now(UTC).isoformat(), self.now().isoformat()))

asked = json.loads(sys.argv[2])
clock = VirtualClock(asked["speed"])
with timed_by(clock):
    try:
        finished = asyncio.run(migrate(sys.argv[1], **asked["parameters"]))
    except RunNotDone as not_done:
        finished = not_done.finished
print(json.dumps([finished.run_id, int(finished.code), clock.jumps]))
"""


@dataclass(frozen=True)
class VirtualRun:
    """A run that has ended.

    Attributes:
        run_id: its id.
        code: its exit code.
        speed: how many times faster its clock was.
        jumps: after each wait, the real time and the run's.
    """

    run_id: str
    code: int
    speed: float
    jumps: list[tuple[datetime, datetime]]

    def time_of(self, real: datetime) -> datetime:
        """The run's own time of a moment that the ledger recorded."""
        before = [jump for jump in self.jumps if jump[0] <= real] or self.jumps[:1]
        return before[-1][1] + (real - before[-1][0]) * self.speed


def run_virtually(fleet: FleetBench, *, speed: float = 1, **parameters: object) -> VirtualRun:
    """Migrate a fleet by a virtual clock that begins now."""
    settings = prefect_settings(fleet.directory / "prefect-home") | {"PREFECT_API_URL": fleet.api or ""}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            PROGRAM,
            str(fleet.file),
            json.dumps({"speed": speed, "parameters": parameters}),
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
    moments = [(datetime.fromisoformat(real), datetime.fromisoformat(own)) for real, own in jumps]
    return VirtualRun(run_id, code, speed, moments)


def daily_window(start: datetime, length: timedelta) -> dict[str, str]:
    """A window that opens every day at this time, as a fleet file has it."""
    begin, end = start.astimezone(UTC), (start + length).astimezone(UTC)
    return {"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}", "timezone": "UTC"}
