"""Results of verifications that are kept over runs."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from phonefleet.actions.translation_model import Verification, VerificationResult
from phonefleet.actions.translator import translate
from phonefleet.actions.verify import kept_results
from phonefleet.actions.verify.kept_results import (
    MEMORY,
    KeptResult,
    results_kept_in,
    sources_digest,
    verifier_version,
    without_title,
)
from phonefleet.actions.verify.last_results import LastResults
from phonefleet.actions.verify.pool import POOL
from phonefleet.actions.verify.sample_message import Method, Purpose
from phonefleet.actions.verify.serving import MessageNeed, _examine_once
from phonefleet.actions.verify.verifier import is_verified, verify_once
from phonefleet.ledger.ledger import Ledger
from tests.actions.cases import load

PACKAGE = Path(__file__).parents[3] / "phonefleet"
SOURCE = load()["twilio_basic"].source
CODE = translate(SOURCE, verify=False).adapter.translation.code
SILENT = "exports.onExecuteCustomPhoneProvider = async () => {};"
ASKED = {"secret_names": ("TWILIO_FROM", "TWILIO_SID", "TWILIO_TOKEN"), "events": 3}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    MEMORY.clear()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        yield ledger


def programs_run() -> dict[int, int]:
    """How many programs each idle process has run."""
    return {worker.process.pid: worker.jobs for worker in POOL._idle}


def rows(ledger: Ledger) -> list[tuple[str, str]]:
    with sqlite3.connect(ledger.place) as db:
        return db.execute("SELECT key, result FROM verifications").fetchall()


def counting(result: Verification) -> tuple[KeptResult[[str], Verification], list[str]]:
    """Return a verification with this result, and what it was computed for."""
    computed: list[str] = []

    def compute(code: str) -> Verification:
        computed.append(code)
        return result

    return KeptResult(compute, is_verified, str), computed


def test_an_equal_verification_runs_no_program(ledger: Ledger) -> None:
    with results_kept_in(ledger.verifications):
        first = verify_once(SOURCE.code, CODE, **ASKED)
        ran = programs_run()
        second = verify_once(SOURCE.code, CODE, **ASKED)
    assert first.result is VerificationResult.VERIFIED
    assert second == first
    assert programs_run() == ran
    assert len(rows(ledger)) == 1


def test_without_a_store_every_verification_runs() -> None:
    verify_once(SOURCE.code, CODE, **ASKED)
    ran = programs_run()
    verify_once(SOURCE.code, CODE, **ASKED)
    assert programs_run() != ran


def test_the_name_of_an_action_does_not_count() -> None:
    other = translate(replace(SOURCE, name="Another"), verify=False).adapter.translation.code
    assert other != CODE
    assert verify_once.key(SOURCE.code, other, **ASKED) == verify_once.key(SOURCE.code, CODE, **ASKED)


@pytest.mark.parametrize("ends", ["\r", "\u2028", "\u2029"])
def test_code_after_the_title_counts(ends: str) -> None:
    assert without_title("// a title\nsend();") == "\nsend();"
    assert without_title(f"// a title{ends}send();\n") == f"// a title{ends}send();\n"


def test_everything_else_counts() -> None:
    asked = [
        (SOURCE.code, CODE, ASKED),
        (SOURCE.code + "\n", CODE, ASKED),
        (SOURCE.code, CODE + "\n", ASKED),
        (SOURCE.code, CODE, ASKED | {"secret_names": ("TWILIO_FROM", "TWILIO_SID", "TOKEN")}),
        (SOURCE.code, CODE, ASKED | {"events": 4}),
        (SOURCE.code, CODE, ASKED | {"seed": 1}),
        (SOURCE.code, CODE, ASKED | {"version": "v1"}),
        (SOURCE.code, CODE, ASKED | {"more_secrets": True}),
        (SOURCE.code, CODE, ASKED | {"drops_other_types": False}),
        (SOURCE.code, CODE, ASKED | {"other_code": "() => {}"}),
        (SOURCE.code, CODE, ASKED | {"mode": "gateway"}),
    ]
    keys = [verify_once.key(original, code, **more) for original, code, more in asked]
    assert None not in keys
    assert len(set(keys)) == len(asked)
    beside = {verify_once.beside(fact).key(SOURCE.code, CODE, **ASKED) for fact in ("node22", "node24")}
    assert len(beside | set(keys)) == len(asked) + 2
    need = MessageNeed(Purpose.ENROLL, Method.TEXT)
    examined = {
        _examine_once.key(CODE, frozenset(names), frozenset(packages), needs)
        for names in ((), ("A",))
        for packages in ((), ("twilio",))
        for needs in ((need,), (need, replace(need, connection="sms")))
    }
    assert len(examined) == 8


def test_another_version_misses(ledger: Ledger) -> None:
    with results_kept_in(ledger.verifications):
        verify_once(SOURCE.code, CODE, **ASKED)
        ran = programs_run()
        other = replace(verify_once, made_by=lambda: verifier_version() + " changed")
        other(SOURCE.code, CODE, **ASKED)
    assert programs_run() != ran
    assert len({key for key, _ in rows(ledger)}) == 2


@pytest.mark.parametrize(
    "place", ["actions/verify/runtime/core.js", "actions/verify/verifier.py", "secrets/patterns.py"]
)
def test_any_change_of_our_code_is_a_version(tmp_path: Path, place: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "phonefleet", ignore=shutil.ignore_patterns("__pycache__"))
    assert sources_digest(tmp_path / "phonefleet") == sources_digest(PACKAGE)
    with (tmp_path / "phonefleet" / place).open("a") as file:
        file.write(" ")
    assert sources_digest(tmp_path / "phonefleet") != sources_digest(PACKAGE)


def test_after_an_upgrade_in_place_nothing_is_kept(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PACKAGE, tmp_path / "phonefleet", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(kept_results, "_PACKAGE", tmp_path / "phonefleet")
    loaded = verifier_version()
    with results_kept_in(ledger.verifications):
        kept = verify_once(SOURCE.code, CODE, **ASKED)
        with (tmp_path / "phonefleet" / "actions" / "verify" / "verifier.py").open("a") as file:
            file.write("# the next version\n")
        verifier_version.cache_clear()
        assert verifier_version() == loaded, "the version is that of the code which runs"
        ran = programs_run()
        assert verify_once(SOURCE.code, CODE, **ASKED) == kept
        assert programs_run() == ran, "what this version kept counts for it"
        other = verify_once(SOURCE.code, CODE, **ASKED | {"events": 4})
        differing, computed = counting(Verification(VerificationResult.DIFFERS, 3))
        differing("a program")
        differing("a program")
    assert other.result is VerificationResult.VERIFIED
    assert len(rows(ledger)) == 1
    assert len(computed) == 2


def test_a_found_difference_is_kept_while_the_process_runs(ledger: Ledger) -> None:
    """A fleet runs the same Action in many tenants, under many names."""
    asked = ASKED | {"seed": 7}
    with results_kept_in(ledger.verifications):
        first = verify_once(SOURCE.code, f"// one\n{SILENT}", **asked)
        ran = programs_run()
        second = verify_once(SOURCE.code, f"// another\n{SILENT}", **asked)
    assert first.result is VerificationResult.DIFFERS
    assert first.counterexample is not None
    assert second == first
    assert programs_run() == ran
    assert rows(ledger) == []


@pytest.mark.parametrize(
    "result", [each for each in VerificationResult if each not in ("verified", "refused")]
)
def test_a_process_remembers_every_result(ledger: Ledger, result: VerificationResult) -> None:
    kept, computed = counting(Verification(result, 3))
    with results_kept_in(ledger.verifications):
        assert kept("a program") == kept("a program") == Verification(result, 3)
        assert len(computed) == 1
        MEMORY.clear()
        kept("a program")
    assert len(computed) == 2
    assert rows(ledger) == []


def test_a_process_keeps_the_last_results() -> None:
    memory = LastResults(most=2)
    for number in range(3):
        memory.add(str(number), number + 1)
    assert [memory.find(str(number)) for number in range(3)] == [None, 2, 3]


def test_only_a_yes_is_kept(ledger: Ledger) -> None:
    with results_kept_in(ledger.verifications):
        assert verify_once(SOURCE.code, SILENT, **ASKED).result is VerificationResult.DIFFERS
    assert rows(ledger) == []


def test_code_with_a_key_has_no_digest(ledger: Ledger) -> None:
    code = SOURCE.code + "\nconst authToken = '9f86d081884c7d659a2feaa0c55ad015';\n"
    assert verify_once.key(code, CODE, **ASKED) is None
    with results_kept_in(ledger.verifications):
        verify_once(code, CODE, **ASKED)
    assert rows(ledger) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '{"result": "verified"}',
        '{"result": "verified", "events": "3"}',
        "\ud800",
        '{"result": "differs", "events": 3}',
        '{"result": "vacuous", "events": 3, "reasons": []}',
    ],
)
def test_a_row_that_says_no_yes_is_a_miss(ledger: Ledger, text: str) -> None:
    key = verify_once.key(SOURCE.code, CODE, **ASKED)
    ledger.verifications.keep(key, text)
    with results_kept_in(ledger.verifications):
        found = verify_once(SOURCE.code, CODE, **ASKED)
    assert found == verify_once(SOURCE.code, CODE, **ASKED)
    assert isinstance(found, Verification)
    assert found.events > 0
