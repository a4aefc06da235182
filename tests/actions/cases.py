"""The corpus of Actions in this folder, and the expected result of each."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from phonefleet.actions.translation_model import ActionSource, NpmPackage
from phonefleet.model.endpoints import LEGACY_TRIGGER

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Expected:
    """One Action of the corpus: results are ``verified``, ``vacuous`` … or ``refused CODE``."""

    source: ActionSource
    adapter: str
    rewrite: str
    flags: tuple[str, ...]


def load():
    """Every Action of the corpus, by name."""
    listed = yaml.safe_load((FOLDER / "expectations.yaml").read_text(encoding="utf-8"))
    return {name: _expected(name, entry) for name, entry in listed.items()}


def _expected(name, entry):
    source = ActionSource(
        name=name,
        code=(FOLDER / f"{name}.js").read_text(encoding="utf-8"),
        triggers=tuple(entry.get("triggers", (LEGACY_TRIGGER,))),
        dependencies=tuple(
            NpmPackage(package, str(v)) for package, v in entry.get("dependencies", {}).items()
        ),
    )
    return Expected(source, entry["adapter"], entry["rewrite"], tuple(entry.get("flags", ())))
