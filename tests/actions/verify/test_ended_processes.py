"""Processes that run Actions and that the machine ends: they change no verdict."""

from __future__ import annotations

from typing import Any

import pytest

from phonefleet.actions.translation_model import ActionSource, VerificationResult
from phonefleet.actions.translator import translate
from phonefleet.actions.verify import pool
from phonefleet.actions.verify.kept_results import MEMORY, results_kept_in
from phonefleet.actions.verify.last_results import LastResults
from phonefleet.actions.verify.verifier import verify_once

SENDS_TWICE = """exports.onExecuteSendPhoneMessage = async (event) => {
  const { recipient: to, text } = event.message_options;
  const answer = await fetch('https://sms.example/send', { method: 'POST', body: JSON.stringify({ to, text }) });
  if (answer.status === 401 || to.startsWith('+99123')) {
    const refused = Number(answer.status === 401);
    await fetch('https://sms.example/again', { method: 'POST', body: JSON.stringify({ to, text, refused }) });
  }
};
"""
MOST = 9
"""Runs that are lost in turn: the fifth is the one on the input that shows the difference."""
RIGHT = "Number(answer.status === 401)"


class Kept:
    """Keeps results in memory."""

    def __init__(self) -> None:
        self.results: dict[str, str] = {}

    def find(self, key: str) -> str | None:
        return self.results.get(key)

    def keep(self, key: str, result: str) -> None:
        self.results[key] = result


class Ending:
    """Ends the process of some runs, counted from 1."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ended: set[int]) -> None:
        self.runs = 0
        run = pool._Worker.run

        def ending(worker: pool._Worker, *given: Any) -> bytes | None:
            self.runs += 1
            if self.runs in ended:
                worker.process.kill()
            return run(worker, *given)

        monkeypatch.setattr(pool._Worker, "run", ending)
        monkeypatch.setattr(pool.POOL, "_stopped", LastResults(500))
        MEMORY.clear()


def verdict(translation: str, store: Kept | None = None) -> VerificationResult:
    with results_kept_in(store):
        return verify_once(SENDS_TWICE, translation).result


@pytest.fixture(scope="module")
def rewritten() -> str:
    translation = translate(ActionSource("A", SENDS_TWICE), verify=False).rewrite.translation
    assert translation is not None
    assert RIGHT in translation.code
    return translation.code


@pytest.mark.parametrize(("code", "expected"), [(RIGHT, "verified"), (f"0 * {RIGHT}", "differs")])
def test_one_ended_process_changes_no_verdict(
    monkeypatch: pytest.MonkeyPatch, rewritten: str, code: str, expected: str
) -> None:
    """Whichever run it was that was lost; the second case differs on one of the inputs that are searched for."""
    translation = rewritten.replace(RIGHT, code)
    whole = Ending(monkeypatch, set())
    assert verdict(translation) == expected
    for number in range(1, min(whole.runs, MOST) + 1):
        Ending(monkeypatch, {number})
        assert verdict(translation) == expected, f"run {number} was ended"


def test_an_input_that_ends_the_engine_is_never_left_out(
    monkeypatch: pytest.MonkeyPatch, rewritten: str
) -> None:
    """Two processes in a row are ended: then it is the program's doing, and no verification says yes."""
    translation = rewritten.replace(RIGHT, f"0 * {RIGHT}")
    whole = Ending(monkeypatch, set())
    verdict(translation)
    for number in range(1, min(whole.runs, MOST) + 1):
        Ending(monkeypatch, {number, number + 1})
        store = Kept()
        assert verdict(translation, store) != VerificationResult.VERIFIED, f"run {number} was ended"
        assert not store.results
