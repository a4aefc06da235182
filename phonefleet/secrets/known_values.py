"""Mask the values of secrets that this process has used or read, in any text and in any usual encoding.

A second wall: the code that makes a text leaves secrets out of it. This finds what was missed, by value: whole, in
part, and as URL, JSON, HTML or Base64 spell it.

A tenant chooses what it returns under a secret's name. So that it cannot hide another tenant, or have its records
refused, a value read from a tenant counts less than an operator's (`KnownValues.add_of`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import islice
from threading import Lock
from typing import Any, Final

from phonefleet.model import endpoints, enums
from phonefleet.secrets.encodings import encoded, main_encodings
from phonefleet.secrets.patterns import (
    MASK,
    is_address,
    is_public,
    is_value,
    jwt_signature,
    looks_generated,
    may_hold_generated,
    names_secret_field,
    without_scheme,
)
from phonefleet.secrets.url_keys import url_keys

MAX_SECRETS: Final = 2_000
"""Values under names of secrets in one answer. Auth0 returns at most 100 objects at once, each with a few secrets."""
MAX_SECRETS_OF_TENANT: Final = 5 * MAX_SECRETS
MAX_CHARACTERS: Final = 500_000
"""Characters of the values of one answer."""
MAX_CHARACTERS_OF_TENANT: Final = 4 * MAX_CHARACTERS
_GRAM: Final = 8
"""Characters that are looked up at once; shorter values are not known, as masking them would spoil any text."""
_PART: Final = 2 * _GRAM
"""Characters of the shortest part of a value that is masked."""
_LONG_PART: Final = 4 * _PART
"""The same of the longest values, such as an access token, which would need much memory otherwise."""
_LONG_SIGNATURE: Final = 4 * _LONG_PART
"""Characters of a signature by an RSA key: 342 of RS256, which Auth0 uses. Those of HS256 and ES256 are shorter."""
_SHARE: Final = 16
"""Between the two, the shortest part that is masked is this share of a value's length."""
_DIFFERENT: Final = 4
"""Different letters and digits of a value, so that a row of stars is none."""
_BLOCK: Final = 64
"""Characters that are compared at once."""
_FAR: Final = 1 << 32
"""More characters than a value has."""
_CROWD: Final = 32
"""Places of one piece, from which on another piece is looked for: each place costs time wherever the piece occurs."""
_QUOTES: Final = re.compile(r"[\s\"'`]")


class TooManySecrets(Exception):
    """An answer has more values under names of secrets than are remembered; its text is a fact about the answer."""


class _Source:
    """Who a value is from: the operator, or tenants that returned it."""

    __slots__ = ("everywhere", "owners")

    def __init__(self, *, everywhere: bool, owners: set[str] | None = None) -> None:
        self.everywhere = everywhere
        """Whether it is masked in every text, not only in those about its tenants."""
        self.owners = owners
        """Domains of the tenants; None for the operator's."""

    def is_for(self, domain: str) -> bool:
        return self.owners is None or domain in self.owners


_OPERATOR: Final = _Source(everywhere=True)


class KnownValues:
    """The values of secrets, by pieces of their encodings.

    A process keeps the secrets of all its tenants, so what it keeps of a piece is one number.
    """

    def __init__(self) -> None:
        self._values: dict[str, _Source] = {}
        self._forms: list[tuple[str, int, _Source]] = []
        """Each encoding of each value, with the length of its shortest part that is masked."""
        self._pieces: dict[str, int] = {}
        """Of a piece, `_FAR` times the place of its encoding in `_forms`, plus its start in that encoding."""
        self._repeated: dict[str, list[int]] = {}
        """The same for further encodings with the same piece: many access tokens begin alike."""
        self._public = set(_OUR_GRAMS)
        """Pieces of words that texts must name."""
        self._of_tenants: Counter[str] = Counter()
        self._characters: Counter[str] = Counter()
        self._adding = Lock()
        """Threads resolve secrets, and the place of an encoding is its own."""

    def reserve(self, words: Iterable[str]) -> None:
        """Remember words that texts must name, such as the fleet's domains: no part of a value that is one is masked.

        Only values that are added afterwards are looked at.
        """
        for word in words:
            self._public.update(_grams(word))

    def add(self, value: str) -> None:
        """Remember an operator's value for the life of the process; a short, uniform or public one is ignored."""
        value = value.strip()
        if not _counts(value):
            return
        with self._adding:
            if self._values.get(value) is not _OPERATOR:
                self._values[value] = _OPERATOR
                self._add(value, _OPERATOR)

    def add_of(self, domain: str, value: str) -> None:
        """Remember a value that a tenant returned, as `add` does, for the texts about this tenant.

        It is masked in all texts where it is one word with a digit or a mark that is more than words of ours. Values
        beyond `MAX_SECRETS_OF_TENANT` and `MAX_CHARACTERS_OF_TENANT` are ignored.
        """
        value = without_scheme(value.strip())
        if not _counts(value):
            return
        with self._adding:
            source = self._values.get(value)
            if source is not None and source.is_for(domain):
                return
            self._of_tenants[domain] += 1
            self._characters[domain] += len(value)
            if self._is_full(domain):
                return
            if source is not None and source.owners is not None:
                source.owners.add(domain)
                return
            source = _Source(everywhere=self._is_apart(value), owners={domain})
            self._values[value] = source
            self._add(value, source)

    def _is_full(self, domain: str) -> bool:
        return (
            self._of_tenants[domain] > MAX_SECRETS_OF_TENANT
            or self._characters[domain] > MAX_CHARACTERS_OF_TENANT
        )

    def _is_apart(self, value: str) -> bool:
        """Whether a tenant's value can be masked in all texts: no mark of JSON, no words, more than words of ours."""
        own = "".join(self._own_parts(value))
        return (
            is_value(value) and not _QUOTES.search(value) and len(set(filter(str.isalnum, own))) >= _DIFFERENT
        )

    def _add(self, value: str, source: _Source) -> None:
        signature = jwt_signature(value)
        if len(signature) >= _LONG_SIGNATURE:
            self._index_token(value, signature, source)
        elif re.search(r"\s", value):
            self._index_words(value, source)
        elif is_address(value):
            self._index_value(value, source, in_part=False)
            url = value if "://" in value else f"https://{value}"
            for key in url_keys(url):
                self._index_value(url[key.start : key.end], source, in_part=True, whole=False)
        else:
            # An operator's secret gives access whatever it looks like; a tenant's may be chosen to hide other texts.
            is_key = source is _OPERATOR or looks_generated(value)
            self._index_value(value, source, in_part=is_key)

    def _index_token(self, token: str, signature: str, source: _Source) -> None:
        """Index a token as it is; encoded, only its signature.

        What is before the signature gives no access, and is much alike in all tenants' tokens.
        """
        shortest = _shortest_part(len(token))
        for form in {token, *encoded(signature)} - {signature}:
            for part in self._own_parts(form):
                if len(part) >= shortest:
                    self._index(part, shortest, source)

    def _index_words(self, value: str, source: _Source) -> None:
        """Index a value with white space: as a whole, and in part each line of a private key and what looks generated.

        Of a long one, such as a key in PEM, the rare encodings are left out: its lines are the same in them.
        """
        forms = set(encoded(value) if len(value) < _SHARE * _LONG_PART else main_encodings(value))
        for form in forms:
            if len(form) >= _GRAM:
                self._index(form, len(form), source)
        lines = (line.strip() for line in value.splitlines())
        words = {line for line in lines if not re.search(r"\s", line)} if "\n" in value else set()
        words.update(word for word in value.split() if may_hold_generated(word))
        for word in words:
            for part in self._own_parts(word):
                if len(part) >= _PART:
                    self._index(part, _shortest_part(len(part)), source)

    def _index_value(self, value: str, source: _Source, *, in_part: bool, whole: bool = True) -> None:
        # A part of a passphrase may be a word of any text.
        for form in {form for form in encoded(value) if len(form) >= _GRAM}:
            parts = self._own_parts(form) if in_part else []
            if whole and parts != [form]:
                self._index(form, len(form), source)
            for part in parts:
                if len(part) >= _PART:
                    self._index(part, _shortest_part(len(part)), source)
                elif whole and part == form:
                    self._index(form, len(form), source)

    def _own_parts(self, form: str) -> list[str]:
        """Return what is left of a text without the words that texts must name."""
        parts: list[str] = []
        after = 0
        for start in range(len(form) - _GRAM + 1):
            if form[start : start + _GRAM] in self._public:
                if start > after:
                    parts.append(form[after:start])
                after = start + _GRAM
        return [*parts, form[after:]] if after < len(form) else parts

    def _index(self, form: str, shortest: int, source: _Source) -> None:
        """Index a form so that each of its parts of the shortest length has a piece that is looked up.

        Of a piece that many forms share, another one beside it is taken. Where there is none, a part of a tenant's
        value is left out; an operator's only if another of the operator's values has the same part.
        """
        place = len(self._forms) * _FAR
        self._forms.append((form, shortest, source))
        stride = shortest - _GRAM + 1
        before = -1
        last = len(form) - _GRAM
        while before + stride <= last:
            start = next(
                (
                    at
                    for at in range(before + stride, before, -1)
                    if not self._is_crowded(form[at : at + _GRAM])
                ),
                None,
            )
            if start is None:
                start = before + stride
                if source is not _OPERATOR:
                    before = start
                    continue
                if self._masks(form[before + 1 : before + 1 + shortest], form[start : start + _GRAM]):
                    before += 1
                    continue
            piece = form[start : start + _GRAM]
            if piece in self._pieces:
                self._repeated.setdefault(piece, []).append(place + start)
            else:
                self._pieces[piece] = place + start
            before = start

    def _is_crowded(self, piece: str) -> bool:
        return len(self._repeated.get(piece, ())) >= _CROWD

    def _masks(self, part: str, piece: str) -> bool:
        """Whether a part is masked because of a known form of the operator's that has it and the piece in it."""
        for found in (self._pieces[piece], *self._repeated[piece]):
            form, shortest, source = self._forms[found // _FAR]
            if source is _OPERATOR and shortest <= len(part) and part in form:
                return True
        return False

    def add_answer(self, domain: str, answer: Any) -> None:
        """Remember the secrets that a tenant's answer contains: texts under names of secrets.

        Raises:
            TooManySecrets: It has more than `MAX_SECRETS`, of more than `MAX_CHARACTERS`, or the tenant's answers have
                more together than are remembered. None of the answer's are remembered.
        """
        values = list(dict.fromkeys(islice(_secrets_of(answer), MAX_SECRETS + 1)))
        if len(values) > MAX_SECRETS:
            raise TooManySecrets(f"at most {MAX_SECRETS} secrets")
        if sum(map(len, values)) > MAX_CHARACTERS:
            raise TooManySecrets(f"secrets of at most {MAX_CHARACTERS} characters")
        for value in values:
            self.add_of(domain, value)
        if self._is_full(domain):
            raise TooManySecrets(f"at most {MAX_SECRETS_OF_TENANT} secrets in all answers of the tenant")

    def mask(self, text: str, domain: str = "") -> str:
        """Return the text with a mask for every known value, and for every part of one of 16 characters or more.

        Of a value of more than 256 characters, for every part of a 16th of its length or more, and of 64 or more. Of a
        signed token that is encoded only its signature is masked: the rest gives no access. Of a tenant's value only
        parts of generated ones are masked, and of any value no part that is a word of ours or a domain of the fleet.

        Args:
            text: The text.
            domain: The tenant that the text is about: its values that may be words of any text are masked as well.
        """
        parts: list[str] = []
        end = 0
        for begin, after in self._ranges(text, domain, others=True):
            parts += (text[end:begin], MASK)
            end = after
        return "".join((*parts, text[end:])) if parts else text

    def is_in(self, text: str, domain: str = "") -> bool:
        """Whether a text contains a known value or a part of one.

        With the domain of the tenant that the text is about, whether it contains the operator's or this tenant's own:
        what another tenant returns does not count.
        """
        return bool(self._ranges(text, domain, others=not domain))

    def _ranges(self, text: str, domain: str, *, others: bool) -> list[tuple[int, int]]:
        """Return the ranges of a text that are to be masked, in their order; none touches another."""
        pieces = self._pieces
        ranges: list[tuple[int, int]] = []
        for position in range(len(text) - _GRAM + 1 if pieces else 0):
            piece = text[position : position + _GRAM]
            if piece not in pieces:
                continue
            for found in (pieces[piece], *self._repeated.get(piece, ())):
                place, start = divmod(found, _FAR)
                form, shortest, source = self._forms[place]
                if not (source.is_for(domain) or (others and source.everywhere)):
                    continue
                if (
                    ranges
                    and position < ranges[-1][1]
                    and not _leads_out(text, position, form, start, ranges[-1])
                ):
                    continue
                begin, after = _span(text, position, form, start)
                if after - begin < shortest:
                    continue
                while ranges and begin <= ranges[-1][1]:
                    earlier = ranges.pop()
                    begin, after = min(begin, earlier[0]), max(after, earlier[1])
                ranges.append((begin, after))
        return ranges


def _counts(value: str) -> bool:
    """Whether a value is long and mixed enough to be looked for, and not one that texts show."""
    if len(value) < _GRAM or is_public(value):
        return False
    return len(set(filter(str.isalnum, value))) >= _DIFFERENT


def _grams(word: str) -> Iterator[str]:
    return (word[start : start + _GRAM] for start in range(len(word) - _GRAM + 1))


def _our_words() -> Iterator[str]:
    """Yield the words of phonefleet and of Auth0's API that texts name."""
    for each in vars(enums).values():
        if isinstance(each, type) and issubclass(each, StrEnum):
            yield from each
    for each in vars(endpoints).values():
        if isinstance(each, str):
            yield f"/api/v2/{each.removeprefix('GET ').removeprefix('/')}"
            yield each
    yield from ("api.twilio.com/2010-04-01/Accounts", ".auth0.com", "auth0.com/api/v2/")


def _leads_out(text: str, position: int, form: str, start: int, known: tuple[int, int]) -> bool:
    """Return whether a text and a form may agree beyond a range around the piece that they share."""
    before, after = start - (position - known[0]) - 1, start + known[1] - position
    return (known[0] > 0 and before >= 0 and text[known[0] - 1] == form[before]) or (
        known[1] < len(text) and after < len(form) and text[known[1]] == form[after]
    )


def _shortest_part(length: int) -> int:
    """Return how many characters of an encoding of this length are masked at least."""
    return min(length, max(_PART, min(_LONG_PART, length // _SHARE)))


def _span(text: str, position: int, form: str, start: int) -> tuple[int, int]:
    """Return the range in which a text agrees with a form around a piece that they share."""
    before = 0
    most = min(position, start)
    while before < most:
        step = min(_BLOCK, most - before)
        if text[position - before - step : position - before] != form[start - before - step : start - before]:
            break
        before += step
    while before < most and text[position - before - 1] == form[start - before - 1]:
        before += 1
    after = _GRAM
    most = min(len(text) - position, len(form) - start)
    while after < most:
        step = min(_BLOCK, most - after)
        if text[position + after : position + after + step] != form[start + after : start + after + step]:
            break
        after += step
    while after < most and text[position + after] == form[start + after]:
        after += 1
    return position - before, position + after


def _secrets_of(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                if isinstance(inner, str) and names_secret_field(str(key)) and is_value(inner):
                    yield inner
                else:
                    yield from _secrets_of(inner)
        case list():
            for inner in value:
                yield from _secrets_of(inner)


_OUR_GRAMS: Final = frozenset(gram for word in _our_words() for gram in _grams(word))
KNOWN: Final = KnownValues()
"""The secrets of this process."""
