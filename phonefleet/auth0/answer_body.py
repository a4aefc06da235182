"""Read the body of an answer within limits: size after decompression, nesting, number of values.

Each limit holds before anything is built of the answer, so that a small answer cannot take all memory.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator

import httpx

MAX_DEPTH = 100
"""Levels of lists and objects; Auth0's own answers have fewer than 20."""
MAX_VALUES = 1_000_000
"""Values of one answer: they need some hundred megabytes at most."""
MAX_HEADER = 1_000
"""Characters of a header's value; longer headers are dropped."""
ACCEPTED = "gzip"
_AUTOMATIC = 32 + zlib.MAX_WBITS
"""Takes gzip and zlib by their own headers."""
_STEP = 256 * 1024
_PART = 1024 * 1024
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NOT_STRUCTURE = bytes(set(range(256)) - set(b"[]{},"))
_KEPT_HEADERS = frozenset(
    (
        *("date", "location", "retry-after"),
        *("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
        *("auth0-client-quota-limit", "auth0-organization-quota-limit"),
    )
)
"""Everything that phonefleet reads of an answer's headers, beside its media type."""


class AnswerRefused(httpx.RequestError):
    """An answer that is not read any further, because of its size, its nesting or its encoding."""


class AttemptBroken(httpx.RequestError):
    """An error of the HTTP library that is none of its documented ones; its text is not kept."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"unexpected {type(error).__name__}")


async def read_body(answer: httpx.Response, limit: int) -> bytes:
    """Return an answer's whole body, decompressed.

    Args:
        answer: an answer whose body was not read yet.
        limit: bytes after decompression.

    Raises:
        AnswerRefused: the body is larger, has an encoding that was not asked for, or is JSON beyond the limits.
        httpx.DecodingError: the body is not compressed as it says.
    """
    body = bytearray()
    async for part in _decompressed(answer):
        body += part
        if len(body) > limit:
            raise AnswerRefused(f"an answer of more than {limit} bytes")
    check_structure(body)
    return bytes(body)


async def _decompressed(answer: httpx.Response) -> AsyncIterator[bytes]:
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        async for part in answer.aiter_raw():
            yield part
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise AnswerRefused("an answer with a content-encoding that was not asked for")
    inflate = zlib.decompressobj(_AUTOMATIC)
    async for part in answer.aiter_raw():
        for piece in _inflated(inflate, part):
            yield piece
    if not inflate.eof:
        raise httpx.DecodingError("incomplete")


def _inflated(inflate: zlib._Decompress, part: bytes) -> Iterable[bytes]:
    """Yield the content of a compressed part in pieces of limited size."""
    while part and not inflate.eof:
        try:
            piece = inflate.decompress(part, _STEP)
        except zlib.error:
            raise httpx.DecodingError("not compressed as it says") from None
        part = inflate.unconsumed_tail
        yield piece


def check_structure(body: bytes | bytearray) -> None:
    """Check the nesting and the number of values of a body that may be JSON, without parsing it.

    Raises:
        AnswerRefused: it is beyond a limit.
    """
    values = depth = 0
    for structure in _structures(body):
        values += structure.count(b",") + structure.count(b"[") + structure.count(b"{")
        if values > MAX_VALUES:
            raise AnswerRefused(f"an answer of more than {MAX_VALUES} values")
        for character in structure:
            if character in b"[{":
                depth += 1
                if depth > MAX_DEPTH:
                    raise AnswerRefused(f"an answer nested deeper than {MAX_DEPTH} levels")
            elif character in b"]}":
                depth -= 1


def _structures(body: bytes | bytearray) -> Iterator[bytes]:
    """Yield the brackets, braces and commas outside of strings, part by part."""
    rest = b""
    for start in range(0, len(body), _PART):
        part = _STRING.sub(b"", rest + body[start : start + _PART])
        whole, quote, text = part.partition(b'"')
        # Of a string that the part cuts off, only its begin and an escape that is cut off matter to the next part.
        is_escape = (len(text) - len(text.rstrip(b"\\"))) % 2
        rest = quote + b"\\" * is_escape if quote else b""
        yield whole.translate(None, _NOT_STRUCTURE)


def kept_headers(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return the headers of an answer that phonefleet reads.

    The charset is left out: JSON is UTF-8 (RFC 8259), and Python knows charsets that no server may choose. So are
    cookies.
    """
    kept = [
        (name, value)
        for name, value in answer.headers.items()
        if name in _KEPT_HEADERS and len(value) <= MAX_HEADER
    ]
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip()[:MAX_HEADER]
    return [*kept, ("content-type", media_type)] if media_type else kept
