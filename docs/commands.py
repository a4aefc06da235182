"""Write the reference page of every command and option from the command line: `python docs/commands.py`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.core import TyperGroup

from flows.cli.main import Commands
from flows.cli.output_options import output_options

PAGE = Path(__file__).resolve().parent / "reference" / "commands.md"
WIDTH = 115
INTRODUCTION = """\
# Commands and options

Every command with its arguments and options, as `--help` prints them. This page is generated from the command line by
`python docs/commands.py`. [Command line](command-line.md) has the exit codes and what all commands have in common.
"""
SHARED = {name for option in output_options() for name in option.opts}


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION, "## Every command\n", *(_entry(option) for option in output_options()), ""]
    for verb, source in Commands.sources.items():
        parts += [*_command(verb, source.load(verb))]
    return "\n".join(parts)


def _command(name: str, command: Any) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for below in command.commands:
            yield from _command(f"{name} {below}", command.commands[below])
        return
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and not _shared(each)]
    words = [_argument(each) for each in arguments]
    yield f"## {name}\n"
    yield f"`{' '.join(['phonefleet', name, *words])}`\n"
    yield from (
        f"{_filled(paragraph)}\n" for paragraph in (command.help or "").split("\n\n") if paragraph.strip()
    )
    yield from (_entry(each) for each in (*arguments, *options))
    yield ""


def _shared(option: Any) -> bool:
    return bool(SHARED.intersection(option.opts)) or "--help" in option.opts


def _argument(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required else f"[{name}]"


def _entry(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
    else:
        value = "" if parameter.is_flag or parameter.count else f" {parameter.metavar or _kind(parameter)}"
        name = ", ".join((*parameter.opts, *parameter.secondary_opts)) + value
    notes = [" ".join((parameter.help or "").split())]
    if parameter.required and parameter.param_type_name == "option":
        notes.append("Required.")
    if default := _default(parameter):
        notes.append(f"Default: `{default}`.")
    if parameter.envvar:
        notes.append(f"Environment: `{parameter.envvar}`.")
    return _filled(f"* `{name}`: {' '.join(notes)}", indent="  ")


def _kind(parameter: Any) -> str:
    """Return what a value of an option is, from the annotation of the command's function."""
    annotation = str(parameter.type_descriptor.annotation)
    return "PATH" if "Path" in annotation else "N" if "int" in annotation else "TEXT"


def _default(parameter: Any) -> str:
    """Return a default that says something: no flag that is off, nothing that is empty."""
    default = parameter.default
    if default is None or default is False or default is True or callable(default) or parameter.required:
        return ""
    return "" if str(default) in {"", "0", "()", "[]"} else str(default)


def _filled(text: str, indent: str = "") -> str:
    """Wrap a text, with code spans kept in one line."""
    joined = re.sub(r"`[^`]+`", lambda span: span[0].replace(" ", "\0"), " ".join(text.split()))
    filled = textwrap.fill(
        joined, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return filled.replace("\0", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
