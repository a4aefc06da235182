"""A command group that imports a command's module only when that command is run.

Importing every command takes seconds: the ledger, the SDK, the verification of Actions. Help and completion need
only names and one line about each.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from phonefleet.garbage_collection import loading


@dataclass(frozen=True, slots=True)
class CommandSource:
    """Where a command is.

    Attributes:
        module: its module.
        attribute: the function, or the `typer.Typer` of a group, in that module.
        summary: the first line of its help.
    """

    module: str
    attribute: str
    summary: str

    def load(self, name: str) -> Any:
        """Import the command."""
        with loading():
            found = getattr(import_module(self.module), self.attribute)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
            single.command(name)(found)
            found = single
        command = typer.main.get_command(found)
        command.name = name
        add_output_options(command)
        return command


def add_output_options(command: Any) -> None:
    """Give a command, or each command of a group, the options that all of them have."""
    from flows.cli.output_options import output_options

    for each in command.commands.values() if isinstance(command, TyperGroup) else [command]:
        # Before --help, which typer adds when it parses.
        each.params.extend(output_options())


class LazyGroup(TyperGroup):
    """The commands of `sources`, in this order. Subclasses set `sources`."""

    sources: ClassVar[dict[str, CommandSource]]

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names."""
        return list(self.sources)

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """Return a command with its name and summary only, for lists."""
        source = self.sources.get(cmd_name)
        return TyperCommand(cmd_name, help=source.summary) if source else None

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command to run, imported; for a shell's completion, one with the same options."""
        name, command, rest = super().resolve_command(ctx, args)
        if name and command and ctx.resilient_parsing:
            from flows.cli.completion import completed_command

            return name, completed_command(name), rest
        return name, self.sources[name].load(name) if name and command else command, rest
