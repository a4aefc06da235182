"""The state of the fleet in every report: the same three answers, in words that hold, and nothing cut."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import given

import reports
from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.tenant_facts import BatchTimes, FleetFacts, ProgressPoint, TenantFacts
from phonefleet.rollout.fleet_board import Baseline, FleetBoard, PlannedWave, make_board
from phonefleet.rollout.tenant_state import TenantPlace
from reports.board_json import board_json
from reports.board_words import answers, board_status, change_rows, command, since_sentence
from reports.charts import progress_chart
from reports.html.board import board_page
from reports.status import Status
from reports.status_page import svg
from tests.reports.record_factory import HOSTILE, make_record
from tests.rollout.fleet_facts import at, ending, fleet, fleets, planned, reading

ELIGIBLE = reading(1, Verdict.ELIGIBLE, ReasonCode.MFA_TWILIO)


def board_of(*facts: TenantFacts, batches: tuple[BatchTimes, ...] = ()) -> FleetBoard:
    """A board of these tenants, all in the first wave, compared with a moment at which none had been changed."""
    places = [TenantPlace(each.domain, "canary", "ann@acme.example") for each in facts]
    now = fleet(*facts).model_copy(update={"batches": batches})
    then = fleet(*(each.model_copy(update={"changed": None}) for each in facts), minutes=5)
    since = Baseline("r1", "migrate", ("canary",), at(5))
    return make_board("acme", "fleet.yaml", planned(), places, now, (since, then))


def tenant(name: str, *reasons: ReasonCode, verdict: Verdict = Verdict.ELIGIBLE) -> TenantFacts:
    return TenantFacts(domain=f"{name}.eu.auth0.com", read=reading(1, verdict, *reasons))


def migrated(name: str) -> TenantFacts:
    return tenant(name).model_copy(update={"changed": ending(10, OutcomeKind.MIGRATED)})


BROKEN = tenant("b", ReasonCode.UPE_PROVIDER_DISABLED, verdict=Verdict.BROKEN)
BLOCKED = tenant("c", ReasonCode.TEXT_GIVEN_UP, verdict=Verdict.BLOCKED)
MIXED = board_of(migrated("a"), BROKEN, BLOCKED, tenant("d"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> reports.Written:
    kinds = [reports.Format(name) for name in ("html", "excel", "markdown", "json", "png")]
    return reports.write(
        make_record(20, seed=2), tmp_path_factory.mktemp("board"), formats=kinds, board=MIXED
    )


def test_a_report_begins_with_the_fleet(written: reports.Written) -> None:
    page = written.paths["html"].read_text(encoding="utf-8")
    assert page.index('id="fleet"') < page.index('id="summary"')
    places = [page.index(answer.question) for answer in answers(MIXED)]
    assert places == sorted(places)
    assert page.partition("<script")[0].count("<h1") == 1
    text = written.paths["markdown"].read_text(encoding="utf-8")
    assert text.startswith("# Fleet `acme`")
    document = json.loads(written.paths["json"].read_text(encoding="utf-8"))
    assert document["fleet"]["totals"]["tenants"] == 4


def test_the_workbook_opens_on_the_summary(written: reports.Written) -> None:
    book = openpyxl.load_workbook(written.paths["excel"])
    assert book.active
    assert book.active.title == "summary"
    assert book.active.cell(1, 1).value == "Are we safe?"
    assert str(book.active.cell(1, 2).value).startswith("red: No. Users of 1 tenant get no messages now")


def test_answers_name_what_fails_and_what_to_do() -> None:
    safe, far, needed = answers(MIXED)
    assert safe.light is needed.light is board_status(MIXED) is Status.RED
    assert safe.text == "No. Users of 1 tenant get no messages now: b.eu.auth0.com."
    assert far.text == "1 of 4 tenants done (25 %)."
    assert needed.text == "Repair b.eu.auth0.com now."
    assert needed.detail.startswith("1 other tenant waits for you. Next: wave canary, 1 tenant ready.")


def test_a_healthy_canary_is_green() -> None:
    board = board_of(migrated("a"), tenant("d"))
    assert [answer.light for answer in answers(board)] == [Status.GREEN] * 3
    assert [answer.text for answer in answers(board)] == [
        "Yes. No tenant is known to fail.",
        "1 of 2 tenants done (50 %).",
        "Nothing.",
    ]
    ((towards, before, after, domains),) = change_rows(board)
    assert (towards, before, after, domains) == ("better", "ready", "done", ("a.eu.auth0.com",))


@pytest.mark.parametrize(
    ("facts", "light", "text"),
    [
        (TenantFacts(domain="n.eu.auth0.com"), Status.AMBER, "Not known. No tenant was read yet."),
        (
            TenantFacts(
                domain="n.eu.auth0.com",
                read=ELIGIBLE,
                switched=True,
                changed=ending(3, OutcomeKind.FAILED, ReasonCode.VERIFICATION_FAILED),
            ),
            Status.RED,
            "Not certain. 1 tenant was changed and not confirmed since: n.eu.auth0.com.",
        ),
        (
            TenantFacts(domain="n.eu.auth0.com", read=ELIGIBLE, unread=reading(4, Verdict.UNREACHABLE)),
            Status.AMBER,
            "As far as known. 1 tenant could not be read at the last attempt: n.eu.auth0.com.",
        ),
    ],
)
def test_what_is_not_known_is_not_green(facts: TenantFacts, light: Status, text: str) -> None:
    safe = answers(board_of(facts))[0]
    assert (safe.light, safe.text) == (light, text)


@given(made=fleets())
def test_green_means_known_and_safe(made: tuple[list[TenantPlace], FleetFacts]) -> None:
    """The first answer is green only where every tenant was read and none fails or is uncertain."""
    places, facts = made
    board = make_board("acme", "fleet.yaml", planned(), places, facts)
    safe, far, _ = answers(board)
    if safe.light is Status.GREEN:
        assert not board.counts["failing"] + board.counts["not_read"] + len(board.uncertain)
        assert not board.unread
    assert (safe.light is Status.RED) is bool(board.counts["failing"] or board.uncertain)
    assert (
        f"{board.counts['done']:,} of {board.to_migrate:,}" in far.text
        or board.counts["done"] == board.to_migrate
        or not board.to_migrate
    )
    json.dumps(board_json(board))


def test_each_decision_has_its_exact_command() -> None:
    commands = {decision.reason: command(MIXED, decision) for decision in MIXED.decisions}
    assert commands[ReasonCode.TEXT_GIVEN_UP] == (
        "phonefleet approve plan.json --fleet fleet.yaml --tenant c.eu.auth0.com --reason WHY"
    )
    assert commands[ReasonCode.UPE_PROVIDER_DISABLED] == "phonefleet compliance fleet.yaml"


def test_the_page_of_the_board_links_to_the_report() -> None:
    page = board_page(MIXED, "latest/report.html")
    assert "<script" not in page
    assert "default-src 'none'" in html.unescape(page)
    assert 'href="latest/report.html#tenant=b.eu.auth0.com"' in page
    assert "#tenant=" not in board_page(MIXED, None)


def test_hostile_names_stay_text() -> None:
    places = [TenantPlace(name, name, name) for name in HOSTILE]
    waves = [PlannedWave(name) for name in HOSTILE]
    board = make_board(HOSTILE[0], HOSTILE[1], waves, places, fleet())
    page = board_page(board, "latest/report.html")
    assert "<script" not in page
    assert "<img" not in page


def test_the_status_page_cuts_no_text(written: reports.Written) -> None:
    """Every answer is on it in full; where not all decisions fit, it says how many are left out."""
    many = board_of(*(
        tenant(f"t{number}", code, verdict=Verdict.BLOCKED)
        for number, code in enumerate(
            (ReasonCode.TEXT_GIVEN_UP, ReasonCode.SENDER_MISSING, ReasonCode.TWILIO_TOKEN_MISSING,
             ReasonCode.SEVERAL_ACTIONS, ReasonCode.ACTION_NOT_VERIFIED, ReasonCode.PROVIDERS_DIFFER,
             ReasonCode.GATEWAY_REFUSED, ReasonCode.KEY_IN_CODE, ReasonCode.PROVIDER_TAKEN)
        )
    ))  # fmt: skip
    for board in (MIXED, many):
        root = ET.fromstring(svg(written.summary, None, board))
        lines = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
        whole = " ".join(lines)
        assert "…" not in whole
        for answer in answers(board):
            assert answer.text in whole
        lowest = max(float(e.get("y", "0")) for e in root.iter("{http://www.w3.org/2000/svg}text"))
        assert lowest < 794
    assert re.search(r"\d more in the report", whole)


def test_the_curve_counts_migrated_tenants() -> None:
    points = tuple(ProgressPoint(run_id=f"r{n}", at=at(n), migrated=n) for n in (1, 4))
    now = fleet(migrated("a")).model_copy(update={"progress": points})
    board = make_board("acme", "f", planned(), [TenantPlace("a.eu.auth0.com", "canary")], now)
    drawn = progress_chart(board)
    assert drawn
    assert "Tenants migrated after each run" in drawn
    assert progress_chart(MIXED) is None


@pytest.mark.parametrize(
    ("waves", "words"), [(("early",), "wave early on"), (("early", "rest"), "waves early and rest on")]
)
def test_one_wave_is_no_plural(waves: tuple[str, ...], words: str) -> None:
    assert words in since_sentence(replace(MIXED, since=Baseline("r1", "migrate", waves, at(5))))
