"""References to a keyring, to a command's output and to Prefect's Secret blocks."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from configs import SecretRef
from configs.references import MAX_SECRET_BYTES
from phonefleet.errors import SecretError
from phonefleet.secrets import other_stores
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.redaction import redact
from phonefleet.secrets.store import SecretStore

VALUE = "v4lue-Of-A-Vault-0815"


def command(*arguments: str, base: Path = Path()) -> SecretRef:
    return SecretRef.parse(f"cmd:{json.dumps(arguments)}", base=base)


def python(code: str) -> SecretRef:
    return command(sys.executable, "-c", code)


def value(ref: SecretRef) -> str:
    return SecretStore().resolve(ref).get_secret_value()


def test_a_commands_output_is_the_value() -> None:
    assert value(python(f"print({VALUE!r})")) == VALUE
    assert KNOWN.mask(f"it was {VALUE}.") == "it was [redacted]."


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    ref = command("echo", "$HOME; touch made `touch made` $(touch made)", base=tmp_path)
    assert value(ref) == "$HOME; touch made `touch made` $(touch made)"
    assert list(tmp_path.iterdir()) == []


def test_a_command_starts_in_the_references_folder(tmp_path: Path) -> None:
    assert value(command("pwd", base=tmp_path)) == str(tmp_path)


def test_a_command_gets_no_input() -> None:
    assert value(python("import sys; print(repr(sys.stdin.read()))")) == "''"


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        (f"import sys; print({VALUE!r}); sys.stderr.write({VALUE!r}); sys.exit(3)", "exit code 3"),
        (f"print({VALUE!r} * 10_000)", f"more than the {MAX_SECRET_BYTES} bytes"),
        ("import sys; sys.stdout.buffer.write(bytes([0xff, 0xfe]))", "no UTF-8"),
        ("print()", "is empty"),
        ("while True: print('x' * 1000)", f"more than the {MAX_SECRET_BYTES} bytes"),
    ],
)
def test_what_a_command_printed_is_not_told(code: str, fact: str) -> None:
    with pytest.raises(SecretError) as refused:
        value(python(code))
    said = str(refused.value).replace(str(python(code)), "")
    assert fact in said
    assert VALUE not in said


def test_a_missing_program_is_named() -> None:
    with pytest.raises(SecretError, match="cannot be started: No such file"):
        value(command("no-such-program-here", "x"))


def is_alive(pid: int) -> bool:
    """Whether a process is more than what its parent has not read yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("leaves", [False, True])
def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, leaves: bool) -> None:
    """With everything that it started; also where a process of another session keeps its output open."""
    monkeypatch.setattr(other_stores, "COMMAND_SECONDS", 1.0)
    pid = tmp_path / "pid"
    child = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(4)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], start_new_session={leaves})"
    started = time.monotonic()
    with pytest.raises(SecretError, match="took longer than 1 s and was ended"):
        value(python(code))
    assert time.monotonic() - started < 3.5
    if not leaves and pid.exists():
        # A killed process is there until it has been scheduled once more.
        while is_alive(int(pid.read_text())):
            assert time.monotonic() - started < 3.5
            time.sleep(0.05)


@pytest.mark.parametrize(
    "written",
    [
        *("cmd:vault get", "cmd:[]", 'cmd:[""]', 'cmd:["a", 1]', 'cmd:"a"', "cmd:" + "[" * 10_000),
        *("keyring:service", "keyring:/user", "keyring:service/", "prefect:", "prefect:A b", "prefect:a/b"),
    ],
)
def test_a_reference_of_another_form_is_refused(written: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        SecretRef.parse(written)
    assert "vault" not in str(refused.value).partition("Write")[0]


def test_one_command_has_one_spelling() -> None:
    assert str(SecretRef.parse('cmd: ["a",  "b"]'.replace(": ", ":"))) == 'cmd:["a", "b"]'
    ref = SecretRef.parse('cmd:["a", "b"]')
    assert SecretRef.parse(str(ref)) == ref


@pytest.mark.parametrize("written", ['cmd:["a", "b"]', "keyring:acme/bot", "prefect:acme-token"])
def test_references_are_not_masked(written: str) -> None:
    assert redact({"client_secret": written}) == {"client_secret": written}


def test_a_keyring_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring: Any = pytest.importorskip("keyring")
    backend = pytest.importorskip("keyring.backend")

    class InMemory(backend.KeyringBackend):  # type: ignore[misc, name-defined]
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return VALUE if (service, username) == ("acme/prod", "bot") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

        def delete_password(self, service: str, username: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    try:
        assert value(SecretRef.parse("keyring:acme/prod/bot")) == VALUE
        with pytest.raises(SecretError, match="has no value of service acme and user bot"):
            value(SecretRef.parse("keyring:acme/bot"))
    finally:
        keyring.set_keyring(before)


def test_a_keyring_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretError, match=r"pip install 'phonefleet\[keyring\]'"):
        value(SecretRef.parse("keyring:acme/bot"))


def test_a_block_is_read_by_whoever_has_prefect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_stores.BLOCKS, "_reader", None)
    with pytest.raises(SecretError, match="Prefect is not available to this command"):
        value(SecretRef.parse("prefect:acme-token"))
    monkeypatch.setattr(other_stores.BLOCKS, "_reader", {"acme-token": VALUE}.__getitem__)
    assert value(SecretRef.parse("prefect:acme-token")) == VALUE
    with pytest.raises(SecretError, match=r"gave no Secret block of this name \(KeyError\)"):
        value(SecretRef.parse("prefect:other"))
