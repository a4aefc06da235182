"""The page in a real browser: it works, loads nothing, logs nothing and is accessible."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

import reports
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.run_record import RunRecord
from phonefleet.model.tenant_facts import TenantFacts
from phonefleet.rollout.fleet_board import PlannedWave, make_board
from phonefleet.rollout.tenant_state import TenantPlace
from reports import columns, html, schema
from reports.build import build
from reports.expectations import ExpectationsResult
from reports.frames import Frames
from reports.html.board import board_page
from reports.html.sources import TEXTS
from reports.html.views import VIEWS
from reports.plain_words import TABLES
from reports.summary import summarize
from reports.text import words
from tests.reports.record_factory import HOSTILE, START, make_record
from tests.rollout.fleet_facts import fleet, reading

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason="Debian's chromium is not installed: apt-get install chromium"
    ),
]


VISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]"
)
NO_CHARTS = {"waves": None, "forecast": None, "timeline": None, "trend": None}


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


def with_hostile_domains(record: RunRecord) -> RunRecord:
    """Domains are checked before a run begins; the page must not depend on that."""
    names = {tenant.domain: HOSTILE[n] for n, tenant in enumerate(record.tenants[: len(HOSTILE)])}

    def renamed(facts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(f.model_copy(update={"domain": names.get(f.domain, f.domain)}) for f in facts)

    parts = {name: renamed(getattr(record, name)) for name in ("tenants", "steps", "messages")}
    waves = tuple(
        w.model_copy(update={"wave": HOSTILE[0] if w.wave == "late" else w.wave}) for w in record.waves
    )
    tenants = tuple(
        t.model_copy(update={"wave": HOSTILE[0] if t.wave == "late" else t.wave}) for t in parts["tenants"]
    )
    return record.model_copy(update={**parts, "waves": waves, "tenants": tenants, "fleet": HOSTILE[1]})


@pytest.fixture(scope="module")
def record() -> RunRecord:
    return with_hostile_domains(make_record(120, seed=3, hostile=True))


def earlier() -> list[reports.RunSummaryRow]:
    moved = (make_record(50, seed=s).model_copy(update={"started_at": START.replace(day=s)}) for s in (3, 9))
    return [reports.summary_row(one) for one in moved]


@pytest.fixture(scope="module")
def frames(record: RunRecord) -> Frames:
    return build(record, make_record(120, seed=2), earlier())


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of a compliance run that found drift."""
    record = make_record(60, seed=3, verb="compliance", hostile=True)
    return reports.write(
        record, tmp_path_factory.mktemp("watched"), formats=[reports.Format.HTML], trend=earlier()
    ).paths["html"]


@pytest.fixture(scope="module")
def report(record: RunRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = reports.write(
        record,
        tmp_path_factory.mktemp("report"),
        formats=[reports.Format.HTML],
        previous=make_record(120, seed=2),
        trend=earlier(),
    )
    return written.paths["html"]


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def page(browser: Browser, report: Path, seen: Seen) -> Iterator[Page]:
    """Open the page; afterwards nothing may have been loaded, logged or executed."""
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    opened = context.new_page()
    seen.of(opened)
    opened.goto(report.as_uri())
    yield opened
    assert opened.evaluate("window.__hacked") is None
    context.close()
    assert seen.complaints == []
    assert {url.partition("#")[0] for url in seen.requests if not url.startswith("data:")} <= {
        report.as_uri()
    }


def show(page: Page, view: str) -> Any:
    """Bring a table into being and return its element."""
    page.evaluate("name => window.phonefleet.buildTable(document.getElementById(`section-${name}`))", view)
    return page.locator(f"#section-{view} table.dataTable")


def open_tenant(page: Page, domain: str) -> Any:
    page.evaluate("domain => { location.hash = '#tenant=' + encodeURIComponent(domain) }", domain)
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    return dialog


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


def serious(page: Page) -> list[str]:
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return [
        f"{v['id']} ({v['impact']}): {v['help']} at {[n['target'] for n in v['nodes'][:3]]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


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
