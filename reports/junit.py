"""The run as JUnit XML: a case per tenant and a case per check, for pipelines that know nothing else."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pandas as pd

from phonefleet.model.enums import OutcomeKind, Verdict
from phonefleet.model.verdict_groups import FAULTY
from reports.frames import Frames, rows_of
from reports.status import Status
from reports.summary import Summary
from reports.text import visible, words


def junit(frames: Frames, summary: Summary) -> str:
    """The document as text.

    A tenant that failed is a failure; one that is broken or unreachable and has no outcome is an error; one that is
    not settled otherwise is skipped. A check that fails is a failure.
    """
    root = ET.Element("testsuites", name=visible(f"phonefleet {summary.run['verb']} {summary.run['fleet']}"))
    _tenants(root, frames.tenants)
    _checks(root, summary)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _tenants(root: ET.Element, tenants: pd.DataFrame) -> None:
    suite = ET.SubElement(root, "testsuite", name="tenants")
    names = [
        "domain",
        "wave",
        "status",
        "verdict",
        "outcome",
        "outcome_reason",
        "outcome_message",
        "message",
        "duration_s",
    ]
    for row in rows_of(tenants[names]):
        seconds = 0.0 if pd.isna(row.duration_s) else row.duration_s
        case = ET.SubElement(
            suite,
            "testcase",
            name=visible(row.domain),
            classname=visible(row.wave or "no wave"),
            time=f"{seconds:.3f}",
        )
        _judge(case, row)
    _total(suite)


def _judge(case: ET.Element, row: object) -> None:
    status, outcome, verdict = row.status, row.outcome, row.verdict  # type: ignore[attr-defined]
    told = row.outcome_message or row.message  # type: ignore[attr-defined]
    kind = words(str(outcome if pd.notna(outcome) else verdict))
    if status == Status.GREEN:
        return
    if outcome == OutcomeKind.FAILED:
        _add(case, "failure", kind, told)
    elif pd.isna(outcome) and pd.notna(verdict) and Verdict(verdict) in FAULTY:
        _add(case, "error", kind, told)
    else:
        _add(case, "skipped", kind, told)


def _add(case: ET.Element, tag: str, kind: str, text: str) -> None:
    ET.SubElement(case, tag, message=visible(f"{kind}: {text}" if text else kind))


def _checks(root: ET.Element, summary: Summary) -> None:
    suite = ET.SubElement(root, "testsuite", name="checks of the data")
    for check in summary.expectations.checks:
        case = ET.SubElement(
            suite, "testcase", name=check.name, classname=f"checks.{check.frame}", time="0.000"
        )
        if not check.success:
            failure = ET.SubElement(case, "failure", message=visible(check.meaning))
            failure.text = "\n".join(map(visible, check.rows))
    _total(suite)


def _total(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    for plural, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(len(suite.findall(f"testcase/{tag}"))))
