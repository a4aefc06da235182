"""Write the run as SARIF 2.1.0.

A result is a reason that keeps a tenant from being settled, or a check that fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pandas as pd

from phonefleet.model.enums import OutcomeKind
from phonefleet.model.reasons import REASONS
from phonefleet.model.verdict_groups import FAULTY
from reports.blocked import open_reasons
from reports.frames import Frames, as_json, rows_of
from reports.summary import Summary
from reports.text import visible, words

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
"""The identifier of the schema of SARIF; nothing is loaded from this address."""
_ERRORS = (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK, *FAULTY)
"""Outcomes and verdicts that are errors, whatever the other is. Of a rollback, only a tenant left broken is listed."""


def sarif(frames: Frames, summary: Summary) -> str:
    """Return the document as JSON text."""
    results = [
        *_tenant_results(frames),
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


def _tenant_results(frames: Frames) -> Iterator[dict[str, Any]]:
    known = frames.tenants.drop_duplicates("domain").set_index("domain")[["verdict", "outcome"]]
    for row in rows_of(open_reasons(frames.tenants, frames.findings).join(known, on="domain")):
        ended = pd.notna(row.outcome) and row.outcome != OutcomeKind.SKIPPED
        state = str(row.outcome if ended else row.verdict)
        page = f"report.html#tenant={quote(row.domain, safe='')}"
        yield {
            "ruleId": str(row.code),
            "level": "error" if row.verdict in _ERRORS or row.outcome in _ERRORS else "warning",
            "message": {"text": visible(row.message) or words(str(row.code))},
            "locations": [
                {
                    "physicalLocation": {"artifactLocation": {"uri": page}},
                    "logicalLocations": [{"name": visible(row.domain), "kind": "resource"}],
                }
            ],
            "properties": {"owner": visible(row.owner), "state": state},
        }
