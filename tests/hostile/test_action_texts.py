"""What a tenant's Action compares its event with never decides how much this process takes."""

from __future__ import annotations

import re
import tracemalloc
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.actions_bench import cpu_time
from phonefleet.actions.parse.syntax import parse
from phonefleet.actions.translation_model import ActionSource, VerificationResult
from phonefleet.actions.translator import translate
from phonefleet.actions.verify.regex_examples import MOST_PATTERN, MOST_TEXT, example_of

MEGABYTE = 1024 * 1024
PATTERNS = {
    "nested repetitions": "(?:(?:(?:a{200}){200}){200}){200}",
    "nested repetitions of nothing": "(?:(?:(?:){200}){200}){200}",
    "a repeated group of its own text": "(a{200})" + r"(\1{200})" * 50,
    "many characters": "a" * (MOST_TEXT + 1),
    "a long pattern": "(?:)" * MOST_PATTERN,
    "deep groups": "(?:" * 3_000 + ")" * 3_000,
    "choices that repeat": "a?" * 40 + "a{40}",
    "an assertion that fails": "(?:a|a?){40}b(?=c)",
    "large classes": r"[\u0000-\uffff\u0101]" * 400,
}
SEND = "await fetch('https://b.example/' + m.text, { method: 'POST', body: m.recipient });"
CONDITIONS = {
    "a long text by its length": "m.recipient.length > 3e9",
    "an endless length": "m.recipient.length > 1e400",
    "a length that is a text": "m.recipient.length === 'abc'",
    "a length that is no whole number": "m.recipient.length === 7.5",
    "the rest of a long text": "m.recipient.slice(3e9) === 'x'",
    "a text that begins with a number": "m.recipient.indexOf(5) === 0",
    "a text that begins with true": "m.recipient.startsWith(true)",
    "a character that is a number": "m.recipient.charAt(0) === 5",
    "a number larger than JSON's": "event.user.app_metadata.level === 1e300",
    "half of a character": r"/[\ud83c-\udbff]/.test(m.recipient)",
    "nested repetitions": "/(?:(?:(?:a{200}){200}){200}){200}/.test(m.recipient)",
    "a slow match": f"/^{'a?' * 40}a{{40}}$/.test(m.recipient)",
    "a function that calls itself often": "again(m)",
}
AGAIN = "function again(x) { " + " ".join(f"if (x.q{n}) return again(x);" for n in range(60)) + " }\n"


@pytest.mark.parametrize("name", PATTERNS)
def test_an_example_takes_little(name: str) -> None:
    tracemalloc.start()
    try:
        began = process_time()
        text = example_of(PATTERNS[name])
        took = process_time() - began
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert text is None or len(text) <= MOST_TEXT
    assert took < 5
    assert peak < 32 * MEGABYTE


ATOMS = st.sampled_from(["a", r"\d", "[b-d]", "[^a]", ".", "", r"\+", r"\s"])
REPEATED = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, st.integers(0, 300)).map(lambda pair: f"(?:{pair[0]}){{{pair[1]}}}")
        | st.tuples(inner, st.sampled_from("*+?")).map(lambda pair: f"(?:{pair[0]}){pair[1]}")
        | st.lists(inner, min_size=1, max_size=3).map("".join)
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})")
    ),
    max_leaves=12,
)


@given(REPEATED)
@settings(max_examples=300, deadline=2_000)
def test_an_example_is_short_and_a_match(pattern: str) -> None:
    text = example_of(pattern)
    if text is not None:
        assert len(text) <= MOST_TEXT
        if len(text) < 10:  # Python's own matching may take exponential time
            assert re.fullmatch(pattern, text), text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^\+44\d{3}", "+44111"),
        (r"^(?<land>\+1)\k?", None),
        (r"(a{2})-\1", "aa-aa"),
        (r"\ud83c[\udde6-\uddff]", "\U0001f1e6"),
        (r"[\ud800-\udbff]", None),
        ("a{1000}", "a" * 1_000),
        ("a{1001}", None),
    ],
)
def test_examples(pattern: str, text: str | None) -> None:
    assert example_of(pattern) == text


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_takes_little(name: str) -> None:
    """Each raised an error, took gigabytes or did not end, in the process of the run."""
    code = (
        AGAIN
        + "exports.onExecuteSendPhoneMessage = async (event, api) => {\n"
        + f"  const m = event.message_options;\n  if ({CONDITIONS[name]}) {{ {SEND} }}\n"
        + "  await fetch('https://a.example/', { method: 'POST', body: m.recipient + m.text });\n};\n"
    )
    assert parse(code).error_line is None
    began = cpu_time()
    result = translate(ActionSource("hostile", code, runtime="node22"), both=False)
    assert cpu_time() - began < 20
    assert result.adapter.result in (VerificationResult.VERIFIED, VerificationResult.NOT_VERIFIABLE)
