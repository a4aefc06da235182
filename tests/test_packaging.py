"""What is installed is what is in the repository: a wheel is built from the tracked files and opened."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("configs", "flows", "phonefleet", "reports", "simulator", "tasks")


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Every tracked file of the packages, as paths from the root."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("the checkout is no git repository, so what belongs to it is not known")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    # A file that someone has just removed is still listed until the removal is committed.
    return [name for name in listed if name and (ROOT / name).exists()]


@pytest.fixture(scope="module")
def wheel(tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """A wheel built from a copy of the tracked files, without network."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in (*tracked, "pyproject.toml", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (made,) = out.glob("*.whl")
    return zipfile.Path(made)


def _names(wheel: zipfile.Path) -> set[str]:
    return set(wheel.root.namelist())


def test_the_wheel_holds_every_tracked_file_of_the_packages(tracked: list[str], wheel: zipfile.Path) -> None:
    """Code and everything that it reads at run time (scripts, templates, style sheets, examples) is installed."""
    assert len(tracked) > 100
    assert set(tracked) - _names(wheel) == set()


def test_the_wheel_holds_nothing_but_the_packages(tracked: list[str], wheel: zipfile.Path) -> None:
    """Nothing untracked and no test slips into an installation."""
    inside = {name for name in _names(wheel) if ".dist-info/" not in name and not name.endswith("/")}
    assert inside - set(tracked) == set()


def test_the_wheel_offers_the_command(wheel: zipfile.Path) -> None:
    """An installation has the `phonefleet` command."""
    (entry_points,) = (n for n in _names(wheel) if n.endswith(".dist-info/entry_points.txt"))
    assert "phonefleet = flows.cli.main:main" in wheel.root.read(entry_points).decode()


def test_constraints_are_exact_versions_of_what_is_installed() -> None:
    """Two machines that set up from the same commit run the same versions, and no index is written down."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert lines
    assert [line for line in lines if line.count("==") != 1 or "/" in line or "@" in line] == []


def test_every_direct_requirement_is_pinned() -> None:
    """A requirement in pyproject.toml without an exact version in constraints.txt would float."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *chain(*project["dependency-groups"].values())]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pinned = {_canonical(pin.partition("==")[0]) for pin in pins}
    assert {_canonical(text) for text in wanted} - pinned == set()


def _canonical(requirement: str) -> str:
    name = requirement
    for mark in "[<>=!~ ;":
        name = name.partition(mark)[0]
    return name.lower().replace("_", "-").replace(".", "-")


def test_what_is_needed_has_hashes() -> None:
    """`make lock` writes it: the versions of constraints.txt, a hash for each file, and no index."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = {_canonical(pin.partition("==")[0]): pin for pin in _pins()}
    blocks = text.replace(" \\\n", " ").strip().splitlines()
    assert "://" not in text
    assert [block for block in blocks if " --hash=sha256:" not in block] == []
    locked = {_canonical(block): block.split()[0] for block in blocks}
    unlike = {
        name for name, version in locked.items() if name in pins and _canonical_pin(pins[name]) != version
    }
    assert unlike == set()
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert {_canonical(each) for each in needed} - locked.keys() == set()


def _pins() -> list[str]:
    return (ROOT / "constraints.txt").read_text(encoding="utf-8").split()


def _canonical_pin(pin: str) -> str:
    name, _, version = pin.partition("==")
    return f"{name.lower().replace('_', '-').replace('.', '-')}=={version}"
