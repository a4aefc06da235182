"""The run as SARIF 2.1.0: a result per reason that keeps a tenant from being settled, and per check that fails."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pandas as pd

from phonefleet.model.enums import OutcomeKind
from phonefleet.model.reasons import REASONS
from reports.blocked import open_reasons
from reports.frames import Frames, as_json, rows_of
from reports.summary import Summary
from reports.text import visible, words

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
"""The identifier of SARIF's schema; nothing is loaded from there."""
_ERRORS = ("failed", "broken", "unreachable")


def sarif(frames: Frames, summary: Summary) -> str:
    """The document as JSON text."""
    results = [
        *_tenants(frames),
        *(
            {
                "ruleId": f"check/{failure.name}",
                "level": "error",
                "message": {"text": visible(str(failure))},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": "checks.html"}}}],
            }
            for failure in summary.expectations.failures
        ),
    ]
    rules = [
        {"id": str(code), "shortDescription": {"text": spec.meaning}}
        | ({"help": {"text": spec.next_step}} if spec.need else {})
        for code, spec in REASONS.items()
    ]
    rules += [
        {"id": f"check/{check.name}", "shortDescription": {"text": visible(check.meaning)}}
        for check in summary.expectations.checks
    ]
    driver = {
        "name": "phonefleet",
        "version": visible(str(summary.run["phonefleet"])),
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {
            "id": f"phonefleet/{visible(str(summary.run['verb']))}/{visible(str(summary.run['run_id']))}"
        },
        "results": results,
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _tenants(frames: Frames) -> list[dict[str, Any]]:
    reasons = open_reasons(frames.tenants, frames.findings)
    known = frames.tenants.drop_duplicates("domain").set_index("domain")[["verdict", "outcome"]]
    joined = reasons.join(known, on="domain")
    return [_result(row) for row in rows_of(joined)]


def _result(row: Any) -> dict[str, Any]:
    state = (
        str(row.outcome) if pd.notna(row.outcome) and row.outcome != OutcomeKind.SKIPPED else str(row.verdict)
    )
    return {
        "ruleId": str(row.code),
        "level": "error" if state in _ERRORS else "warning",
        "message": {"text": visible(row.message) or words(str(row.code))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": f"report.html#tenant={quote(row.domain, safe='')}"}
                },
                "logicalLocations": [{"name": visible(row.domain), "kind": "resource"}],
            }
        ],
        "properties": {"owner": visible(row.owner), "state": state},
    }
