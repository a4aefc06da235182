"""A run that did not come to its end supports no verdict: its processes were killed, or the program hangs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from phonefleet.actions.translation_model import VerificationResult
from phonefleet.actions.verify import serving
from phonefleet.actions.verify.corpus import corpus
from phonefleet.actions.verify.differing import ProgramPair
from phonefleet.actions.verify.last_results import LastResults
from phonefleet.actions.verify.other_events import verify_retried
from phonefleet.actions.verify.pool import POOL, _Worker
from phonefleet.actions.verify.programs import Conditions, Setting
from phonefleet.actions.verify.sample_message import Message, Method, Purpose
from phonefleet.actions.verify.serving import Handling, MessageNeed, examine
from phonefleet.actions.verify.verifier import verify_translation

from .pairs import legacy, new

POST = "await fetch('https://ended.example', {method: 'POST', body: JSON.stringify(event.notification)});"
PROVIDER = f"exports.onExecuteCustomPhoneProvider = async (event, api) => {{{POST}}};"
SENDS_IN_ORDER = """
const { language, ...sent } = event.message_options;
await fetch('https://ended.example', { method: 'POST', body: JSON.stringify([to, text, Object.keys(sent).length]) });
"""
SENDS_LIKEWISE = SENDS_IN_ORDER.replace("const { language, ...sent } = event.message_options;", "").replace(
    "Object.keys(sent).length", "5"
)


_RUN = _Worker.run


def end_next_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """End the process that runs the next program, and the new one in which it is run again."""
    left = 2

    def ending(worker: _Worker, *given: Any) -> bytes | None:
        nonlocal left
        if left:
            left -= 1
            worker.process.kill()
        return _RUN(worker, *given)

    monkeypatch.setattr(_Worker, "run", ending)
    monkeypatch.setattr(POOL, "_stopped", LastResults(500))


def examined(
    monkeypatch: pytest.MonkeyPatch, ends: Callable[[Sequence[Message], Conditions], bool], method: Method
) -> serving.NeedResult:
    run = serving._run

    def ending(code: str, messages: tuple[Message, ...], conditions: Conditions) -> Any:
        if ends(messages, conditions):
            end_next_program(monkeypatch)
        return run(code, messages, conditions)

    arguments = (PROVIDER, frozenset(), frozenset(), (MessageNeed(Purpose.ENROLL, method),))
    monkeypatch.setattr(serving, "_run", ending)
    (found,) = examine.__wrapped__(*arguments)
    return found


def test_an_unended_search_shows_no_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    assert examined(monkeypatch, lambda *_: False, Method.TEXT).handling is Handling.SENDS
    found = examined(monkeypatch, lambda _, conditions: conditions.shifted, Method.TEXT)
    assert found.handling is Handling.UNKNOWN
    assert "another time of day" in found.detail
    assert "cannot be run to its end" in found.detail


def test_an_unended_run_by_voice_shows_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    assert examined(monkeypatch, lambda *_: False, Method.VOICE).handling is Handling.SENDS
    found = examined(monkeypatch, lambda messages, _: messages[-1].kind.method is Method.TEXT, Method.VOICE)
    assert found.handling is Handling.UNKNOWN
    assert "by voice and by text" in found.detail


def test_an_unended_run_in_another_order_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    original, translation = legacy(SENDS_IN_ORDER), new(SENDS_LIKEWISE)
    assert verify_translation(original, translation).result is VerificationResult.VERIFIED
    run_original = ProgramPair.run_original

    def ending(pair: ProgramPair) -> Any:
        if pair.setting.conditions.reordered:
            end_next_program(monkeypatch)
        return run_original(pair)

    monkeypatch.setattr(ProgramPair, "run_original", ending)
    # Runs of originals are kept in this process: another text is another program.
    found = verify_translation(original + "// again", translation)
    assert found.result is VerificationResult.NOT_VERIFIABLE
    assert [reason.code for reason in found.reasons] == ["crash"]


@pytest.mark.parametrize("which", ["run_original", "run_translation"])
def test_an_unended_retry_is_not_safe(monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    body = f"await fetch('https://ended.example/{which}', {{ method: 'POST', body: to + text }});"
    pair = ProgramPair(legacy(body), new(body), Setting(corpus(4, 0), Conditions(())))
    run = getattr(ProgramPair, which)

    def ending(each: ProgramPair) -> Any:
        end_next_program(monkeypatch)
        return run(each)

    monkeypatch.setattr(ProgramPair, which, ending)
    found = verify_retried(pair)
    assert found is not None
    assert found.result is VerificationResult.NOT_VERIFIABLE
    assert [reason.code for reason in found.reasons] == ["crash"]
