"""Value types that the models share: amounts, durations, host names, phone numbers, words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address, ip_network
from math import ceil, floor
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from configs.bounded_files import path_problem
from configs.tree import Nothing, Table, Text

PROBLEM: Final = "phonefleet"
ACROSS_KEYS: Final = "phonefleet_across_keys"


def wrong(fact: str, advice: str, *, key: str | None = None, kind: str = PROBLEM) -> PydanticCustomError:
    """Return an error with our own text; `key` is the key of the mapping that it is about.

    The kind `ACROSS_KEYS` marks errors that only the complete mapping can have.
    """
    # Braces in the fact would be read as part of the template, so the fact is passed as a value.
    return PydanticCustomError(kind, "{fact}. {advice}.", {"fact": fact, "advice": advice, "key": key})


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and never shows its input in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    empty_is_absent: ClassVar[bool] = True

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: Any) -> Any:
        """Treat a key without a value as not given, unless the model refuses such keys."""
        match data:
            case Table() if cls.empty_is_absent:
                return data.without_nothing(frozenset(cls.model_fields))
            case Nothing() if cls.empty_is_absent:
                return Table(data.origin)
            case Nothing():
                raise wrong("has no value", "Give it one or remove the key")
            case _:
                return data


class Amount(BaseModel):
    """A count, or a percentage of a total that is known later.

    Attributes:
        value: The count (a whole number) or the percentage (0 to 100, decimals allowed).
        percent: Whether `value` is a percentage.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    value: Annotated[Decimal, Field(ge=0)]
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> Amount:
        """Parse an amount such as `5` or `10%`.

        Raises:
            ValidationError: It is not an amount.
        """
        return cls.model_validate(text)

    @model_validator(mode="wrap")
    @classmethod
    def _parse(cls, data: Any, handler: ModelWrapValidatorHandler[Amount]) -> Amount:
        if isinstance(data, int) and not isinstance(data, bool):
            data = str(data)
        if not isinstance(data, str):
            data = data if isinstance(data, Amount) or type(data) is dict else "?"
        if not isinstance(data, str):
            return handler(data)
        match = re.fullmatch(r"(\d{1,9})|(\d{1,3}(?:\.\d{1,6})?) ?%", data.strip(), re.ASCII)
        if not match or (match[2] and Decimal(match[2]) > 100):
            raise wrong(
                "is neither a count nor a percentage", 'Write a whole number such as 5, or "10%" (0 to 100)'
            )
        return handler({"value": Decimal(match[1] or match[2]), "percent": match[1] is None})

    @model_serializer
    def _as_text(self) -> str:
        return str(self)

    def of(self, total: int) -> int:
        """Return how many of `total` this is at most: a percentage rounded down, a count as it is."""
        return floor(self._exactly(total))

    def at_least_of(self, total: int) -> int:
        """Return how many of `total` reach this amount: a percentage rounded up, a count as it is."""
        return ceil(self._exactly(total))

    def _exactly(self, total: int) -> Decimal:
        return self.value * total / 100 if self.percent else self.value

    def __str__(self) -> str:
        return f"{self.value.normalize():f}%" if self.percent else str(int(self.value))


_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(r"(?:\d{1,9}(?:\.\d{1,3})?(?:ms|[smhd]))+", re.ASCII)
_DURATION_PART: Final = re.compile(r"([\d.]+)(ms|[smhd])", re.ASCII)


def _duration(data: Any) -> timedelta:
    if isinstance(data, timedelta) and data >= timedelta(0):
        return data
    text = data.replace(" ", "") if isinstance(data, str) else ""
    if text == "0":
        return timedelta(0)
    if not _DURATION.fullmatch(text):
        raise wrong("is not a duration", "Write numbers with units (ms, s, m, h, d), such as 30s or 1h30m")
    try:
        return timedelta(
            seconds=sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(text))
        )
    except OverflowError:
        raise wrong("is too long for a duration", "Write a shorter one") from None


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""A time span of zero or more, written like `90s`, `1h30m`, `500ms`."""


def _positive(duration: timedelta) -> timedelta:
    if not duration:
        raise wrong("is zero", "Write a duration longer than that")
    return duration


PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
"""A time span longer than zero."""

_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})+", re.ASCII)


def _host(data: str) -> str:
    name = data.strip().lower()
    if _HOST.fullmatch(name):
        # A name whose last label is a number is an IPv4 address (URL Standard, "ends in a number").
        if _NUMBER.fullmatch(name.rpartition(".")[2]):
            raise wrong("is an IP address", "Write the tenant's domain, such as acme.eu.auth0.com")
        return name
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", name).partition("/")[0].partition(":")[0]
    advice = (
        f"Write {bare}" if _HOST.fullmatch(bare) else "Write the tenant's domain, such as acme.eu.auth0.com"
    )
    raise wrong("is not a host name (no scheme, port or path)", advice)


HostName = Annotated[str, AfterValidator(_host)]
"""A host name in lower case, with at least one dot."""


def _e164(data: str) -> str:
    # A test message's recipient has at most 16 characters (Management API, "Send a test phone notification").
    if re.fullmatch(r"\+[1-9]\d{1,14}", data, re.ASCII):
        return data
    raise wrong(
        "is not a phone number in E.164 form", 'Write "+", the country code and the number, at most 15 digits'
    )


PhoneNumber = Annotated[str, AfterValidator(_e164)]
"""A phone number in E.164 form: `+`, then 2 to 15 digits."""


def _written_path(data: str) -> str:
    if problem := path_problem(data):
        raise wrong(*problem)
    return data


WrittenPath = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_written_path)
]
"""A path as the operator wrote it: usable on this machine, whether or not there is a file."""

UsablePath = Annotated[
    Path, BeforeValidator(lambda data: _written_path(data) if isinstance(data, str) else data)
]
"""The same as a `Path`; a `~` at its beginning is not replaced yet."""

NonEmpty = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

Member = TypeVar("Member", bound=StrEnum)


def _words(data: Any) -> Any:
    """Split a text into words, for lists that are one cell of a CSV file."""
    if isinstance(data, Text):
        return [Text(word, data.origin) for word in re.split(r"[\s,;|]+", data) if word]
    return data.split() if isinstance(data, str) else data


def _each_once(members: tuple[Member, ...]) -> tuple[Member, ...]:
    if len(set(members)) < len(members):
        raise wrong("has a value twice", "Keep each once")
    if not members:
        raise wrong("is empty", "Name at least one, or remove the key")
    order: Iterable[Member] = type(members[0])
    return tuple(member for member in order if member in members)


Words = BeforeValidator(_words)
"""Accepts a list as one text, its members separated by spaces, commas, semicolons or `|`."""
EachOnce = AfterValidator(_each_once)
"""Refuses an empty tuple of enumeration members and repeated ones; puts them in the enumeration's order."""


OneOrMore = Annotated[
    tuple[NonEmpty, ...], BeforeValidator(lambda data: [data] if isinstance(data, str) else data)
]
"""One text or a list of them."""


def _address(data: str) -> str:
    try:
        url = urlsplit(data)
        usable = url.scheme in {"http", "https"} and url.hostname and (url.port is None or url.port)
    except ValueError:
        usable = False
    if not usable or url.path not in {"", "/"} or url.query or url.fragment or url.username or url.password:
        raise wrong(
            "is not the address of a server",
            "Write scheme, host and port only, such as http://127.0.0.1:8765",
        )
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise wrong("would send secrets over plain HTTP to another machine", "Write https://")
    return f"{url.scheme}://{url.netloc.lower()}"


_LOOPBACK_V4: Final = ip_network("127.0.0.0/8")
_LOOPBACK_V6: Final = ip_address("::1")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: `localhost`, 127.0.0.0/8 or ::1, which may be in brackets.

    A name below `localhost` is not: RFC 6761 reserves it for this machine, but a resolver may look it up elsewhere.
    """
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return host.lower() == "localhost"
    return address == _LOOPBACK_V6 or address in _LOOPBACK_V4


ServerAddress = Annotated[str, AfterValidator(_address)]
"""Scheme, host and port of a server: `https://api.example.com:8443`."""
