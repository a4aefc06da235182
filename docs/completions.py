"""Write the table that shells complete commands from: `python docs/completions.py`."""

from __future__ import annotations

import json

from flows.cli.completion import TABLE, described
from flows.cli.main import Commands


def table() -> str:
    """Return the whole table."""
    found = {verb: described(source.load(verb)) for verb, source in Commands.sources.items()}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
