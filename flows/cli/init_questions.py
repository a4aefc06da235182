"""The questions of `init` at a terminal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import typer

from configs.draft.drafted_fleet import Choices
from flows.cli.terminal import err


@dataclass(frozen=True, slots=True)
class InitAnswers:
    """What a fleet file is made from.

    Attributes:
        name: The fleet's name.
        csv: CSV files.
        deploy_cli: Folders with Deploy CLI configurations.
        terraform: Folders with Terraform files.
        domains: Domains given one by one.
        choices: What holds for the whole fleet; its name is set later.
    """

    name: str
    csv: tuple[Path, ...] = ()
    deploy_cli: tuple[Path, ...] = ()
    terraform: tuple[Path, ...] = ()
    domains: tuple[str, ...] = ()
    choices: Choices = field(default_factory=lambda: Choices(""))

    @property
    def has_source(self) -> bool:
        """Whether tenants come from anywhere."""
        return bool(self.csv or self.deploy_cli or self.terraform or self.domains)


def ask(answers: InitAnswers) -> InitAnswers:
    """Ask where the tenants are listed, and what holds for all of them.

    Raises:
        typer.Abort: the person ended it.
    """
    name = typer.prompt("Name of the fleet", default=answers.name, err=True)
    err.print("Where are the tenants listed? Give the path of one of these:", highlight=False)
    err.print("  a CSV file: one domain a line, or columns such as domain,client_id", highlight=False)
    err.print(
        "  a folder of Deploy CLI configurations (config.json, .env), or of Terraform files", highlight=False
    )
    err.print("  or a tenant's domain", highlight=False)
    answers = replace(answers, name=name)
    while True:
        written = typer.prompt(
            "Path or domain; empty when that was all", default="", show_default=False, err=True
        )
        if written.strip():
            answers = _with_source(answers, written.strip())
        elif answers.has_source:
            break
    choices = answers.choices
    client_id = choices.client_id or typer.prompt(
        "client_id of the application, for tenants whose source names none (may be empty)",
        default="",
        show_default=False,
        err=True,
    )
    by_key = choices.by_key or typer.confirm(
        "Do the applications sign with a private key instead of sending a client secret?",
        default=False,
        err=True,
    )
    number = choices.test_number or typer.prompt(
        "A phone of yours for test messages, such as +15005550006 (may be empty)",
        default="",
        show_default=False,
        err=True,
    )
    twilio = choices.shared_twilio or typer.confirm(
        "Do all tenants send through one Twilio account?", default=False, err=True
    )
    chosen = replace(
        choices,
        client_id=client_id.strip(),
        by_key=by_key,
        test_number=number.strip(),
        shared_twilio=twilio,
    )
    return replace(answers, choices=chosen)


def _with_source(answers: InitAnswers, written: str) -> InitAnswers:
    """Add a source: a file is a CSV file, a folder is read as what is in it, and anything else is a domain."""
    path = Path(written).expanduser()
    if path.is_dir() and any(path.rglob("*.tf")):
        return replace(answers, terraform=(*answers.terraform, path))
    if path.is_dir():
        return replace(answers, deploy_cli=(*answers.deploy_cli, path))
    if path.is_file():
        return replace(answers, csv=(*answers.csv, path))
    if "." not in written or "/" in written:
        err.print(
            f"{written}: no file or folder of this name, and not a domain", style="red", highlight=False
        )
        return answers
    return replace(answers, domains=(*answers.domains, written.lower()))
