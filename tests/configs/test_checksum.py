"""A fleet's checksum: the same for the same fleet on another machine, another for every change that matters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from configs import load_fleet

ROOT = Path(__file__).parents[2]
FLEET = """\
fleet: acme
secrets_file: secrets.env
state_dir: .state
rollout: {concurrency: 5}
tenants:
  - {domain: a1.eu.auth0.com, client_id: c1, client_secret: "env:A_SECRET"}
tenants_from:
  - csv: more.csv
"""
MORE = "domain,client_id,client_secret\nb1.eu.auth0.com,c2,env:A_SECRET\n"


def checksum(directory: Path, fleet: str = FLEET, more: str = MORE, secret: str = "one") -> str:
    directory.mkdir(exist_ok=True)
    (directory / "fleet.yaml").write_text(fleet)
    (directory / "more.csv").write_text(more)
    (directory / "secrets.env").write_text(f"A_SECRET={secret}\n")
    (directory / "secrets.env").chmod(0o600)
    return load_fleet(directory / "fleet.yaml", environ={}).checksum


def test_places_comments_and_secrets_do_not_count(tmp_path: Path) -> None:
    first = checksum(tmp_path / "one")
    assert checksum(tmp_path / "two") == first
    assert checksum(tmp_path / "one", secret="two") == first
    assert checksum(tmp_path / "one", fleet=f"# a comment\n{FLEET}") == first
    assert checksum(tmp_path / "one", fleet=FLEET.replace(".state", "elsewhere")) == first
    assert len(first) == 64


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("concurrency: 5", "concurrency: 6"),
        ("fleet: acme", "fleet: acme2"),
        ("a1.eu", "a2.eu"),
        ("client_id: c1", "client_id: c9"),
        ("env:A_SECRET", "file:other"),
    ],
)
def test_what_the_fleet_file_says_counts(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "other").write_text("x")
    (tmp_path / "other").chmod(0o600)
    assert checksum(tmp_path, fleet=FLEET.replace(old, new)) != checksum(tmp_path)


def test_files_that_it_names_count(tmp_path: Path) -> None:
    assert checksum(tmp_path, more=MORE.replace("c2", "c3")) != checksum(tmp_path)


def test_the_checksum_is_the_same_in_each_process(tmp_path: Path) -> None:
    """The order of a set differs between processes."""
    checksum(
        tmp_path,
        fleet=FLEET + "defaults: {target: {approve: [key_in_code, text_given_up, provider_taken]}}\n",
    )
    code = "import sys, pathlib, configs; print(configs.load_fleet(pathlib.Path(sys.argv[1])).checksum)"
    found = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "fleet.yaml")],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "1234"
    }
    assert len(found) == 1
