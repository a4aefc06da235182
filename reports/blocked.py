"""What keeps tenants from being settled: by reason and by who can help."""

from __future__ import annotations

from typing import Any

import pandas as pd

from phonefleet.model.enums import DESCRIBING, OutcomeKind, ReasonCode, Verdict
from reports import schema
from reports.advice import Need, advice
from reports.status import Status

_HOLDING = [Verdict.BLOCKED, Verdict.CONTACT_SUPPORT, Verdict.BROKEN, Verdict.UNREACHABLE]
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
        tenants["verdict"].isin(_HOLDING) & (tenants["status"] != Status.GREEN), ["domain", "owner"]
    ]
    told = findings[
        (findings["source"] == "verdict")
        & (findings["evidence_no"] == 0)
        & ~findings["code"].isin(DESCRIBING)
    ]
    found = holding.merge(told[["domain", "code", "message"]], on="domain", how="inner")
    return found.assign(code=found["code"].astype("str"))


def _by_outcome(tenants: pd.DataFrame) -> pd.DataFrame:
    drifted = tenants["outcome"] == OutcomeKind.DRIFTED
    told_by_outcome = drifted | (tenants["outcome"].notna() & ~tenants["verdict"].isin(_HOLDING))
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
    known: dict[Any, tuple[Need, str]] = {code: advice(code) for code in frame["code"].unique()}
    need = frame["code"].map({code: str(kind) for code, (kind, _) in known.items()})
    place = need.map({str(kind): place for place, kind in enumerate(_FIRST)})
    frame = frame.assign(
        need=need, next_step=frame["code"].map({code: text for code, (_, text) in known.items()}), place=place
    )
    ordered = frame.sort_values(
        ["place", "tenants", "code", "owner"], ascending=[True, False, True, True], kind="stable"
    )
    return ordered.drop(columns="place").reset_index(drop=True)
