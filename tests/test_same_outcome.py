"""What `benchmarks/same_outcome.py` takes for the same, on small dumps."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from benchmarks.outcome_frames import Frames, as_frame, read_frames, write_frames
from benchmarks.same_outcome import Renamed, compare, main

SUM = "ab" * 32
ROWS: list[dict[str, Any]] = [
    {
        "domain": f"{name}.example.com",
        "route": "custom_merged",
        "words": "sms voice",
        "kind": "undo:switch",
        "message": "all is well",
        "after": {"route": "twilio", "sum": SUM},
        "plan": SUM,
        "run_id": run,
    }
    for name, run in (("a", "one"), ("b", "two"))
]


def _frames(rows: list[dict[str, Any]], name: str = "tenants", **changes: Any) -> Frames:
    return {name: as_frame([row | changes for row in deepcopy(rows)])}


def test_order_run_ids_and_sums_make_no_difference() -> None:
    other = _frames(list(reversed(ROWS)), run_id="three", plan="cd" * 32)
    assert compare(_frames(ROWS), other) == []
    assert len(compare(_frames(ROWS), other, digests=True)) == 1


def test_prose_may_be_reworded_but_not_be_gone() -> None:
    assert compare(_frames(ROWS), _frames(ROWS, message="nothing is wrong")) == []
    (told,) = compare(_frames(ROWS), _frames(ROWS, message=""))
    assert told.startswith('tenants.message: "<given>" -> "" in 2 row(s)')


def test_a_changed_value_is_told_once_with_its_rows() -> None:
    assert compare(_frames(ROWS), _frames(ROWS, route="twilio")) == [
        'tenants.route: "custom_merged" -> "twilio" in 2 row(s), first of "a.example.com"'
    ]


def test_frames_columns_and_values_may_be_renamed() -> None:
    """Among the columns are one that holds prose and one that differs from run to run."""
    new = [
        {
            "domain": row["domain"],
            "way": "joined",
            "words": "text voice",
            "kind": "undo:turn",
            "told": "in other words",
            "after": {"way": "twilio", "sum": SUM},
            "plan": SUM,
            "order": f"order of {row['domain']}",
        }
        for row in ROWS
    ]
    renamed = Renamed.from_json(
        {
            "route": "way",
            "custom_merged": "joined",
            "frames": {"tenants": "fleet"},
            "columns": {"tenants.message": "told", "run_id": "order"},
            "values": {"words=sms": "text", "switch": "turn"},
        }
    )
    assert compare(_frames(ROWS), _frames(new, "fleet"), renamed) == []


def test_missing_rows_columns_and_frames_are_told_unless_they_are_left_out() -> None:
    new = {**_frames([{key: cell for key, cell in ROWS[0].items() if key != "plan"}]), **_frames([], "more")}
    told = compare(_frames(ROWS), new)
    assert told[:2] == ["more: only in the new dump", "tenants.plan: only in the old dump"]
    assert told[2].startswith('tenants: row only in the old dump: {"after"')
    table = {"left_out": ["plan", "more.*"]}
    assert compare(_frames(ROWS), new, Renamed.from_json(table)) == told[2:]


def test_comments_phrases_and_keys_of_json_may_differ() -> None:
    old = _frames(ROWS, code="// an old comment\nsend('a fault');\n", after={"route": "twilio"})
    new = _frames(
        ROWS, code="/** A new\n * comment. */\nsend('an error');\n", after={"route": "twilio", "syntax": 1}
    )
    table = {
        "comments": ["tenants.code"],
        "phrases": {"a fault": "an error"},
        "left_out": ["tenants.after.syntax"],
    }
    assert compare(old, new, Renamed.from_json(table)) == []
    assert len(compare(old, new)) == 2


def test_the_command_compares_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, table = tmp_path / "old.json", tmp_path / "new.json", tmp_path / "renamed.json"
    write_frames(_frames(ROWS), old)
    write_frames(_frames(ROWS, route="joined"), new)
    table.write_text(json.dumps({"custom_merged": "joined"}))
    assert read_frames(old) == _frames(ROWS)
    assert main(["compare", str(old), str(new), "--renamed", str(table)]) == 0
    assert main(["compare", str(old), str(new)]) == 1
    assert main(["compare", str(old), str(tmp_path / "none.json")]) == 2
    assert "the same outcomes" in capsys.readouterr().out
