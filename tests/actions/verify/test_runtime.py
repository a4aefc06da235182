# ruff: noqa: E501  (JavaScript reads best on one line)
"""What Node offers beyond V8 behaves as in Node: the expected values were printed by Node 20."""

import base64
import json
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from .evaluate import evaluate, evaluate_all

ROWS = json.loads(Path(__file__).with_name("node_values.json").read_text(encoding="utf-8"))
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=8)


def test_expressions_have_the_values_of_node():
    values = evaluate_all([expression for expression, _ in ROWS])
    wrong = [(row, value) for row, value in zip(ROWS, values, strict=True) if row[1] != value]
    assert len(ROWS) > 180
    assert not wrong


@settings(max_examples=15, deadline=None)
@given(TEXTS)
def test_text_is_encoded_as_python_encodes_it(texts):
    literals = [json.dumps(text) for text in texts]
    assert evaluate_all([f"Buffer.from({text}).toString('base64')" for text in literals]) == [
        base64.b64encode(text.encode()).decode() for text in texts
    ]
    assert evaluate_all([f"Buffer.from({text}).toString('hex')" for text in literals]) == [
        text.encode().hex() for text in texts
    ]
    assert (
        evaluate_all(
            [
                f"new TextDecoder('utf-8', {{ ignoreBOM: true }}).decode(new TextEncoder().encode({text}))"
                for text in literals
            ]
        )
        == texts
    )


@settings(max_examples=15, deadline=None)
@given(TEXTS)
def test_query_strings_say_what_python_says(texts):
    pairs = list(zip(texts, reversed(texts), strict=True))
    made = evaluate(f"new URLSearchParams({json.dumps(pairs)}).toString()")
    assert parse_qsl(made, keep_blank_values=True) == pairs
    read = evaluate(f"[...new URLSearchParams({json.dumps(urlencode(pairs))})]")
    assert read == [list(pair) for pair in pairs]
    assert evaluate(f"encodeURIComponent({json.dumps(texts[0])})") == quote(texts[0], safe="!~*'()")


def test_digests_are_equal_for_equal_inputs_only():
    expressions = [
        f"require('crypto').createHmac('{algorithm}', '{key}').update('{data}').digest('hex')"
        for algorithm in ("sha1", "sha256", "md5")
        for key in ("k", "K", "")
        for data in ("a", "b", "ab", "")
    ]
    digests = evaluate_all(expressions)
    assert len(set(digests)) == len(expressions)
    assert digests == evaluate_all(expressions)
    parts = evaluate("require('crypto').createHash('sha256').update('a').update('b').digest('hex')")
    assert parts == evaluate("require('crypto').createHash('sha256').update('ab').digest('hex')")


def test_the_clock_moves_with_timers_alone():
    body = "(async () => { const a = Date.now(); for (let i = 0; i < 1e4; i++); const b = Date.now(); await new Promise((r) => setTimeout(r, 1500)); return [b - a, Date.now() - a, performance.now() > 0]; })()"
    assert evaluate(body) == [0, 1500, True]


def test_chance_is_the_same_in_every_run_and_spread():
    draws = "Array.from({ length: 200 }, Math.random)"
    values = evaluate(draws)
    assert values == evaluate(draws)
    assert len(set(values)) == 200
    assert 0.4 < sum(values) / 200 < 0.6
