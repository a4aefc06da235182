"""Read the faults that an option names: in a short form, as JSON, or as a file of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any


def fault_value(value: str) -> Any:
    """Parse a value of the short form: a share as number or percentage, a rate limit as burst/per second."""
    if "/" in value:
        burst, _, per_second = value.partition("/")
        return {"burst": burst, "per_second": per_second}
    return float(value[:-1]) / 100 if value.endswith("%") else value


def read_faults(text: str, short_form: re.Pattern[str], parse: Callable[[str, str], Any]) -> Any:
    """Return what an option says, before it is checked.

    Args:
        text: of the option.
        short_form: matches the short form, `NAME=VALUE` with commas between.
        parse: returns the value of a name of the short form.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no JSON, or a value of the short form cannot be parsed.
    """
    if short_form.fullmatch(text):
        pairs = (part.split("=") for part in text.split(","))
        return {name: parse(name, value) for name, value in pairs}
    return json.loads(text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8"))
