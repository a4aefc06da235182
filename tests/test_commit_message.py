"""The commit-msg hook: what it accepts and what it says about the rest."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
HOOK = ROOT / ".ci" / "commit-msg"


def check_message(message: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the hook on a message as git does."""
    file = folder / "COMMIT_EDITMSG"
    file.write_text(message, encoding="utf-8")
    return subprocess.run([str(HOOK), str(file)], capture_output=True, text=True)


@pytest.mark.parametrize(
    "message",
    [
        "Read connections once\n",
        "Read connections once\n\nEach read costs a request against the tenant's rate limit.\n",
        f"{'A' * 72}\n",
        f"Ü{'ä' * 71}\n",
        "Read connections once\n# Please enter the commit message for your changes.\n",
        "Read connections once\n\nWhy.\n# ------------------------ >8 ------------------------\ndiff --git a/x.\n",
        "Merge branch 'main' into something.with.dots.\n",
        'Revert "Read connections once."\n',
        "fixup! Read connections once\n",
    ],
)
def test_accepts(message: str, tmp_path: Path) -> None:
    done = check_message(message, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("", "the first line is empty"),
        ("\nRead connections once\n", "the first line is empty"),
        (f"{'A' * 73}\n", "the subject has 73 characters; 72 are allowed"),
        (f"Ü{'ä' * 72}\n", "the subject has 73 characters; 72 are allowed"),
        ("read connections once\n", "does not begin with a capital letter"),
        ("- read connections once\n", "does not begin with a capital letter"),
        ("Read connections once.\n", "ends with a period"),
        ("Read connections once\nto save requests\n", "the second line is not empty"),
    ],
)
def test_refuses(message: str, problem: str, tmp_path: Path) -> None:
    done = check_message(message, tmp_path)
    assert done.returncode == 1
    assert problem in done.stderr


def test_names_every_problem(tmp_path: Path) -> None:
    done = check_message(f"{'a' * 80}.\nbody\n", tmp_path)
    assert len(done.stderr.splitlines()) == 4


def test_is_installed_for_commit_messages() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    assert hooks["commit-message"]["entry"] == ".ci/commit-msg"
    assert hooks["commit-message"]["stages"] == ["commit-msg"]
    assert set(config["default_install_hook_types"]) == {"pre-commit", "commit-msg"}


def test_refuses_a_real_commit(tmp_path: Path) -> None:
    """Git runs it as a hook and makes no commit."""

    def git(*args: str) -> subprocess.CompletedProcess[str]:
        identity = (
            "-c",
            "user.name=Ann Lee",
            "-c",
            "user.email=ann@example.com",
            "-c",
            "commit.gpgsign=false",
        )
        return subprocess.run(["git", *identity, *args], cwd=tmp_path, capture_output=True, text=True)

    git("init", "--quiet")
    hooks = tmp_path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "commit-msg").symlink_to(HOOK)
    refused = git("commit", "--allow-empty", "--message", "lower case")
    assert refused.returncode != 0
    assert "capital letter" in refused.stderr
    assert git("commit", "--allow-empty", "--message", "Begin").returncode == 0
