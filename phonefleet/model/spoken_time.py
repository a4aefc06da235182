"""Write spans of time for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

_SHORTEST = timedelta(milliseconds=10)
_SECONDS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}


def spoken(span: timedelta, units: Sequence[str] = ("d", "h", "min", "s")) -> str:
    """Return a span of time in its two largest units: `2 d 3 h`, `4 min 10 s`, `42 s`, `0.35 s`.

    Args:
        span: zero or more; below one second it has two digits, and a shorter one than 10 ms none.
        units: the units to use, from the largest down to seconds.
    """
    if timedelta() < span < _SHORTEST:
        return "under 0.01 s"
    if timedelta() < span < timedelta(seconds=1):
        return f"{span.total_seconds():.2g} s"
    seconds = round(span.total_seconds())
    parts = []
    for name in units:
        count, seconds = divmod(seconds, _SECONDS[name])
        parts.append((count, name))
    last = len(parts) - 1
    first = next((place for place, (count, _) in enumerate(parts) if count), last)
    return " ".join(f"{count} {name}" for count, name in parts[first : first + 2] if count or first == last)


def spoken_roughly(span: timedelta) -> str:
    """Return an estimate in one unit, of which it has at least two: `40 s`, `12 min`, `3 h`, `5 days`."""
    seconds = span.total_seconds()
    for name, unit in (("days", _SECONDS["d"]), ("h", _SECONDS["h"]), ("min", _SECONDS["min"])):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(1, round(seconds))} s"
