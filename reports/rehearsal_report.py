"""Write the report of a rehearsal: a page, Markdown and JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from markupsafe import Markup

from phonefleet.model.rehearsal import Rehearsal
from phonefleet.output_files import replace_file
from phonefleet.private_files import chosen_umask
from phonefleet.secrets.known_values import KNOWN
from reports.html.environment import environment, own_asset, source_hash
from reports.rehearsal_digest import DigestTable, RehearsalDigest, rehearsal_digest
from reports.status import Status
from reports.text import code

_LIGHTS = {Status.GREEN: "🟢", Status.AMBER: "🟠", Status.RED: "🔴"}


def write_rehearsal(rehearsal: Rehearsal, directory: Path) -> Mapping[str, Path]:
    """Write the report of a rehearsal, and return the path of each format.

    Raises:
        OSError: a file cannot be written.
    """
    digest = rehearsal_digest(rehearsal)
    texts = {
        "html": ("rehearsal.html", rehearsal_page(rehearsal, digest)),
        "markdown": ("rehearsal.md", rehearsal_markdown(rehearsal, digest)),
        "json": ("rehearsal.json", rehearsal.model_dump_json(indent=2) + "\n"),
    }
    mode = 0o666 & ~chosen_umask(os.environ)
    for name, text in texts.values():
        replace_file(
            directory / name, partial(Path.write_text, data=KNOWN.mask(text), encoding="utf-8"), mode=mode
        )
    return {kind: directory / name for kind, (name, _) in texts.items()}


def rehearsal_page(rehearsal: Rehearsal, digest: RehearsalDigest) -> str:
    """Return the page, which runs no script and loads nothing."""
    style = own_asset("report.css")
    return (
        environment()
        .get_template("rehearsal.html.j2")
        .render(
            rehearsal=rehearsal,
            digest=digest,
            style=Markup(style),  # noqa: S704
            style_hash=source_hash(style),
        )
    )


def rehearsal_markdown(rehearsal: Rehearsal, digest: RehearsalDigest) -> str:
    """Return the report as Markdown. Texts of tenants are in code spans, where no markup takes effect."""
    lines = [
        f"# {_LIGHTS[digest.status]} {digest.headline}",
        "",
        f"Rehearsal {code(rehearsal.id)} of fleet {code(rehearsal.fleet)} by {code(rehearsal.by)}, {digest.duration}.",
        "",
        *(f"- {sentence}" for sentence in digest.sentences),
    ]
    for table in digest.tables:
        lines += ["", f"## {table.title}", "", *_table(table)]
    lines += ["", "## What no twin can know", "", *(f"- {text}" for text in rehearsal.unknowable)]
    return "\n".join(lines) + "\n"


def _table(table: DigestTable) -> list[str]:
    head = [f"| {' | '.join(table.head)} |", f"|{' --- |' * len(table.head)}"]
    return [*head, *(f"| {' | '.join(code(cell) if cell else '' for cell in row)} |" for row in table.rows)]
