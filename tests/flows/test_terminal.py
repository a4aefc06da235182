"""No text of a tenant can alter what a person reads."""

from __future__ import annotations

import io
import string

from hypothesis import given
from hypothesis import strategies as st

from flows.cli.terminal import Terminal, escape_controls

ANY_TEXT = st.text(st.characters(exclude_categories=()))


def test_control_characters_are_escaped() -> None:
    screen = io.StringIO()
    Terminal(file=screen, soft_wrap=True).print("a\x1b[2K\rb\u202ec\nd\te", markup=False, highlight=False)
    assert screen.getvalue() == "a\\u001b[2K\\u000db\\u202ec\nd\te\n".replace("\t", " " * 7)


@given(ANY_TEXT)
def test_any_printed_text_is_encodable(text: str) -> None:
    shown = escape_controls(text)
    shown.encode()
    assert all(char.isprintable() or char in "\n\t" or char.isspace() for char in shown)
    assert not set(shown) & set("\x1b\r\x08\u202e\u2028\ud800")


@given(st.text(string.printable.replace("\x0b", "").replace("\x0c", "").replace("\r", "")))
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert escape_controls(text) == text
