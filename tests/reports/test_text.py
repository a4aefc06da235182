"""Text from tenants is safe in every format, and restored where that is promised."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reports import text

ANY = st.text(st.characters(exclude_categories=()), max_size=60) | st.text(
    alphabet="\\u0d80f'=+-@\t\r\n\x00\ud800", max_size=30
)


@given(ANY)
def test_storable_text_is_restored(value: str) -> None:
    """Whatever the text, a file can contain it, and the original is restored exactly."""
    stored = text.storable(value)
    stored.encode()
    assert "\0" not in stored
    assert text.original(stored) == value


@given(st.lists(ANY, max_size=6))
def test_storing_many_is_storing_each(values: list[str]) -> None:
    """The short cut over a whole column changes nothing."""
    assert list(text.all_storable(values)) == [text.storable(value) for value in values]


@given(ANY)
def test_a_csv_cell_is_no_formula_and_comes_back(value: str) -> None:
    """No cell starts as a formula does, and the original is restored exactly."""
    cell = text.csv_cell(value)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))  # noqa: RUF001
    assert text.from_csv_cell(cell) == value


@given(ANY)
def test_visible_text_is_one_printable_line(value: str) -> None:
    """Nothing that breaks a line, hides, or turns the writing direction is left."""
    shown = text.visible(value)
    assert len(shown.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)


@given(st.text(max_size=40).map(lambda part: part * 2000) | st.text(max_size=50))
def test_an_excel_cell_fits_and_says_when_it_is_cut(value: str) -> None:
    """A cell has at most 32,767 UTF-16 units; a cut one names the file with the whole text."""
    cell = text.excel_cell(value, "data/tenants.csv")
    assert len(cell.encode("utf-16-le", "surrogatepass")) // 2 <= text.EXCEL_LIMIT
    assert cell == value or ("data/tenants.csv" in cell and f"{len(value):,}" in cell)


@given(st.text(alphabet="`|a\n<>[]()*_ @#\\", max_size=40))
def test_a_code_span_cannot_be_left(value: str) -> None:
    """The fence is longer than any run of backticks, and no bar or newline ends a cell."""
    span = text.code(value)
    if not span:
        assert not text.visible(value).strip()
        return
    fence = re.match("`+", span)
    assert fence
    assert span.endswith(fence[0])
    inside = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in inside
    assert not re.search(r"(?<!\\)\|", inside)
    assert "\n" not in span


def test_counts_and_lists_read_as_people_write_them() -> None:
    """One is singular, thousands have commas, the last of a list has an and."""
    assert text.plural(1, "tenant") == "1 tenant"
    assert text.plural(1204, "tenant") == "1,204 tenants"
    assert text.joined(["a", "b", "c"]) == "a, b and c"
    assert text.joined([]) == ""
