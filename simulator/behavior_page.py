"""Write the sources of behaviors into the documentation: ``python -m simulator.behavior_page``.

The page is ``docs/reference/simulator.md``. A test checks that it is current.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from simulator.behavior_sources import BEHAVIORS, Marking

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "simulator.md"
BEGIN, END = "<!-- behaviors -->\n", "<!-- /behaviors -->"
_MEANINGS = {
    Marking.RECORDED: "A recorded exchange with Auth0 shows it.",
    Marking.DOCUMENTED: "The documentation of Auth0 or Twilio says it, and no recorded exchange shows it.",
    Marking.ASSUMED: "No recorded exchange and no documentation shows it. It is not a fact about Auth0.",
}


def markdown() -> str:
    """Return one list per marking, as the documentation shows them; lines have at most 120 characters."""
    return "\n".join(_section(marking) for marking in Marking)


def _section(marking: Marking) -> str:
    label = "Why" if marking is Marking.ASSUMED else "Source"
    items = [
        textwrap.fill(
            f"* `{claim.name}`: {claim.what}. *{label}:* {claim.source}.",
            width=118,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for claim in BEHAVIORS
        if claim.marking is marking
    ]
    return "\n".join([f"### {marking.title()}", "", _MEANINGS[marking], "", *items, ""])


def written(page: str) -> str:
    """Return the page with the current lists between its marks."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{markdown()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
