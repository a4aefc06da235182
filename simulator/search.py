"""The part of Lucene's query language that log searches use.

``type:sapi``, ``type:(gd_send_sms OR gd_send_voice)``, quotes, ``*``, AND, OR, NOT, parentheses,
``date:[2026-01-01 TO 2026-02-01}`` with ``*`` for an open end, and dotted names such as
``details.request.path:"/api/v2/…"``. Terms without an operator between them are joined with OR, as in Lucene.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

Json = dict[str, Any]
Predicate = Callable[[Json], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<range>[\[{][^\]}]*[\]}])|(?P<paren>[()])|(?P<quoted>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<field>[A-Za-z_][\w.]*):|(?P<word>[^\s()\[\]{}":]+(?::[^\s()\[\]{}"]+)*))"""
)


class QueryError(ValueError):
    """An invalid search; the message says where."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokens(query: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    while query[position:].strip():
        match = _TOKEN.match(query, position)
        if match is None or match.lastgroup is None:
            raise QueryError(f"unexpected {query[position:].strip()[:20]!r}")
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


def _value_at(log: Json, name: str) -> Any:
    value: Any = log
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _moment(text: str, *, end: bool) -> datetime | None:
    """Return a bound of a date range; a bare day counts from its start or, as an upper bound, to its end."""
    if text == "*":
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise QueryError(f"{text!r} is not a date") from error
    if len(text) == len("2026-01-01") and end:
        moment += timedelta(days=1) - timedelta(milliseconds=1)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_range(name: str, text: str) -> Predicate:
    bounds = text[1:-1].split(" TO ")
    if len(bounds) != 2:
        raise QueryError(f"{text!r} is not a range")
    low, high = _moment(bounds[0].strip(), end=False), _moment(bounds[1].strip(), end=True)

    def holds(log: Json) -> bool:
        stored = _value_at(log, name)
        moment = _moment(stored, end=False) if isinstance(stored, str) else None
        if moment is None:
            return False
        after = low is None or (moment >= low if text[0] == "[" else moment > low)
        return after and (high is None or (moment <= high if text[-1] == "]" else moment < high))

    return holds


def _equals(name: str | None, text: str, *, quoted: bool) -> Predicate:
    wanted = text.lower()

    def matches(value: Any) -> bool:
        if value is None:
            return False
        stored = str(value).lower()
        return fnmatchcase(stored, wanted.replace("[", "[[]")) if not quoted else stored == wanted

    if name is None:
        return lambda log: any(
            matches(log.get(key)) for key in ("type", "description", "client_name", "user_name")
        )
    return lambda log: matches(_value_at(log, name))


@dataclass(slots=True)
class _Parser:
    tokens: list[_Token]
    position: int = field(default=0)

    def peek(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def next(self) -> _Token:
        token = self.peek()
        if token is None:
            raise QueryError("the search ends too early")
        self.position += 1
        return token

    def accept(self, *words: str) -> bool:
        token = self.peek()
        if token is not None and token.kind in ("word", "paren") and token.text in words:
            self.position += 1
            return True
        return False

    def any_of(self, name: str | None) -> Predicate:
        terms = [self.all_of(name)]
        while (token := self.peek()) is not None and token.text != ")":
            self.accept("OR", "||")
            terms.append(self.all_of(name))
        return lambda log: any(term(log) for term in terms)

    def all_of(self, name: str | None) -> Predicate:
        terms = [self.term(name)]
        while self.accept("AND", "&&"):
            terms.append(self.term(name))
        return lambda log: all(term(log) for term in terms)

    def term(self, name: str | None) -> Predicate:
        if self.accept("NOT", "!"):
            inner = self.term(name)
            return lambda log: not inner(log)
        token = self.next()
        match token.kind:
            case "field":
                return self.term(token.text)
            case "range" if name is not None:
                return _in_range(name, token.text)
            case "quoted":
                return _equals(name, re.sub(r"\\(.)", r"\1", token.text[1:-1]), quoted=True)
            case "word" if token.text not in ("AND", "OR"):
                return _equals(name, token.text, quoted=False)
            case "paren" if token.text == "(":
                inner = self.any_of(name)
                if not self.accept(")"):
                    raise QueryError("a parenthesis is never closed")
                return inner
            case _:
                raise QueryError(f"unexpected {token.text!r}")


def parse(query: str) -> Predicate:
    """Parse a search into a predicate of one log.

    Raises:
        QueryError: the search is invalid.
    """
    tokens = _tokens(query)
    if not tokens:
        return lambda _log: True
    parser = _Parser(tokens)
    predicate = parser.any_of(None)
    if parser.peek() is not None:
        raise QueryError(f"unexpected {parser.next().text!r}")
    return predicate
