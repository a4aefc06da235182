"""Files of every format contain all data, and none of their text takes effect."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

import reports
from phonefleet.actions.report_builder import report_of_attempt
from phonefleet.actions.translation_model import ActionSource
from phonefleet.actions.translator import translate
from phonefleet.model.assessment import Reason
from phonefleet.model.enums import OutcomeKind, ReasonCode, StepKind, Verdict
from phonefleet.model.run_record import TenantRecord
from reports import schema
from reports.build import build
from reports.charts import PAPER, themed, timeline_chart, wave_chart
from reports.columns import SECONDS, TEXT, TIME
from reports.data_files import read_csv
from reports.excel import write_excel
from reports.expectations import ExpectationsResult
from reports.frames import Frames
from reports.status_page import svg
from reports.summary import summarize
from reports.text import EXCEL_LIMIT, from_csv_cell, original
from tests.reports.record_factory import HOSTILE, make_record
from tests.step_factory import new_action

RECORD = make_record(90, seed=3, hostile=True)
PREVIOUS = make_record(90, seed=4, hostile=True)


@pytest.fixture(scope="module")
def frames() -> Frames:
    return build(RECORD, PREVIOUS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> reports.Written:
    return reports.write(RECORD, tmp_path_factory.mktemp("hostile"), previous=PREVIOUS)


@pytest.mark.parametrize("name", list(schema.BY_NAME))
def test_csv_and_parquet_hold_every_cell(name: str, frames: Frames, written: reports.Written) -> None:
    """Both twins read back as the frame itself, dtypes included."""
    pd.testing.assert_frame_equal(read_csv(name, written.paths[f"csv:{name}"]), getattr(frames, name))
    # Parquet keeps the words of a column with its rows, so an empty frame has lost them.
    pd.testing.assert_frame_equal(
        pd.read_parquet(written.paths[f"parquet:{name}"]),
        getattr(frames, name),
        check_categorical=len(getattr(frames, name)) > 0,
        check_dtype=len(getattr(frames, name)) > 0,
    )


def test_hostile_text_survives_into_the_files(frames: Frames) -> None:
    """Each hostile text is in the frames, and undoing the escapes restores it."""
    owners = {original(owner) for owner in frames.tenants["owner"]}
    owners |= {original(value) for value in frames.findings["value"]} | {
        original(m) for m in frames.findings["message"]
    }
    assert [text for text in HOSTILE if text not in owners] == []


def test_parquet_explains_its_columns(written: reports.Written) -> None:
    """Meaning and unit travel with the file."""
    fields = pq.read_schema(written.paths["parquet:tenants"])
    for column in schema.TENANTS.columns:
        assert fields.field(column.name).metadata[b"meaning"].decode() == column.meaning


def test_no_cell_of_a_csv_file_is_a_formula(written: reports.Written) -> None:
    """A spreadsheet that opens the file computes nothing."""
    for name, path in written.paths.items():
        if name.startswith("csv:"):
            cells = re.findall(
                r'(?:^|,)"((?:[^"]|"")*)"', path.read_bytes().decode().replace("\r\n", "\n"), re.MULTILINE
            )
            assert cells, name
            assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))], name


def test_the_workbook_holds_text_as_text(frames: Frames, written: reports.Written) -> None:
    """No formula, no link; every cell is the frame's, or is cut visibly at Excel's limit."""
    book = openpyxl.load_workbook(written.paths["excel"])
    assert book.sheetnames[:3] == ["README", "summary", "run"]
    for sheet in book:
        assert not [
            c.coordinate for row in sheet.iter_rows() for c in row if c.data_type == "f" or c.hyperlink
        ]
    for name, title in (("tenants", "tenants"), ("findings", "findings"), ("clients", "shared clients")):
        frame, sheet = getattr(frames, name), book[title]
        assert [cell.value for cell in sheet[1]] == list(frame.columns)
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref
        for place, column in enumerate(schema.BY_NAME[name].columns, start=1):
            got = [sheet.cell(row, place).value for row in range(2, len(frame) + 2)]
            for cell, value in zip(got, frame[column.name], strict=True):
                assert same(column, cell, value), (name, column.name, cell, value)


def same(column: Any, cell: Any, value: Any) -> bool:
    if pd.isna(value) or value == "":
        return cell is None
    if column.dtype == TIME:
        return abs((pd.Timestamp(cell, tz="UTC") - value).total_seconds()) < 0.01
    if column.dtype == SECONDS:
        return bool(cell == pytest.approx(value))
    if column.dtype != TEXT:
        return bool(cell == value)
    # openpyxl reads the escapes for control characters as they stand, and a carriage return as a newline
    seen = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), cell)
    if "cut:" in seen:
        return len(seen) <= EXCEL_LIMIT and seen.startswith(value[:1000])
    return seen.replace("\r\n", "\n").replace("\r", "\n") == value.replace("\r\n", "\n").replace("\r", "\n")


def test_more_rows_than_a_sheet_holds_are_cut_visibly(
    frames: Frames, tmp_path: Path, monkeypatch: Any
) -> None:
    """The last row says how many are missing and where they are."""
    monkeypatch.setattr("reports.excel.MOST_ROWS", 20)
    write_excel(frames, summarize(frames, ExpectationsResult(success=True, failures=())), tmp_path / "r.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["tenants"]
    assert sheet.max_row == 21
    assert sheet.cell(21, 1).value == "71 more rows are in data/tenants.csv"


class Scripts(HTMLParser):
    """Collects elements that could act, and the data in the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: dict[str, str] = {}
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = dict(attrs).get("id") or "" if tag == "script" else ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.data[self._open] = self.data.get(self._open, "") + data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._open = ""


@pytest.mark.parametrize("name", ["html", "checks"])
def test_a_page_has_no_active_element_but_its_own(name: str, written: reports.Written) -> None:
    """No image, frame, handler or style attribute; one script; nothing that could be fetched."""
    parser = Scripts()
    text = written.paths[name].read_text(encoding="utf-8")
    parser.feed(text)
    running = [
        tag for tag, attrs in parser.tags if tag == "script" and attrs.get("type") != "application/json"
    ]
    assert len(running) == (1 if name == "html" else 0)
    assert not {tag for tag, _ in parser.tags} & {
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "audio",
        "video",
    }
    for tag, attrs in parser.tags:
        assert not [key for key in attrs if key.startswith("on") or key == "style"], (tag, attrs)
        for key in ("src", "href"):
            assert (attrs.get(key) or "#").startswith(("#", "data:,", "checks.html", "report.html")), (
                tag,
                attrs,
            )
    policy = next(attrs["content"] for tag, attrs in parser.tags if "http-equiv" in attrs)
    assert (policy or "").startswith("default-src 'none'")
    assert "unsafe" not in (policy or "")


def test_markdown_is_inert(written: reports.Written) -> None:
    """Outside of code spans there is no markup from tenants, and tables keep their columns."""
    text = written.paths["markdown"].read_text(encoding="utf-8")
    bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    for mark in ("<script", "<img", "](http", "@team", "onerror", "\u202e"):
        assert mark not in bare
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        bars = [len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()]
        assert len(set(bars)) == 1, table


def test_what_is_not_known_is_not_called_nan(tmp_path: Path) -> None:
    """Every text for people shows a missing reversibility, reason or wave in words."""
    record = make_record(60, seed=3)
    bare = tuple(
        t.model_copy(
            update={"assessment": t.assessment.model_copy(update={"reversibility": None}), "plan": None}
        )
        if t.assessment
        else t
        for t in record.tenants
    )
    cut = record.model_copy(update={"tenants": bare, "ended_at": None, "exit_code": None, "waves": ()})
    formats = [reports.Format(name) for name in ("markdown", "html", "junit", "sarif", "json")]
    written = reports.write(cut, tmp_path, formats=formats)
    for name, path in written.paths.items():
        text = re.sub(r"<(style|script).*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"\b(nan|NaN|NaT|<NA>|None)\b", text), name
    assert "not assessed" in written.paths["markdown"].read_text(encoding="utf-8")


def test_junit_tells_every_tenant_and_every_check(written: reports.Written) -> None:
    """Well-formed in spite of control characters; one case per tenant; failures are failures."""
    root = ET.parse(written.paths["junit"]).getroot()
    tenants, checks = root.findall("testsuite")
    assert int(tenants.get("tests", 0)) == len(RECORD.tenants)
    assert int(tenants.get("failures", 0)) == sum(t.outcome == "failed" for t in RECORD.tenants)
    assert int(checks.get("tests", 0)) == len(written.expectations.checks)
    assert int(checks.get("failures", 0)) == 0


def test_sarif_names_tenants_rules_and_levels(written: reports.Written, frames: Frames) -> None:
    """Each result has a declared rule, a tenant and a link into the report."""
    document = json.loads(written.paths["sarif"].read_text(encoding="utf-8"))
    run = document["runs"][0]
    assert document["version"] == "2.1.0"
    declared = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= declared
    named = {result["locations"][0]["logicalLocations"][0]["name"] for result in run["results"]}
    assert named == set(frames.tenants.loc[frames.tenants["status"] != "green", "domain"])
    assert {result["level"] for result in run["results"]} == {"error", "warning"}


def test_the_status_page_is_one_page(written: reports.Written, frames: Frames) -> None:
    """The drawing is well-formed for all texts, the PDF has one page, and the PNG its size."""
    summary = summarize(frames, written.expectations)
    ET.fromstring(svg(summary, wave_chart(summary)))
    assert re.search(rb"/Type /Pages\s+/Count 1\b", written.paths["pdf"].read_bytes())
    png = written.paths["png"].read_bytes()
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (2246, 1588)


def test_charts_are_text_without_style_or_links(frames: Frames, written: reports.Written) -> None:
    """Charts have a name for screen readers, no forbidden style, and only known colors."""
    for chart in (wave_chart(written.summary), timeline_chart(frames)):
        assert chart
        root = ET.fromstring(themed(chart, PAPER))
        assert root.get("aria-label")
        assert root.get("role") == "img"
        assert not [
            element for element in root.iter() if "style" in element.attrib or "href" in str(element.attrib)
        ]
        assert not re.search(r'"#0[1-8]0[1-8]0[1-8]"', themed(chart, PAPER))


def test_a_failed_check_still_writes_the_reports(tmp_path: Path) -> None:
    """The caller learns of it from the result, the reader from every format."""
    tenants = tuple(
        t.model_copy(update={"outcome_message": "", "outcome_reason": None})
        for t in make_record(40, seed=3).tenants
    )
    written = reports.write(make_record(40, seed=3).model_copy(update={"tenants": tenants}), tmp_path)
    assert not written.expectations.success
    names = {failure.name for failure in written.expectations.failures}
    assert "skipped_has_reason" in names
    assert written.summary.status is reports.Status.RED
    for name in ("html", "checks", "markdown", "junit", "sarif", "json"):
        assert "A tenant that is skipped has a reason." in written.paths[name].read_text(encoding="utf-8"), (
            name
        )


def test_a_key_pasted_into_code_is_in_no_file(tmp_path: Path) -> None:
    """A plan contains an Action's code as it is; the report shows only the masked translation."""
    key = "zq8Kx1vR5tB7nM3pLw9dQeYh"
    code = f'const key = "{key}"; exports.onExecuteSendPhoneMessage = async () => {{}};'
    source = ActionSource(name="send", code=code, triggers=("send-phone-message",))
    carried = translate(source)
    report = report_of_attempt(source, carried.best or carried.adapter)
    assert key not in report.model_dump_json()

    def with_key(tenant: TenantRecord) -> TenantRecord:
        if not (tenant.plan and tenant.plan.verification and tenant.assessment):
            return tenant
        steps = tuple(
            step.model_copy(update={"after": new_action(code)})
            if step.kind is StepKind.CREATE_ACTION
            else step
            for step in tenant.plan.steps
        )
        return tenant.model_copy(
            update={
                "plan": tenant.plan.model_copy(update={"steps": steps}),
                "assessment": tenant.assessment.model_copy(update={"action": report}),
            }
        )

    record = make_record(40, seed=3)
    tenants = tuple(map(with_key, record.tenants))
    written = reports.write(record.model_copy(update={"tenants": tenants}), tmp_path)
    steps, translations = (pd.read_parquet(written.paths[f"parquet:{n}"]) for n in ("steps", "translations"))
    assert steps["after"].str.contains("sha256:").any()
    assert translations["original"].str.contains("[redacted]", regex=False).any()
    holding = [name for name, path in written.paths.items() if key.encode() in path.read_bytes()]
    assert holding == []
    assert not any(
        frame.astype(str).apply(lambda column: column.str.contains(key, regex=False)).any().any()
        for _, frame in build(record.model_copy(update={"tenants": tenants})).items()
    )


def test_only_what_is_asked_for_is_written(tmp_path: Path) -> None:
    """One format makes its file and the page of checks."""
    written = reports.write(make_record(5), tmp_path, formats=[reports.Format.MARKDOWN])
    assert set(written.paths) == {"markdown", "checks"}
    assert {path.name for path in tmp_path.iterdir()} == {"report.md", "checks.html"}


def test_csv_cells_are_restored() -> None:
    """The documented way to undo the protection."""
    assert from_csv_cell("'=1+1") == "=1+1"
    assert from_csv_cell("''quoted") == "'quoted"


_FAULTS = {
    Verdict.BROKEN: ReasonCode.UPE_WITHOUT_PROVIDER,
    Verdict.UNREACHABLE: ReasonCode.CREDENTIALS_REJECTED,
}


@pytest.mark.parametrize(
    ("verdict", "outcome", "tag", "level"),
    [
        (Verdict.BROKEN, OutcomeKind.UNCHANGED, "error", "error"),
        (Verdict.BROKEN, OutcomeKind.DRIFTED, "error", "error"),
        (Verdict.BROKEN, OutcomeKind.SKIPPED, "error", "error"),
        (Verdict.BROKEN, OutcomeKind.HELD, "error", "error"),
        (Verdict.UNREACHABLE, OutcomeKind.INCONCLUSIVE, "error", "error"),
        (Verdict.ALREADY_MIGRATED, OutcomeKind.DRIFTED, "failure", "warning"),
        (Verdict.ELIGIBLE, OutcomeKind.ROLLED_BACK, "failure", "error"),
        (Verdict.ELIGIBLE, OutcomeKind.FAILED, "failure", "error"),
        (Verdict.ELIGIBLE, OutcomeKind.INCONCLUSIVE, "skipped", "warning"),
    ],
)
def test_pipelines_see_an_outage_whatever_the_outcome(
    verdict: Verdict, outcome: OutcomeKind, tag: str, level: str, tmp_path: Path
) -> None:
    """In JUnit and SARIF, as by the exit code."""
    record = make_record(60, seed=1)
    tenant = next(t for t in record.tenants if t.assessment)
    assert tenant.assessment
    code = _FAULTS.get(verdict, ReasonCode.MFA_TWILIO)
    reasons = (Reason(code=code, message="what is wrong"),)
    judged = tenant.assessment.model_copy(update={"verdict": verdict, "reasons": reasons})
    reason = None if outcome is OutcomeKind.UNCHANGED else ReasonCode.WAVE_STOPPED
    ended = {"outcome": outcome, "outcome_reason": reason, "outcome_message": "why"}
    changed = tenant.model_copy(update={"assessment": judged, **ended})
    one = record.model_copy(update={"tenants": (changed,), "steps": (), "messages": (), "waves": ()})
    written = reports.write(one, tmp_path, formats=[reports.Format("junit"), reports.Format("sarif")])
    (case,) = ET.parse(written.paths["junit"]).getroot().findall("testsuite")[0]
    assert [child.tag for child in case] == [tag]
    found = json.loads(written.paths["sarif"].read_text(encoding="utf-8"))["runs"][0]["results"]
    assert {result["level"] for result in found if "properties" in result} == {level}
