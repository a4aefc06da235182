"""What keeps tenants from being settled: by reason and by who can help."""

from __future__ import annotations

import pandas as pd

from phonefleet.model.enums import OutcomeKind, ReasonCode
from phonefleet.model.reason_spec import Need
from phonefleet.model.reasons import REASONS
from phonefleet.model.verdict_policy import NEEDS_A_PERSON
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
    """A row per reason and owner.

    A tenant that has a verdict which holds it counts under each of that verdict's reasons; any other tenant that
    the run did not settle counts under its outcome's reason, and so does every one that drifted.
    """
    reasons = open_reasons(tenants, findings)
    frame = reasons.groupby(["code", "owner"], sort=True).agg(
        tenants=("domain", "size"), example=("message", "first"), domains=("domain", "\n".join)
    )
    return schema.BLOCKED.frame(_advised(frame.reset_index()).to_dict("series"))  # type: ignore[arg-type]


def open_reasons(tenants: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Rows `domain, owner, code, message`: each reason that keeps a tenant from being settled, once."""
    reasons = pd.concat([_by_verdict(tenants, findings), _by_outcome(tenants)], ignore_index=True)
    return reasons.drop_duplicates(["domain", "code"])


def _by_verdict(tenants: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    holding = tenants.loc[
        tenants["verdict"].isin(NEEDS_A_PERSON) & (tenants["status"] != Status.GREEN), ["domain", "owner"]
    ]
    told = findings[
        (findings["source"] == "verdict")
        & (findings["evidence_no"] == 0)
        & ~findings["code"].isin(_DESCRIBING)
    ]
    found = holding.merge(told[["domain", "code", "message"]], on="domain", how="inner")
    return found.assign(code=found["code"].astype("str"))


def _by_outcome(tenants: pd.DataFrame) -> pd.DataFrame:
    drifted = tenants["outcome"] == OutcomeKind.DRIFTED
    told_by_outcome = drifted | (tenants["outcome"].notna() & ~tenants["verdict"].isin(NEEDS_A_PERSON))
    open_ones = tenants[told_by_outcome & (tenants["status"] != Status.GREEN)]
    code = open_ones["outcome_reason"].astype("str").fillna(str(ReasonCode.STEP_FAILED))
    return pd.DataFrame(
        {
            "domain": open_ones["domain"],
            "owner": open_ones["owner"],
            "code": code,
            "message": open_ones["outcome_message"],
        }
    )


def _advised(frame: pd.DataFrame) -> pd.DataFrame:
    specs = {code: REASONS[ReasonCode(code)] for code in frame["code"].unique()}
    needs = {code: spec.need or Need.INVESTIGATE for code, spec in specs.items()}
    next_steps = {code: spec.next_step if spec.need else _NO_REASON for code, spec in specs.items()}
    frame = frame.assign(
        need=frame["code"].map({code: str(need) for code, need in needs.items()}),
        next_step=frame["code"].map(next_steps),
        place=frame["code"].map({code: _FIRST.index(need) for code, need in needs.items()}),
    )
    ordered = frame.sort_values(
        ["place", "tenants", "code", "owner"], ascending=[True, False, True, True], kind="stable"
    )
    return ordered.drop(columns="place").reset_index(drop=True)
