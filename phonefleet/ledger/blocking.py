"""Methods that block when called, and run in a thread when awaited through `in_thread`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Concatenate, Generic, ParamSpec, TypeVar

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")


class BlockingCall(Generic[P, R]):
    """A method bound to its store."""

    def __init__(self, call: Callable[P, R]) -> None:
        self._call = call

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the method and wait for the database."""
        return self._call(*args, **kwargs)

    async def in_thread(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the method in a thread, so that the event loop is not blocked."""
        return await asyncio.to_thread(self._call, *args, **kwargs)


class _BlockingMethod(Generic[S, P, R]):
    def __init__(self, method: Callable[Concatenate[S, P], R]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, store: S, owner: type[S]) -> BlockingCall[P, R]:
        method = self._method

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            return method(store, *args, **kwargs)

        return BlockingCall(call)


def blocking(method: Callable[Concatenate[S, P], R]) -> _BlockingMethod[S, P, R]:
    """Mark a store's method that waits for the database."""
    return _BlockingMethod(method)
