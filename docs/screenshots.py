"""Make the pictures of the documentation from a report: `python docs/screenshots.py [REPORT.HTML]`.

For the `rehearsal.html` of a rehearsal it makes that page's picture. Without an argument it takes the newest report of
`phonefleet demo` under `.state`. Needs Debian's chromium.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

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
        browser.close()


if __name__ == "__main__":
    main()
