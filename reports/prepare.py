"""Bring in the libraries that take seconds to import, while a run still waits for its tenants."""

from __future__ import annotations

from importlib import import_module

from reports.expectations.run import quiet

_SLOW = ("great_expectations.expectations", "altair", "vl_convert")


def prepare() -> None:
    """Import what checks and charts need, so that `write` need not; safe to call in a thread, at any time, twice."""
    with quiet():
        for name in _SLOW:
            import_module(name)
