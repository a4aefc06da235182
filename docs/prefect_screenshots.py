"""Make the pictures of a running migration in Prefect's user interface: `python docs/prefect_screenshots.py`.

In a temporary directory it starts `phonefleet server`, a simulated fleet with recorded latency, and `phonefleet
migrate`, and takes the pictures while the wave runs. Needs Debian's chromium.
"""

# ruff: noqa: S603

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
CHROMIUM = Path("/usr/bin/chromium")
IMAGES = HERE / "images"
TENANTS = 60
_START_LIMIT = 120.0
_WAVE_LIMIT = 300.0
"""Seconds."""
_SETTLE = 2000
"""Milliseconds in which the page draws what it has asked the server for."""
_PHONEFLEET = [str(Path(sys.executable).with_name("phonefleet"))]


@contextmanager
def started(arguments: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a phonefleet process that is interrupted at the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_PHONEFLEET, *arguments], env=environ, cwd=log.parent, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def awaited(path: Path, seconds: float) -> Path:
    """Return a file that another process writes.

    Raises:
        SystemExit: it does not exist in time.
    """
    until = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > until:
            raise SystemExit(f"{path} was not written within {seconds:.0f} s")
        time.sleep(0.2)
    return path


def running_wave(api: str) -> str:
    """Return the id of the migration's flow run, once its progress artifact says that a wave has moved.

    Raises:
        SystemExit: no wave moves in time, or the run is over before it does.
    """
    until = time.monotonic() + _WAVE_LIMIT
    while time.monotonic() < until:
        found = httpx.post(f"{api}/artifacts/latest/filter", json={}).raise_for_status().json()
        for artifact in found:
            moved = artifact["type"] == "progress" and 0 < float(artifact["data"] or 0) < 100
            if moved and "wave" in (artifact["key"] or ""):
                return str(artifact["flow_run_id"])
        time.sleep(0.3)
    raise SystemExit(f"no wave of the migration moved within {_WAVE_LIMIT:.0f} s")


def pictures(page: Page, address: str) -> None:
    """Take the run's page, and the wave board among its artifacts."""
    page.goto(address)
    page.get_by_text("Running").first.wait_for()
    page.wait_for_timeout(_SETTLE)
    page.screenshot(path=IMAGES / "prefect-run.png")
    page.get_by_text("Artifacts", exact=True).first.click()
    page.wait_for_timeout(_SETTLE)
    page.locator("a", has_text="-waves").first.click()
    page.wait_for_timeout(_SETTLE)
    page.screenshot(path=IMAGES / "prefect-waves.png")


def main() -> None:
    """Start everything, take the pictures, and end everything."""
    if not CHROMIUM.exists():
        raise SystemExit("Debian's chromium is not installed: apt-get install chromium")
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="phonefleet-pictures-")))
        environ = os.environ | {"XDG_STATE_HOME": str(home / "state")}
        stack.callback(subprocess.run, [*_PHONEFLEET, "server", "stop"], env=environ, check=True)
        subprocess.run([*_PHONEFLEET, "server", "start", "--port", "0"], env=environ, check=True)
        where = subprocess.check_output([*_PHONEFLEET, "server", "status", "--json"], env=environ)
        ui = json.loads(where)["ui"]
        fleet = ["--tenants", str(TENANTS), "--latency", "recorded", "--write-config", str(home / "fleet")]
        stack.enter_context(started(["simulate", "--port", "0", *fleet], environ, home / "simulator.log"))
        file = awaited(home / "fleet" / "fleet.yaml", _START_LIMIT)
        stack.enter_context(started(["migrate", str(file), "--yes"], environ, home / "migrate.log"))
        run = running_wave(f"{ui}/api")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1360, "height": 900}, device_scale_factor=1.5)
            pictures(page, f"{ui}/runs/flow-run/{run}")
            browser.close()


if __name__ == "__main__":
    main()
