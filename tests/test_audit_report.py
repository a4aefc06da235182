"""An audit of dependencies is green only where each package was audited."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).parents[1] / ".ci" / "audit"
CLEAN = {"name": "attrs", "version": "26.1.0", "vulns": []}
UNKNOWN = {
    "name": "yarl",
    "skip_reason": "Dependency not found on PyPI and could not be audited: yarl (1.25.1)",
}
VULNERABLE = {
    "name": "jinja2",
    "version": "3.0.0",
    "vulns": [{"id": "PYSEC-2024-1", "fix_versions": ["3.1.3"], "aliases": [], "description": ""}],
}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([CLEAN], 0, "1 of 1 packages audited, 0 vulnerable"),
        ([CLEAN, UNKNOWN], 3, "does not know yarl"),
        ([UNKNOWN], 3, "0 of 1 packages audited"),
        ([], 3, "0 of 0 packages audited"),
        ([CLEAN, UNKNOWN, VULNERABLE], 1, "jinja2 3.0.0: PYSEC-2024-1, repaired in: 3.1.3"),
    ],
)
def test_an_audit_says_what_was_audited(tmp_path: Path, packages: list[Any], code: int, words: str) -> None:
    report = tmp_path / "audit.json"
    report.write_text(json.dumps({"dependencies": packages, "fixes": []}))
    done = subprocess.run([sys.executable, AUDIT, report], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    assert words in done.stdout


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "null"])
def test_no_report_is_no_audit(tmp_path: Path, content: str | None) -> None:
    report = tmp_path / "audit.json"
    if content is not None:
        report.write_text(content)
    done = subprocess.run([sys.executable, AUDIT, report], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "")
    assert "not done" in done.stdout
