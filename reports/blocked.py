"""What keeps tenants from being settled, by reason and by owner."""

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
    return schema.BLOCKED.frame(ordered.reset_index(drop=True).to_dict("series"))  # type: ignore[arg-type]


def open_reasons(tenants: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Return `domain, owner, code, message` of each reason that keeps a tenant from being settled."""
    reasons = pd.concat([_by_verdict(tenants, findings), _by_outcome(tenants)], ignore_index=True)
    return reasons.drop_duplicates(["domain", "code"])


def _by_verdict(tenants: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    holding = tenants.loc[
        tenants["verdict"].isin(NEEDS_A_PERSON) & (tenants["status"] != Status.GREEN), ["domain", "owner"]
    ]
    reasons = findings[
        (findings["source"] == "verdict")
        & (findings["evidence_no"] == 0)
        & ~findings["code"].isin(_DESCRIBING)
    ]
    found = holding.merge(reasons[["domain", "code", "message"]], on="domain", how="inner")
    return found.assign(code=found["code"].astype("str"))


def _by_outcome(tenants: pd.DataFrame) -> pd.DataFrame:
    drifted = tenants["outcome"] == OutcomeKind.DRIFTED
    by_outcome = drifted | (tenants["outcome"].notna() & ~tenants["verdict"].isin(NEEDS_A_PERSON))
    open_ones = tenants[by_outcome & (tenants["status"] != Status.GREEN)]
    code = open_ones["outcome_reason"].astype("str").fillna(str(ReasonCode.STEP_FAILED))
    return pd.DataFrame(
        {
            "domain": open_ones["domain"],
            "owner": open_ones["owner"],
            "code": code,
            "message": open_ones["outcome_message"],
        }
    )
