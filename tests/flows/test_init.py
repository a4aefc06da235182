"""`init` writes files that `validate` accepts, asks at a terminal, and replaces nothing by itself."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from configs.references import PLACEHOLDER, SecretRef
from phonefleet.secrets.store import SecretPlaceholder, SecretStore
from tests.prefect_server import clean_environ
from tests.preloaded import PHONEFLEET

ROOT = Path(__file__).parents[2]


def _command(*words: str) -> list[str]:
    return [sys.executable, PHONEFLEET, *words]


def _environ() -> dict[str, str]:
    return clean_environ() | {"PYTHONPATH": str(ROOT), "TERM": "dumb", "COLUMNS": "100"}


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*words),
        cwd=folder,
        env=_environ(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A folder with a list of tenants."""
    rows = "".join(f"acme-{n}.eu.auth0.com,client{n}\n" for n in range(1, 11))
    (tmp_path / "tenants.csv").write_text(f"domain,client_id\n{rows}")
    return tmp_path


def test_init_writes_what_validate_accepts(listed: Path) -> None:
    made = _run(listed, "init", "fleet", "--csv", "tenants.csv", "--test-number", "+15005550006")
    assert made.returncode == 0, made.stderr
    assert "10 value(s) to put in place" in made.stdout
    secrets = listed / "fleet" / "secrets.env"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    checked = _run(listed, "validate", "fleet/fleet.yaml")
    assert checked.returncode == 0, checked.stderr
    assert "put 10 value(s) into fleet/secrets.env" in checked.stdout
    secrets.write_text(secrets.read_text().replace(PLACEHOLDER, "a-long-enough-value"))
    filled = _run(listed, "validate", "fleet/fleet.yaml")
    assert filled.returncode == 0, filled.stderr
    assert "Next: phonefleet doctor fleet/fleet.yaml" in filled.stdout


def test_init_replaces_nothing_by_itself(listed: Path) -> None:
    (listed / "secrets.env").write_text("A_SECRET=kept\n")
    refused = _run(listed, "init", "--csv", "tenants.csv")
    assert refused.returncode == 2
    assert "secrets.env: already there" in refused.stderr
    assert not (listed / "fleet.yaml").exists()
    assert (listed / "secrets.env").read_text() == "A_SECRET=kept\n"
    assert _run(listed, "init", "--csv", "tenants.csv", "--force").returncode == 0
    assert PLACEHOLDER in (listed / "secrets.env").read_text()
    assert stat.S_IMODE((listed / "secrets.env").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ((), "name a source of tenants by --csv"),
        (("--csv", "none.csv"), "none.csv: cannot be read"),
        (("--csv", "tenants.csv", "--name", "a/b"), "command line: fleet: "),
        (("--csv", "tenants.csv", "--test-number", "0172"), "test_numbers"),
    ],
)
def test_what_init_refuses_leaves_no_file(listed: Path, options: tuple[str, ...], part: str) -> None:
    refused = _run(listed, "init", "out", *options)
    assert refused.returncode == 2
    assert part in refused.stderr
    assert not (listed / "out").exists()


def test_init_asks_at_a_terminal(listed: Path) -> None:
    """The answers of a person: a name, a list, another domain, and the defaults."""
    leader, follower = pty.openpty()
    asking = subprocess.Popen(
        _command("init", "fleet"),
        cwd=listed,
        env=_environ(),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    answers = iter(
        [
            ("Name of the fleet", "acme"),
            ("empty when that was all", "nothing here"),
            ("empty when that was all", "tenants.csv"),
            ("empty when that was all", "other.us.auth0.com"),
            ("empty when that was all", ""),
            ("client_id", "otherClient"),
            ("private key", "n"),
            ("test messages", "+15005550006"),
            ("one Twilio account", "y"),
        ]
    )
    seen, since, until = "", 0, time.monotonic() + 60
    question, answer = next(answers)
    while time.monotonic() < until:
        if not select.select([leader], [], [], 0.2)[0]:
            if asking.poll() is not None:
                break
            continue
        try:
            seen += os.read(leader, 4096).decode()
        except OSError:
            break
        if question and question in seen[since:] and seen.rstrip().endswith((":", "]:")):
            since = len(seen)
            os.write(leader, f"{answer}\n".encode())
            question, answer = next(answers, ("", ""))
    os.close(leader)
    assert asking.wait(20) == 0, seen
    text = (listed / "fleet" / "fleet.yaml").read_text()
    assert "fleet: acme" in text
    assert "client_id: otherClient" in text
    assert "twilio: {auth_token: env:TWILIO_AUTH_TOKEN}" in text
    assert "no file or folder of this name" in seen
    assert _run(listed, "validate", "fleet/fleet.yaml").returncode == 0


def test_a_placeholder_is_no_secret(tmp_path: Path) -> None:
    """No command sends it to anyone."""
    (tmp_path / "secrets.env").write_text(f"A_SECRET={PLACEHOLDER}\n")
    store = SecretStore({})
    with pytest.raises(SecretPlaceholder, match=r"secrets\.env has replace-me"):
        store.resolve(SecretRef.parse("env:A_SECRET", secrets_file=tmp_path / "secrets.env"))
