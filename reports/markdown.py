"""The run as Markdown for a pull request or a chat: short, and inert whatever names tenants have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from reports.frames import Frames, rows_of
from reports.risk import sentence
from reports.status import Status
from reports.summary import Summary
from reports.text import code, plural, words

MOST_ROWS = 15
LIGHTS = {Status.GREEN: "🟢", Status.AMBER: "🟠", Status.RED: "🔴"}


def markdown(frames: Frames, summary: Summary) -> str:
    """The whole text, ending in a newline. Texts of tenants are in code spans, on one line."""
    run = summary.run
    ended = "not ended" if pd.isna(run["ended_at"]) else f"ended {_moment(run['ended_at'])}"
    lines = [
        f"# {LIGHTS[summary.status]} {str(summary.status).capitalize()}: {summary.headline}",
        "",
        f"Run {code(run['run_id'])}, verb {code(run['verb'])}, fleet {code(run['fleet'])}, "
        f"started {_moment(run['started_at'])}, {ended}.",
        "",
        *(f"- {text}" for text in summary.sentences),
        *_checks(summary),
        *_waves(summary),
        *_drift(frames.deviations),
        *_changes(summary),
        *_blocked(frames.blocked),
        *_unverified(frames.translations),
        *_risk(frames.risk, summary),
        *_failed(frames.tenants),
    ]
    return "\n".join(lines) + "\n"


def _moment(moment: pd.Timestamp) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _checks(summary: Summary) -> Iterator[str]:
    if summary.expectations.failures:
        yield from ("", "## 🔴 Checks of this data that failed", "")
        for failure in summary.expectations.failures:
            rows = code("; ".join(failure.rows), 300)
            yield f"- **{failure.frame}**: {failure.meaning} Fails for {failure.failing:,}: {rows}"


def _waves(summary: Summary) -> Iterator[str]:
    if summary.waves:
        yield from ("", "## Waves", "")
        rows = (
            [
                *(code(wave.wave), f"{LIGHTS[wave.status]} {wave.status}", wave.note),
                *(f"{n:,}" for n in (wave.tenants, wave.planned, wave.changed, wave.failed, wave.open)),
            ]
            for wave in summary.waves
        )
        yield from table(
            ("Wave", "Status", "", "Tenants", "Planned", "Changed", "Failed", "Not settled"), rows
        )


def _drift(deviations: pd.DataFrame) -> Iterator[str]:
    if len(deviations):
        yield from ("", "## Drift", "")
        rows = (
            [
                code(row.domain),
                code(row.field),
                code(row.expected),
                code(row.found),
                _moment(row.first_found_at),
            ]
            for row in rows_of(deviations.head(MOST_ROWS))
        )
        yield from table(("Tenant", "What", "Expected", "Found", "First found"), rows)
        yield from _more(len(deviations))


def _unverified(translations: pd.DataFrame) -> Iterator[str]:
    unverified = translations[translations["result"] != "verified"]
    if len(unverified):
        yield from ("", "## Actions that are not verified", "")
        rows = (
            [code(row.names), words(row.result), f"{row.tenants:,}", code(row.reasons, 300)]
            for row in rows_of(unverified.head(MOST_ROWS))
        )
        yield from table(("Action", "Verification", "Tenants", "Why"), rows)
        yield from _more(len(unverified))


def _changes(summary: Summary) -> Iterator[str]:
    changes = summary.changes
    if changes:
        yield from ("", f"## Since run {code(changes.before)}", "")
        yield f"{plural(changes.changed, 'tenant')} changed: {changes.better:,} better, {changes.worse:,} worse."
        rows = (
            [field, words(old) or "none", words(new) or "none", f"{count:,}"]
            for field, old, new, count in changes.moved[:MOST_ROWS]
        )
        if changes.moved:
            yield from ("", *table(("What", "Before", "Now", "Tenants"), rows))


def _blocked(blocked: pd.DataFrame) -> Iterator[str]:
    if len(blocked):
        yield from ("", "## Blocked, by reason and owner", "")
        rows = (
            [
                words(row.code),
                words(row.need),
                code(row.owner) or "no owner",
                f"{row.tenants:,}",
                row.next_step,
            ]
            for row in rows_of(blocked.head(MOST_ROWS))
        )
        yield from table(("Reason", "Needs", "Owner", "Tenants", "Next step"), rows)
        yield from _more(len(blocked))


def _risk(risk: pd.DataFrame, summary: Summary) -> Iterator[str]:
    if len(risk):
        yield from ("", "## What a change would break", "")
        yield from (
            f"- {text}" for change, counts in summary.risk.items() if (text := sentence(change, dict(counts)))
        )
        rows = (
            [
                code(row.domain),
                str(row.change),
                words(row.worst),
                f"{row.breaks:,}",
                _word(row.reversibility, "not assessed"),
                code(row.owner) or "no owner",
            ]
            for row in rows_of(risk.head(MOST_ROWS))
        )
        yield from ("", *table(("Tenant", "Change", "Worst", "Breaks", "Reversibility", "Ask"), rows))
        yield from _more(len(risk))


def _failed(tenants: pd.DataFrame) -> Iterator[str]:
    failed = tenants[tenants["outcome"] == "failed"]
    if len(failed):
        yield from ("", "## Failed tenants", "")
        rows = (
            [code(row.domain), _word(row.outcome_reason, "no reason named"), code(row.outcome_message, 300)]
            for row in rows_of(failed.head(MOST_ROWS))
        )
        yield from table(("Tenant", "Reason", "Message"), rows)
        yield from _more(len(failed))


def _more(rows: int) -> Iterator[str]:
    if rows > MOST_ROWS:
        yield from ("", f"{rows - MOST_ROWS:,} more in the report.")


def _word(value: Any, missing: str) -> str:
    return missing if pd.isna(value) else words(str(value))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table; cells must be inert already."""
    titles = list(head)
    yield f"| {' | '.join(titles)} |"
    yield f"|{'|'.join(' --- ' for _ in titles)}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
