"""Summarize a run for the first page of every report, counted from the frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import pandas as pd

from phonefleet.model.enums import OutcomeKind, ReasonCode, RunVerdict, Verdict, WaveVerdict
from phonefleet.model.reason_spec import Need
from phonefleet.model.verdict_groups import gets_no_messages
from reports.compare import Comparison, comparison
from reports.expectations.result import ExpectationsResult
from reports.frames import Frames
from reports.plain_words import OUTCOMES, VERDICTS
from reports.risk import tenants_at_risk
from reports.status import RED_VERDICTS, Status, asked_for
from reports.text import joined, plural, shortened, visible

COMPARES = "compliance"
"""The verb whose runs compare tenants with their recorded state, migrated or not."""
_Word = TypeVar("_Word", bound=StrEnum)
_DECISIONS = [Need.REPAIR, Need.DECIDE, Need.AUTH0_SUPPORT]


@dataclass(frozen=True, slots=True)
class WaveStatus:
    """One wave over all its batches; numbers are of tenants."""

    wave: str
    status: Status
    note: str
    tenants: int
    planned: int
    """That the run was to change."""
    changed: int
    """With the outcome that the verb is meant to produce."""
    settled: int
    """With nothing left to do, including those that needed no change."""
    failed: int
    open: int
    """Neither settled nor failed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A reason that needs a decision, a repair or Auth0 Support, over all owners."""

    code: str
    need: str
    next_step: str
    tenants: int
    owners: tuple[str, ...]
    unowned: int
    """Those of the tenants that have no owner named."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the first page of every report shows.

    Attributes:
        status: red when a tenant failed or cannot send, a check failed, or the run failed or did not end; green when
            every tenant is settled; amber otherwise.
        headline: the result in a sentence.
        sentences: the reasons, most important first.
        verdicts: tenants by verdict, all verdicts; `outcomes` likewise.
        unassessed: tenants without a verdict.
        undecided: tenants without an outcome.
        waves: every wave in order.
        risk: tenants by change and by its worst effect.
        changes: the differences from the last run; None without one.
        decisions: what a person must decide, repair or ask Auth0 about, the most tenants first within each need.
    """

    run: Mapping[str, Any]
    status: Status
    headline: str
    sentences: tuple[str, ...]
    tenants: int
    settled: int
    verdicts: Mapping[str, int]
    outcomes: Mapping[str, int]
    unassessed: int
    undecided: int
    waves: tuple[WaveStatus, ...]
    risk: Mapping[str, Mapping[str, int]]
    changes: Comparison | None
    decisions: tuple[Decision, ...]
    expectations: ExpectationsResult


def summarize(frames: Frames, expectations: ExpectationsResult, previous_run: str = "") -> Summary:
    """Summarize a run.

    Args:
        frames: all frames of the run.
        expectations: the result of the checks of these frames.
        previous_run: identifier of the run that `frames.drift` compares with; empty without one.
    """
    run = {str(name): value for name, value in frames.run.iloc[0].to_dict().items()}
    tenants = frames.tenants
    settled = int((tenants["status"] == Status.GREEN).sum())
    failed = run["verdict"] in RED_VERDICTS or (tenants["outcome"] == OutcomeKind.FAILED).any()
    if failed or _cannot_send(tenants) or not expectations.success or pd.isna(run["ended_at"]):
        status = Status.RED
    else:
        status = Status.GREEN if settled == len(tenants) else Status.AMBER
    return Summary(
        run=run,
        status=status,
        headline=_headline(status, run, tenants, settled, expectations),
        sentences=tuple(_sentences(run, tenants, frames, expectations)),
        tenants=len(tenants),
        settled=settled,
        verdicts=_counts(tenants["verdict"], Verdict),
        outcomes=_counts(tenants["outcome"], OutcomeKind),
        unassessed=int(tenants["verdict"].isna().sum()),
        undecided=int(tenants["outcome"].isna().sum()),
        waves=tuple(_waves(frames.waves, tenants, str(run["verb"]))),
        risk={
            str(change): {str(k): int(n) for k, n in row.items()}
            for change, row in tenants_at_risk(frames.risk).iterrows()
        },
        changes=comparison(frames.drift, previous_run, str(run["run_id"])) if previous_run else None,
        decisions=tuple(_decisions(frames.blocked)),
        expectations=expectations,
    )


def _counts(column: pd.Series[Any], vocabulary: Any) -> dict[str, int]:
    return {str(word): int((column == word).sum()) for word in vocabulary}


def _cannot_send(tenants: pd.DataFrame) -> int:
    """Count the tenants of this run whose users get no messages now."""
    rows = zip(tenants["verdict"], tenants["outcome"], tenants["outcome_reason"], strict=True)
    return sum(
        gets_no_messages(_word(Verdict, verdict), _word(OutcomeKind, outcome), _word(ReasonCode, reason))
        for verdict, outcome, reason in rows
    )


def _word(vocabulary: type[_Word], value: object) -> _Word | None:
    return vocabulary(value) if isinstance(value, str) and value else None


def _left_broken(tenants: pd.DataFrame) -> pd.Series[bool]:
    """Return which tenants failed in this run and cannot send since."""
    failed = tenants["outcome"] == OutcomeKind.FAILED
    return failed & (tenants["outcome_reason"] == ReasonCode.CANNOT_SEND)


def _in_sync(tenants: pd.DataFrame) -> str:
    """Say that a comparison found nothing. It does not say that the tenants are migrated."""
    compared = tenants["outcome"] == OutcomeKind.UNCHANGED
    if len(tenants) == 1:
        found = "is in sync with its recorded state" if compared.all() else "has nothing to migrate"
        return f"The tenant {found}."
    rest = "" if compared.all() else ", or have nothing to migrate"
    return f"All of {plural(len(tenants), 'tenant')} are in sync with their recorded state{rest}."


def _headline(
    status: Status,
    run: Mapping[str, Any],
    tenants: pd.DataFrame,
    settled: int,
    expectations: ExpectationsResult,
) -> str:
    whole = plural(len(tenants), "tenant")
    good = f"{'in sync' if run['verb'] == COMPARES else 'done'} or need nothing"
    failed = int((tenants["outcome"] == OutcomeKind.FAILED).sum())
    broken = _cannot_send(tenants)
    if status is Status.GREEN:
        if tenants.empty:
            return "The fleet has no tenants."
        if run["verb"] == COMPARES:
            return _in_sync(tenants)
        return f"All of {whole} are done or need nothing." if len(tenants) > 1 else "The tenant is done."
    if pd.isna(run["ended_at"]):
        return f"The run did not end: {settled:,} of {whole} are {good} so far."
    if broken and expectations.success:
        drifted = int((tenants["outcome"] == OutcomeKind.DRIFTED).sum())
        counts = ((failed - int(_left_broken(tenants).sum()), "failed"), (drifted, "drifted"))
        others = "".join(f"; {count:,} {what}" for count, what in counts if count)
        return f"{broken:,} of {whole} cannot send{others}."
    if failed:
        return f"{failed:,} of {whole} failed."
    drifted = int((tenants["outcome"] == OutcomeKind.DRIFTED).sum())
    if drifted and expectations.success:
        return f"{drifted:,} of {whole} drifted."
    if not expectations.success:
        return f"The data of this run is not reliable: {plural(len(expectations.failures), 'check')} failed."
    if status is Status.RED:
        return f"The run failed: {settled:,} of {whole} are {good}."
    return f"{settled:,} of {whole} are {good}; {len(tenants) - settled:,} are left."


def _sentences(
    run: Mapping[str, Any], tenants: pd.DataFrame, frames: Frames, expectations: ExpectationsResult
) -> Iterator[str]:
    outcomes = [(OUTCOMES[o], int((tenants["outcome"] == o).sum())) for o in OutcomeKind]
    verdicts = [(VERDICTS[v], int((tenants["verdict"] == v).sum())) for v in Verdict]
    for title, counts in (("This run", outcomes), ("As read", verdicts)):
        if parts := [f"{count:,} {word}" for word, count in counts if count]:
            yield f"{title}: {joined(parts)}."
    if run["verdict"] == RunVerdict.STOPPED:
        yield "The run ended at a gate: a person must decide before it can continue."
    if len(frames.deviations):
        drifted = frames.deviations["domain"].nunique()
        yield f"Drift was found in {plural(drifted, 'tenant')}, field by field under Drift."
    stopped = frames.waves.loc[frames.waves["verdict"] == WaveVerdict.STOPPED, "wave"].unique()
    if len(stopped):
        yield f"Stopped: {plural(len(stopped), 'wave')}."
    if unread := int((tenants["skipped"] != "").sum()):
        yield f"{plural(unread, 'tenant')} not read whole: what a change would break there is counted in part only."
    if not expectations.success:
        failed = plural(len(expectations.failures), "check")
        yield f"{failed} of {len(expectations.checks):,} on this data failed: see Checks."


def _decisions(blocked: pd.DataFrame) -> Iterator[Decision]:
    asked = blocked[blocked["need"].isin(_DECISIONS)]
    groups = [(str(code), rows) for code, rows in asked.groupby("code", sort=False, observed=True)]
    groups.sort(key=lambda pair: -int(pair[1]["tenants"].sum()))
    groups.sort(key=lambda pair: _DECISIONS.index(Need(pair[1]["need"].iloc[0])))
    for code, rows in groups:
        yield Decision(
            code=code,
            need=str(rows["need"].iloc[0]),
            next_step=str(rows["next_step"].iloc[0]),
            tenants=int(rows["tenants"].sum()),
            owners=tuple(owner for owner in rows["owner"] if owner),
            unowned=int(rows.loc[rows["owner"] == "", "tenants"].sum()),
        )


def _waves(waves: pd.DataFrame, tenants: pd.DataFrame, verb: str) -> Iterator[WaveStatus]:
    green = tenants[tenants["status"] == Status.GREEN].groupby("wave").size()
    with_plan = tenants[tenants["steps_planned"] > 0].groupby("wave").size()
    for name, rows in waves.groupby("wave", sort=False):
        total, failed, done = int(rows["tenants"].sum()), int(rows["failed"].sum()), int(green.get(name, 0))
        stopped = bool((rows["verdict"] == WaveVerdict.STOPPED).any())
        status = Status.RED if failed or stopped else Status.GREEN if done == total else Status.AMBER
        yield WaveStatus(
            wave=str(name),
            status=status,
            note=_wave_note(rows, total, done, failed, verb, stopped=stopped),
            tenants=total,
            planned=int(rows["planned"].sum() if rows["batch"].notna().any() else with_plan.get(name, 0)),
            changed=int(rows[asked_for(verb)].sum()),
            settled=done,
            failed=failed,
            open=total - done - failed,
        )


def _wave_note(rows: pd.DataFrame, total: int, done: int, failed: int, verb: str, *, stopped: bool) -> str:
    if stopped:
        return f"stopped with {plural(failed, 'failure')}"
    if failed:
        return f"{failed:,} failed, within tolerance"
    if done == total:
        return f"every tenant is {'in sync' if verb == COMPARES else 'done'} or needs nothing"
    started = bool(rows["started_at"].notna().any())
    return f"{total - done:,} left" if started or rows["planned"].sum() == 0 else "not started"


def asked(decision: Decision, most: int = 3) -> str:
    """Return whom to ask: `Ask a@acme.example and 2 more; 4 tenants have no owner named.`."""
    names = [shortened(visible(owner), 60) for owner in decision.owners[:most]]
    more = len(decision.owners) - len(names)
    ask = f"Ask {joined([*names, *([f'{more:,} more'] if more else [])])}" if names else ""
    none = (
        f"{plural(decision.unowned, 'tenant has', 'tenants have')} no owner named" if decision.unowned else ""
    )
    return f"{'; '.join(part for part in (ask, none) if part)}."


def as_json(summary: Summary) -> dict[str, Any]:
    """Return the summary as a JSON document; times are ISO 8601, missing values null."""
    return {
        "run": {name: _plain(value) for name, value in summary.run.items()},
        "status": str(summary.status),
        "headline": summary.headline,
        "sentences": list(summary.sentences),
        "totals": {
            "tenants": summary.tenants,
            "settled": summary.settled,
            "verdicts": dict(summary.verdicts) | {"none": summary.unassessed},
            "outcomes": dict(summary.outcomes) | {"none": summary.undecided},
        },
        "decisions": [
            {name: _plain(getattr(one, name)) for name in Decision.__slots__} for one in summary.decisions
        ],
        "waves": [
            {name: _plain(getattr(wave, name)) for name in WaveStatus.__slots__} for wave in summary.waves
        ],
        "risk": {change: dict(counts) for change, counts in summary.risk.items()},
        "expectations": {
            "success": summary.expectations.success,
            "checked": len(summary.expectations.checks),
            "failures": [str(failure) for failure in summary.expectations.failures],
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return None
    return str(value) if isinstance(value, Status) else value.item() if hasattr(value, "item") else value


__all__ = ["Decision", "Summary", "WaveStatus", "as_json", "asked", "summarize"]
