"""The result of every check as a page of its own.

Great Expectations draws such pages too ("Data Docs"), but they load style and script from a handful of public
addresses; this one shows the same result and loads nothing.
"""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup

from reports.html.page import environment, own_asset, source_hash
from reports.summary import Summary


def checks_page(summary: Summary) -> str:
    """The page as text: every expectation by table, failing rows named."""
    style = own_asset("report.css")
    checks = summary.expectations.checks
    return (
        environment()
        .get_template("checks.html.j2")
        .render(
            run=summary.run,
            summary=summary,
            groups=[(frame, list(group)) for frame, group in groupby(checks, key=lambda check: check.frame)],
            style=Markup(style),  # noqa: S704
            style_hash=source_hash(style),
        )
    )
