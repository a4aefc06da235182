"""Make the pictures of the documentation from a report: `python docs/screenshots.py [REPORT.HTML]`.

For the `rehearsal.html` of a rehearsal it makes that page's picture. Without an argument it takes the newest report of
`phonefleet demo` under `.state`, and migrates two of three waves of another simulated fleet for the pictures of a
rollout that is half done. Needs Debian's chromium.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from simulator.faults import FaultDocument
from simulator.serve import running
from simulator.write_config import write_config

HERE = Path(__file__).resolve().parent
CHROMIUM = Path("/usr/bin/chromium")
IMAGES = HERE / "images"
PANELS = (
    ("report-tenant.png", "tenants", "route", "custom_action", "domain"),
    ("report-action.png", "translations", "strategy", "adapter", "translation"),
)
"""Picture, frame, the column and value that choose a row of it, and the column that names it in the address."""
OPEN = """([frame, column, wanted, link]) => {
    const source = window.phonefleet.frame(frame);
    const rows = [...Array(source.rows).keys()];
    const one = rows.find(row => source.cell(column, row) === wanted) ?? 0;
    const kind = link === "domain" ? "tenant" : "action";
    location.hash = `#${kind}=${encodeURIComponent(source.cell(link, one))}`;
}"""


def newest_report() -> Path:
    """The report of the last demo run."""
    found = sorted((HERE.parent / ".state").rglob("report.html"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise SystemExit("no report under .state: run `phonefleet demo` first, or name a report.html")
    return found[-1]


def opened(browser: Browser, report: Path, scheme: str, height: int, width: int = 1360) -> Page:
    """A page of the report at one and a half times the resolution."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto(report.as_uri())
    return page


def pictures(browser: Browser, report: Path) -> None:
    """The state of the fleet on a screen and on a telephone, the run, break risk, one tenant, and one Action."""
    for scheme, name in (("light", "board.png"), ("dark", "board-dark.png")):
        page = opened(browser, report, scheme, 1020)
        page.screenshot(path=IMAGES / name)
        page.context.close()
    page = opened(browser, report, "light", 1500, width=390)
    page.screenshot(path=IMAGES / "board-phone.png")
    page.context.close()
    page = opened(browser, report, "light", 860)
    page.evaluate("document.getElementById('summary').scrollIntoView()")
    page.screenshot(path=IMAGES / "report.png")
    page.evaluate("document.getElementById('section-risk').scrollIntoView()")
    page.locator("#section-risk tbody tr").first.wait_for()
    page.evaluate("document.getElementById('section-risk').scrollIntoView()")
    page.screenshot(path=IMAGES / "report-risk.png")
    for name, frame, column, wanted, link in PANELS:
        page.evaluate(OPEN, [frame, column, wanted, link])
        page.locator("dialog[open]").wait_for()
        page.screenshot(path=IMAGES / name)
    page.context.close()


def rollout_pictures(browser: Browser, fleet: Path) -> None:
    """Take the state of a fleet between two waves, and the forecast of its plan."""
    reports = fleet.parent / "phonefleet-reports"
    page = opened(browser, reports / "board.html", "light", 1220)
    page.screenshot(path=IMAGES / "board-middle.png")
    page.context.close()
    (planned,) = reports.glob("planned/report.html")
    page = opened(browser, planned, "light", 760)
    page.locator("[aria-label='Forecast of the waves']").screenshot(path=IMAGES / "forecast.png")
    page.evaluate("document.getElementById('section-forecasts').scrollIntoView()")
    page.locator("#section-forecasts tbody tr").first.wait_for()
    page.locator("#section-forecasts").screenshot(path=IMAGES / "forecast-table.png")
    page.context.close()


@contextmanager
def half_done_rollout(folder: Path) -> Iterator[Path]:
    """Yield the fleet file of a simulated fleet of which two of three waves are migrated."""
    with running(24, seed=11, faults=FaultDocument(latency="recorded")) as served:
        fleet = write_config(folder, served.url, served.app.state.world.fleet)
        environ = os.environ | {"PYTHONPATH": str(HERE.parent)}
        for command in (
            "plan fleet.yaml --reports phonefleet-reports/planned",
            "migrate fleet.yaml --wave canary --yes",
            "migrate fleet.yaml --wave early --yes",
            "board fleet.yaml",
        ):
            # Not checked: a simulated fleet has tenants that need a decision or fail.
            words = [sys.executable, "-P", "-m", "flows.cli", *command.split()]
            subprocess.run(words, cwd=folder, env=environ, check=False)  # noqa: S603
        yield fleet


def rehearsal_picture(browser: Browser, report: Path) -> None:
    """Take the first screen of a rehearsal's report."""
    page = opened(browser, report, "light", 1020)
    page.screenshot(path=IMAGES / "rehearsal.png")
    page.context.close()


def main() -> None:
    """Take all pictures."""
    if not CHROMIUM.exists():
        raise SystemExit("Debian's chromium is not installed: apt-get install chromium")
    report = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else newest_report()
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        take = rehearsal_picture if report.name == "rehearsal.html" else pictures
        take(browser, report)
        if len(sys.argv) == 1:
            with tempfile.TemporaryDirectory() as folder, half_done_rollout(Path(folder)) as fleet:
                rollout_pictures(browser, fleet)
        browser.close()


if __name__ == "__main__":
    main()
