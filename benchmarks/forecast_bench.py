"""How well a run foresees the active time of its waves: forecast and actual time for several simulated fleets.

Run it from the checkout: `.venv/bin/python -m benchmarks.forecast_bench [--tenants 300] [--seeds 1-10]`. The simulator
answers with recorded latency in a process of its own. Of each fleet the command line migrates the first wave, then
the others, whose forecast counts.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import yaml

from benchmarks.simulated_fleet import change_fleet, served
from configs import load_fleet
from phonefleet.ledger.location import open_ledger
from phonefleet.model.run_record import RunRecord

_COMMAND = "import sys; from flows.cli.main import main; sys.argv[0] = 'phonefleet'; sys.exit(main())"


@dataclass(frozen=True)
class WaveTime:
    """The active time of one wave, foreseen and actual."""

    wave: str
    tenants: int
    foreseen: timedelta
    actual: timedelta

    @property
    def ratio(self) -> float:
        """Actual over foreseen."""
        return self.actual / self.foreseen


def wave_times(record: RunRecord) -> Iterator[WaveTime]:
    """Yield the waves of a run that have ended. Soaks are taken off."""
    for forecast in record.forecasts:
        batches = [w for w in record.waves if w.wave == forecast.wave and w.started_at and w.ended_at]
        if len(batches) == forecast.batches:
            spans = [w.ended_at - w.started_at for w in batches if w.started_at and w.ended_at]
            actual = sum(spans, timedelta()) - forecast.soak
            yield WaveTime(forecast.wave, forecast.tenants, forecast.active, actual)


def migrate(tenants: int, seed: int) -> list[WaveTime]:
    """Migrate a simulated fleet whose last wave tolerates a fifth of failures, and return its waves' times."""
    with served(tenants, seed=seed) as fleet:
        waves = yaml.safe_load(fleet.file.read_text())["waves"]
        change_fleet(fleet.file, waves=[wave | {"failure_tolerance": "20%"} for wave in waves])
        # As people do it: the first wave alone, which shows how long builds and logs take, then the others.
        for selection in (["--wave", "canary"], []):
            subprocess.run(
                [sys.executable, "-c", _COMMAND, "migrate", str(fleet.file), "--yes", "--quiet", *selection],
                cwd=fleet.file.parent,
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        with open_ledger(load_fleet(fleet.file), create=False) as ledger:
            return list(wave_times(ledger.runs.record("latest")))


def main() -> None:
    """Print a row for each fleet and wave, and for how many fleets the whole is within 20 %."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tenants", type=int, default=300)
    parser.add_argument("--seeds", default="1-10", help="first and last seed")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    close = 0
    print("| seed | wave | tenants | foreseen s | actual s | actual / foreseen |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for seed in seeds:
        waves = migrate(asked.tenants, seed)
        whole = WaveTime(
            "all",
            sum(w.tenants for w in waves),
            sum((w.foreseen for w in waves), timedelta()),
            sum((w.actual for w in waves), timedelta()),
        )
        for wave in (*waves, whole):
            seconds = f"{wave.foreseen.total_seconds():.1f} | {wave.actual.total_seconds():.1f}"
            print(f"| {seed} | {wave.wave} | {wave.tenants} | {seconds} | {wave.ratio:.2f} |", flush=True)
        close += abs(whole.ratio - 1) <= 0.2
    print(f"\n{close} of {len(seeds)} fleets within 20 %")


if __name__ == "__main__":
    main()
