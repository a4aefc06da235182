"""The page in a real browser: it works, loads nothing and logs nothing."""

import json
import re
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from reports import columns, schema
from reports.frames import Frames
from reports.html.sources import TEXTS
from reports.html.views import VIEWS
from reports.plain_words import TABLES
from reports.text import words
from tests.reports.report_page import AXE, Seen, needs_browser, open_tenant, serious, show

pytestmark = needs_browser

VISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]"
)


def text_of(column: columns.Column, value: Any) -> str:
    """Return a cell as the page shows it."""
    if pd.isna(value):
        return ""
    match column.dtype:
        case columns.WORD:
            return str(value).replace("_", " ")
        case columns.TIME:
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case columns.FLAG:
            return "yes" if value else "no"
        case columns.SECONDS:
            return f"{round(float(value), 1):,}".removesuffix(".0")
        case columns.COUNT | columns.MAYBE:
            return f"{value:,}"
        case _:
            return str(value)


def test_the_first_screen_tells_the_verdict(page: Page, frames: Frames) -> None:
    """The first page has status, waves, decisions, blocked tenants, risk and changes."""
    failed = int((frames.tenants["outcome"] == "failed").sum())
    broken = int((frames.tenants["verdict"] == "broken").sum())
    assert f"{broken} of 120 tenants cannot send; {failed} failed." == page.locator("h1").inner_text()
    summary = page.locator("#summary").inner_text()
    for title in ("Waves: planned against actual", "Decisions needed", "Blocked, by reason and owner"):
        assert title in summary
    assert "What a change would break" in summary
    assert "Compared with run migrate-0002" in summary
    assert page.locator("#summary table").first.locator("tbody tr").count() == 4


@pytest.mark.parametrize("view", [view.frame for view in VIEWS])
def test_tables_and_frames_agree_cell_by_cell(view: str, page: Page, frames: Frames) -> None:
    """Every cell of every table of the page says what the frame says."""
    show(page, view)
    frame, names = getattr(frames, view), [name for v in VIEWS if v.frame == view for name, _ in v.columns]
    if frame.empty:
        wanted = next(v.empty for v in VIEWS if v.frame == view)
        assert page.locator(f"#section-{view} .mount").inner_text() == wanted
        return
    page.evaluate("name => window.phonefleet.tables.get(name).page.len(-1).draw()", view)
    shown = page.evaluate(
        """name => [...document.querySelectorAll(`#section-${name} table.dataTable tbody tr`)]
             .map(row => [...row.cells].map(
                 cell => [cell.textContent, cell.querySelector(".term")?.title ?? null]))""",
        view,
    )
    known = {column.name: column for column in schema.BY_NAME[view].columns}
    expected = [[text_of(known[name], row[name]) for name in names] for _, row in frame.iterrows()]
    signs = {"green": "● ", "amber": "▲ ", "red": "■ "}
    for line, row in zip(shown, expected, strict=True):
        for name, (cell, exact), value in zip(names, line, row, strict=True):
            if exact is not None:
                terms = {words(str(term)): text for term, text in TABLES[view][name].items()}
                assert (cell, exact) == (terms[value], value), name
                continue
            text = signs[value] + value if name == "status" else value
            full = text if len(text) <= 300 or name == "domain" else f"{text[:300]}…"
            assert cell == full, (name, value[:80])


def test_the_data_in_the_page_is_the_frames(page: Page, frames: Frames) -> None:
    """Every value of every frame is in the page, evidence of single tenants included."""
    domains = list(frames.tenants["domain"])
    for name in (
        "tenants",
        "risk",
        "clients",
        "blocked",
        "actions",
        "deviations",
        "drift",
        "waves",
        "decisions",
        "run",
        "trend",
    ):
        frame = getattr(frames, name)
        assert cells(page, name, list(frame.columns)) == plain(name, frame), name
    for name in ("findings", "text_changes", "dependents", "steps", "messages"):
        frame = getattr(frames, name)
        got = page.evaluate(
            """([name, columns, chunks]) => Array.from({length: chunks}, (_, n) => window.phonefleet.evidence(n)[name])
                 .flatMap(f => Array.from({length: f.rows}, (_, row) => columns.map(c => f.cell(c, row))))""",
            [name, list(frame.columns), len(domains) // 250 + 1],
        )
        assert got == plain(name, frame), name


def cells(page: Page, name: str, columns: list[str]) -> Any:
    return page.evaluate(
        """([name, columns]) => { const f = window.phonefleet.frame(name);
             return Array.from({length: f.rows}, (_, row) => columns.map(c => f.cell(c, row))) }""",
        [name, columns],
    )


def test_each_action_is_in_the_page_whole(page: Page, frames: Frames) -> None:
    """The page has the exact sources, traces, events, mappings and flags of the frames."""
    listed = [name for name in frames.translations.columns if name not in TEXTS]
    got = cells(page, "translations", listed)
    assert got == plain("translations", frames.translations, listed)
    texts = page.evaluate(
        """([rows, names]) => Array.from({length: rows}, (_, row) => {
             const found = window.phonefleet.sources(row);
             return [...names.map(name => found.text(name)), found.mappings, found.flags] })""",
        [len(frames.translations), list(TEXTS)],
    )
    details = {name: plain(name, getattr(frames, name)) for name in ("mappings", "flags")}
    for row, shown in zip(frames.translations.to_dict("records"), texts, strict=True):
        assert shown[:-2] == [row[name] for name in TEXTS]
        for name, rows in zip(("mappings", "flags"), shown[-2:], strict=True):
            assert rows == [one[1:] for one in details[name] if one[0] == row["translation"]]


def plain(name: str, frame: pd.DataFrame, names: list[str] | None = None) -> list[list[Any]]:
    """Return the values of a frame as JSON contains them."""
    made = {}
    for column in schema.BY_NAME[name].columns:
        if names is not None and column.name not in names:
            continue
        values = frame[column.name]
        if column.dtype == columns.TIME:
            values = values.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        made[column.name] = [None if pd.isna(value) else value for value in values.tolist()]
    return json.loads(json.dumps([list(row) for row in zip(*made.values(), strict=True)]))


def test_search_finds_text_anywhere_in_a_row(page: Page, frames: Frames) -> None:
    """Typing part of a domain leaves that tenant alone; markup is searched as text."""
    show(page, "tenants")
    box = page.locator("#section-tenants input[type=search]")
    box.fill("tenant-00077")
    assert page.locator("#section-tenants tbody tr").count() == 1
    box.fill("<script>window")
    rows = page.locator("#section-tenants tbody tr")
    assert rows.count() >= 1
    assert all(
        "<script>window" in text or "</script><script>window" in text for text in search_text(page, frames)
    )


def search_text(page: Page, frames: Frames) -> list[str]:
    shown = page.evaluate(
        "[...document.querySelectorAll('#section-tenants tbody tr')].map(r => Number(r.dataset.row))"
    )
    return [" ".join(str(value) for value in frames.tenants.iloc[row]) for row in shown]


def test_filters_combine_and_clear(page: Page, frames: Frames) -> None:
    """Two chosen values leave the rows that have both; clearing brings all rows back."""
    show(page, "tenants")
    count = "window.phonefleet.tables.get('tenants').rows({ search: 'applied' }).count()"
    page.locator("#section-tenants select[data-column=outcome]").select_option("migrated")
    migrated = frames.tenants[frames.tenants["outcome"] == "migrated"]
    assert page.evaluate(count) == len(migrated)
    page.locator("#section-tenants select[data-column=environment]").select_option("production")
    assert page.evaluate(count) == int((migrated["environment"] == "production").sum())
    page.locator("#section-tenants .filters button").click()
    assert page.evaluate(count) == len(frames.tenants)


def test_sorting_follows_numbers_not_their_text(page: Page, frames: Frames) -> None:
    """Enter on a heading sorts by it, numbers by size."""
    show(page, "risk")
    page.locator("#section-risk thead th", has_text="Requests seen").locator("[role=button]").press("Enter")
    first = page.locator("#section-risk tbody tr").first.locator("td").nth(5)
    expect(first).to_have_text(f"{frames.risk['uses'].max():,}")


@pytest.mark.parametrize("number", [0, 3, 7, 30])
def test_a_tenant_opens_by_keyboard_and_link(number: int, page: Page, frames: Frames) -> None:
    """A link in the table or the address opens the details, and Escape closes them."""
    tenant = frames.tenants.iloc[number]
    show(page, "tenants")
    page.evaluate("window.phonefleet.tables.get('tenants').page.len(-1).draw()")
    page.locator("#section-tenants tbody tr").nth(number).locator("a").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    assert dialog.locator("h2").evaluate("e => e.textContent") == tenant["domain"]
    content = dialog.evaluate("e => e.textContent")
    for row in frames.findings[frames.findings["domain"] == tenant["domain"]].itertuples():
        assert row.message in content
        assert row.value in content
    for row in frames.steps[frames.steps["domain"] == tenant["domain"]].itertuples():
        assert row.title in content
    for column in schema.TENANTS.columns:
        shown = dialog.locator(f"dd[data-column={column.name}]").evaluate(
            "e => (e.querySelector('details > div') ?? e).textContent"
        )
        assert shown == (text_of(column, tenant[column.name]) or "none")
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    page.wait_for_url(lambda url: "#" not in url)


def test_a_deep_link_opens_a_tenant_at_once(page: Page, report: Path, frames: Frames) -> None:
    """Opening the file with #tenant=domain shows that tenant, or that it is unknown."""
    domain = frames.tenants["domain"].iloc[50]
    page.goto("about:blank")
    page.goto(f"{report.as_uri()}#tenant={quote(domain, safe='')}")
    assert page.locator("dialog[open] h2").inner_text() == domain
    dialog = open_tenant(page, "unknown.example")
    assert "has no tenant" in dialog.inner_text()


@pytest.mark.parametrize("result", ["verified", "differs", "refused"])
def test_an_action_opens_with_both_sources(result: str, page: Page, frames: Frames) -> None:
    """The link in the table opens the Action: every line of both sources, nothing invisible."""
    row = int((frames.translations["result"] == result).to_numpy().nonzero()[0][0])
    action = frames.translations.iloc[row]
    show(page, "translations")
    page.evaluate("window.phonefleet.tables.get('translations').page.len(-1).draw()")
    page.locator("#section-translations tbody tr").nth(row).locator("a").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    assert page.evaluate("location.hash") == f"#action={action['translation']}"
    table = dialog.locator("table.sides").last
    sides = table.evaluate(
        """table => ['left', 'right'].map(side => [...table.querySelectorAll(`td.${side}`)]
             .filter(cell => cell.querySelector('code')).map(cell => cell.querySelector('code').textContent))"""
    )
    for shown, name in zip(sides, ("original", "translated"), strict=True):
        wanted = action[name].split("\n") if action[name] else []
        assert shown == [VISIBLE.sub(lambda m: f"\\u{ord(m[0]):04x}", line) for line in wanted]
    text = dialog.evaluate("e => e.textContent")
    for name in ("difference", "legacy_event", "new_event"):
        assert action[name] in text
    for domain in frames.actions.loc[frames.actions["translation"] == action["translation"], "domain"]:
        assert domain in text


def test_lines_that_changed_are_marked_and_only_those(page: Page, frames: Frames) -> None:
    """Lines that only one side has are marked, as difflib finds them."""
    row = int((frames.translations["result"] == "verified").to_numpy().nonzero()[0][0])
    action = frames.translations.iloc[row]
    before, after = action["original"].split("\n"), action["translated"].split("\n")
    same = {
        (i + n, j + n)
        for i, j, size in SequenceMatcher(None, before, after).get_matching_blocks()
        for n in range(size)
    }
    page.evaluate("name => { location.hash = `#action=${name}` }", action["translation"])
    page.locator("dialog[open]").wait_for()
    marks = page.evaluate(
        """() => ['left', 'right'].map(side => [...document.querySelectorAll(`table.sides td.${side}`)]
             .filter(cell => cell.querySelector('code')).map(cell => cell.querySelector('.mark') !== null))"""
    )
    assert marks[0] == [place not in {i for i, _ in same} for place in range(len(before))]
    assert marks[1] == [place not in {j for _, j in same} for place in range(len(after))]


def test_drift_is_told_field_by_field(browser: Browser, watched: Path, seen: Seen) -> None:
    """Tenant, field, expected, found and since when: in the table, and with the tenant."""
    context = browser.new_context()
    page = context.new_page()
    seen.of(page)
    page.goto(watched.as_uri())
    cells = [cell.strip() for cell in show(page, "deviations").locator("tr td").all_inner_texts()[:10]]
    assert cells[:4] == ["tenant-00000.eu.auth0.com", "flag", "true", "false"]
    assert cells[4:6] == ["2026-11-21 09:00:00", "2026-11-24 08:00:00"]
    assert cells[6:] == ["", "", "", "different from what was recorded"]
    told_with = open_tenant(page, "tenant-00000.eu.auth0.com").inner_text()
    assert "Differs from the last recorded state" in told_with
    assert "template otp_verify.text" in told_with
    page.keyboard.press("Escape")
    assert page.locator("#h-deviations + .scroll tbody tr").count() == 10
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert serious(page) == []
    context.close()
    assert seen.complaints == []


def test_an_unknown_action_is_reported(page: Page) -> None:
    """A link of another report tells that this one has no such Action."""
    page.evaluate("location.hash = '#action=%3Cb%3E'")
    assert "has no Action" in page.locator("dialog[open]").inner_text()
