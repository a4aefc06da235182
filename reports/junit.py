"""Write the run as JUnit XML, with a case per tenant and a case per check."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pandas as pd

from phonefleet.model.enums import OutcomeKind, ReasonCode, Verdict
from phonefleet.model.verdict_groups import FAULTY
from reports.frames import Frames, rows_of
from reports.status import Status
from reports.summary import Summary
from reports.text import visible, words

_COLUMNS = [
    *("domain", "wave", "status", "verdict"),
    *("outcome", "outcome_reason", "outcome_message", "message", "duration_s"),
]

_FAILURES = (OutcomeKind.DRIFTED, OutcomeKind.ROLLED_BACK)
"""Outcomes that no run is meant to end with; a rollback's own is green before this is asked."""


def junit(frames: Frames, summary: Summary) -> str:
    """Return the document as text.

    A tenant that failed is a failure; one that is broken or unreachable is an error whatever its outcome; one that
    drifted, or that a migration rolled back, is a failure; any other that is not settled is skipped. A check that fails
    is a failure.
    """
    root = ET.Element("testsuites", name=visible(f"phonefleet {summary.run['verb']} {summary.run['fleet']}"))
    _add_tenants(root, frames.tenants)
    suite = ET.SubElement(root, "testsuite", name="checks of the data")
    for check in summary.expectations.checks:
        case = ET.SubElement(
            suite, "testcase", name=check.name, classname=f"checks.{check.frame}", time="0.000"
        )
        if not check.success:
            failure = ET.SubElement(case, "failure", message=visible(check.meaning))
            failure.text = "\n".join(map(visible, check.rows))
    _count_results(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_tenants(root: ET.Element, tenants: pd.DataFrame) -> None:
    suite = ET.SubElement(root, "testsuite", name="tenants")
    for row in rows_of(tenants[_COLUMNS]):
        seconds = 0.0 if pd.isna(row.duration_s) else row.duration_s
        case = ET.SubElement(
            suite,
            "testcase",
            name=visible(row.domain),
            classname=visible(row.wave or "no wave"),
            time=f"{seconds:.3f}",
        )
        if row.status == Status.GREEN:
            continue
        selected = pd.isna(row.outcome_reason) or row.outcome_reason != ReasonCode.NOT_SELECTED
        if row.outcome == OutcomeKind.FAILED:
            tag = "failure"
        elif selected and pd.notna(row.verdict) and Verdict(row.verdict) in FAULTY:
            tag = "error"
        else:
            tag = "failure" if pd.notna(row.outcome) and row.outcome in _FAILURES else "skipped"
        kind = words(str(row.outcome if pd.notna(row.outcome) else row.verdict))
        text = row.outcome_message or row.message
        ET.SubElement(case, tag, message=visible(f"{kind}: {text}" if text else kind))
    _count_results(suite)


def _count_results(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(len(suite.findall(f"testcase/{tag}"))))
