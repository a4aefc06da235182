"""Every Action of the corpus has its expected result for both strategies, and its expected flags."""

import pytest

from phonefleet.actions.translator import translate

from .cases import FOLDER, load

CORPUS = load()


def test_every_corpus_file_has_an_expectation():
    assert {path.stem for path in FOLDER.glob("*.js")} == set(CORPUS)
    assert len(CORPUS) >= 40


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_each_action_has_its_expected_result(name):
    expected = CORPUS[name]
    translated = translate(expected.source)
    assert _result(translated.adapter) == expected.adapter
    assert _result(translated.rewrite) == expected.rewrite
    found = {f"{flag.code}@{flag.line}" for flag in translated.flags} | {
        str(flag.code) for flag in translated.flags
    }
    assert set(expected.flags) <= found


@pytest.mark.parametrize("name", sorted(name for name in CORPUS if "refused" not in CORPUS[name].adapter))
def test_the_adapter_keeps_the_legacy_code_unchanged(name):
    translated = translate(CORPUS[name].source, verify=False)
    assert CORPUS[name].source.code in translated.adapter.translation.code


def _result(attempt):
    if attempt.refusal is None:
        disputed = attempt.verification is not None and attempt.verification.disputed
        return f"{attempt.result} {attempt.reasons[0].code}" if disputed else str(attempt.result)
    return f"{attempt.result} {attempt.refusal.reasons[0].code}"
