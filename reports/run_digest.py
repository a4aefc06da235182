"""Reduce a run to plain data, for places without files such as Prefect's artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.reasons import REASONS
from phonefleet.rollout.fleet_board import FleetBoard
from reports.frames import Frames, rows_of
from reports.markdown import markdown
from reports.status import Status
from reports.summary import Summary
from reports.text import plural, shortened, visible, words

MOST_ROWS = 500
_LONGEST = 400
_NOT_DONE = [
    *(OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK, OutcomeKind.DRIFTED),
    *(OutcomeKind.INCONCLUSIVE, OutcomeKind.HELD),
]
"""Worst first."""


@dataclass(frozen=True, slots=True)
class RunDigest:
    """A short form of a run, without secrets.

    Attributes:
        markdown: the report in Markdown.
        not_done: tenants that are broken, failed, drifted, were held or are red by their verdict, the worst first:
            `tenant`, `status`, `outcome`, `reason`, `waits for` (who takes the next step), `message`,
            `owner`; at most `MOST_ROWS`.
        not_done_note: their number, and the file that lists the rest.
    """

    markdown: str
    not_done: tuple[Mapping[str, str], ...]
    not_done_note: str


def run_digest(frames: Frames, summary: Summary, board: FleetBoard | None = None) -> RunDigest:
    """Return the digest of a run; with the state of the whole fleet it begins with that, as the reports do."""
    tenants = frames.tenants
    chosen = tenants[tenants["outcome"].isin(_NOT_DONE) | (tenants["status"] == Status.RED)]
    place = chosen["outcome"].astype("object").map({str(o): n for n, o in enumerate(_NOT_DONE)})
    silent = (chosen["verdict"] == Verdict.BROKEN) | (chosen["outcome_reason"] == ReasonCode.CANNOT_SEND)
    place = place.fillna(len(_NOT_DONE)).mask(silent, -1)
    worst_first = chosen.assign(place=place).sort_values("place", kind="stable")
    rest = len(chosen) - MOST_ROWS
    more = f"; {rest:,} more are in data/tenants.csv" if rest > 0 else ""

    def cell(value: Any) -> str:
        return "" if pd.isna(value) else shortened(visible(str(value)), _LONGEST)

    return RunDigest(
        markdown=markdown(frames, summary, board),
        not_done=tuple(
            {
                "tenant": cell(row.domain),
                "status": cell(row.status),
                "outcome": words(cell(row.outcome)),
                "reason": words(cell(row.outcome_reason)),
                "waits for": _actor(row.outcome_reason),
                "message": cell(row.outcome_message) or cell(row.message),
                "owner": cell(row.owner),
            }
            for row in rows_of(worst_first.head(MOST_ROWS))
        ),
        not_done_note=f"{plural(len(chosen), 'tenant is', 'tenants are')} not done{more}",
    )


def _actor(reason: Any) -> str:
    """Return who takes the next step of an outcome's reason."""
    return "" if pd.isna(reason) else words(str(REASONS[ReasonCode(reason)].actor))
