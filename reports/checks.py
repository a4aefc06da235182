"""Make the page that shows the result of every check.

The pages of Great Expectations ("Data Docs") load style and script from public addresses; this page loads nothing.
"""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup

from reports.html.environment import environment, own_asset, source_hash
from reports.summary import Summary


def checks_page(summary: Summary) -> str:
    """Return the page: the expectations of each table, with the keys of failing rows."""
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
