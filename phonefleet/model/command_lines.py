"""Exact commands about a run: they can be pasted as they are printed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from phonefleet.model.run_options import RunOptions

DEFAULT_FLEET_FILE = "fleet.yaml"
"""The fleet file of commands that take it as an option."""
_ACCEPTS = {"rollback": "--accept-breakage", "finalize": "--accept"}


def typed(*words: str) -> str:
    """Return a command line of phonefleet as a shell takes it."""
    return shlex.join(["phonefleet", *words])


def shown_path(file: Path) -> str:
    """Return a path as an operator here would type it."""
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def about_run(verb: str, run_id: str, file: Path) -> str:
    """Return the command `pause`, `resume` or `status` of a run; the fleet file is left out where it is the default."""
    shown = shown_path(file)
    return typed(verb, run_id, *(() if shown == DEFAULT_FLEET_FILE else ("--fleet", shown)))


def continuing(verb: str, run_id: str, options: Mapping[str, Any], file: Path) -> str:
    """Return the command that continues a run that stopped: that names it, or that is given again.

    Args:
        verb: the run's verb.
        run_id: the run.
        options: what the run was asked for, as the ledger has it.
        file: the fleet file.

    Returns:
        The command; empty for a verb that only reads and is simply repeated.
    """
    asked = RunOptions.model_validate(options)
    shown = shown_path(file)
    places = [*_named("--pool", asked.pool), *_named("--reports", asked.reports)]
    if verb == "migrate":
        # A ledger of an earlier version may have the plan's checksum without the name of its file.
        plan = asked.plan_file or ("PLAN_FILE" if asked.plan else None)
        return typed("migrate", shown, *_named("--plan", plan), "--resume", run_id, *places)
    if verb not in _ACCEPTS:
        return ""
    selected = [word for domain in asked.tenants for word in ("--tenant", domain)]
    accepted = [word for name in asked.accepted for word in (_ACCEPTS[verb], name)]
    return typed(verb, shown, *_named("--wave", asked.wave), *selected, *accepted, *places)


def _named(option: str, value: str | None) -> Iterator[str]:
    if value:
        yield from (option, value)
