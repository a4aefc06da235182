"""Rank what a change of a tenant's provider would break, by tenant and by client."""

from __future__ import annotations

from typing import Any

import pandas as pd

from phonefleet.model.assessment import DependentKind
from phonefleet.model.enums import Change, Severity, Verdict
from reports import columns, schema
from reports.frames import rows_of
from reports.text import plural, shortened, visible, words

_CLIENT_KINDS = (DependentKind.CLIENT_GRANT, DependentKind.CLIENT_IN_LOGS)
_LABEL = 80
_PLACE = {word: place for place, word in enumerate(columns.WORST_FIRST)}
_SETTLED = {
    Change.SWITCH: (Verdict.ALREADY_MIGRATED, Verdict.NOT_APPLICABLE),
    Change.ROLLBACK: (Verdict.NOT_APPLICABLE,),
}
_WHAT_HAPPENS = {
    Severity.LOGINS_BLOCKED: "logins blocked",
    Severity.MESSAGES_LOST: "messages lost",
    Severity.CHANGE_UNDONE: "undone by another owner",
    Severity.TOOLING_REFUSED: "tooling refused with 403",
    Severity.TEXT_CHANGES: "messages with another text",
}


def risk_frame(tenants: pd.DataFrame, dependents: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Return a row per tenant and change that breaks something, ranked.

    The worst effect ranks first, then the number of dependents that break, then their requests.
    """
    broken = _broken(dependents)
    keys = ["domain", "change"]
    counts = (
        broken.groupby([*keys, "severity"])
        .size()
        .unstack(fill_value=0)
        .reindex(columns=list(columns.WORST_FIRST), fill_value=0)
    )
    groups = broken.groupby(keys, sort=True)
    frame = counts.assign(
        breaks=groups.size(),
        uses=groups["uses"].sum(),
        last_seen=groups["last_seen"].max(),
        what=_what(broken),
    ).reset_index()
    frame["worst"] = counts.gt(0).idxmax(axis=1).to_numpy() if len(counts) else pd.Series(dtype="str")
    frame = frame.merge(_of_tenants(tenants, findings), on="domain", how="left", validate="many_to_one")
    by = ["place", *columns.WORST_FIRST, "uses", "domain", "change"]
    ascending = [True, *(False for _ in columns.WORST_FIRST), False, True, True]
    ranked = frame.assign(place=frame["worst"].map(_PLACE)).sort_values(
        by, ascending=ascending, kind="stable"
    )
    ranked = ranked.drop(columns="place").assign(rank=range(1, len(ranked) + 1)).reset_index(drop=True)
    return schema.RISK.frame(ranked)


def still_possible(dependents: pd.DataFrame, tenants: pd.DataFrame) -> pd.DataFrame:
    """Return the dependents without changes that can no longer happen.

    A tenant on the Unified Phone Experience is not switched again. One without phone messaging is neither switched nor
    rolled back.
    """
    verdicts = dependents["domain"].map(tenants.set_index("domain")["verdict"].astype("str"))
    possible = dependents.copy()
    for change, settled in _SETTLED.items():
        possible[f"on_{change}"] = possible[f"on_{change}"].mask(verdicts.isin(settled))
    return possible


def _broken(dependents: pd.DataFrame) -> pd.DataFrame:
    """Return a row per dependent and change that breaks it."""
    by_change = dependents.rename(columns={f"on_{change}": str(change) for change in Change})
    long = by_change.melt(
        id_vars=["domain", "dependent_no", "kind", "id", "client_id", "name", "last_seen", "uses", "owner"],
        value_vars=list(map(str, Change)),
        var_name="change",
        value_name="severity",
    )
    long = long[long["severity"].notna()].sort_values(["domain", "change", "dependent_no"], kind="stable")
    name = long["name"].where(long["name"] != "", long["id"])
    short = {value: shortened(visible(value), _LABEL) for value in name.unique()}
    kinds = long["kind"].map({kind: words(kind) for kind in long["kind"].unique()})
    return long.assign(
        change=long["change"].astype("str"),
        severity=long["severity"].astype("str"),
        uses=long["uses"].fillna(0).astype("int64"),
        label=kinds + " " + name.map(short),
    )


def _what(broken: pd.DataFrame) -> pd.Series[Any]:
    """Describe what breaks by tenant and change: `logins blocked: mfa factor sms; …`."""
    parts: dict[tuple[str, str], dict[str, list[str]]] = {}
    for domain, change, severity, label in rows_of(broken[["domain", "change", "severity", "label"]]):
        parts.setdefault((domain, change), {}).setdefault(severity, []).append(label)
    index = pd.MultiIndex.from_tuples(list(parts), names=["domain", "change"]) if parts else None
    texts = [
        "; ".join(
            f"{_WHAT_HAPPENS[Severity(word)]}: {', '.join(found[word])}"
            for word in columns.WORST_FIRST
            if word in found
        )
        for found in parts.values()
    ]
    return pd.Series(texts, index=index, dtype="str")


def _of_tenants(tenants: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    back = findings[(findings["source"] == "reversibility") & (findings["evidence_no"] == 0)]
    sentences: dict[str, str] = {}
    for domain, message in zip(back["domain"], back["message"], strict=True):
        sentences[domain] = f"{sentences[domain]} {message}" if domain in sentences else message
    known = tenants[["domain", "reversibility", "owner", "wave", "environment"]]
    return known.assign(reversibility_reason=[sentences.get(domain, "") for domain in known["domain"]])


def client_frame(dependents: pd.DataFrame) -> pd.DataFrame:
    """Return a row per client name and change, the client that breaks in most tenants first."""
    broken = _broken(dependents[dependents["kind"].isin(_CLIENT_KINDS)])
    broken["client"] = broken["name"].where(broken["name"] != "", broken["client_id"])
    broken["place"] = broken["severity"].map(_PLACE)
    groups = broken.groupby(["client", "change"], sort=True)
    frame = groups.agg(
        tenants=("domain", "nunique"),
        place=("place", "min"),
        uses=("uses", "sum"),
        last_seen=("last_seen", "max"),
        client_ids=("client_id", "nunique"),
        owners=("owner", _lines),
        domains=("domain", _lines),
    ).reset_index()
    frame["worst"] = frame["place"].map(dict(enumerate(columns.WORST_FIRST)))
    by, ascending = ["tenants", "uses", "client", "change"], [False, False, True, True]
    frame = (
        frame.sort_values(by, ascending=ascending, kind="stable").drop(columns="place").reset_index(drop=True)
    )
    return schema.CLIENTS.frame(frame)


def _lines(values: pd.Series[Any]) -> str:
    return "\n".join(sorted({value for value in values if value}))


def tenants_at_risk(risk: pd.DataFrame) -> pd.DataFrame:
    """Count the tenants in which each change would break something, by its worst effect."""
    table = pd.crosstab(risk["change"].astype("str"), risk["worst"].astype("str"))
    return table.reindex(index=list(map(str, Change)), columns=list(columns.WORST_FIRST), fill_value=0)


def sentence(change: str, counts: dict[str, int]) -> str:
    """Return `Disable: logins blocked in 12 tenants, messages lost in 3 tenants.`, or nothing."""
    parts = [f"{_WHAT_HAPPENS[Severity(word)]} in {plural(n, 'tenant')}" for word, n in counts.items() if n]
    return f"{change.capitalize()}: {', '.join(parts)}." if parts else ""
