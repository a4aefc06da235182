"""Every Action of the corpus comes to what is written down for it, both ways, and is flagged as written."""

import pytest

from phonefleet.actions.translator import translate

from .cases import FOLDER, load

CORPUS = load()


def test_every_corpus_file_has_an_expectation():
    assert {path.stem for path in FOLDER.glob("*.js")} == set(CORPUS)
    assert len(CORPUS) >= 40


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_each_action_comes_to_its_verdict(name):
    expected = CORPUS[name]
    carried = translate(expected.source)
    assert _verdict(carried.adapter) == expected.adapter
    assert _verdict(carried.rewrite) == expected.rewrite
    found = {f"{flag.code}@{flag.line}" for flag in carried.flags} | {
        str(flag.code) for flag in carried.flags
    }
    assert set(expected.flags) <= found


@pytest.mark.parametrize("name", sorted(name for name in CORPUS if "refused" not in CORPUS[name].adapter))
def test_the_adapter_keeps_the_legacy_code_unchanged(name):
    carried = translate(CORPUS[name].source, verify=False)
    assert CORPUS[name].source.code in carried.adapter.translation.code


def _verdict(attempt):
    if attempt.refusal is None:
        return str(attempt.result)
    return f"{attempt.result} {attempt.refusal.reasons[0].code}"
