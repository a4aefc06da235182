"""Import slow libraries while a run still waits for its tenants."""

from __future__ import annotations

from importlib import import_module

from reports.expectations.run import quiet


def preload() -> None:
    """Import what checks and charts need, so that `write` starts at once.

    It may be called repeatedly and in a thread.
    """
    with quiet():
        import_module("great_expectations.expectations")
        import_module("altair")
        # The first drawing starts a JavaScript engine.
        import_module("vl_convert").vegalite_to_svg({"data": {"values": []}, "mark": "point"})
