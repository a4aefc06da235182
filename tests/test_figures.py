"""What `benchmarks/figures.py` counts, on a small package whose figures are known."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.figures import (
    CORE,
    PACKAGES,
    ROOT,
    Figures,
    broken_limits,
    longest_chain,
    main,
    measure,
    rows,
)

FILES = {
    "__init__.py": "",
    "top.py": """
from made_up.middle import act

class Thing:
    def go(self):
        return self._once()

    def _once(self):
        return act() + _twice() + _twice()

def _twice():
    return 1
""",
    "middle.py": """
from made_up.low import low

def act():
    def nested():
        return low()
    return nested()

def _unused():
    return 0
""",
    "low.py": """
import asyncio

def low():
    return _twice()

async def slow():
    await asyncio.to_thread(low)

def _twice():
    return 2
""",
    "deep/__init__.py": "",
    "deep/low.py": "class Thing:\n    pass\n",
}


@pytest.fixture
def figures(tmp_path: Path) -> Figures:
    for name, text in FILES.items():
        path = tmp_path / "made_up" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return measure(tmp_path, ["made_up"])


def test_the_longest_chain_is_named_from_its_top(figures: Figures) -> None:
    assert figures.chain == ("made_up.top", "made_up.middle", "made_up.low")
    assert figures.levels == 3


def test_a_cycle_is_one_level_and_all_of_its_modules_are_on_the_chain() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"d"}}
    assert longest_chain(imports) == (("a", "b", "c", "d"), 3)


def test_private_functions_that_are_read_once_are_found_module_by_module(figures: Figures) -> None:
    """`low._twice` is read once in its module; that `top` reads one of the same name is nothing to it."""
    assert {(function.name, Path(function.place.split(":")[0]).stem) for function in figures.called_once} == {
        ("_once", "top"),
        ("_twice", "low"),
    }
    assert len(figures.functions) == 9
    assert figures.once_share == pytest.approx(100 * 2 / 9)
    assert figures.by_name_alone == 1


def test_a_nested_function_is_one_of_its_own_and_part_of_its_parent(figures: Figures) -> None:
    lengths = {function.name: function.lines for function in figures.functions}
    assert (lengths["act"], lengths["nested"]) == (4, 2)


def test_shared_names_are_of_classes_and_of_modules_but_not_of_inits(figures: Figures) -> None:
    assert figures.shared == {"class Thing": 2, "module low": 2}


def test_a_limit_that_is_broken_is_named(figures: Figures) -> None:
    assert broken_limits(figures, figures) == ["shared names in made_up/: class Thing, module low"]


def test_the_command_prints_and_checks(
    figures: Figures, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["made_up", "--root", str(tmp_path), "--check", "--chain", "--list", "--markdown"]) == 1
    printed = capsys.readouterr().out
    assert "| longest import chain, modules | 3 |" in printed
    assert "| asyncio.to_thread | 1 |" in printed
    assert "made_up/top.py:8 _once" in printed


def _number(cell: str) -> float:
    return float(cell.removesuffix(" %").replace(",", ""))


def test_the_figures_of_the_documentation_are_current() -> None:
    """Within a tenth, or two for small numbers: `make figures` prints those of now."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    stated = {
        label: cells
        for label, *cells in re.findall(
            r"^\| ([^|]+) \| ([\d,.]+(?: %)?) \| ([\d,.]+(?: %)?) \|$",
            text.partition("<!-- figures -->")[2],
            re.MULTILINE,
        )
    }
    now = dict(rows([measure(ROOT, PACKAGES), measure(ROOT, [CORE])]))
    assert stated.keys() == now.keys()
    stale = {
        label: (stated[label], cells)
        for label, cells in now.items()
        for before, cell in zip(stated[label], cells, strict=True)
        if abs(_number(before) - _number(cell)) > max(2, _number(cell) / 10)
    }
    assert stale == {}
