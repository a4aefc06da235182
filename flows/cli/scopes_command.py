"""`scopes`: the scopes of the Management API that a command needs."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.common import Json
from flows.cli.output import print_json
from flows.cli.terminal import out
from phonefleet.errors import PlanRefused
from phonefleet.model.api_scopes import COMMANDS, required_scopes


def scopes(
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help="`migrate`, `rollback`, `finalize`, `assess`, …")
    ],
    test: Annotated[
        bool, typer.Option("--test", help="With `compliance`: also of its test messages.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print the scopes of the Management API that a command needs, one a line.

    Where Auth0 accepts one of several scopes, the first is printed. docs/reference/permissions.md has the others.
    """
    verb = f"{command} --test" if test else command
    if verb not in COMMANDS:
        raise PlanRefused(f"{verb}: asks no tenant, so it needs no scopes. These ask: {', '.join(COMMANDS)}")
    needed = sorted(required_scopes(verb))
    if as_json:
        print_json({"command": verb, "scopes": needed})
    else:
        out.print("\n".join(needed), highlight=False, markup=False)
