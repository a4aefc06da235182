"""References to secrets. Only their existence is checked here; their values are never read."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

from dotenv.parser import parse_stream
from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from configs.allowed_references import AllowedReferences
from configs.bounded_files import FileRefused, path_problem, read_bounded
from configs.problems import Problem
from configs.tree import Text
from configs.values import wrong

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
PLACEHOLDER: Final = "replace-me"
"""What a template of a secrets file has instead of a value; no secret may be this text."""
MAX_SECRETS_FILE_BYTES: Final = 2 * 1024 * 1024
"""Lines of 10,000 tenants take less than 1 MiB."""
MAX_SECRET_BYTES: Final = 64 * 1024
_KINDS: Final = "env:NAME, file:PATH, keyring:SERVICE/USER, cmd:[…] or prefect:NAME"
_HOW: Final = f"Write {_KINDS} and keep the value out of this file"
_BLOCK: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_MAX_ARGUMENTS: Final = 64


class Scheme(StrEnum):
    """The kind of place where a secret's value is kept."""

    ENV = "env"
    FILE = "file"
    KEYRING = "keyring"
    CMD = "cmd"
    PREFECT = "prefect"


class SecretNames:
    """The names under which secrets can be found, to check references without reading values.

    Args:
        environ: The process environment; variables set to nothing do not count.
        in_file: The names in the secrets file, or None if that file could not be read; then no
            `env:` reference is checked.
        secrets_file: The secrets file, for messages.
        allowed: What tenants outside of the fleet file may refer to; None for no limit.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        in_file: frozenset[str] | None,
        secrets_file: Path | None,
        allowed: AllowedReferences | None = None,
    ) -> None:
        self.secrets_file = secrets_file
        self._allowed = allowed
        self._in_file = in_file
        self._names = (
            None if in_file is None else in_file | {name for name, value in environ.items() if value}
        )

    def is_row(self, written_in: Path) -> bool:
        """Whether a file is one of `tenants_from`, which often have other authors than the fleet file."""
        return self._allowed is not None and written_in != self._allowed.fleet_file

    def base_of_commands(self, written_in: Path) -> Path:
        """Return the folder in which the commands that a file names start.

        Those of rows start in the fleet file's folder: `row_secrets.commands` may have a relative path, and in the
        row's own folder its author could put another program there.
        """
        return (self._allowed.fleet_file if self._allowed else written_in).parent

    def complaint(self, ref: SecretRef, written_in: Path | None) -> tuple[str, str] | None:
        """Return why the reference may not be used or has no value, and what to do about it, or None.

        Args:
            ref: The reference.
            written_in: The file that has it; None if no file has.
        """
        return self._not_allowed(ref, written_in) or self._not_there(ref)

    def _not_allowed(self, ref: SecretRef, written_in: Path | None) -> tuple[str, str] | None:
        allowed = self._allowed
        if allowed is None or written_in in (None, allowed.fleet_file):
            return None
        match ref.scheme:
            case Scheme.ENV if self._in_file is not None:
                return allowed.variable_problem(ref.name, self._in_file)
            case Scheme.FILE:
                return allowed.file_problem(ref.path)
            case Scheme.KEYRING:
                return allowed.keyring_problem(ref.name.rpartition("/")[0])
            case Scheme.CMD:
                return allowed.command_problem(ref.arguments)
            case Scheme.PREFECT:
                return allowed.block_problem(ref.name)
            case _:
                return None

    def _not_there(self, ref: SecretRef) -> tuple[str, str] | None:
        match ref.scheme:
            case Scheme.ENV if self._names is not None and ref.name not in self._names:
                where = (
                    f"neither set in the environment nor in {self.secrets_file}"
                    if self.secrets_file
                    else "not set in the environment"
                )
                advice = (
                    f"Set it, or add a line {ref.name}=value to that file"
                    if self.secrets_file
                    else "Set it, or name a `secrets_file` that contains it"
                )
                return f"{ref.name} is {where}", advice
            case Scheme.FILE:
                return _file_complaint(ref)
            case Scheme.CMD if shutil.which(ref.arguments[0]) is None:
                return (
                    f"{ref} names {ref.arguments[0]}, which is no program",
                    "Install it or correct its name",
                )
            case _:
                return None


def _file_complaint(ref: SecretRef) -> tuple[str, str] | None:
    named = f"{ref} names {ref.path}, which is"
    try:
        status = ref.path.stat()
    except OSError:
        return f"{named} not a file", "Create the file or correct the path"
    if not stat.S_ISREG(status.st_mode):
        return f"{named} not a file", "Name a regular file"
    if status.st_size > MAX_SECRET_BYTES:
        return f"{named} larger than {MAX_SECRET_BYTES} bytes", "Name the file of one secret"
    if not os.access(ref.path, os.R_OK):
        return f"{named} not readable", "Give this user read permission"
    return None


class SecretRef(BaseModel):
    """The name of a secret, never its value; `str()` gives what the operator wrote.

    Attributes:
        scheme: The kind of place where the value is kept.
        name: The variable's name, the file's path as written, `SERVICE/USER` of a keyring, a command's arguments as a
            JSON list, or the name of one of Prefect's Secret blocks.
        base: The folder of the file with the reference; relative paths start there. For a command that a tenant of
            `tenants_from` names, the folder of the fleet file.
        secrets_file: Where `env:` looks after the process environment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    scheme: Scheme
    name: str
    base: Path = Path()
    secrets_file: Path | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _parse(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo[Any]) -> Self:
        if isinstance(data, cls) or type(data) is dict:
            return handler(data)
        if not isinstance(data, str):
            raise wrong("must be a reference to a secret", _HOW)
        names: SecretNames | None = (info.context or {}).get("secret_names")
        base = data.origin.file.parent if isinstance(data, Text) else Path()
        ref = cls.parse(data, base=base, secrets_file=names.secrets_file if names else None)
        written_in = data.origin.file if isinstance(data, Text) else None
        if names and written_in and ref.scheme is Scheme.CMD:
            ref = ref.model_copy(update={"base": names.base_of_commands(written_in)})
        if names and (complaint := names.complaint(ref, written_in)):
            raise wrong(*complaint)
        return ref

    @classmethod
    def parse(cls, text: str, *, base: Path = Path(), secrets_file: Path | None = None) -> Self:
        """Parse a reference such as `env:NAME`.

        Raises:
            PydanticCustomError: `text` is none. The message leaves it out, as it may be the secret itself.
        """
        scheme, _, name = text.strip().partition(":")
        match scheme:
            case Scheme.ENV if _NAME.fullmatch(name):
                return cls(scheme=Scheme.ENV, name=name, secrets_file=secrets_file)
            case Scheme.ENV:
                raise wrong(
                    "names no variable after env:", "Use letters, digits and _, not starting with a digit"
                )
            case Scheme.FILE if name:
                if problem := path_problem(name):
                    raise wrong(f"the path after file: {problem[0]}", problem[1])
                return cls(scheme=Scheme.FILE, name=name, base=base)
            case Scheme.KEYRING if all(part.strip() for part in name.rpartition("/")):
                return cls(scheme=Scheme.KEYRING, name=name)
            case Scheme.KEYRING:
                raise wrong("names no service and user after keyring:", "Write keyring:SERVICE/USER")
            case Scheme.CMD:
                return cls(scheme=Scheme.CMD, name=_checked_command(name), base=base)
            case Scheme.PREFECT if _BLOCK.fullmatch(name):
                return cls(scheme=Scheme.PREFECT, name=name)
            case Scheme.PREFECT:
                raise wrong(
                    "names no block after prefect:", "Use the block's name: lower-case letters, digits and -"
                )
            case _:
                raise wrong("must be a reference to a secret, but is a literal (not shown here)", _HOW)

    @property
    def path(self) -> Path:
        """The file that a `file:` reference names."""
        return self.base / Path(self.name).expanduser()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The program and its arguments that a `cmd:` reference names."""
        return tuple(json.loads(self.name)) if self.scheme is Scheme.CMD else ()

    @model_serializer
    def _as_text(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.name}"


def _checked_command(written: str) -> str:
    """Return a list of arguments as it is recorded: one spelling for one command."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        found = None
    usable = isinstance(found, list) and 0 < len(found) <= _MAX_ARGUMENTS
    if not usable or not all(isinstance(each, str) and "\0" not in each for each in found) or not found[0]:
        raise wrong(
            "names no command after cmd:",
            'Write the program and its arguments as a list: cmd:["vault", "kv", "get"]',
        )
    return json.dumps(found, ensure_ascii=False)


def names_in(path: Path, problems: list[Problem]) -> frozenset[str] | None:
    """Return the names with a value in a secrets file; None if it cannot be read."""
    try:
        text = read_bounded(path, MAX_SECRETS_FILE_BYTES).decode("utf-8-sig")
    except FileRefused as refused:
        problems.append(Problem(path, 0, "", f"the secrets file {refused.fact}", refused.advice))
        return None
    except UnicodeDecodeError:
        fact = "the secrets file cannot be read: it is not UTF-8 text"
        problems.append(Problem(path, 0, "", fact, "Correct `secrets_file`"))
        return None
    bindings = list(parse_stream(io.StringIO(text)))
    lines: dict[str, int] = {}
    for binding in bindings:
        text = binding.original.string
        # The parser counts blank lines above a binding as part of it.
        line = binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
        if binding.error:
            problems.append(
                Problem(path, line, "", "this line is not NAME=value", "Quote values with spaces or #")
            )
        elif binding.key and binding.key in lines:
            fact = f"this name is there twice: first on line {lines[binding.key]}"
            problems.append(Problem(path, line, binding.key, fact, "Keep one of the two"))
        elif binding.key and binding.value:
            lines[binding.key] = line
    return frozenset(lines)
