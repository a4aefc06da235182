"""References to secrets. Only their existence is checked here; their values are never read."""

from __future__ import annotations

import os
import re
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

from configs.problems import Problem
from configs.tree import Text
from configs.values import wrong

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_HOW: Final = "Write env:NAME or file:PATH and keep the value out of this file"


class Scheme(StrEnum):
    """The kind of place where a secret's value is kept."""

    ENV = "env"
    FILE = "file"


class SecretNames:
    """The names under which secrets can be found, to check references without reading values.

    Args:
        environ: The process environment; variables set to nothing do not count.
        in_file: The names in the secrets file, or None if that file could not be read; then no
            `env:` reference is checked.
        secrets_file: The secrets file, for messages.
    """

    def __init__(
        self, environ: Mapping[str, str], in_file: frozenset[str] | None, secrets_file: Path | None
    ) -> None:
        self.secrets_file = secrets_file
        self._names = (
            None if in_file is None else in_file | {name for name, value in environ.items() if value}
        )

    def complaint(self, ref: SecretRef) -> tuple[str, str] | None:
        """Return why the reference has no value and what to do about it, or None."""
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
            case Scheme.FILE if not ref.path.is_file():
                return f"{ref} names {ref.path}, which is not a file", "Create the file or correct the path"
            case Scheme.FILE if not os.access(ref.path, os.R_OK):
                return (
                    f"{ref} names {ref.path}, which is not readable",
                    "Give this user read permission",
                )
            case _:
                return None


class SecretRef(BaseModel):
    """The name of a secret, never its value; `str()` gives what the operator wrote.

    Attributes:
        scheme: The kind of place where the value is kept.
        name: The variable's name, or the file's path as written.
        base: The folder of the file with the reference; relative paths start there.
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
        if names and (complaint := names.complaint(ref)):
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
            case Scheme.FILE if name and "\0" not in name:
                return cls(scheme=Scheme.FILE, name=name, base=base)
            case _:
                raise wrong("must be a reference to a secret, but is a literal (not shown here)", _HOW)

    @property
    def path(self) -> Path:
        """The file that a `file:` reference names."""
        return self.base / Path(self.name).expanduser()

    @model_serializer
    def _as_text(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.name}"


def names_in(path: Path, problems: list[Problem]) -> frozenset[str] | None:
    """Return the names with a value in a secrets file; None if it cannot be read."""
    try:
        with path.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        problems.append(
            Problem(path, 0, "", f"the secrets file cannot be read: {why}", "Correct `secrets_file`")
        )
        return None
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
