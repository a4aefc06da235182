"""Read several things at once, and leave none of the reads behind when one of them fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any, TypeVar, overload

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")


@overload
async def read_together(a: Awaitable[A], b: Awaitable[B], /) -> tuple[A, B]: ...
@overload
async def read_together(a: Awaitable[A], b: Awaitable[B], c: Awaitable[C], /) -> tuple[A, B, C]: ...
@overload
async def read_together(
    a: Awaitable[A], b: Awaitable[B], c: Awaitable[C], d: Awaitable[D], /
) -> tuple[A, B, C, D]: ...
@overload
async def read_together(
    a: Awaitable[A], b: Awaitable[B], c: Awaitable[C], d: Awaitable[D], e: Awaitable[E], f: Awaitable[F], /
) -> tuple[A, B, C, D, E, F]: ...
async def read_together(*reads: Awaitable[Any]) -> tuple[Any, ...]:
    """Wait for all reads and return their results.

    `asyncio.gather` raises the first error at once and lets the other reads go on in the background: they send
    requests to a tenant that was given up already, and their connections are not closed.

    Raises:
        BaseException: the error of the first read in this order that failed, after all of them have ended.
    """
    return tuple(await read_each(reads))


async def read_each(reads: Iterable[Awaitable[A]]) -> list[A]:
    """Wait for any number of reads of one kind; otherwise as `read_together`."""
    results = await asyncio.gather(*reads, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]
