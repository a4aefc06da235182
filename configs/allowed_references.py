"""Which secrets the tenants of `tenants_from` may refer to.

Rows of those files often have other authors than the fleet file. Without a limit, a row could name any variable or
file of this machine and have its value sent to a domain of its own. The fleet file sets the limit; a row cannot.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from configs.values import Strict, WrittenPath, wrong


def _folder(written: str) -> str:
    if Path(written).expanduser() == Path("/"):
        raise wrong("allows every file of this machine", "Name the folders that hold secrets")
    return written


def _command(written: tuple[str, ...]) -> tuple[str, ...]:
    if len(written) < 2:
        raise wrong(
            "allows any argument of a program", "Name the program and the first arguments that are fixed"
        )
    return written


NonEmpty = Annotated[str, StringConstraints(min_length=1)]
EnvPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class RowSecrets(Strict):
    """The section `row_secrets` of a fleet file.

    Attributes:
        env_prefixes: Beginnings of names of variables in the process environment. Names in `secrets_file` are always
            allowed.
        folders: Folders below which `file:` may read, relative to the fleet file; by default the fleet file's own.
        keyring_services: Services of `keyring:`.
        commands: First arguments of `cmd:`, the program included; a row may add more.
        prefect_prefixes: Beginnings of names of Prefect's Secret blocks.
    """

    keyring_services: tuple[NonEmpty, ...] = ()
    commands: tuple[Annotated[tuple[str, ...], AfterValidator(_command)], ...] = ()
    prefect_prefixes: tuple[NonEmpty, ...] = ()
    env_prefixes: tuple[EnvPrefix, ...] = ()
    folders: tuple[Annotated[WrittenPath, AfterValidator(_folder)], ...] = (".",)


@dataclass(frozen=True, slots=True)
class AllowedReferences:
    """The limit, ready to be applied.

    Attributes:
        fleet_file: What is written in this file is not limited.
        env_prefixes: See `RowSecrets`, also for the three below.
        folders: Absolute, with symbolic links followed.
        keyring_services: Services.
        commands: First arguments.
        prefect_prefixes: Beginnings of names.
    """

    fleet_file: Path
    env_prefixes: tuple[str, ...]
    folders: tuple[Path, ...]
    keyring_services: tuple[str, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    prefect_prefixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, section: RowSecrets, fleet_file: Path) -> AllowedReferences:
        """Return the limit that a fleet file sets."""
        base = fleet_file.parent
        folders = tuple((base / Path(folder).expanduser()).resolve() for folder in section.folders)
        return cls(
            fleet_file,
            section.env_prefixes,
            folders,
            section.keyring_services,
            section.commands,
            section.prefect_prefixes,
        )

    def variable_problem(self, name: str, in_secrets_file: Container[str]) -> tuple[str, str] | None:
        """Return why a row may not name this variable and what to do about it, or None."""
        if name in in_secrets_file or (self.env_prefixes and name.startswith(self.env_prefixes)):
            return None
        return (
            f"a tenant of `tenants_from` may not name the variable {name}",
            "Put it into `secrets_file`, or add a prefix to `row_secrets.env_prefixes` in the fleet file",
        )

    def file_problem(self, path: Path) -> tuple[str, str] | None:
        """Return why a row may not name this file and what to do about it, or None."""
        real = path.resolve()
        if any(real.is_relative_to(folder) for folder in self.folders):
            return None
        listed = ", ".join(map(str, self.folders))
        return (
            f"a tenant of `tenants_from` may not name {path}, which is outside of {listed}",
            "Move the file, or add its folder to `row_secrets.folders` in the fleet file",
        )

    def keyring_problem(self, service: str) -> tuple[str, str] | None:
        """Return why a row may not name this service of a keyring and what to do about it, or None."""
        if service in self.keyring_services:
            return None
        return (
            f"a tenant of `tenants_from` may not name the keyring's service {service}",
            "Add it to `row_secrets.keyring_services` in the fleet file",
        )

    def command_problem(self, arguments: tuple[str, ...]) -> tuple[str, str] | None:
        """Return why a row may not have this command run and what to do about it, or None."""
        if any(arguments[: len(allowed)] == allowed for allowed in self.commands):
            return None
        return (
            f"a tenant of `tenants_from` may not have {arguments[0]} run with these arguments",
            "Add the program and its first arguments to `row_secrets.commands` in the fleet file",
        )

    def block_problem(self, name: str) -> tuple[str, str] | None:
        """Return why a row may not name this Secret block of Prefect and what to do about it, or None."""
        if self.prefect_prefixes and name.startswith(self.prefect_prefixes):
            return None
        return (
            f"a tenant of `tenants_from` may not name the Secret block {name}",
            "Add a prefix to `row_secrets.prefect_prefixes` in the fleet file",
        )
