"""Find the reasons that keep tenants from being settled, by reason and by owner."""

from __future__ import annotations

import pandas as pd

from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.reason_spec import Need
from phonefleet.model.reasons import REASONS
from phonefleet.model.verdict_groups import NEEDS_A_PERSON
from reports import schema
from reports.status import Status

_NO_REASON = "No reason was recorded: look at the tenant's steps."
_DESCRIBING = [code for code, spec in REASONS.items() if spec.only_describes]
_FIRST = [
    Need.REPAIR,
    Need.DECIDE,
    Need.INVESTIGATE,
    Need.AUTH0_SUPPORT,
    Need.ACCESS,
    Need.SUPPLY,
    Need.RESUME,
]


def blocked_frame(tenants: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Return a row per reason and owner.

    A tenant whose verdict needs a person counts under each of that verdict's reasons. Any other tenant that is not
    settled counts under its outcome's reason, and so does every tenant that drifted.
    """
    reasons = open_reasons(tenants, findings)
    frame = reasons.groupby(["code", "owner"], sort=True).agg(
        tenants=("domain", "size"), example=("message", "first"), domains=("domain", "\n".join)
    )
    frame = frame.reset_index()
    specs = {code: REASONS[ReasonCode(code)] for code in frame["code"].unique()}
    needs = {code: spec.need or Need.INVESTIGATE for code, spec in specs.items()}
    next_steps = {code: spec.next_step if spec.need else _NO_REASON for code, spec in specs.items()}
    frame = frame.assign(
        need=frame["code"].map({code: str(need) for code, need in needs.items()}),
        next_step=frame["code"].map(next_steps),
        place=frame["code"].map({code: _FIRST.index(need) for code, need in needs.items()}),
    )
    by, ascending = ["place", "tenants", "code", "owner"], [True, False, True, True]
    ordered = frame.sort_values(by, ascending=ascending, kind="stable").drop(columns="place")
    return schema.BLOCKED.frame(ordered.reset_index(drop=True))


def open_reasons(tenants: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Return the reasons that keep tenants from being settled: `domain, owner, code, message`."""
    unsettled = tenants[tenants["status"] != Status.GREEN]
    needs_person = unsettled["verdict"].isin(NEEDS_A_PERSON)
    findings = findings[
        (findings["source"] == "verdict")
        & (findings["evidence_no"] == 0)
        & ~findings["code"].isin(_DESCRIBING)
    ]
    by_verdict = unsettled.loc[needs_person, ["domain", "owner"]].merge(
        findings[["domain", "code", "message"]], on="domain", how="inner"
    )
    drifted = unsettled["outcome"] == OutcomeKind.DRIFTED
    ended = unsettled[drifted | (unsettled["outcome"].notna() & ~needs_person)]
    by_outcome = pd.DataFrame(
        {
            "domain": ended["domain"],
            "owner": ended["owner"],
            "code": ended["outcome_reason"].astype("str").fillna(str(ReasonCode.STEP_FAILED)),
            "message": ended["outcome_message"],
        }
    )
    by_verdict["code"] = by_verdict["code"].astype("str")
    return pd.concat([by_verdict, by_outcome], ignore_index=True).drop_duplicates(["domain", "code"])
