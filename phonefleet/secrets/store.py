"""Read the values that references lead to; no other module does."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from configs import Problem, Scheme, SecretRef
from configs.bounded_files import FileRefused, read_bounded
from configs.references import MAX_SECRET_BYTES, MAX_SECRETS_FILE_BYTES, PLACEHOLDER
from phonefleet.errors import SecretError
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.other_stores import BLOCKS, from_command, from_keyring


class SecretPlaceholder(SecretError):
    """A secrets file still has the placeholder of its template where a value belongs."""


class SecretStore:
    """Look secrets up when they are needed.

    A secrets file is read again whenever it has changed; files of `file:` references are read each time. So a
    secret that is rotated during a long run is picked up.

    Args:
        environ: where `env:` references look first; by default the process environment.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._files: dict[Path, tuple[tuple[int, int], dict[str, SecretStr]]] = {}

    def resolve(self, ref: SecretRef) -> SecretStr:
        """Return the value that the reference leads to. A command or a keyring may take seconds.

        Raises:
            SecretError: there is no value, or it is empty.
            SecretPlaceholder: there is only the placeholder that `phonefleet init` writes.
        """
        match ref.scheme:
            case Scheme.ENV:
                value = self._from_environment(ref)
            case Scheme.FILE:
                value = _from_file(ref)
            case Scheme.KEYRING:
                value = _not_empty(ref, from_keyring(ref))
            case Scheme.CMD:
                value = _not_empty(ref, from_command(ref))
            case Scheme.PREFECT:
                value = _not_empty(ref, BLOCKS.value(ref))
        if value.get_secret_value().strip() == PLACEHOLDER:
            where = ref.path if ref.scheme is Scheme.FILE else ref.secrets_file or "the environment"
            raise SecretPlaceholder(
                f"{ref}: {where} has {PLACEHOLDER} in place of the value; put it there and run again"
            )
        KNOWN.add(value.get_secret_value())
        return value

    def resolve_named(self, name: str, refs: Iterable[SecretRef]) -> str:
        """Return the value of a reference that a plan names, to be put into a request and then dropped.

        Args:
            name: The reference as the plan has it, for example `env:NAME`.
            refs: The references of the tenant that the request is for.

        Raises:
            SecretError: The name is not among `refs`, stands for two files there, or has no value.
        """
        named = {ref.path: ref for ref in refs if str(ref) == name}
        return self.resolve(_only(name, named)).get_secret_value()

    def exposed(self, refs: Iterable[SecretRef]) -> tuple[Problem, ...]:
        """List the files of these references that every user of the machine may read, a problem for each."""
        paths = (ref.path if ref.scheme is Scheme.FILE else ref.secrets_file for ref in refs)
        files = dict.fromkeys(path for path in paths if path)
        return tuple(problem for path in files if (problem := _exposure(path)))

    def _from_environment(self, ref: SecretRef) -> SecretStr:
        if value := self._environ.get(ref.name):
            return SecretStr(value)
        if ref.secrets_file is None:
            raise SecretError(f"{ref}: {ref.name} is not set in the environment; set it and run again")
        value_in_file = self._values_in(ref, ref.secrets_file).get(ref.name)
        if value_in_file is None:
            where = f"neither set in the environment nor in {ref.secrets_file}"
            raise SecretError(f"{ref}: {ref.name} is {where}; add a line {ref.name}=value and run again")
        return value_in_file

    def _values_in(self, ref: SecretRef, path: Path) -> dict[str, SecretStr]:
        try:
            status = path.stat()
            version = (status.st_mtime_ns, status.st_size)
            if path in self._files and self._files[path][0] == version:
                return self._files[path][1]
            text = read_bounded(path, MAX_SECRETS_FILE_BYTES).decode("utf-8-sig")
        except (OSError, FileRefused, UnicodeDecodeError) as error:
            raise _unreadable(ref, path, error) from None
        values = dotenv_values(stream=io.StringIO(text), interpolate=False)
        known = {name: SecretStr(value) for name, value in values.items() if value}
        self._files[path] = version, known
        return known


def _not_empty(ref: SecretRef, value: str) -> SecretStr:
    if not value:
        raise SecretError(f"{ref}: its value is empty; set it and run again")
    return SecretStr(value)


def _only(name: str, named: Mapping[Path, SecretRef]) -> SecretRef:
    match tuple(named.values()):
        case (ref,):
            return ref
        case ():
            raise SecretError(f"{name} is not among the tenant's references; plan again")
        case several:
            paths = ", ".join(sorted(str(ref.path) for ref in several))
            raise SecretError(f"{name} means several files ({paths}); write absolute paths and plan again")


def _from_file(ref: SecretRef) -> SecretStr:
    """Read the file's text without what editors add: a byte order mark and the last line break."""
    try:
        text = read_bounded(ref.path, MAX_SECRET_BYTES).decode("utf-8-sig")
    except (FileRefused, UnicodeDecodeError) as error:
        raise _unreadable(ref, ref.path, error) from None
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise SecretError(f"{ref}: {ref.path} is empty; write the secret into it and run again")
    return SecretStr(value)


def _unreadable(ref: SecretRef, path: Path, error: OSError | FileRefused | UnicodeDecodeError) -> SecretError:
    # The original error of a failed decoding holds the file's bytes, hence never `from error`.
    match error:
        case FileRefused():
            return SecretError(f"{ref}: {path} {error.fact}. {error.advice}")
        case OSError():
            why = error.strerror
        case _:
            why = "it is not UTF-8 text"
    return SecretError(
        f"{ref}: {path} cannot be read: {why}; correct the path, its permissions or its encoding"
    )


def _exposure(path: Path) -> Problem | None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None  # `resolve` raises for a file that is needed
    if not mode & stat.S_IROTH:
        return None
    fact = f"every user of this machine may read these secrets (mode {mode:04o})"
    return Problem(path, 0, "", fact, f"Run chmod 600 {path}")
