"""The nesting and number of values of a body, counted without parsing it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonefleet.auth0 import answer_body
from phonefleet.auth0.answer_body import AnswerRefused, check_structure

VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='a"\\[]{},', max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=40,
)


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


@given(VALUES, st.integers(min_value=1, max_value=9), st.integers(min_value=0, max_value=8))
@settings(max_examples=300)
def test_the_depth_is_that_of_the_json(value: Any, part: int, limit: int) -> None:
    """Whatever strings contain, and wherever the parts are cut."""
    body = json.dumps(value).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answer_body, "_PART", part)
        patch.setattr(answer_body, "MAX_DEPTH", limit)
        if depth_of(value) <= limit:
            check_structure(body)
        else:
            with pytest.raises(AnswerRefused):
                check_structure(body)
