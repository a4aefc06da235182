"""atheris finds a fault that no random input meets, and keeps the input for every later run."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.fuzz import guided
from tests.fuzz.corpus import kept

ROOT = Path(__file__).parents[2]
FAULT = "Faul"
"""One of 4,294,967,296 beginnings: only who sees each letter reach new code finds it in seconds."""
SCRIPT = """
    import json, sys
    from dataclasses import asdict
    from pathlib import Path

    import atheris

    from tests.fuzz.guided import fuzz

    @atheris.instrument_func
    def target(text):
        if text[0:1] == "F":
            if text[1:2] == "a":
                if text[2:3] == "u":
                    if text[3:4] == "l":
                        {fault}

    outcome = fuzz("broken", target, {seconds}, Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps(asdict(outcome), default=str))
"""
needs_atheris = pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason=guided.ABSENT)


def _fuzzed(folder: Path, fault: str, seconds: int) -> Any:
    script = dedent(SCRIPT.format(fault=fault, seconds=seconds))
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder / "corpus"), str(folder / "work")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    return json.loads(done.stdout)


@needs_atheris
def test_a_fault_behind_four_letters_is_found(tmp_path: Path) -> None:
    outcome = _fuzzed(tmp_path, "raise KeyError('planted')", 120)
    assert outcome["failed"]
    assert "KeyError: 'planted'" in outcome["text"]
    (found,) = outcome["found"]
    assert Path(found).parent == tmp_path / "corpus" / "broken"
    assert [text[: len(FAULT)] for _, text in kept("broken", tmp_path / "corpus")] == [FAULT]


@needs_atheris
def test_a_target_without_a_fault_passes(tmp_path: Path) -> None:
    outcome = _fuzzed(tmp_path, "pass", 1)
    assert not outcome["failed"]
    assert outcome["found"] == []
    assert list((tmp_path / "work" / "broken").iterdir())
    assert int(outcome["text"].split()[0]) > 100


@needs_atheris
def test_the_product_is_instrumented(tmp_path: Path) -> None:
    """Without instrumentation libFuzzer sees no code and nothing guides it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", "--seconds", "1", "answer"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    reached = int(done.stdout.split(" reached ")[1].split()[0])
    assert reached > 200


def test_without_atheris_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert guided.main(["--seconds", "1"]) == 0
    assert capsys.readouterr().out == f"{guided.ABSENT}\n"
