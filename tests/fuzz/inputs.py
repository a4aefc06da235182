"""What Hypothesis makes inputs of: words of each format in any order, and JSON of any shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.configs.fleet_texts import fleet_text
from tests.fuzz.targets import TARGETS
from tests.fuzz.tokens import TOKENS

_KEYS = st.sampled_from(["id", "name", "options", "scope", "date", "secret", "value"])
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)
_TEXT = st.lists(st.sampled_from([*TOKENS, "\ud800"]) | st.text(max_size=12), max_size=30).map("".join)
INPUTS: Mapping[str, st.SearchStrategy[str]] = dict.fromkeys(TARGETS, _TEXT) | {
    "fleet_file": _TEXT | _TEXT.map(lambda text: fleet_text(rest=text)),
    "answer": _JSON.map(json.dumps) | _TEXT,
}
