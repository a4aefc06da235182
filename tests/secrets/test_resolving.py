"""References become values in one place only, and no value shows anywhere else."""

import os
import pickle
from pathlib import Path

import pytest

from configs import SecretRef
from configs.references import MAX_SECRET_BYTES
from phonefleet.errors import PhonefleetError, SecretError
from phonefleet.secrets.store import SecretStore

VALUE = "p4ss w0rd#${HOME}=1"


@pytest.fixture
def secrets_file(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.env"
    path.write_text(f"NAME='{VALUE}'\nEMPTY=\n")
    path.chmod(0o600)
    return path


def env(name: str, secrets_file: Path | None = None) -> SecretRef:
    return SecretRef.parse(f"env:{name}", secrets_file=secrets_file)


def in_file(path: Path) -> SecretRef:
    return SecretRef.parse(f"file:{path.name}", base=path.parent)


def test_the_environment_comes_before_the_secrets_file(secrets_file):
    assert SecretStore({"NAME": "first"}).resolve(env("NAME", secrets_file)).get_secret_value() == "first"
    assert SecretStore({"NAME": ""}).resolve(env("NAME", secrets_file)).get_secret_value() == VALUE
    assert SecretStore({}).resolve(env("NAME", secrets_file)).get_secret_value() == VALUE


def test_the_process_environment_is_the_default(monkeypatch):
    monkeypatch.setenv("PHONEFLEET_TEST_SECRET", "from-the-process")
    assert SecretStore().resolve(env("PHONEFLEET_TEST_SECRET")).get_secret_value() == "from-the-process"


def test_a_rotated_secret_is_picked_up(secrets_file):
    store = SecretStore({})
    assert store.resolve(env("NAME", secrets_file)).get_secret_value() == VALUE
    secrets_file.write_text("NAME=rotated\n")
    assert store.resolve(env("NAME", secrets_file)).get_secret_value() == "rotated"


def test_an_unchanged_secrets_file_is_read_once(secrets_file, monkeypatch):
    store, opened = SecretStore({}), []
    original = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest: opened.append(path) or original(path, *rest))
    for _ in range(3):
        store.resolve(env("NAME", secrets_file))
    assert opened == [secrets_file]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"x", "x"),
        (b"x\n", "x"),
        (b"x\r\n", "x"),
        (b"x\n\n", "x\n"),
        (b" x \n", " x "),
        ("ü\n".encode(), "ü"),
        (b"\xef\xbb\xbfx\n", "x"),
    ],
)
def test_the_last_line_break_of_a_file_is_removed(tmp_path, content, value):
    (tmp_path / "key").write_bytes(content)
    assert SecretStore({}).resolve(in_file(tmp_path / "key")).get_secret_value() == value


def test_a_mark_in_a_secrets_file_is_no_name(tmp_path):
    path = tmp_path / "s.env"
    path.write_bytes(b"\xef\xbb\xbfNAME=x\n")
    assert SecretStore({}).resolve(env("NAME", path)).get_secret_value() == "x"


@pytest.mark.parametrize("kind", ["fifo", "device", "large"])
def test_a_file_that_was_exchanged_is_refused(tmp_path, kind):
    """After the fleet was loaded, somebody else may put something in the place of a secret."""
    path = tmp_path / "key"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "large":
            with path.open("wb") as file:
                file.truncate(50_000_000)
    said = "larger than" if kind == "large" else "is not a regular file"
    with pytest.raises(SecretError, match=said):
        SecretStore({}).resolve(in_file(path))
    with pytest.raises(SecretError, match=said):
        SecretStore({}).resolve(env("NAME", path))


def test_a_value_shows_in_no_repr(secrets_file):
    store = SecretStore({})
    value = store.resolve(env("NAME", secrets_file))
    assert VALUE not in repr(value) + str(value) + repr(store) + repr(vars(store))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("GONE", ["env:GONE", "is not set in the environment"]),
        ("EMPTY", ["env:EMPTY", "is not set in the environment"]),
    ],
)
def test_a_variable_that_is_not_set_is_named(name, words):
    with pytest.raises(SecretError) as raised:
        SecretStore({"EMPTY": ""}).resolve(env(name))
    for word in words:
        assert word in str(raised.value)
    assert isinstance(raised.value, PhonefleetError)


@pytest.mark.parametrize("name", ["GONE", "EMPTY"])
def test_a_missing_variable_names_both_places(secrets_file, name):
    with pytest.raises(
        SecretError, match=f"env:{name}: {name} is neither set in the environment nor in .*secrets.env"
    ):
        SecretStore({}).resolve(env(name, secrets_file))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"hunter2\xff", "not UTF-8 text"),
        (b"x" * (MAX_SECRET_BYTES + 1), f"larger than {MAX_SECRET_BYTES} bytes"),
    ],
    ids=["gone", "empty", "line", "bytes", "large"],
)
def test_an_unusable_file_is_named_never_quoted(tmp_path, content, words):
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(SecretError) as raised:
        SecretStore({}).resolve(in_file(tmp_path / "key"))
    assert str(raised.value).startswith("file:key: ")
    assert words in str(raised.value)
    error: BaseException | None = raised.value
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    assert "hunter2" not in repr(error)


def test_an_unreadable_secrets_file_is_named(secrets_file):
    store = SecretStore({})
    secrets_file.write_bytes(b"NAME=hunter2\xff")
    with pytest.raises(SecretError, match="it is not UTF-8 text"):
        store.resolve(env("NAME", secrets_file))
    secrets_file.unlink()
    with pytest.raises(SecretError, match=r"env:NAME: .*secrets\.env cannot be read: No such file"):
        store.resolve(env("NAME", secrets_file))


# references of plans


def test_a_reference_of_the_tenant_is_resolved(secrets_file):
    refs = [env("NAME", secrets_file), env("OTHER")]
    assert SecretStore({}).resolve_named("env:NAME", refs) == VALUE


def test_another_tenants_reference_is_refused():
    with pytest.raises(SecretError, match="env:NAME is not among the tenant's references"):
        SecretStore({"NAME": "x"}).resolve_named("env:NAME", [env("OTHER")])


def test_one_name_for_two_files_is_refused(tmp_path):
    refs = [SecretRef.parse("file:key", base=tmp_path / folder) for folder in ("a", "b", "a")]
    with pytest.raises(SecretError, match="file:key means several files"):
        SecretStore({}).resolve_named("file:key", refs)


# exposure


def test_files_that_everyone_may_read_are_named_once(tmp_path, secrets_file):
    key = tmp_path / "key"
    key.write_text("x")
    key.chmod(0o644)
    refs = [env("NAME", secrets_file), in_file(key), in_file(key), env("X"), in_file(tmp_path / "gone")]
    (problem,) = SecretStore({}).exposed(refs)
    assert (
        str(problem)
        == f"{key}: every user of this machine may read these secrets (mode 0644). Run chmod 600 {key}."
    )
    secrets_file.chmod(0o604)
    assert [problem.file for problem in SecretStore({}).exposed(refs)] == [secrets_file, key]


def test_errors_survive_pickling():
    assert str(pickle.loads(pickle.dumps(SecretError("env:X: gone")))) == "env:X: gone"
