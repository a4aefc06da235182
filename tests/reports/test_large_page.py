"""The page of a large fleet stays quick."""

from pathlib import Path

import pandas as pd
from playwright.sync_api import Browser, CDPSession

from reports import html
from reports.build import build
from reports.expectations import ExpectationsResult
from reports.frames import Frames
from reports.summary import summarize
from tests.reports.record_factory import make_record
from tests.reports.report_page import needs_browser

NO_CHARTS = {"waves": None, "forecast": None, "timeline": None, "trend": None}
pytestmark = needs_browser


def test_ten_thousand_tenants_do_not_freeze_it(browser: Browser, tmp_path: Path) -> None:
    """Opening, searching, filtering and sorting take under a second of script time each."""
    frames = build(make_record(10_000))
    path = tmp_path / "report.html"
    path.write_text(
        html.page(frames, summarize(frames, ExpectationsResult(success=True, failures=())), NO_CHARTS)
    )
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(path.as_uri())
    spent = {"open": metric(session, "ScriptDuration")}
    spent |= {
        name: page.evaluate(f"() => {{ {TIMED}; return timed(() => {{ {act} }}) }}")
        for name, act in ACTS.items()
    }
    left = page.evaluate("window.left")
    assert page.locator("dialog table.sides").count() == 1
    context.close()
    assert left == {"build": 10_000, "search": 10, "filter": len(production(frames)), "clear": 10_000}
    assert 0.001 < min(spent.values()) <= max(spent.values()) < 1.0, spent


def production(frames: Frames) -> pd.DataFrame:
    found = frames.tenants["domain"].str.contains("tenant-0777") & (
        frames.tenants["environment"] == "production"
    )
    return frames.tenants[found]


TIMED = """
  const timed = act => { const start = performance.now(); act(); return (performance.now() - start) / 1000 };
  const section = document.getElementById("section-tenants");
  const left = name => {
    (window.left ??= {})[name] = window.phonefleet.tables.get("tenants").rows({ search: "applied" }).count() };
  const event = (element, kind) => element.dispatchEvent(new Event(kind, { bubbles: true }))
"""
"""Each act runs in the page as its handlers do, drawing included; what it leaves of the rows is noted."""
ACTS = {
    "build": "window.phonefleet.buildTable(section); left('build')",
    "search": """const box = section.querySelector('input[type=search]');
        box.value = 'tenant-0777'; event(box, 'input'); left('search')""",
    "filter": """const one = section.querySelector('select[data-column=environment]');
        one.value = 'production'; event(one, 'change'); left('filter')""",
    "clear": "section.querySelector('.filters button').click(); left('clear')",
    "sort": "window.phonefleet.tables.get('tenants').order([[5, 'asc']]).draw()",
    "risk": "window.phonefleet.buildTable(document.getElementById('section-risk'))",
    "tenant": """location.hash = '#tenant=tenant-07777.us.auth0.com';
        window.dispatchEvent(new HashChangeEvent('hashchange'))""",
    "action": """location.hash = `#action=${window.phonefleet.frame('translations').cell('translation', 0)}`;
        window.dispatchEvent(new HashChangeEvent('hashchange'))""",
}


def metric(session: CDPSession, name: str) -> float:
    return float(
        {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}[name]
    )
