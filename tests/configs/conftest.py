from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from configs import ConfigError, Fleet, Problem, load_fleet

ENVIRON = {"SECRET": "in-the-environment-1"}

Load = Callable[..., Fleet]
Problems = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Writes a fleet file (and others by name) and loads it."""

    def _load(text: str | bytes, others: Mapping[str, str | bytes] | None = None) -> Fleet:
        for name, content in {"fleet.yaml": text, **(others or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
        return load_fleet(tmp_path / "fleet.yaml", environ=ENVIRON)

    return _load


@pytest.fixture
def problems(load: Load) -> Problems:
    """Writes a fleet file that must not load, and gives what was wrong with it."""

    def _problems(text: str | bytes, others: Mapping[str, str | bytes] | None = None) -> tuple[Problem, ...]:
        with pytest.raises(ConfigError) as raised:
            load(text, others)
        return raised.value.problems

    return _problems
