"""Single statements of the reference pages: each list is that of the code."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from configs.fleet import Fleet
from configs.fleet_file import FleetFile
from configs.references import Scheme
from configs.values import Strict
from configs.windows import FrozenPeriod

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    """The text of a page below `docs/`."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def models_below(annotation: Any) -> Iterator[type[Strict]]:
    """The models that a type consists of, and those of their fields."""
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_below(field.annotation)
    for part in get_args(annotation):
        yield from models_below(part)


def test_every_model_of_a_fleet_has_its_keys() -> None:
    """The fleet itself and its frozen periods are what loading makes: a fleet file has no such keys."""
    script = runpy.run_path(str(ROOT / "docs" / "fleet_keys.py"))
    titled = {model: title for title, model in script["SECTIONS"]}
    headings = set(re.findall(r"^## (.+)$", page("reference/fleet-file-keys.md"), re.MULTILINE))
    models = set(models_below(Fleet)) - {Fleet, FrozenPeriod}
    assert len(models) > 15
    assert {model.__name__ for model in models if titled.get(model, model.__name__) not in headings} == set()


def test_every_section_of_a_fleet_file_has_its_keys() -> None:
    headings = "\n".join(re.findall(r"^## (.+)$", page("reference/fleet-file-keys.md"), re.MULTILINE))
    sections = [name for name, field in FleetFile.model_fields.items() if field.annotation is Any]
    assert sections
    assert [name for name in sections if f"`{name}`" not in headings] == []


@pytest.mark.parametrize("name", ["reference/fleet-file-keys.md", "reference/glossary.md"])
def test_every_kind_of_reference_is_named(name: str) -> None:
    assert [scheme for scheme in Scheme if f"`{scheme}:" not in page(name)] == []


def test_no_time_is_described_as_text() -> None:
    text = page("reference/fleet-file-keys.md")
    for key in ("not_before", "deadline", "from", "to"):
        entries = re.findall(rf"^\* `{key}`: .*(?:\n  .*)*", text, re.MULTILINE)
        assert entries
        assert [entry for entry in entries if re.search(r"\bText\.", entry)] == []


def test_examples_name_the_page_with_all_keys() -> None:
    """The example has the most used keys only."""
    first = (ROOT / "configs" / "examples" / "fleet.yaml").read_text(encoding="utf-8").partition("\n")[0]
    assert "docs/reference/fleet-file-keys.md" in first
    assert "every key" not in first.lower()
