"""Kept inputs, `corpus/TARGET/NAME`: what each engine begins with, and what failed once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.targets import as_text

CORPUS = Path(__file__).with_name("corpus")


def kept(name: str, corpus: Path = CORPUS) -> Iterator[tuple[str, str]]:
    """Yield the file's name and the text of each kept input of a target."""
    for path in sorted((corpus / name).glob("*")):
        yield path.name, as_text(path.read_bytes())
