"""The page of a report in a browser: what tests need to open it and to look at it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="Debian's chromium is not installed: apt-get install chromium"
    ),
]
"""Marks of a module whose tests open pages."""


@dataclass
class Seen:
    """What the browser did and said while a page was open."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def of(self, page: Page) -> None:
        page.on("request", lambda request: self.requests.append(request.url))
        page.on(
            "console", lambda message: self.complaints.append(message.text) if message.type != "log" else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


def show(page: Page, view: str) -> Any:
    """Bring a table into being and return its element."""
    page.evaluate("name => window.phonefleet.buildTable(document.getElementById(`section-${name}`))", view)
    return page.locator(f"#section-{view} table.dataTable")


def open_tenant(page: Page, domain: str) -> Any:
    page.evaluate("domain => { location.hash = '#tenant=' + encodeURIComponent(domain) }", domain)
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    return dialog


def serious(page: Page) -> list[str]:
    """What axe-core, which is in the page, finds wrong with it."""
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return [
        f"{v['id']} ({v['impact']}): {v['help']} at {[n['target'] for n in v['nodes'][:3]]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
