"""An Action read from a local file, with the description beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn

import typer

from configs.bounded_files import FileRefused, read_bounded
from phonefleet.actions.parse.event_table import TriggerVersion, trigger_version_of
from phonefleet.actions.translation_model import ActionSource, NpmPackage
from phonefleet.model.endpoints import LEGACY_TRIGGER

_MAX_BYTES: Final = 4 * 1024 * 1024
"""Far above what Auth0 accepts as an Action's code."""


def read_action(
    file: Path,
    dependencies: list[str] | None,
    secrets: list[str] | None,
    runtime: str | None,
    trigger_version: TriggerVersion | None = None,
) -> ActionSource:
    """Read an Action.

    Args:
        file: its source, a `.js` file. The `.json` file of the same name, if there is one, describes the Action as
            the Management API does; the other arguments replace what it says.
        dependencies: `NAME@VERSION` each.
        secrets: names of secrets.
        runtime: for example `node22`.
        trigger_version: the version of `send-phone-message`; v2 if nothing gives it.

    Raises:
        typer.Exit: with code 2, when a file cannot be used.
    """
    described = _description(file.with_suffix(".json"))
    listed = described.get("supported_triggers")
    triggers = (
        tuple(str(trigger["id"]) for trigger in listed if isinstance(trigger, dict) and "id" in trigger)
        if isinstance(listed, list)
        else (LEGACY_TRIGGER,)
    )
    listed_versions = [
        str(trigger.get("version"))
        for trigger in (listed if isinstance(listed, list) else ())
        if isinstance(trigger, dict) and trigger.get("id") == LEGACY_TRIGGER and trigger.get("version")
    ]
    named = [value["name"] if isinstance(value, dict) else value for value in described.get("secrets", ())]
    return ActionSource(
        name=str(described.get("name", file.stem)),
        code=read_text(file),
        triggers=triggers,
        dependencies=tuple(
            [_package(text) for text in dependencies or ()] or _packages(described.get("dependencies", ()))
        ),
        secret_names=tuple(secrets or map(str, named)),
        runtime=runtime or str(described.get("runtime", "node22")),
        trigger_version=trigger_version or trigger_version_of("".join(listed_versions[:1])),
    )


def read_text(file: Path) -> str:
    """Read a UTF-8 file, or exit with code 2."""
    try:
        return read_bounded(file, _MAX_BYTES).decode("utf-8")
    except FileRefused as refused:
        stop(f"{file} {refused.fact}. {refused.advice}")
    except UnicodeDecodeError as error:
        stop(f"{file} is not UTF-8 text: byte {error.start}")


def stop(message: str) -> NoReturn:
    """Print a message on standard error and exit with code 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _description(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        value = json.loads(read_text(file))
    except (RecursionError, ValueError) as error:
        stop(f"{file} is not JSON: {error}")
    if not isinstance(value, dict):
        stop(f"{file} holds no JSON object")
    return value


def _packages(values: Iterable[Any]) -> list[NpmPackage]:
    return [
        NpmPackage(str(value["name"]), str(value.get("version", "latest")))
        for value in values
        if isinstance(value, dict) and "name" in value
    ]


def _package(text: str) -> NpmPackage:
    """Parse `NAME@VERSION`; a scoped name begins with an at sign of its own."""
    name, _, version = text.rpartition("@")
    if not name or not version:
        stop(f"--dependency {text}: has no version: write NAME@VERSION, such as axios@1.7.9, or NAME@latest")
    return NpmPackage(name, version)
