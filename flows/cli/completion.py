"""What a shell completes behind a command, from a table: the command itself takes a second to import.

`python docs/completions.py` writes the table from the commands; a test holds it current.
"""

from __future__ import annotations

import inspect
import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

TABLE = Path(__file__).with_name("completions.json")


def completed_command(name: str) -> Any:
    """Return a command that has the options of the real one, and does nothing."""
    found = json.loads(TABLE.read_text(encoding="utf-8"))[name]
    made = typer.Typer(add_completion=False)
    for below, each in found.get("commands", {name: found}).items():
        made.command(below)(_function(each["options"]))
    if "commands" in found:
        # A callback keeps a group with one command a group.
        made.callback()(lambda: None)
    command = typer.main.get_command(made)
    command.name = name
    return command


def described(command: Any) -> dict[str, Any]:
    """Return what the table has of a command: its options, or the commands below it."""
    if below := getattr(command, "commands", None):
        return {"commands": {name: described(each) for name, each in below.items()}}
    return {"options": [_described(each) for each in command.params if each.param_type_name == "option"]}


def _described(option: Any) -> dict[str, Any]:
    kind = option.type_descriptor.annotation
    is_enum = isinstance(kind, type) and issubclass(kind, Enum)
    return {
        "names": ["/".join((name, *option.secondary_opts)) for name in option.opts],
        "help": " ".join((option.help or "").split()),
        **({"is_flag": True} if option.is_flag else {}),
        **({"count": True} if option.count else {}),
        **({"multiple": True} if option.multiple else {}),
        **({"values": [str(each.value) for each in kind]} if is_enum else {}),
    }


def _function(options: list[dict[str, Any]]) -> Any:
    """Return a function with these options as parameters, as typer reads them."""

    def nothing(**_values: Any) -> None:
        """Do nothing: it is never called."""

    parameters = [_parameter(number, option) for number, option in enumerate(options)]
    nothing.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    nothing.__annotations__ = {each.name: each.annotation for each in parameters}
    return nothing


def _parameter(number: int, found: dict[str, Any]) -> inspect.Parameter:
    default, kind = _default_and_type(found)
    option = typer.Option(
        *found["names"],
        help=found["help"],
        count=found.get("count", False),
        autocompletion=(lambda: found["values"]) if "values" in found else None,
    )
    annotation: Any = Annotated[kind, option]
    return inspect.Parameter(
        f"option{number}", inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _default_and_type(found: dict[str, Any]) -> tuple[Any, Any]:
    if found.get("is_flag"):
        return False, bool
    if found.get("count"):
        return 0, int
    return (None, list[str]) if found.get("multiple") else ("", str)
