"""The page on every medium: light and dark, on paper, on a phone, read aloud, and without scripts."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

import reports
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.tenant_facts import TenantFacts
from phonefleet.rollout.fleet_board import PlannedWave, make_board
from phonefleet.rollout.tenant_state import TenantPlace
from reports.frames import Frames
from reports.html.board import board_page
from reports.html.views import VIEWS
from tests.reports.record_factory import HOSTILE, make_record
from tests.reports.report_page import AXE, Seen, needs_browser, open_tenant, serious, show
from tests.rollout.fleet_facts import fleet, reading

pytestmark = needs_browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible(scheme: str, browser: Browser, report: Path) -> None:
    """axe-core finds no serious violation, with tables and with a tenant, light and dark."""
    context = browser.new_context(viewport={"width": 1360, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(report.as_uri())
    for view in VIEWS:
        show(page, view.frame)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert serious(page) == []
    open_tenant(page, "tenant-00030.eu.auth0.com")
    assert serious(page) == []
    for name in page.evaluate(
        "(() => { const all = window.phonefleet.frame('translations');"
        " return [...Array(6).keys()].map(row => all.cell('translation', row)) })()"
    ):
        page.evaluate("name => { location.hash = `#action=${name}` }", name)
        assert serious(page) == []
    page.goto((report.parent / "checks.html").as_uri())
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert serious(page) == []
    context.close()


def test_light_and_dark_differ_and_both_can_be_read(browser: Browser, report: Path) -> None:
    """The page follows the system's choice."""
    grounds = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(report.as_uri())
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        context.close()
    assert grounds[0] != grounds[1]


def test_printing_shows_tables_and_hides_controls(page: Page, report: Path) -> None:
    """On paper every section has its table, and nothing that can only be clicked."""
    page.pdf(path=str(report.parent / "printed.pdf"), prefer_css_page_size=True)
    assert (report.parent / "printed.pdf").stat().st_size > 20_000
    page.emulate_media(media="print")
    assert page.locator("#section-tenants table.dataTable tbody tr").count() == 25
    assert not page.locator("nav[aria-label=Sections]").is_visible()
    assert not page.locator("#section-tenants .filters").is_visible()
    assert page.locator("#verdict").is_visible()


def test_printing_an_action_prints_all_of_it(page: Page, frames: Frames) -> None:
    """Of an open panel paper shows all and nothing else, however long it is."""
    page.evaluate("name => { location.hash = `#action=${name}` }", frames.translations["translation"].iloc[1])
    page.locator("dialog[open]").wait_for()
    page.emulate_media(media="print")
    panel = page.locator("dialog").bounding_box()
    body = page.locator(".panel-body").bounding_box()
    assert panel
    assert body
    assert panel["y"] == 0
    assert panel["height"] >= body["y"] + body["height"] > 900
    assert not page.locator("#verdict").is_visible()
    assert page.locator("dialog h2").is_visible()


def test_a_phone_is_wide_enough(browser: Browser, report: Path) -> None:
    """Nothing makes the page itself wider than a phone; wide tables scroll by themselves."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(report.as_uri())
    for view in VIEWS:
        show(page, view.frame)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_board_fits_a_phone(scheme: Any, browser: Browser, tmp_path: Path, seen: Seen) -> None:
    """Nothing of it is beside the screen, also with hostile names; its links open a tenant; axe-core is content."""
    record = make_record(len(HOSTILE), seed=2)
    domains = [tenant.domain for tenant in record.tenants]
    names = [PlannedWave(name) for name in HOSTILE]
    places = [TenantPlace(d, w.name, w.name) for d, w in zip(domains, names, strict=True)]
    broken = reading(1, Verdict.BROKEN, ReasonCode.UPE_PROVIDER_DISABLED)
    facts = fleet(*(TenantFacts(domain=domain, read=broken) for domain in domains[:8]))
    board = make_board(HOSTILE[0], "fleet.yaml", names, places, facts)
    kinds = [reports.Format.HTML]
    report = reports.write(record, tmp_path, formats=kinds, board=board).paths["html"]
    (tmp_path / "board.html").write_text(board_page(board, "report.html"), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    seen.of(page)
    for file in (report, tmp_path / "board.html"):
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(BESIDE) == []
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert serious(page) == []
    page.locator(f"#fleet a.tenant >> text={domains[0]}").first.click()
    page.locator("dialog[open]").wait_for()
    context.close()
    assert seen.complaints == []


BESIDE = """[...document.querySelectorAll('#fleet *')].filter(e => e.getBoundingClientRect().right > 391)
    .map(e => `${e.tagName}.${e.className} ${e.textContent.slice(0, 60)}`)"""


def test_the_summary_needs_no_script(browser: Browser, report: Path) -> None:
    """The first screen is plain markup; the tables say why they are missing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert "tenants cannot send" in page.locator("h1").inner_text()
    assert page.locator("noscript").inner_text().startswith("The tables below need JavaScript")
    context.close()
