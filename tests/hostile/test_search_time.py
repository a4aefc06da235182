"""The search for keys takes time in proportion to a text, whatever the text is made of."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from phonefleet.actions.embedded_secrets import Mask
from phonefleet.actions.verify.secret_values import Form, form_of, names_in, stand_in
from phonefleet.auth0.answer_redaction import glimpse
from phonefleet.model.shown_text import printable
from phonefleet.secrets.patterns import URL_PASSWORD, find_secret_like
from phonefleet.secrets.phone_numbers import mask_numbers
from phonefleet.secrets.url_keys import mask_url

SIZE = 24_000
"""Characters of the smaller text; the larger ones have twice and four times as many."""
RATIO = 3.4
NOTICEABLE = 0.25
"""Seconds: below, the machine's other work decides the ratio."""
UNITS = (
    *(
        "://a:b",
        "://",
        "://a@",
        "://a:b@",
        "a=b&",
        "?a=",
        "?a=b1",
        "&token=",
        "?token=a?",
        "&a=",
        "a.b",
        "1",
        "1-",
        "(1)",
        "{",
        "<a",
        "%a",
        "{{",
        "$",
    ),
    *(
        "token=",
        "token:\n",
        "secret \t ",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "eyJaaaaa.",
        "bearer ",
    ),
    *("\\", "'", '"', "//", "/*", " ", "\n", "[a]=", "a1b2c3d4e5f6g7h8/"),
)
SEARCHES: dict[str, Callable[[str], object]] = {
    "texts": find_secret_like,
    "URLs": mask_url,
    "numbers": mask_numbers,
    "passwords": lambda text: URL_PASSWORD.sub("", text),
    "glimpse": glimpse,
    "printable": printable,
}
SOURCES: dict[str, Callable[[int], str]] = {
    "joined texts": lambda n: "const a=" + "+".join(["'a'"] * (n // 4)),
    "joined values": lambda n: "const token=" + "+".join(f"'a{i}bcdefgh'" for i in range(n // 14)),
    "alternatives": lambda n: "const token=" + "||".join(["'a1ccccccc'"] * (n // 13)),
    "conditions": lambda n: "const token=" + "a?'b1cccccc':" * (n // 12) + "1",
    "calls": lambda n: "f(" * (n // 4) + "'x1y2z3a'" + ")" * (n // 4),
    "lists": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "objects": lambda n: "const a=" + "{secret:" * (n // 10) + "1" + "}" * (n // 10),
    "many values": lambda n: "const t={" + ",".join(f"token:'ab{i}cdef'" for i in range(n // 20)) + "}",
    "templates": lambda n: "const t=`" + "${a}" * (n // 4) + "`",
    "addresses": lambda n: "const a='" + "://a:b" * (n // 6) + "'",
    "paths": lambda n: "const a='http://x" + "/a1b2c3d4e5f6g7h8i9" * (n // 19) + "'",
    "a regular expression": lambda n: "const a=/" + "://a:b@" * (n // 7) + "/",
    "begins of keys": lambda n: "-----BEGIN PRIVATE KEY-----" * (n // 27),
    "quotes": lambda n: "'" * n,
}


def grows_linearly(search: Callable[[str], object], make: Callable[[int], str]) -> None:
    """Measure this thread's time on the processor, the best of three attempts, since other work disturbs it."""
    for last in (False, False, True):
        times = [_cost(search, make(SIZE * factor)) for factor in (1, 2, 4)]
        if times[2] < NOTICEABLE or times[2] / times[0] < RATIO**2:
            return
        assert not last, f"{times} s"


def _cost(search: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    search(text)
    return time.thread_time() - began


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("search", SEARCHES)
def test_the_search_of_a_text_is_linear(search: str, unit: str) -> None:
    grows_linearly(SEARCHES[search], lambda size: "'" + (unit * size)[:size] + "';")


@pytest.mark.parametrize(
    "unit", [".", "*", "x", "xX", "{", "}", "{}", "{{a}}", "${", "<", "<a>", "%a", "%(", "%(a)x"]
)
def test_almost_a_placeholder_is_linear(unit: str) -> None:
    """A value of which only the last character is not one of a placeholder."""
    grows_linearly(mask_url, lambda size: "?token=" + (unit * size)[:size] + "T")


@pytest.mark.parametrize("source", SOURCES)
def test_the_search_of_code_is_linear(source: str) -> None:
    make = SOURCES[source]
    grows_linearly(lambda text: Mask.of(text).hide(text), make)
    text = make(4 * SIZE)
    assert _cost(lambda text: Mask.of(text).hide(text), text) < 15


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "JSON.parse(",
        "JSON.parse(K",
        "{",
        "{a}=",
        "a=",
        "a ",
        "a.",
        "a1=JSON.parse(K);",
        "secrets ",
        "b=secrets;",
    ],
)
def test_the_search_for_names_of_secrets_is_linear(unit: str) -> None:
    def search(text: str) -> None:
        names_in(text)
        form_of("K", text)
        stand_in("K", text, Form.JSON)

    grows_linearly(search, lambda size: (unit * size)[:size])


def test_each_name_for_the_secrets_costs_no_search() -> None:
    grows_linearly(names_in, lambda size: "".join(f"a{n}=secrets;a{n}.x{n};" for n in range(size // 22)))
