"""A browser, and the reports that it opens."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import reports
from phonefleet.model.run_record import RunRecord
from reports.build import build
from reports.frames import Frames
from tests.reports.record_factory import HOSTILE, START, make_record
from tests.reports.report_page import CHROMIUM, Seen


# Of one file, not of the session: the browser's client keeps an event loop running in the thread of the tests, and
# no test of another file could call asyncio.run() beside it.
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


@pytest.fixture(scope="session")
def record() -> RunRecord:
    return with_hostile_domains(make_record(120, seed=3, hostile=True))


def earlier() -> list[reports.RunSummaryRow]:
    moved = (make_record(50, seed=s).model_copy(update={"started_at": START.replace(day=s)}) for s in (3, 9))
    return [reports.summary_row(one) for one in moved]


@pytest.fixture(scope="session")
def frames(record: RunRecord) -> Frames:
    return build(record, make_record(120, seed=2), earlier())


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of a compliance run that found drift."""
    record = make_record(60, seed=3, verb="compliance", hostile=True)
    return reports.write(
        record, tmp_path_factory.mktemp("watched"), formats=[reports.Format.HTML], trend=earlier()
    ).paths["html"]


@pytest.fixture(scope="session")
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
