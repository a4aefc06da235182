"""Derive facts that span frames as columns of the frame that an expectation checks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from phonefleet.model.enums import CHANGING_VERBS, Operation, OutcomeKind, StepKind
from phonefleet.model.reason_spec import ReasonEffect
from phonefleet.model.reasons import REASONS
from phonefleet.model.run_record import MessageEvidence, StepResult
from reports import columns
from reports.expectations.rules import NUMBERS, OF_TENANTS
from reports.frames import Frames
from reports.schema import BY_NAME
from reports.secret_filter import WithheldCell

_SWITCHES = [StepKind.SWITCH_TENANT, StepKind.SWITCH_CONNECTION]
_INCONCLUSIVE = [code for code, spec in REASONS.items() if spec.effect is ReasonEffect.INCONCLUSIVE]

_JUDGED = [OutcomeKind.DRIFTED, OutcomeKind.UNCHANGED, OutcomeKind.FAILED, OutcomeKind.INCONCLUSIVE]
"""Outcomes of a tenant with drift: unchanged where it was accepted or a test passed, the last two after a test."""


def with_derived_columns(frames: Frames, withheld: Iterable[WithheldCell]) -> dict[str, pd.DataFrame]:
    """Return each frame with its derived columns."""
    tenants = frames.tenants
    checked = {
        "tenants": _tenant_facts(frames),
        "waves": frames.waves.assign(
            accounted=frames.waves[[*map(str, OutcomeKind), "undecided"]].sum(axis=1)
            == frames.waves["tenants"],
            failed_over_tolerance=(frames.waves["failed"] - frames.waves["failure_tolerance"]).clip(lower=0),
        ),
        "run": frames.run.assign(
            distinct_tenants=tenants["domain"].nunique(),
            tenants_by_outcome=int(tenants["outcome"].value_counts().sum() + tenants["outcome"].isna().sum()),
            tenants_by_wave=int(frames.waves["tenants"].sum() + (tenants["wave"] == "").sum()),
            failed_tenants=int((tenants["outcome"] == OutcomeKind.FAILED).sum()),
        ),
        "risk": frames.risk.assign(parts=frames.risk[list(columns.WORST_FIRST)].sum(axis=1)),
        "deviations": frames.deviations.assign(
            differs=frames.deviations["expected"] != frames.deviations["found"],
            judged=frames.deviations["outcome"].isin(_JUDGED),
        ),
        "text_changes": frames.text_changes.assign(
            differs=(frames.text_changes["old"] != frames.text_changes["new"])
            | ~(frames.text_changes["old_rendered"] & frames.text_changes["new_rendered"])
        ),
        **_translation_facts(frames),
    }
    for name in OF_TENANTS:
        frame = checked.get(name, getattr(frames, name))
        checked[name] = frame.assign(known_tenant=frame["domain"].isin(tenants["domain"]))
    checked |= {name: frame for name, frame in frames.items() if name not in checked}
    return {
        name: frame.assign(looks_like_secret=_secrets(name, frame, withheld), negative=_negative(name, frame))
        for name, frame in checked.items()
    }


def _translation_facts(frames: Frames) -> dict[str, pd.DataFrame]:
    known, actions = frames.translations["translation"], frames.actions["translation"]
    having = actions.value_counts().reindex(known, fill_value=0).to_numpy()
    return {
        "translations": frames.translations.assign(having_it=having),
        "actions": frames.actions.assign(known_translation=(actions == "") | actions.isin(known)),
    } | {
        name: getattr(frames, name).assign(known_translation=getattr(frames, name)["translation"].isin(known))
        for name in ("mappings", "flags")
    }


def _secrets(name: str, frame: pd.DataFrame, withheld: Iterable[WithheldCell]) -> pd.Series[Any]:
    marks = pd.Series("", index=frame.index, dtype="str")
    for cell in withheld:
        if cell.frame == name:
            marks[cell.row] = f"{marks[cell.row]} {cell.column}: {cell.looks_like}".strip()
    return marks


def _negative(name: str, frame: pd.DataFrame) -> pd.Series[Any]:
    """Return for each row the names of its negative numbers."""
    marks = pd.Series("", index=frame.index, dtype="str")
    for column in BY_NAME[name].columns:
        if column.dtype in NUMBERS and column.name in frame and column.name != "exit_code":
            marks = marks.mask((frame[column.name] < 0).fillna(value=False), marks + f" {column.name}")
    return marks.str.strip()


def _tenant_facts(frames: Frames) -> pd.DataFrame:
    tenants, verb = frames.tenants, frames.run["verb"].iloc[0]
    ended = bool(frames.run["ended_at"].notna().iloc[0])
    moved = tenants["outcome"] == OutcomeKind.MIGRATED
    index = pd.Index(tenants["domain"])
    inconclusive = tenants["outcome_reason"].isin(_INCONCLUSIVE)
    unseen = _undelivered(frames, index)
    changes = frames.steps[frames.steps["kind"] != StepKind.SEND_TEST]
    tests = frames.steps[frames.steps["kind"] == StepKind.SEND_TEST].drop_duplicates(["domain", "key"])
    accepted = frames.messages[frames.messages["evidence"] != MessageEvidence.UNKNOWN]
    accepted = accepted.drop_duplicates(["domain", "delivery_method"])
    # An earlier run that prepared the tenant had sent it.
    sent_before = tests[tests["result"] == StepResult.ALREADY]
    run_start, run_end = frames.run["started_at"].iloc[0], frames.run["ended_at"].iloc[0]
    early = tenants["started_at"] < run_start
    late = (tenants["ended_at"] > run_end) if pd.notna(run_end) else pd.Series(False, index=tenants.index)
    return tenants.assign(
        must_have_outcome=ended and verb in CHANGING_VERBS,
        moved=moved,
        switches_done=_count(index, _done(frames.steps[frames.steps["kind"].isin(_SWITCHES)])),
        switches_left=_count(index, _left(frames.steps[frames.steps["kind"].isin(_SWITCHES)])),
        steps_left=_count(index, _left(frames.steps)),
        # A test message changes nothing.
        changes_done=_count(index, changes[changes["result"] == StepResult.DONE]),
        # One test is missing where none was planned.
        tests_missing=(
            _count(index, tests).clip(min=1) - _count(index, accepted) - _count(index, sent_before)
        ).clip(min=0),
        tests_failed=unseen["failed"],
        tests_unseen=unseen["unseen"].where(~inconclusive, 0),
        factors_uncovered=_uncovered(
            tenants["factors_after"].str.replace("sms", "text"), tenants["provider_methods"]
        ),
        methods_uncovered=_uncovered(tenants["required_methods"], tenants["provider_methods"]),
        within_run=~(early | late),
    )


def _done(steps: pd.DataFrame) -> pd.DataFrame:
    applied = steps["operation"].isin([Operation.APPLY]) & steps["result"].isin(
        [StepResult.DONE, StepResult.ALREADY]
    )
    return steps[applied]


def _left(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the planned steps that no intent has done."""
    own = steps[steps["operation"].isin([Operation.APPLY])]
    done = pd.MultiIndex.from_frame(_done(own)[["domain", "key"]])
    left = own[~pd.MultiIndex.from_frame(own[["domain", "key"]]).isin(done)]
    return left.drop_duplicates(["domain", "key"])


def _count(index: pd.Index[Any], rows: pd.DataFrame) -> Any:
    return rows["domain"].value_counts().reindex(index, fill_value=0).to_numpy()


def _undelivered(frames: Frames, index: pd.Index[Any]) -> dict[str, pd.Series[Any]]:
    """Count by tenant the methods whose best evidence is a failure, and those without any."""
    best = frames.messages.assign(
        rank=frames.messages["evidence"]
        .map({MessageEvidence.DELIVERED: 0, MessageEvidence.FAILED: 1})
        .fillna(2)
    )
    best = best.sort_values("rank", kind="stable").drop_duplicates(["domain", "delivery_method"])
    return {
        "failed": pd.Series(_count(index, best[best["rank"] == 1])),
        "unseen": pd.Series(_count(index, best[best["rank"] == 2])),
    }


def _uncovered(wanted: pd.Series[Any], offered: pd.Series[Any]) -> list[str]:
    """Return the words of `wanted` that are not in `offered`; empty where `offered` is empty."""
    pairs = list(zip(wanted, offered, strict=True))
    missing = {
        (words, known): " ".join(w for w in words.split() if w not in known.split()) if known else ""
        for words, known in set(pairs)
    }
    return [missing[pair] for pair in pairs]
