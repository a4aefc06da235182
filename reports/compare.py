"""Compare two runs: which tenants differ, in which columns, for better or worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from phonefleet.model.enums import Change, OutcomeKind, Reversibility, Verdict
from reports import columns, schema
from reports.frames import rows_of
from reports.status import Status

COMPARED = (
    *("verdict", "route", "reversibility", "reasons", "outcome", "outcome_reason", "status"),
    *("wave", "environment", "owner", "factors", "required_methods", "provider_methods", "passwordless"),
    *("dependents", *(f"worst_on_{change}" for change in Change), "plan_checksum"),
)
"""Columns of the frame of tenants in which two runs are compared."""
_OF_DEPENDENTS = frozenset({"dependents", *(f"worst_on_{change}" for change in Change)})
"""Of those: they say something only of tenants that both runs read whole."""

_BEST_FIRST: Mapping[str, Sequence[str]] = {
    "status": list(Status),
    "verdict": [
        *(Verdict.ALREADY_MIGRATED, Verdict.NOT_APPLICABLE, Verdict.ELIGIBLE),
        *(
            Verdict.BLOCKED,
            Verdict.CONTACT_SUPPORT,
            Verdict.NOT_AVAILABLE,
            Verdict.BROKEN,
            Verdict.UNREACHABLE,
        ),
    ],
    "reversibility": [
        Reversibility.REVERSIBLE,
        Reversibility.LOSSY,
        Reversibility.UNKNOWN,
        Reversibility.ONE_WAY,
    ],
    "outcome": [
        *(OutcomeKind.FINALIZED, OutcomeKind.MIGRATED, OutcomeKind.UNCHANGED, OutcomeKind.PREPARED),
        *(OutcomeKind.HELD, OutcomeKind.SKIPPED, OutcomeKind.INCONCLUSIVE, OutcomeKind.ROLLED_BACK),
        *(OutcomeKind.DRIFTED, OutcomeKind.FAILED),
    ],
    **{f"worst_on_{change}": ["", *reversed(columns.WORST_FIRST)] for change in Change},
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences between two runs.

    Attributes:
        frame: the frame `drift`.
        before: the identifier of the earlier run.
        after: the identifier of the later run.
        changed: number of tenants with any difference.
        better: number of tenants whose status became better.
        worse: number of tenants whose status became worse.
        moved: rows `(field, before, after, tenants)` of verdicts, outcomes and tenants that were added or removed,
            most frequent first.
    """

    frame: pd.DataFrame
    before: str
    after: str
    changed: int
    better: int
    worse: int
    moved: tuple[tuple[str, str, str, int], ...]


def drift_frame(before: pd.DataFrame | None, after: pd.DataFrame) -> pd.DataFrame:
    """Return the differences between two frames of tenants, in the order of the later one.

    The frame is empty without an earlier one.
    """
    if before is None:
        return schema.DRIFT.frame({name: [] for name in schema.DRIFT.names})
    old, new = _texts(before), _texts(after)
    both = new.index.intersection(old.index, sort=False)
    whole = both[((old.loc[both, "skipped"] == "") & (new.loc[both, "skipped"] == "")).to_numpy()]
    pieces = []
    for field in COMPARED:
        known = whole if field in _OF_DEPENDENTS else both
        pieces.append(_differences(old.loc[known, field], new.loc[known, field], field))
    pieces += [
        _added_or_removed(new.index.difference(old.index), "new"),
        _added_or_removed(old.index.difference(new.index), "gone"),
    ]
    frame = pd.concat(pieces, ignore_index=True)
    order = {domain: place for place, domain in enumerate(dict.fromkeys([*new.index, *old.index]))}
    fields = {field: place for place, field in enumerate(["tenant", *COMPARED])}
    frame = frame.assign(row=frame["domain"].map(order), column=frame["field"].map(fields))
    frame = frame.sort_values(["row", "column"], kind="stable").drop(columns=["row", "column"])
    return schema.DRIFT.frame(frame.reset_index(drop=True))


def _texts(tenants: pd.DataFrame) -> pd.DataFrame:
    frame = tenants.drop_duplicates("domain").set_index("domain")[[*COMPARED, "skipped"]]
    return frame.astype("object").where(frame.notna(), "").astype("str")


def _differences(old: pd.Series[Any], new: pd.Series[Any], field: str) -> pd.DataFrame:
    differs = old != new
    frame = pd.DataFrame(
        {
            "domain": old.index[differs],
            "field": field,
            "before": old[differs].array,
            "after": new[differs].array,
        }
    )
    rank = {str(word): place for place, word in enumerate(_BEST_FIRST.get(field, ()))}
    step = frame["after"].map(rank).astype("float64") - frame["before"].map(rank).astype("float64")
    return frame.assign(direction=np.select([step < 0, step > 0], ["better", "worse"], "changed"))


def _added_or_removed(domains: pd.Index[Any], direction: str) -> pd.DataFrame:
    before, after = ("", "in the fleet") if direction == "new" else ("in the fleet", "")
    return pd.DataFrame(
        {"domain": domains, "field": "tenant", "before": before, "after": after, "direction": direction}
    )


def comparison(drift: pd.DataFrame, before: str, after: str) -> Comparison:
    """Summarize the frame `drift`."""
    status = drift[drift["field"] == "status"]
    keys: list[str] = ["field", "before", "after"]
    shown = drift[drift["field"].isin(["verdict", "outcome", "tenant"])]
    counts = shown.groupby(keys, sort=True).size().rename("tenants").reset_index()
    most_first = counts.sort_values(["tenants", *keys], ascending=[False, True, True, True])
    return Comparison(
        frame=drift,
        before=before,
        after=after,
        changed=drift["domain"].nunique(),
        better=int((status["direction"] == "better").sum()),
        worse=int((status["direction"] == "worse").sum()),
        moved=tuple((row.field, row.before, row.after, int(row.tenants)) for row in rows_of(most_first)),
    )
